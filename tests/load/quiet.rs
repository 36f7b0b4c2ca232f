//! B3: what one message costs on a server that does nothing else: one writer, one message at a time, 100 readers.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::{
    cast,
    crowd::Pace,
    lineup::Lineup,
    peers::Postgres,
    pgbench::Writing,
    report::{Bound, Line, Report, median, note, rounded},
    room::{Room, seats},
    server::{Person, Server},
    sides::{Turns, percentile, tell},
};

/// How many read.
const READERS: usize = 100;
/// One message is under way.
const PACE: Pace = Pace::Delivered(1);
/// How often each has its turn, and for how long.
const ROUNDS: usize = 5;
const LASTING: Duration = Duration::from_secs(2);

/// Measures Préau, ejabberd, and pgbench with one row a commit, in turns.
pub(crate) async fn measure(
    server: &Server,
    animator: &Person,
    postgres: &Postgres,
    report: &mut Report,
) -> Result<()> {
    note("B3: one message at a time");
    let room = Room::of(server, animator, "Calme", seats(1, 1, READERS)).await?;
    let group_of_limit = cast::group(server, animator, "Calme, limite", 0, 1).await?;
    let (lineup, preau) = Lineup::preau("preau", room, PACE, postgres)?;
    let mut sides = vec![preau, lineup.ejabberd()?];
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    let rounds = Turns { pace: PACE, times: ROUNDS, lasting: LASTING }.take(&mut sides, || {
        let run = Writing { group: group_of_limit, rows: 1, clients: 1 }.run(server, LASTING)?;
        p50.push(percentile(&run.took, 50));
        p99.push(percentile(&run.took, 99));
        Ok(())
    })?;
    let [preau, ejabberd] = rounds.as_slice() else { anyhow::bail!("a side is missing") };
    let mut line = Line::new("B3", "one message on an idle server: send to ack, 100 readers");
    line.bound("p50, in pgbench's single rows", preau.ack(50) / median(p50.clone()), Bound::AtMost(4.0));
    line.bound("p99, in its own p50", preau.ack(99) / preau.ack(50), Bound::AtMost(3.0));
    line.bound("ejabberd's p50, in Préau's", ejabberd.ack(50) / preau.ack(50), Bound::AtLeast(3.0));
    line.bound("p50 of the ack, in that of the last reader", preau.ack(50) / preau.last(50), Bound::AtMost(1.0));
    line.with("pgbench", json!({ "p50_ms": rounded(median(p50)), "p99_ms": rounded(median(p99)) }));
    tell(&mut line, &sides, &rounds)?;
    report.line(line);
    Ok(())
}
