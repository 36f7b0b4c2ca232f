//! Connections that are cut or fall silent, acks that are lost, clients that crash.

use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use super::Storm;
use crate::proxy::{Fate, Network, Towards, some_cut};

/// How long a connection is silent before it is gone.
const SILENCE: Duration = Duration::from_millis(2500);

#[derive(Clone, Copy, Debug)]
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
        .run(async |fault| {
            let began = storm.recorder.now_us();
            match fault {
                Fault::Cut => {
                    if network.befall_any(some_cut(&mut rand::rng())) {
                        storm.recorder.fault(began, "cut");
                    }
                }
                Fault::HalfOpen => {
                    let towards = if rand::random_bool(0.5) { Towards::Client } else { Towards::Node };
                    if network.befall_any(Fate::Swallow { towards, until: Instant::now() + SILENCE }) {
                        storm.recorder.fault(began, "half_open");
                    }
                }
                // Told of by the author whose ack it is, and by the one who crashes.
                Fault::LoseAck => storm.signals.lose_an_ack(),
                Fault::CrashClient => {
                    crashes += 1;
                    storm.crash.send_replace((rand::random_range(0..storm.authors), crashes));
                }
            }
            Ok(())
        })
        .await
}
