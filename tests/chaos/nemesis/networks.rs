//! Connections that are cut or fall silent, acks that are lost, clients that crash.

use std::time::Duration;

use anyhow::Result;
use rand::{RngExt, rngs::StdRng};
use tokio::time::Instant;

use super::Storm;
use crate::proxy::{Fate, Network, Towards, some_cut};

/// How long a connection is silent before it is gone.
const SILENCE: Duration = Duration::from_millis(2500);

#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    Cut,
    HalfOpen,
    LoseAck,
    CrashClient,
}

pub(super) async fn lane(storm: &Storm, network: &Network) -> Result<()> {
    let mut crashes = 0;
    storm
        .lane(3, &[(Fault::Cut, 55.0), (Fault::HalfOpen, 3.0), (Fault::LoseAck, 12.0), (Fault::CrashClient, 3.0)])
        .run(async |fault, rng| {
            let began = storm.recorder.now_us();
            let (fate, kind) = match fault {
                Fault::Cut => (some_cut(rng), "cut"),
                Fault::HalfOpen => (Fate::Swallow { towards: some(rng), until: Instant::now() + SILENCE }, "half_open"),
                // Told of by the author whose ack it is, and by the one who crashes.
                Fault::LoseAck => {
                    storm.signals.lose_an_ack();
                    return Ok(true);
                }
                Fault::CrashClient => {
                    crashes += 1;
                    storm.crash.send_replace((rng.random_range(0..storm.authors), crashes));
                    return Ok(true);
                }
            };
            let made = network.befall_any(fate, rng);
            if made {
                storm.recorder.fault(began, kind);
            }
            Ok(made)
        })
        .await
}

/// Some direction.
pub(super) fn some(rng: &mut StdRng) -> Towards {
    if rng.random_bool(0.5) { Towards::Client } else { Towards::Node }
}
