//! B2: durable messages a second from 64 writers, over 16 channels and on one hot one, each with 10 readers.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::{
    cast::{self, Group},
    crowd::Pace,
    lineup::Lineup,
    peers::Postgres,
    pgbench::Writing,
    report::{Bound, Line, Report, median, note},
    room::{Room, seats},
    server::{Person, Server},
    sides::{Rounds, Side, Turns, tell},
};

/// How many post.
const WRITERS: usize = 64;
/// Over how many channels.
const CHANNELS: usize = 16;
/// How many read each.
const READERS: usize = 10;
/// How many messages of each writer are not acked, on every side.
const PACE: Pace = Pace::Acked(4);
/// How often each has its turn, and for how long.
const ROUNDS: usize = 3;
const LASTING: Duration = Duration::from_secs(4);
/// The connections of the limit that writes one row a commit.
const CLIENTS: u32 = 32;

/// Measures Préau on 16 channels and on one, then the limits and the peers, in turns.
pub(crate) async fn measure(
    server: &Server,
    animator: &Person,
    postgres: &Postgres,
    report: &mut Report,
) -> Result<()> {
    note("B2: 64 writers");
    cast::people(server, WRITERS + CHANNELS * READERS)?;
    let mut groups = Vec::new();
    for number in 0..CHANNELS {
        let name = format!("Salon {number}");
        groups.push(cast::group(server, animator, &name, 0, WRITERS + CHANNELS * READERS).await?);
    }
    let hot = cast::group(server, animator, "Salon unique", 0, WRITERS + READERS).await?;
    let limit = cast::group(server, animator, "Limite", 0, 1).await?;
    let wide = Room { server, seats: seats(WRITERS, CHANNELS, READERS), groups };
    let narrow = Room { server, seats: seats(WRITERS, 1, READERS), groups: vec![hot] };
    let (_, wide) = Lineup::preau("preau", wide, PACE, postgres)?;
    let (lineup, narrow) = Lineup::preau("preau_hot_channel", narrow, PACE, postgres)?;
    let mut sides = vec![wide, narrow, lineup.ejabberd()?, lineup.socketio()?];
    let (rounds, limits) = turns(&mut sides, server, limit)?;
    let mut line = Line::new(
        "B2",
        "durable messages/s: 64 writers with 4 messages each under way, on 16 channels and on one, 10 readers each",
    );
    judge(&mut line, &rounds, &limits);
    tell(&mut line, &sides, &rounds)?;
    report.line(line);
    Ok(())
}

/// The limits' rows a second: batches of 50 by one connection, and one row a commit by many.
struct Limits {
    batches: f64,
    singles: f64,
}

fn turns(sides: &mut [Box<dyn Side + '_>], server: &Server, group: Group) -> Result<(Vec<Rounds>, Limits)> {
    let (mut batches, mut singles) = (Vec::new(), Vec::new());
    let rounds = Turns { pace: PACE, times: ROUNDS, lasting: LASTING }.take(sides, || {
        batches.push(Writing { group, rows: 50, clients: 1 }.run(server, LASTING)?.rows);
        singles.push(Writing { group, rows: 1, clients: CLIENTS }.run(server, LASTING)?.rows);
        Ok(())
    })?;
    Ok((rounds, Limits { batches: median(batches), singles: median(singles) }))
}

fn judge(line: &mut Line, rounds: &[Rounds], limits: &Limits) {
    let [wide, hot, ejabberd, socketio] = rounds else { return line.valid(false) };
    line.bound("16 channels, in pgbench's batches of 50", wide.acks() / limits.batches, Bound::AtLeast(0.6));
    line.bound("hot channel, in pgbench's single rows on one stream", hot.acks() / limits.singles, Bound::AtLeast(8.0));
    line.bound("hot channel, in ejabberd's", hot.acks() / ejabberd.acks(), Bound::AtLeast(40.0));
    line.bound("hot channel, in socket.io's", hot.acks() / socketio.acks(), Bound::AtLeast(18.0));
    line.bound("hot channel, in the 16 channels'", hot.acks() / wide.acks(), Bound::AtLeast(0.9));
    line.with(
        "pgbench",
        json!({ "batches_of_50_rows_per_s": limits.batches.round(), "single_rows_per_s": limits.singles.round() }),
    );
}
