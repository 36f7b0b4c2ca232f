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
    time::{Instant, sleep, sleep_until},
};

use crate::{
    actors::Signals,
    arena::{Arena, Plan},
    history::Recorder,
};

/// The time for which the counts of a lane are given.
const SPAN: Duration = Duration::from_secs(45);
/// How long before the end of a storm its last fault begins at the latest.
const TAIL: Duration = Duration::from_millis(1500);
/// How often a fault that was never made in the whole of a storm is tried after it, and how long is waited before each try.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_millis(500);
/// The kinds of faults that every storm of a whole [`SPAN`] makes.
const ALWAYS: [&str; 15] = [
    "kill_server",
    "pause_server",
    "kill_postmaster",
    "pause_postgres",
    "drop_backends",
    "cut",
    "half_open",
    "lost_ack",
    "client_crash",
    "slow_consumer",
    "disk_full_database",
    "disk_full_uploads",
    "cancelled_request",
    "membership_revoked",
    "session_revoked",
];
/// Those of a storm over several nodes.
const SEVERAL: [&str; 7] = [
    "kill_at_point",
    "pause_at_point",
    "rolling_restart",
    "clock_moved",
    "hints_lost",
    "hints_delayed",
    "hints_repeated",
];

/// A storm.
#[derive(Debug)]
pub(crate) struct Storm {
    /// How long it lasts.
    pub(crate) length: Duration,
    /// How many times as many faults as the counts of its lanes say.
    pub(crate) pace: u32,
    /// What fixes which faults it makes, when, on which node, how long and in which way; not which connection it finds, which
    /// process of the database, nor what actors do.
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
    faults: Vec<Planned<F>>,
    rng: StdRng,
    began: Instant,
    ends: Instant,
}

/// A fault, when it comes, and what chance makes of it.
#[derive(Debug)]
struct Planned<F> {
    at: Duration,
    fault: F,
    rng: StdRng,
}

/// The kinds of faults that a storm of this length must make.
pub(crate) fn needs(plan: &Plan, length: Duration, migrates: bool) -> Vec<String> {
    let mut needs: Vec<&str> = Vec::new();
    if length >= SPAN {
        needs.extend(ALWAYS);
        if plan.nodes > 1 {
            needs.extend(SEVERAL);
            needs.push(if plan.nats { "kill_nats" } else { "hints_forged" });
        }
        if migrates {
            needs.push("migration");
        }
    }
    needs.into_iter().map(str::to_owned).collect()
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
        Box::pin(lanes).await?;
        network.heal();
        Ok(())
    }

    /// A lane in which each fault comes so many times in a [`SPAN`].
    fn lane<F: Copy + PartialEq>(&self, salt: u64, counts: &[(F, f64)]) -> Lane<F> {
        let mut rng = StdRng::seed_from_u64(self.seed ^ salt);
        let mut faults = Vec::new();
        let last = self.length.saturating_sub(TAIL);
        for (fault, count) in counts {
            let times = count * f64::from(self.pace) * self.length.as_secs_f64() / SPAN.as_secs_f64();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
            let times = times.round() as u32;
            faults.extend((0..times).map(|_| {
                let (at, rng) = (last.mul_f64(rng.random_range(0.0..1.0)), StdRng::from_rng(&mut rng));
                Planned { at, fault: *fault, rng }
            }));
        }
        faults.sort_unstable_by_key(|planned| planned.at);
        let began = Instant::now();
        Lane { faults, rng, began, ends: began + self.length }
    }
}

impl<F: Copy + PartialEq> Lane<F> {
    /// Makes each fault in its time; one whose time has come while another lasted comes next, unless the storm is over and
    /// such a one was made. `make` says whether it made one.
    async fn run(mut self, mut make: impl AsyncFnMut(F, &mut StdRng) -> Result<bool>) -> Result<()> {
        let (mut done, mut missed) = (Vec::new(), Vec::new());
        for Planned { at, fault, mut rng } in self.faults {
            if Instant::now() > self.ends && done.contains(&fault) {
                continue;
            }
            sleep_until(self.began + at).await;
            let kinds = if make(fault, &mut rng).await? { &mut done } else { &mut missed };
            if !kinds.contains(&fault) {
                kinds.push(fault);
            }
        }
        for fault in missed.into_iter().filter(|fault| !done.contains(fault)) {
            for _ in 0..TRIES {
                sleep(PAUSE).await;
                if make(fault, &mut self.rng).await? {
                    break;
                }
            }
        }
        sleep_until(self.ends).await;
        Ok(())
    }
}

/// A time between these, in milliseconds.
fn some_ms(rng: &mut StdRng, from: u64, to: u64) -> Duration {
    Duration::from_millis(rng.random_range(from..to))
}
