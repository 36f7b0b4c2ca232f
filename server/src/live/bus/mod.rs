//! What tells other nodes of new events: PostgreSQL's own notifications, or NATS.
//!
//! A hint says how far a stream goes, and only ever causes a reading (I11): whatever is lost, repeated, late or forged,
//! the poll of [`Hubs`] finds the rest within a second. So nothing here is kept, and nobody waits for it.
//!
//! - Hints leave after the commit, never inside it: a transaction that notifies holds a lock of the whole server while
//!   it commits. What is committed while one batch travels shares the next, each stream once with its latest sequence.
//! - Each node beats once a second and listens for its own beat: a connection that stands is no proof that it carries.
//! - Hints leave only while another node beats, so that a node alone pays for its beat and nothing else.
//! - Who writes in which thread goes the same way, as it passes: the node that hears of it asks the database whether they
//!   may, and chose to show it.

mod connection;
mod message;

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::broadcast::{
        Receiver,
        error::{RecvError, TryRecvError},
    },
    time::{Instant, MissedTickBehavior},
};
use uuid::Uuid;
use words::StreamId;

use super::{hub::Typing, hubs::Hubs};
use crate::db::{Db, Hint};
use connection::Connection;
use message::Message;

/// How often a node shows that it is there.
const BEAT: Duration = Duration::from_secs(1);
/// A connection that did not bring our own beat back for so long is replaced.
const MUTE: Duration = Duration::from_secs(3);
/// A node that was not heard for so long is not there, ourselves included.
const GONE: Duration = Duration::from_secs(5);
/// How long a connection may take to be made, or to take a batch.
const PATIENCE: Duration = Duration::from_secs(2);
/// The pauses between two connections: doubled from the first to the last, and spread.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// By what the nodes tell each other.
#[derive(Clone, PartialEq, Eq)]
pub enum Transport {
    /// There is one node: its own hubs are told directly.
    InProcess,
    /// `LISTEN` and `NOTIFY` of the database itself, on a connection of its own.
    Postgres,
    /// NATS core, at this address.
    Nats(String),
}

/// What went through the bus of this node.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Batches that left.
    pub sent: AtomicU64,
    /// Hints of other nodes that came.
    pub heard: AtomicU64,
    /// What came and was no message of ours.
    pub refused: AtomicU64,
    /// Hints that were dropped since too many waited: the poll finds what they told of.
    pub overflow: AtomicU64,
    /// Connections that were made.
    pub connections: AtomicU64,
}

/// The bus, as this node uses it.
#[derive(Clone, Debug)]
pub struct Bus(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    transport: Transport,
    node: Uuid,
    began: Instant,
    /// The number of the last beat that left.
    beat: AtomicU64,
    /// The number of the last one that came back.
    returned: AtomicU64,
    /// When our own beat was last heard, in milliseconds since the beginning, and when another node was; 0 for never.
    own_ms: AtomicU64,
    other_ms: AtomicU64,
    metrics: Metrics,
}

/// Why a connection is given up.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("it takes too long")]
    Late(#[from] tokio::time::error::Elapsed),
    #[error("our own beat does not come back")]
    Mute,
    #[error("it ended")]
    Ended,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Floor(#[from] crate::error::Error),
    #[error("NATS: {0}")]
    Nats(Box<dyn std::error::Error + Send + Sync>),
}

impl Bus {
    /// A bus that carries nothing before [`Bus::work`].
    pub fn new(transport: Transport) -> Self {
        Self(Arc::new(Shared {
            transport,
            node: Uuid::now_v7(),
            began: Instant::now(),
            beat: AtomicU64::new(0),
            returned: AtomicU64::new(0),
            own_ms: AtomicU64::new(0),
            other_ms: AtomicU64::new(0),
            metrics: Metrics::default(),
        }))
    }

    /// By what it tells.
    pub fn transport(&self) -> &Transport {
        &self.0.transport
    }

    /// What went through.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// How long ago our own beat came back; since the start if none ever did. None in process, where nothing is carried.
    pub fn age(&self) -> Option<Duration> {
        (self.0.transport != Transport::InProcess).then(|| self.since(&self.0.own_ms))
    }

    /// Whether our own beat came back lately, or nothing need be carried.
    pub fn carries(&self) -> bool {
        self.age().is_none_or(|age| age < GONE)
    }

    /// Whether another node was heard lately.
    pub fn has_company(&self) -> bool {
        self.0.other_ms.load(Ordering::Relaxed) > 0 && self.since(&self.0.other_ms) < GONE
    }

    /// Carries hints between this node's commits and hubs and those of others, for ever: a connection that breaks is
    /// made anew.
    pub async fn work(&self, db: &Db, hubs: &Hubs) {
        if self.0.transport == Transport::InProcess {
            return std::future::pending().await;
        }
        let (first, last) = PAUSES;
        let mut pause = first;
        loop {
            let began = Instant::now();
            let Err(broken) = self.serve(db, hubs).await;
            tracing::warn!(error = %broken, "the bus is broken: events of other nodes come by the poll until it is back");
            pause = if began.elapsed() > MUTE * 2 { first } else { (pause * 2).min(last) };
            tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
        }
    }

    /// Carries hints until the connection breaks.
    async fn serve(&self, db: &Db, hubs: &Hubs) -> Result<Infallible, Broken> {
        let (mut hints, mut typings) = (db.hints(), hubs.typings());
        let mut connection = tokio::time::timeout(PATIENCE, Connection::open(&self.0.transport, db)).await??;
        self.0.metrics.connections.fetch_add(1, Ordering::Relaxed);
        // What was told while nobody listened.
        hubs.poll_soon();
        let opened = self.elapsed_ms();
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let batch = tokio::select! {
                text = connection.next() => {
                    self.heard(&text?, hubs);
                    continue;
                }
                _ = beat.tick() => self.beat(opened)?,
                hint = hints.recv() => self.batch(hint, &mut hints),
                typing = typings.recv() => self.typings(typing, &mut typings),
            };
            if !batch.is_empty() {
                tokio::time::timeout(PATIENCE, connection.send(batch)).await??;
                self.0.metrics.sent.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The next beat, if the earlier ones came back.
    fn beat(&self, opened_ms: u64) -> Result<Vec<String>, Broken> {
        let last = self.0.own_ms.load(Ordering::Relaxed).max(opened_ms);
        if Duration::from_millis(self.elapsed_ms() - last) > MUTE {
            return Err(Broken::Mute);
        }
        let number = self.0.beat.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(vec![Message::beat(self.0.node, number)])
    }

    /// A hint with all that wait behind it, each stream once; nothing while no other node is there.
    fn batch(&self, first: Result<Hint, RecvError>, hints: &mut Receiver<Hint>) -> Vec<String> {
        let mut latest: HashMap<StreamId, i64> = HashMap::new();
        let mut next = first.map_err(|error| match error {
            RecvError::Lagged(lost) => TryRecvError::Lagged(lost),
            RecvError::Closed => TryRecvError::Closed,
        });
        loop {
            match next {
                Ok((stream, seq)) => {
                    let last = latest.entry(stream).or_insert(seq);
                    *last = seq.max(*last);
                }
                Err(TryRecvError::Lagged(lost)) => {
                    self.0.metrics.overflow.fetch_add(lost, Ordering::Relaxed);
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
            next = hints.try_recv();
        }
        if !self.has_company() {
            return Vec::new();
        }
        Message::batch(self.0.node, latest)
    }

    /// Who writes, with all that wait behind; nothing while no other node is there. What was lost meanwhile has passed.
    fn typings(
        &self,
        first: Result<(StreamId, Typing), RecvError>,
        typings: &mut Receiver<(StreamId, Typing)>,
    ) -> Vec<String> {
        let waiting: Vec<_> = first.into_iter().chain(std::iter::from_fn(|| typings.try_recv().ok())).collect();
        if self.has_company() { Message::typings(self.0.node, &waiting) } else { Vec::new() }
    }

    /// What somebody says. Nothing of it is believed: a hint is the cause of one reading at most.
    fn heard(&self, text: &str, hubs: &Hubs) {
        let Some(message) = Message::of_text(text) else {
            self.0.metrics.refused.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if message.node == self.0.node {
            return self.returned(message.beat);
        }
        self.0.other_ms.store(self.elapsed_ms(), Ordering::Relaxed);
        self.0.metrics.heard.fetch_add(message.hints.len() as u64, Ordering::Relaxed);
        for (stream, seq) in message.hints {
            hubs.hint(stream, seq);
        }
        for (stream, thread, person) in message.typing {
            hubs.typing_elsewhere(stream, Typing { thread, person });
        }
    }

    /// Our own beat came back. An old one, or one that never left, proves nothing.
    fn returned(&self, beat: Option<u64>) {
        let left = self.0.beat.load(Ordering::Relaxed);
        if let Some(number) = beat.filter(|&number| number <= left)
            && self.0.returned.fetch_max(number, Ordering::Relaxed) < number
        {
            self.0.own_ms.store(self.elapsed_ms(), Ordering::Relaxed);
        }
    }

    fn since(&self, then_ms: &AtomicU64) -> Duration {
        Duration::from_millis(self.elapsed_ms().saturating_sub(then_ms.load(Ordering::Relaxed)))
    }

    /// Milliseconds since the beginning, and one: 0 is never.
    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }
}

impl Transport {
    /// Its name, for operators.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::InProcess => "in-process",
            Self::Postgres => "postgresql",
            Self::Nats(_) => "nats",
        }
    }
}

/// Without the address, which may hold a password.
impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
