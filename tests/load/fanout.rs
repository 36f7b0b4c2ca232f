//! B1: durable fan-out. One channel, 1,000 readers with their sessions and rights, 300 bytes, 32 messages under way.
//!
//! A message is under way until it is acked and with its last reader, on every side. A delivery weighs the same on
//! every side: what Préau's event weighs.

use std::time::Duration;

use anyhow::Result;

use crate::{
    crowd::{Pace, bare::Framing},
    lineup::Lineup,
    peers::Postgres,
    report::{Bound, Line, Report, note},
    room::{Room, seats},
    server::{Person, Server},
    sides::{Turns, tell},
};

/// How many read.
const READERS: usize = 1000;
/// How many messages are under way.
const PACE: Pace = Pace::Delivered(32);
/// How often each side has its turn, and for how long.
const ROUNDS: usize = 5;
const LASTING: Duration = Duration::from_secs(3);

/// Measures Préau, the peers and the limits, in turns.
pub(crate) async fn measure(
    server: &Server,
    animator: &Person,
    postgres: &Postgres,
    report: &mut Report,
) -> Result<()> {
    note("B1: 1,000 readers of one channel");
    let room = Room::of(server, animator, "Diffusion", seats(1, 1, READERS)).await?;
    let (lineup, preau) = Lineup::preau("preau", room, PACE, postgres)?;
    let mut sides = vec![
        preau,
        lineup.limit(Framing::Length)?,
        lineup.limit(Framing::WebSocket)?,
        lineup.ejabberd()?,
        lineup.socketio()?,
    ];
    let rounds = Turns { pace: PACE, times: ROUNDS, lasting: LASTING }.take(&mut sides, || Ok(()))?;
    let [preau, tcp, _, ejabberd, socketio] = rounds.as_slice() else { anyhow::bail!("a side is missing") };
    let mut line = Line::new("B1", "durable fan-out: 1,000 readers of one channel, 32 messages of 300 B under way");
    let cheaper = |peer: f64| peer / preau.per_delivery();
    let faster = |peer: f64| preau.deliveries() / peer;
    line.bound_with_goal(
        "ejabberd's processor time a delivery, in Préau's",
        cheaper(ejabberd.per_delivery()),
        Bound::AtLeast(30.0),
        Bound::AtLeast(50.0),
    );
    line.bound_with_goal(
        "deliveries/s, in ejabberd's",
        faster(ejabberd.deliveries()),
        Bound::AtLeast(20.0),
        Bound::AtLeast(35.0),
    );
    line.bound_with_goal(
        "socket.io's processor time a delivery, in Préau's",
        cheaper(socketio.per_delivery()),
        Bound::AtLeast(10.0),
        Bound::AtLeast(16.0),
    );
    line.bound_with_goal(
        "processor time a delivery, in bare TCP's",
        1.0 / cheaper(tcp.per_delivery()),
        Bound::AtMost(3.0),
        Bound::AtMost(2.0),
    );
    line.bound_with_goal(
        "deliveries/s, in bare TCP's",
        faster(tcp.deliveries()),
        Bound::AtLeast(0.35),
        Bound::AtLeast(0.5),
    );
    tell(&mut line, &sides, &rounds)?;
    report.line(line);
    Ok(())
}
