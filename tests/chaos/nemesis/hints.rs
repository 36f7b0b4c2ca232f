//! What nodes tell each other of new events: lost, repeated, late, forged. Any of it may only cause a reading.

use std::time::Duration;

use anyhow::Result;
use rand::seq::SliceRandom;
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Storm, some_ms};
use crate::{
    arena::{Nats, Postgres},
    proxy::{Fate, Towards},
    store,
};

/// How long hints are swallowed.
const SILENCE: Duration = Duration::from_secs(2);
/// How many forged ones come at once.
const FORGED: usize = 40;

#[derive(Clone, Copy, Debug)]
enum Fault {
    Lose,
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
        .lane(5, &[(Fault::Lose, 3), (Fault::Forge, 4)])
        .run(async |fault| {
            let began = storm.recorder.now_us();
            let mut connection = postgres.connect().await?;
            // The database may go at any moment: then it was its own fault that was made.
            let (made, kind) = match fault {
                Fault::Forge => {
                    let said =
                        store::last_seqs(&mut connection).await.map(|streams| forged(&streams)).unwrap_or_default();
                    (store::notify(&mut connection, &said).await, "hints_forged")
                }
                _ => (store::drop_listeners(&mut connection).await, "hints_lost"),
            };
            if made.is_ok() {
                storm.recorder.fault(began, kind);
            }
            Ok(())
        })
        .await
}

async fn by_nats(storm: &Storm, nats: &mut Nats) -> Result<()> {
    let network = nats.network();
    storm
        .lane(5, &[(Fault::Lose, 6), (Fault::Restart, 1)])
        .run(async |fault| {
            let began = storm.recorder.now_us();
            let kind = if matches!(fault, Fault::Restart) {
                nats.restart().await?;
                "kill_nats"
            } else {
                let towards = if rand::random_bool(0.5) { Towards::Client } else { Towards::Node };
                if !network.befall_any(Fate::Swallow { towards, until: Instant::now() + SILENCE }) {
                    return Ok(());
                }
                sleep(some_ms(500, 2000)).await;
                "hints_lost"
            };
            storm.recorder.fault(began, kind);
            Ok(())
        })
        .await?;
    network.heal();
    Ok(())
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
