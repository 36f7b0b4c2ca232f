//! Nodes that are killed, stopped, restarted one after the other, or live in another time.

use std::time::Duration;

use anyhow::Result;
use rand::{RngExt, rngs::StdRng};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::{SPAN, Storm, some_ms};
use crate::{
    arena::{Clock, Node, PATIENCE, Postgres},
    history::What,
};

/// How long a node that drains may take.
const DRAIN: Duration = Duration::from_secs(20);
/// The points of the way of a write; that of mails is swept elsewhere.
const POINTS: [&str; 7] = [
    "after_commit_before_ack",
    "after_insert",
    "after_ack_before_hint",
    "after_lock",
    "file_rename",
    "before_commit",
    "render",
];
/// How long a point may take to be met, and how often it is looked whether it is.
const MEETING: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(5);
/// How many changes of the schema a [`SPAN`] has, where there are any: three in half an hour, and one at least.
const MIGRATIONS: f64 = 0.075;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    Kill,
    Pause,
    KillAtPoint,
    PauseAtPoint,
    Rolling,
    Migrate,
    Clock,
}

/// What the lane acts on.
struct Targets<'s> {
    nodes: &'s mut [Node],
    postgres: &'s Postgres,
    clock: &'s Clock,
    /// How many points were to be met, and how many times the schema was changed.
    points: usize,
    migrated: u32,
}

pub(super) async fn lane(storm: &Storm, nodes: &mut [Node], postgres: &Postgres, clock: &Clock) -> Result<()> {
    let counts = counts(storm, nodes.len() > 1);
    let mut targets = Targets { nodes, postgres, clock, points: 0, migrated: 0 };
    storm
        .lane(1, &counts)
        .run(async |fault, rng| {
            targets.look_after().await?;
            let began = storm.recorder.now_us();
            let made = targets.make(fault, storm, rng).await?;
            if let Some(kind) = made {
                storm.recorder.fault(began, kind);
            }
            Ok(made.is_some())
        })
        .await
}

fn counts(storm: &Storm, several: bool) -> Vec<(Fault, f64)> {
    if !several {
        return vec![(Fault::Kill, 3.0), (Fault::Pause, 1.0)];
    }
    let once = SPAN.as_secs_f64() / storm.length.as_secs_f64();
    vec![
        (Fault::Kill, 2.0),
        (Fault::Pause, 1.0),
        (Fault::KillAtPoint, 2.0),
        (Fault::PauseAtPoint, 2.0),
        (Fault::Rolling, 1.0),
        (Fault::Migrate, if storm.migrates { MIGRATIONS.max(once) } else { 0.0 }),
        (Fault::Clock, 1.0),
    ]
}

impl Targets<'_> {
    /// Notes how the nodes are, and starts those again that ended by themselves.
    async fn look_after(&mut self) -> Result<()> {
        for node in self.nodes.iter_mut() {
            if node.has_ended()? {
                node.start()?;
                node.wait_until_ready(PATIENCE).await?;
            }
            node.note_counts().await;
        }
        Ok(())
    }

    /// Makes a fault; its kind, unless it could not be made.
    async fn make(&mut self, fault: Fault, storm: &Storm, rng: &mut StdRng) -> Result<Option<&'static str>> {
        let index = rng.random_range(0..self.nodes.len());
        let node = &mut self.nodes[index];
        Ok(Some(match fault {
            Fault::Kill => {
                node.kill().await?;
                start_again(node, rng).await?;
                "kill_server"
            }
            Fault::Pause => {
                pause(node, rng).await;
                "pause_server"
            }
            Fault::KillAtPoint => return Ok(self.meet(storm, true, rng).await?.then_some("kill_at_point")),
            Fault::PauseAtPoint => return Ok(self.meet(storm, false, rng).await?.then_some("pause_at_point")),
            Fault::Rolling => {
                roll(self.nodes, rng).await?;
                "rolling_restart"
            }
            Fault::Migrate => {
                self.migrated += 1;
                self.postgres.migrate_ahead(self.migrated).await?;
                roll(self.nodes, rng).await?;
                "migration"
            }
            Fault::Clock => {
                if self.clock.refused().is_some() {
                    return Ok(None);
                }
                // An hour forth, an hour back, then right.
                for offset in ["+3600", "-3600", "+0"] {
                    self.clock.set(offset)?;
                    sleep(some_ms(rng, 1500, 2500)).await;
                }
                "clock_moved"
            }
        }))
    }

    /// Kills the last node at the next point or stops its time there; false if it does not get there.
    async fn meet(&mut self, storm: &Storm, kills: bool, rng: &mut StdRng) -> Result<bool> {
        let Some(node) = self.nodes.last_mut() else { return Ok(false) };
        // Both come to each point, the one after the other.
        let place = POINTS[self.points / 2 % POINTS.len()];
        self.points += 1;
        let met = meet(node, place, kills, rng).await?;
        if met {
            storm.recorder.note(0, What::Met { place: place.to_owned(), kills });
        }
        Ok(met)
    }
}

async fn start_again(node: &mut Node, rng: &mut StdRng) -> Result<()> {
    sleep(some_ms(rng, 0, 300)).await;
    node.start()?;
    node.wait_until_ready(PATIENCE).await
}

async fn pause(node: &Node, rng: &mut StdRng) {
    node.signal(Signal::STOP);
    sleep(some_ms(rng, 800, 2000)).await;
    node.signal(Signal::CONT);
}

/// Kills a node at a point or stops its time there, and brings it back; false if it does not get there.
async fn meet(node: &mut Node, place: &str, kills: bool, rng: &mut StdRng) -> Result<bool> {
    let action = if kills { "1*return(kill)" } else { "1*return(stop)" };
    if !node.set_point(place, action).await {
        return Ok(false);
    }
    let deadline = Instant::now() + MEETING;
    while !node.is_halted() && Instant::now() < deadline {
        sleep(LOOK).await;
    }
    if !node.is_halted() {
        node.set_point(place, "off").await;
        // It may have got there before it heard that.
        sleep(10 * LOOK).await;
    }
    if !node.is_halted() {
        return Ok(false);
    }
    if kills {
        node.kill().await?;
        start_again(node, rng).await?;
    } else {
        sleep(some_ms(rng, 300, 1200)).await;
        node.signal(Signal::CONT);
    }
    Ok(true)
}

/// Each node in turn: every other one is asked to stop, the others are not asked.
async fn roll(nodes: &mut [Node], rng: &mut StdRng) -> Result<()> {
    let first = rng.random_range(0..2);
    for (index, node) in nodes.iter_mut().enumerate() {
        node.note_counts().await;
        if (first + index) % 2 == 0 {
            node.terminate(DRAIN).await?;
        } else {
            node.kill().await?;
        }
        node.start()?;
        node.wait_until_ready(PATIENCE).await?;
    }
    Ok(())
}
