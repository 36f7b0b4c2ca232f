//! Who acts in a run. Each actor notes what it asks, what it is answered and what it hears; none of them judges.

mod admin;
mod author;
mod browser;
mod malicious;
mod marker;
mod poller;
mod reader;
mod requester;
mod sessions;
mod slow;
mod uploader;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::sync::{mpsc, watch};
use uuid::Uuid;

pub(crate) use admin::{Revocations, toggle_memberships};
pub(crate) use author::{Author, Crash, NAMED};
pub(crate) use browser::Browser;
pub(crate) use malicious::be_malicious;
pub(crate) use marker::Marker;
pub(crate) use poller::Poller;
pub(crate) use reader::{Applied, Reader, Shown, Timed, digests};
pub(crate) use requester::Requester;
pub(crate) use sessions::end_sessions;
pub(crate) use slow::read_slowly;
pub(crate) use uploader::upload;

/// How a run proceeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Everybody acts.
    Storm,
    /// What was written is sent; nothing new is written.
    Drain,
    /// Everybody goes.
    Done,
}

/// What actors are told while they act.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    /// How the run proceeds.
    pub(crate) phase: watch::Receiver<Phase>,
    /// Whether the database is paused just now.
    pub(crate) paused: watch::Receiver<bool>,
    /// How many acks are to be lost on their way.
    pub(crate) lose: Arc<AtomicU32>,
    /// The last message of some room, for whoever reacts.
    pub(crate) latest: Arc<watch::Sender<Option<(Uuid, Uuid)>>>,
    /// Takes each message that names somebody, once it was acknowledged.
    pub(crate) named: mpsc::UnboundedSender<Uuid>,
}

impl Signals {
    /// How the run proceeds.
    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Waits for a while, or less if the phase changes.
    pub(crate) async fn rest(&mut self, how_long: Duration) {
        // Either is a reason to look again; a sender that is gone ends the run.
        drop(tokio::time::timeout(how_long, self.phase.changed()).await);
    }

    /// Waits until the database is paused, and a while longer.
    pub(crate) async fn paused_for(&mut self, how_long: Duration) {
        if self.paused.wait_for(|paused| *paused).await.is_err() {
            // Nobody pauses it any more.
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(how_long).await;
    }

    /// Whether the next ack is to be lost: said once for each.
    pub(crate) fn loses_an_ack(&self) -> bool {
        self.lose.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_ok()
    }

    /// One more ack is to be lost.
    pub(crate) fn lose_an_ack(&self) {
        self.lose.fetch_add(1, Ordering::AcqRel);
    }

    /// A message that names somebody was acknowledged; whoever counts them may be gone.
    pub(crate) fn tell_named(&self, message: Uuid) {
        self.named.send(message).unwrap_or_default();
    }

    /// Ends with the run.
    pub(crate) async fn done(&mut self) {
        while self.phase() != Phase::Done && self.phase.changed().await.is_ok() {}
    }
}

/// How long a client waits before it comes back, the more often it failed; at most a second, so that what is measured
/// after a fault is the server's doing.
pub(crate) fn backoff(attempt: u32) -> Duration {
    let most = (20_u64 << attempt.min(6)).min(1000);
    Duration::from_millis(rand::random_range(0..most))
}
