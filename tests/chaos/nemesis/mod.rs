//! What goes wrong, and when: lanes of faults that overlap each other, each of which ends with everything healed.

mod databases;
mod disks;
mod hints;
mod networks;
mod nodes;

use std::time::Duration;

use anyhow::Result;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{actors::Signals, arena::Arena, history::Recorder};

/// The time for which the counts of a lane are given.
const SPAN: Duration = Duration::from_secs(45);
/// How long before the end of a storm its last fault begins at the latest.
const TAIL: Duration = Duration::from_millis(1500);

/// A storm.
#[derive(Debug)]
pub(crate) struct Storm {
    /// How long it lasts.
    pub(crate) length: Duration,
    /// How many times as many faults as the counts of its lanes say.
    pub(crate) pace: u32,
    /// Where its randomness begins.
    pub(crate) seed: u64,
    /// What actors are told.
    pub(crate) signals: Signals,
    /// Whether the schema is changed while everybody acts.
    pub(crate) migrates: bool,
    /// Tells whether the database is paused.
    pub(crate) paused: watch::Sender<bool>,
    /// Tells an author to crash.
    pub(crate) crash: watch::Sender<(usize, u32)>,
    /// How many authors there are.
    pub(crate) authors: usize,
    /// Where it notes what it did.
    pub(crate) recorder: Recorder,
}

/// The faults of one lane, in time.
#[derive(Debug)]
struct Lane<F> {
    faults: Vec<(Duration, F)>,
    began: Instant,
    ends: Instant,
}

impl Storm {
    /// Blows, until everything is healed again.
    pub(crate) async fn blow(&self, arena: &mut Arena) -> Result<()> {
        let Arena { nodes, postgres, nats, proxy, clock, folder } = arena;
        let postgres = &*postgres;
        let several = nodes.len() > 1;
        let network = proxy.network();
        let lanes = async {
            tokio::try_join!(
                nodes::lane(self, nodes, postgres, clock),
                databases::lane(self, postgres),
                networks::lane(self, &network),
                disks::lane(self, folder),
                async {
                    // A node alone tells nobody.
                    if several { hints::lane(self, postgres, nats.as_mut()).await } else { Ok(()) }
                },
            )
        };
        lanes.await?;
        network.heal();
        Ok(())
    }

    /// A lane in which each fault comes so many times in a [`SPAN`].
    fn lane<F: Copy>(&self, salt: u64, counts: &[(F, f64)]) -> Lane<F> {
        let mut rng = StdRng::seed_from_u64(self.seed ^ salt);
        let mut faults = Vec::new();
        let last = self.length.saturating_sub(TAIL);
        for (fault, count) in counts {
            let times = count * f64::from(self.pace) * self.length.as_secs_f64() / SPAN.as_secs_f64();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
            let times = times.round() as u32;
            faults.extend((0..times).map(|_| (last.mul_f64(rng.random_range(0.0..1.0)), *fault)));
        }
        faults.sort_unstable_by_key(|(at, _)| *at);
        let began = Instant::now();
        Lane { faults, began, ends: began + self.length }
    }
}

impl<F: Copy> Lane<F> {
    /// Makes each fault in its time; one whose time has come while another lasted comes next, unless the storm is over.
    async fn run(self, mut make: impl AsyncFnMut(F) -> Result<()>) -> Result<()> {
        for (at, fault) in self.faults {
            if Instant::now() > self.ends {
                break;
            }
            sleep_until(self.began + at).await;
            make(fault).await?;
        }
        sleep_until(self.ends).await;
        Ok(())
    }
}

/// A time between these, in milliseconds.
fn some_ms(from: u64, to: u64) -> Duration {
    Duration::from_millis(rand::random_range(from..to))
}
