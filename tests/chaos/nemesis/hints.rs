//! What nodes tell each other of new events: lost, late, repeated, in another order, forged. Any of it may only cause a
//! reading.

use std::time::Duration;

use anyhow::Result;
use rand::seq::SliceRandom;
use rustix::process::Signal;
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Storm, some_ms};
use crate::{
    arena::{Nats, Postgres, signal},
    proxy::{Fate, Towards},
    store,
};

/// How long hints are swallowed.
const SILENCE: Duration = Duration::from_secs(2);
/// How many forged ones come at once.
const FORGED: usize = 40;
/// How long is listened for what is then said again, and how often each of it is.
const LISTEN: Duration = Duration::from_millis(400);
const AGAIN: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Fault {
    Lose,
    Delay,
    Repeat,
    Forge,
    Restart,
}

pub(super) async fn lane(storm: &Storm, postgres: &Postgres, nats: Option<&mut Nats>) -> Result<()> {
    match nats {
        Some(nats) => by_nats(storm, nats).await,
        None => by_postgres(storm, postgres).await,
    }
}

async fn by_postgres(storm: &Storm, postgres: &Postgres) -> Result<()> {
    storm
        .lane(5, &[(Fault::Lose, 3.0), (Fault::Delay, 3.0), (Fault::Repeat, 3.0), (Fault::Forge, 4.0)])
        .run(async |fault| {
            let began = storm.recorder.now_us();
            // The database may go at any moment: then it was its own fault that was made.
            let (made, kind) = match fault {
                Fault::Forge => (forge(postgres).await, "hints_forged"),
                Fault::Delay => (delay(postgres).await, "hints_delayed"),
                Fault::Repeat => (repeat(postgres).await, "hints_repeated"),
                Fault::Lose | Fault::Restart => {
                    (store::drop_listeners(&mut postgres.connect().await?).await.map(|()| true), "hints_lost")
                }
            };
            if made.unwrap_or(false) {
                storm.recorder.fault(began, kind);
            }
            Ok(())
        })
        .await
}

async fn by_nats(storm: &Storm, nats: &mut Nats) -> Result<()> {
    let network = nats.network();
    let some = || if rand::random_bool(0.5) { Towards::Client } else { Towards::Node };
    storm
        .lane(5, &[(Fault::Lose, 4.0), (Fault::Delay, 4.0), (Fault::Repeat, 4.0), (Fault::Restart, 1.0)])
        .run(async |fault| {
            let began = storm.recorder.now_us();
            let (made, kind) = match fault {
                Fault::Restart => {
                    nats.restart().await?;
                    (true, "kill_nats")
                }
                Fault::Delay => {
                    let made = network.befall_any(Fate::Held { towards: some() });
                    sleep(some_ms(300, 1500)).await;
                    network.heal();
                    (made, "hints_delayed")
                }
                Fault::Repeat => {
                    let heard = nats.hear(LISTEN).await?;
                    sleep(late()).await;
                    (nats.say(&again(&heard)).await.is_ok() && !heard.is_empty(), "hints_repeated")
                }
                Fault::Lose | Fault::Forge => {
                    let made = network.befall_any(Fate::Swallow { towards: some(), until: Instant::now() + SILENCE });
                    sleep(some_ms(500, 2000)).await;
                    (made, "hints_lost")
                }
            };
            if made {
                storm.recorder.fault(began, kind);
            }
            Ok(())
        })
        .await?;
    network.heal();
    Ok(())
}

async fn forge(postgres: &Postgres) -> Result<bool> {
    let mut connection = postgres.connect().await?;
    let said = forged(&store::last_seqs(&mut connection).await?);
    store::notify(&mut connection, &said).await?;
    Ok(true)
}

/// Stops the time of a process of the database on whose connection a node listens: what it is told waits meanwhile.
async fn delay(postgres: &Postgres) -> Result<bool> {
    let listeners = store::listeners(&mut postgres.connect().await?).await?;
    let Some(listener) = listeners.first() else { return Ok(false) };
    let listener = u32::try_from(*listener)?;
    signal(listener, Signal::STOP);
    sleep(some_ms(300, 1500)).await;
    signal(listener, Signal::CONT);
    Ok(true)
}

async fn repeat(postgres: &Postgres) -> Result<bool> {
    let heard = store::hear(&postgres.options(), LISTEN).await?;
    sleep(late()).await;
    store::notify(&mut postgres.connect().await?, &again(&heard)).await?;
    Ok(!heard.is_empty())
}

/// How much later it is said again: long after what it told of was read.
fn late() -> Duration {
    some_ms(500, 2000)
}

/// What was said, several times, in another order.
fn again(heard: &[String]) -> Vec<String> {
    let mut said: Vec<_> = heard.iter().flat_map(|hint| std::iter::repeat_n(hint.clone(), AGAIN)).collect();
    said.shuffle(&mut rand::rng());
    said
}

/// Hints of streams, true and false, each several times and in no order; and what is no hint at all.
fn forged(streams: &[(Uuid, i64)]) -> Vec<String> {
    let node = Uuid::now_v7();
    let hint = |stream: &Uuid, seq: i64| json!({ "node": node, "hints": [[stream, seq]] }).to_string();
    let some = streams.iter().take(FORGED / 4);
    let mut said: Vec<_> = some
        .flat_map(|(stream, seq)| [hint(stream, *seq), hint(stream, *seq), hint(stream, seq + 1000), hint(stream, 1)])
        .collect();
    said.push("{".to_owned());
    said.shuffle(&mut rand::rng());
    said
}
