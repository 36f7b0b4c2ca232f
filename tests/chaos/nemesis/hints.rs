//! What nodes tell each other of new events: lost, late, repeated, in another order, forged. Any of it may only cause a
//! reading.

use std::time::Duration;

use anyhow::Result;
use rand::{rngs::StdRng, seq::SliceRandom};
use rustix::process::Signal;
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Storm, networks::some, some_ms};
use crate::{
    arena::{Nats, Postgres, signal},
    proxy::Fate,
    store,
};

/// How long hints are swallowed.
const SILENCE: Duration = Duration::from_secs(2);
/// How many forged ones come at once.
const FORGED: usize = 40;
/// How long is listened for what is then said again, and how often each of it is.
const LISTEN: Duration = Duration::from_millis(400);
const AGAIN: usize = 3;

pub(super) async fn lane(storm: &Storm, postgres: &Postgres, nats: Option<&mut Nats>) -> Result<()> {
    match nats {
        Some(nats) => by_nats(storm, nats).await,
        None => by_postgres(storm, postgres).await,
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum OfPostgres {
    Lose,
    Delay,
    Repeat,
    Forge,
}

async fn by_postgres(storm: &Storm, postgres: &Postgres) -> Result<()> {
    use OfPostgres::{Delay, Forge, Lose, Repeat};
    storm
        .lane(5, &[(Lose, 3.0), (Delay, 3.0), (Repeat, 3.0), (Forge, 4.0)])
        .run(async |fault, rng| {
            let began = storm.recorder.now_us();
            let (made, kind) = match fault {
                Forge => (forge(postgres, rng).await, "hints_forged"),
                Delay => (delay(postgres, rng).await, "hints_delayed"),
                Repeat => (repeat(postgres, rng).await, "hints_repeated"),
                Lose => (lose(postgres).await, "hints_lost"),
            };
            // The database may go at any moment: then it was its own fault that was made.
            let made = made.unwrap_or(false);
            if made {
                storm.recorder.fault(began, kind);
            }
            Ok(made)
        })
        .await
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum OfNats {
    Lose,
    Delay,
    Repeat,
    Restart,
}

async fn by_nats(storm: &Storm, nats: &mut Nats) -> Result<()> {
    use OfNats::{Delay, Lose, Repeat, Restart};
    let network = nats.network();
    storm
        .lane(5, &[(Lose, 4.0), (Delay, 4.0), (Repeat, 4.0), (Restart, 1.0)])
        .run(async |fault, rng| {
            let began = storm.recorder.now_us();
            let (made, kind) = match fault {
                Restart => {
                    nats.restart().await?;
                    (true, "kill_nats")
                }
                Delay => {
                    let made = network.befall_any(Fate::Held { towards: some(rng) }, rng);
                    sleep(some_ms(rng, 300, 1500)).await;
                    network.heal();
                    (made, "hints_delayed")
                }
                Repeat => {
                    let heard = nats.hear(LISTEN).await?;
                    sleep(late(rng)).await;
                    (nats.say(&again(&heard, rng)).await.is_ok() && !heard.is_empty(), "hints_repeated")
                }
                Lose => {
                    let fate = Fate::Swallow { towards: some(rng), until: Instant::now() + SILENCE };
                    let made = network.befall_any(fate, rng);
                    sleep(some_ms(rng, 500, 2000)).await;
                    (made, "hints_lost")
                }
            };
            if made {
                storm.recorder.fault(began, kind);
            }
            Ok(made)
        })
        .await?;
    network.heal();
    Ok(())
}

/// Ends the connections on which nodes listen; false if there is none.
async fn lose(postgres: &Postgres) -> Result<bool> {
    Ok(store::drop_listeners(&mut postgres.connect().await?).await? > 0)
}

async fn forge(postgres: &Postgres, rng: &mut StdRng) -> Result<bool> {
    let mut connection = postgres.connect().await?;
    let said = forged(&store::last_seqs(&mut connection).await?, rng);
    store::notify(&mut connection, &said).await?;
    Ok(true)
}

/// Stops the time of a process of the database on whose connection a node listens: what it is told waits meanwhile.
async fn delay(postgres: &Postgres, rng: &mut StdRng) -> Result<bool> {
    let listeners = store::listeners(&mut postgres.connect().await?).await?;
    let Some(listener) = listeners.first() else { return Ok(false) };
    let listener = u32::try_from(*listener)?;
    signal(listener, Signal::STOP);
    sleep(some_ms(rng, 300, 1500)).await;
    signal(listener, Signal::CONT);
    Ok(true)
}

async fn repeat(postgres: &Postgres, rng: &mut StdRng) -> Result<bool> {
    let heard = store::hear(&postgres.options(), LISTEN).await?;
    sleep(late(rng)).await;
    store::notify(&mut postgres.connect().await?, &again(&heard, rng)).await?;
    Ok(!heard.is_empty())
}

/// How much later it is said again: long after what it told of was read.
fn late(rng: &mut StdRng) -> Duration {
    some_ms(rng, 500, 2000)
}

/// What was said, several times, in another order.
fn again(heard: &[String], rng: &mut StdRng) -> Vec<String> {
    let mut said: Vec<_> = heard.iter().flat_map(|hint| std::iter::repeat_n(hint.clone(), AGAIN)).collect();
    said.shuffle(rng);
    said
}

/// Hints of streams, true and false, each several times and in no order; and what is no hint at all.
fn forged(streams: &[(Uuid, i64)], rng: &mut StdRng) -> Vec<String> {
    let node = Uuid::now_v7();
    let hint = |stream: &Uuid, seq: i64| json!({ "node": node, "hints": [[stream, seq]] }).to_string();
    let some = streams.iter().take(FORGED / 4);
    let mut said: Vec<_> = some
        .flat_map(|(stream, seq)| [hint(stream, *seq), hint(stream, *seq), hint(stream, seq + 1000), hint(stream, 1)])
        .collect();
    said.push("{".to_owned());
    said.shuffle(rng);
    said
}
