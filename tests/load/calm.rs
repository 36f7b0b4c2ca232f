//! B4: calm latency. 1,000 readers, 20 messages a second whatever comes; from when a message is due to its last reader.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::{
    cast,
    crowd::{Pace, bare::Framing},
    lineup::Lineup,
    peers::Postgres,
    pgbench::Writing,
    report::{Bound, Line, Report, median, note, rounded},
    room::{Room, seats},
    server::{Person, Server},
    sides::{Turns, percentile, tell},
};

/// How many read.
const READERS: usize = 1000;
const PACE: Pace = Pace::PerSecond(20);
/// How often each has its turn, and for how long.
const ROUNDS: usize = 3;
const LASTING: Duration = Duration::from_secs(10);

/// Measures Préau, ejabberd, bare TCP, and pgbench with one row a commit, in turns.
pub(crate) async fn measure(
    server: &Server,
    animator: &Person,
    postgres: &Postgres,
    report: &mut Report,
) -> Result<()> {
    note("B4: 1,000 readers, 20 messages a second");
    let room = Room::of(server, animator, "Réunion", seats(1, 1, READERS)).await?;
    let group_of_limit = cast::group(server, animator, "Réunion, limite", 0, 1).await?;
    let (lineup, preau) = Lineup::preau("preau", room, PACE, postgres)?;
    let mut sides = vec![preau, lineup.limit(Framing::Length)?, lineup.ejabberd()?];
    let mut inserts = Vec::new();
    let rounds = Turns { pace: PACE, times: ROUNDS, lasting: LASTING }.take(&mut sides, || {
        let run = Writing { group: group_of_limit, rows: 1, clients: 1 }.run(server, Duration::from_secs(2))?;
        inserts.push(percentile(&run.took, 99));
        Ok(())
    })?;
    let [preau, tcp, ejabberd] = rounds.as_slice() else { anyhow::bail!("a side is missing") };
    let mut line = Line::new("B4", "calm latency: from when a message is due to its last of 1,000 readers, 20/s");
    let limit = tcp.last(99) + median(inserts.clone());
    line.bound("p99, in bare TCP's and pgbench's together", preau.last(99) / limit, Bound::AtMost(1.3));
    line.bound("p99, in ejabberd's", preau.last(99) / ejabberd.last(99), Bound::AtMost(0.5));
    line.with("pgbench", json!({ "p99_ms": rounded(median(inserts)) }));
    tell(&mut line, &sides, &rounds)?;
    report.line(line);
    Ok(())
}
