//! Nodes that are killed, stopped, restarted one after the other, or live in another time.

use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;
use tokio::time::sleep;

use super::{Storm, some_ms};
use crate::{
    arena::{Clock, Node, PATIENCE},
    history::What,
};

/// How long a node that drains may take.
const DRAIN: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug)]
enum Fault {
    Kill,
    Pause,
    Rolling,
    Clock,
}

pub(super) async fn lane(storm: &Storm, nodes: &mut [Node], clock: &Clock) -> Result<()> {
    let several = nodes.len() > 1;
    let counts: &[_] = if several {
        &[(Fault::Kill, 3), (Fault::Pause, 1), (Fault::Rolling, 1), (Fault::Clock, 1)]
    } else {
        &[(Fault::Kill, 3), (Fault::Pause, 1)]
    };
    storm
        .lane(1, counts)
        .run(async |fault| {
            for kib in nodes.iter().filter_map(Node::memory_kib) {
                storm.recorder.note(0, What::Memory { kib });
            }
            let began = storm.recorder.now_us();
            let index = rand::random_range(0..nodes.len());
            let kind = match fault {
                Fault::Kill => {
                    kill_and_start(&mut nodes[index]).await?;
                    "kill_server"
                }
                Fault::Pause => {
                    nodes[index].signal(Signal::STOP);
                    sleep(some_ms(800, 2000)).await;
                    nodes[index].signal(Signal::CONT);
                    "pause_server"
                }
                Fault::Rolling => {
                    roll(nodes).await?;
                    "rolling_restart"
                }
                Fault::Clock => {
                    if clock.refused().is_some() {
                        return Ok(());
                    }
                    // An hour forth, an hour back, then right.
                    for offset in ["+3600", "-3600", "+0"] {
                        clock.set(offset)?;
                        sleep(some_ms(1500, 2500)).await;
                    }
                    "clock_moved"
                }
            };
            storm.recorder.fault(began, kind);
            Ok(())
        })
        .await
}

async fn kill_and_start(node: &mut Node) -> Result<()> {
    node.kill().await?;
    sleep(some_ms(0, 300)).await;
    node.start()?;
    node.wait_until_ready(PATIENCE).await
}

/// Each node in turn: some are asked to stop, the others are not asked.
async fn roll(nodes: &mut [Node]) -> Result<()> {
    for (index, node) in nodes.iter_mut().enumerate() {
        if index % 2 == 0 {
            node.terminate(DRAIN).await?;
        } else {
            node.kill().await?;
        }
        node.start()?;
        node.wait_until_ready(PATIENCE).await?;
    }
    Ok(())
}
