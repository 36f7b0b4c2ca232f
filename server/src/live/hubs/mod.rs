//! The hubs of this process: a task for each followed stream, and what wakes it.
//!
//! A hint after a commit wakes it at once; a poll of all followed streams in one query heals any lost hint within a
//! second (I11). One wake-up is one query, and an event is printed once for each form that somebody wants, whatever the
//! number of followers.

mod driver;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tokio::sync::{Notify, broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use words::{PersonId, StreamId, ThreadId, events::Recorded};

use super::{
    by_stream::OfStream,
    frame::Content,
    hub::{ConnectionId, Join, Typing, Variant},
    outbox::Outbox,
    store,
};
use crate::{
    db::{Db, Work},
    error::Result,
    faults::bug,
};
use driver::Driver;

/// How many requests may wait at a hub.
const QUEUE: usize = 1024;
/// How many words that somebody writes may wait for other nodes to be told.
const TYPINGS: usize = 256;
/// Of how many threads the stream is remembered.
const THREADS: usize = 4096;
/// How often lost hints are looked for.
const POLL: Duration = Duration::from_secs(1);

/// Where the present memberships of these people in a stream began; who may not follow it is left out. Given by the
/// roof.
pub type MayFollow = for<'c> fn(&'c mut PgConnection, StreamId, &'c [PersonId]) -> Work<'c, HashMap<PersonId, i64>>;

/// The stream of a thread. Given by the roof.
pub type StreamOf = for<'c> fn(&'c mut PgConnection, ThreadId) -> Work<'c, Option<StreamId>>;

/// Who chose to show that they write, and to see that others do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Willing {
    /// Of those who write, with their names.
    pub typing: Vec<(Typing, String)>,
    /// Of those who might be told.
    pub listeners: HashSet<PersonId>,
}

/// Of those who write in threads of a stream, and of who might be told, who chose it. Given by the roof.
pub type ShowTyping = for<'c> fn(&'c mut PgConnection, StreamId, &'c [Typing], &'c [PersonId]) -> Work<'c, Willing>;

/// An event to render.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// Which.
    pub event: Recorded,
    /// In which forms.
    pub variants: Vec<Variant>,
}

/// Reads what events that are wanted together are about. Given by the roof.
pub type Render = for<'c> fn(&'c mut PgConnection, DateTime<Utc>, &'c [Asked]) -> Work<'c, Forms>;

/// What is told of an event whose subject was read, in each of the wanted forms: the database may be let go of first.
pub type Forms = Box<dyn Fn(&Asked) -> Result<Vec<Content>> + Send + Sync>;

/// What the roof gives the hubs.
#[derive(Clone, Copy, Debug)]
pub struct Roof {
    /// Who may follow.
    pub may_follow: MayFollow,
    /// What is told of an event.
    pub render: Render,
    /// Where somebody writes.
    pub stream_of: StreamOf,
    /// Who shows it.
    pub show_typing: ShowTyping,
}

/// What the hubs did, for tests and operators.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Queries for events.
    pub queries: AtomicU64,
    /// Queries for rights.
    pub rights: AtomicU64,
    /// Readings of the subjects of events that are wanted together.
    pub renders: AtomicU64,
    /// Events printed in a form.
    pub prints: AtomicU64,
    /// Holes seen in a log: must stay 0.
    pub gaps: AtomicU64,
    /// Connections cut because they read too slowly.
    pub slow: AtomicU64,
    /// Readings that failed: tried again at the next poll.
    pub read_errors: AtomicU64,
}

/// The hubs of this process.
#[derive(Clone, Debug)]
pub struct Hubs(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: Db,
    roof: Roof,
    /// A hub lives as long as somebody holds it.
    streams: Mutex<HashMap<StreamId, Weak<Hold>>>,
    /// The streams of threads in which somebody wrote: a thread stays in its own for ever.
    threads: Mutex<HashMap<ThreadId, StreamId>>,
    /// Who writes and shows it, as was said here: for other nodes.
    typings: broadcast::Sender<(StreamId, Typing)>,
    metrics: Metrics,
    /// Rung when hints may have been lost.
    lost: Notify,
    stop: CancellationToken,
}

/// A followed stream, as a connection holds it. The hub ends when the last one lets go.
#[derive(Clone, Debug)]
pub struct Followed(Arc<Hold>);

#[derive(Debug)]
struct Hold {
    stream: StreamId,
    requests: mpsc::Sender<Request>,
    wake: Arc<Wake>,
}

/// What wakes a hub: kept as the latest values, so that no number of hints makes a queue.
#[derive(Debug)]
struct Wake {
    hinted: AtomicI64,
    polled: AtomicI64,
    bell: Notify,
}

/// No value since it was last looked at.
const NONE: i64 = -1;

enum Request {
    Join(Join, HashSet<ThreadId>, Arc<Outbox>),
    Leave(ConnectionId),
    Watch(ConnectionId, HashSet<ThreadId>),
    Typing(ConnectionId, ThreadId),
    TypingElsewhere(Typing),
    Done(oneshot::Sender<()>),
}

impl OfStream for Followed {
    fn stream(&self) -> StreamId {
        self.0.stream
    }
}

impl Followed {
    /// Asks to follow, with the fragments of these threads; what comes of it goes to the outbox.
    pub async fn join(&self, join: Join, watched: HashSet<ThreadId>, outbox: Arc<Outbox>) {
        self.ask(Request::Join(join, watched, outbox)).await;
    }

    /// Follows no more.
    pub async fn leave(self, connection: ConnectionId) {
        self.ask(Request::Leave(connection)).await;
    }

    /// Follows no more, said by who cannot wait; lost if the hub is busy, which sweeps now and then.
    pub fn let_go(self, connection: ConnectionId) {
        drop(self.0.requests.try_send(Request::Leave(connection)));
    }

    /// Wants the fragments of these threads.
    pub async fn watch(&self, connection: ConnectionId, threads: HashSet<ThreadId>) {
        self.ask(Request::Watch(connection, threads)).await;
    }

    /// Says that the connection's person writes in a thread; lost if the hub is busy.
    pub fn typing(&self, connection: ConnectionId, thread: ThreadId) {
        drop(self.0.requests.try_send(Request::Typing(connection, thread)));
    }

    /// Waits until the hub is done with what it is just giving: what belongs together is then in the outbox.
    pub async fn done(&self) {
        let (sender, done) = oneshot::channel();
        self.ask(Request::Done(sender)).await;
        drop(done.await);
    }

    async fn ask(&self, request: Request) {
        // A hub that we hold ends only with the server.
        drop(self.0.requests.send(request).await);
    }
}

impl Hubs {
    /// Hubs over this database, which end when `stop` says so.
    pub fn new(db: Db, roof: Roof, stop: CancellationToken) -> Self {
        Self(Arc::new(Shared {
            db,
            roof,
            streams: Mutex::default(),
            threads: Mutex::default(),
            typings: broadcast::Sender::new(TYPINGS),
            metrics: Metrics::default(),
            lost: Notify::new(),
            stop,
        }))
    }

    /// What the hubs did.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// How many streams are followed.
    pub fn followed(&self) -> usize {
        self.lock().values().filter(|hold| hold.strong_count() > 0).count()
    }

    /// The hub of a stream, started if need be.
    pub fn follow(&self, stream: StreamId) -> Followed {
        let mut streams = self.lock();
        if let Some(hold) = streams.get(&stream).and_then(Weak::upgrade) {
            return Followed(hold);
        }
        let (requests, asked) = mpsc::channel(QUEUE);
        let wake = Arc::new(Wake::default());
        let hold = Arc::new(Hold { stream, requests, wake: Arc::clone(&wake) });
        streams.insert(stream, Arc::downgrade(&hold));
        let driver = Driver::new(self.clone(), stream, wake);
        #[expect(clippy::disallowed_methods, reason = "owned by its holders: ends with the last of them, or on stop")]
        tokio::spawn(driver.run(asked));
        Followed(hold)
    }

    /// A thread in which somebody writes, with its stream; none if there is no such thread, or it cannot be known now.
    pub async fn place_of(self, thread: ThreadId) -> Option<(StreamId, ThreadId)> {
        let known = self.threads().get(&thread).copied();
        if let Some(stream) = known {
            return Some((stream, thread));
        }
        let read = self.0.db.follow(async |connection| (self.0.roof.stream_of)(connection, thread).await).await;
        let stream = read.inspect_err(|error| tracing::debug!(%error, "a thread was not found")).ok()??;
        let mut threads = self.threads();
        if threads.len() >= THREADS {
            threads.clear();
        }
        threads.insert(thread, stream);
        Some((stream, thread))
    }

    /// Wakes the hubs: by the hints of this process, and by the poll. Neither waits for the other.
    pub async fn wake(self) {
        tokio::select! {
            () = self.0.stop.cancelled() => {}
            () = self.follow_hints() => {}
            () = self.keep_polling() => {}
        }
    }

    /// Somebody says that a stream goes up to `seq`.
    pub(super) fn hint(&self, stream: StreamId, seq: i64) {
        bug!("drop_hint_without_poll" => if seq % 4 != 0 { return });
        self.tell(stream, |wake| &wake.hinted, seq);
    }

    /// Who writes and shows it, for other nodes.
    pub(super) fn typings(&self) -> broadcast::Receiver<(StreamId, Typing)> {
        self.0.typings.subscribe()
    }

    /// Another node says that somebody writes; lost where nobody follows, or the hub is busy.
    pub(super) fn typing_elsewhere(&self, stream: StreamId, typing: Typing) {
        let hold = self.lock().get(&stream).and_then(Weak::upgrade);
        if let Some(hold) = hold {
            drop(hold.requests.try_send(Request::TypingElsewhere(typing)));
        }
    }

    /// Hints may have been lost: the poll need not wait for its turn.
    pub(super) fn poll_soon(&self) {
        self.0.lost.notify_one();
    }

    async fn follow_hints(&self) {
        let mut hints = self.0.db.hints();
        loop {
            match hints.recv().await {
                Ok((stream, seq)) => self.hint(stream, seq),
                Err(broadcast::error::RecvError::Lagged(_)) => self.poll_soon(),
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    async fn keep_polling(&self) {
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = poll.tick() => {}
                () = self.0.lost.notified() => poll.reset(),
            }
            if let Err(error) = self.poll().await {
                self.0.metrics.read_errors.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(%error, "streams could not be polled");
            }
        }
    }

    /// Looks at the epoch, and then where every followed stream ends.
    async fn poll(&self) -> Result<()> {
        bug!("drop_hint_without_poll" => return Ok(()));
        let (db, streams) = (&self.0.db, self.lock().keys().map(|stream| stream.0).collect::<Vec<_>>());
        let read = db.follow(async |connection| {
            db.epoch_of(connection).await?;
            if streams.is_empty() { Ok(Vec::new()) } else { store::last_seqs(connection, &streams).await }
        });
        for (stream, seq) in read.await? {
            self.tell(stream, |wake| &wake.polled, seq);
        }
        Ok(())
    }

    fn tell(&self, stream: StreamId, which: impl Fn(&Wake) -> &AtomicI64, seq: i64) {
        let hold = self.lock().get(&stream).and_then(Weak::upgrade);
        if let Some(hold) = hold {
            which(&hold.wake).fetch_max(seq, Ordering::AcqRel);
            hold.wake.bell.notify_one();
        }
    }

    /// Forgets a hub that nobody holds any more; another may already be in its place.
    fn forget(&self, stream: StreamId) {
        let mut streams = self.lock();
        if streams.get(&stream).is_some_and(|hold| hold.strong_count() == 0) {
            streams.remove(&stream);
        }
    }

    fn threads(&self) -> MutexGuard<'_, HashMap<ThreadId, StreamId>> {
        self.0.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StreamId, Weak<Hold>>> {
        self.0.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Wake {
    fn default() -> Self {
        Self { hinted: AtomicI64::new(NONE), polled: AtomicI64::new(NONE), bell: Notify::new() }
    }
}

impl Wake {
    /// What came since the last look.
    fn look(&self) -> (Option<i64>, Option<i64>) {
        let taken = |value: &AtomicI64| Some(value.swap(NONE, Ordering::AcqRel)).filter(|&value| value != NONE);
        (taken(&self.hinted), taken(&self.polled))
    }
}
