//! The hubs of this process: a task for each followed stream, and what wakes it.
//!
//! A hint after a commit wakes it at once; a poll of all followed streams in one query heals any lost hint within a
//! second (I11). One wake-up is one query, and an event is printed once for each form that somebody wants, whatever the
//! number of followers.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use sqlx::PgConnection;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use words::{PersonId, StreamId, ThreadId, events::Recorded};

use super::{
    frame::{self, Content, Outcome, ServerFrame},
    hub::{ConnectionId, Hub, Join, Todo, Variant},
    outbox::Outbox,
    store,
};
use crate::{
    db::{Db, Work},
    error::Result,
};

/// How many requests may wait at a hub.
const QUEUE: usize = 1024;
/// How often lost hints are looked for.
const POLL: Duration = Duration::from_secs(1);
/// How many events one query reads.
const READ: i64 = 500;

/// Where a membership began, for who may follow a stream; given by the roof.
pub type MayFollow = for<'c> fn(&'c mut PgConnection, PersonId, StreamId) -> Work<'c, Option<i64>>;

/// Renders an event in the wanted forms, in their order; given by the roof.
pub type Render = for<'c> fn(&'c Db, &'c Recorded, &'c [Variant]) -> Work<'c, Vec<Content>>;

/// What the hubs did, for tests and operators.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Queries for events.
    pub queries: AtomicU64,
    /// Events printed in a form.
    pub prints: AtomicU64,
    /// Holes seen in a log: must stay 0.
    pub gaps: AtomicU64,
}

/// The hubs of this process.
#[derive(Clone, Debug)]
pub struct Hubs(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: Db,
    may_follow: MayFollow,
    render: Render,
    streams: Mutex<HashMap<StreamId, Handle>>,
    metrics: Metrics,
    stop: CancellationToken,
}

#[derive(Clone, Debug)]
struct Handle {
    requests: mpsc::Sender<Request>,
    hint: watch::Sender<i64>,
    delivered: Arc<AtomicI64>,
}

enum Request {
    Join(Join, Arc<Outbox>),
    Leave(ConnectionId),
    Watch(ConnectionId, HashSet<ThreadId>),
}

impl Hubs {
    /// Hubs over this database, which end when `stop` says so.
    pub fn new(db: Db, may_follow: MayFollow, render: Render, stop: CancellationToken) -> Self {
        let streams = Mutex::default();
        Self(Arc::new(Shared { db, may_follow, render, streams, metrics: Metrics::default(), stop }))
    }

    /// What the hubs did.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Follows a stream; what comes of it goes to the outbox.
    pub async fn join(&self, stream: StreamId, join: Join, outbox: Arc<Outbox>) {
        let mut request = Request::Join(join, outbox);
        // A hub that is just ending refuses, and another is started in its place.
        loop {
            match self.hub(stream).requests.send(request).await {
                Ok(()) => return,
                Err(mpsc::error::SendError(back)) => request = back,
            }
            if self.0.stop.is_cancelled() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Follows a stream no more.
    pub async fn leave(&self, stream: StreamId, connection: ConnectionId) {
        self.ask(stream, Request::Leave(connection)).await;
    }

    /// Wants the fragments of these threads of a stream.
    pub async fn watch(&self, stream: StreamId, connection: ConnectionId, threads: HashSet<ThreadId>) {
        self.ask(stream, Request::Watch(connection, threads)).await;
    }

    /// Where these streams stand here, for those that are followed.
    pub fn positions(&self, streams: &HashSet<StreamId>) -> serde_json::Map<String, serde_json::Value> {
        let hubs = self.lock();
        let delivered = |stream: &StreamId| hubs.get(stream).map(|hub| hub.delivered.load(Ordering::Acquire));
        streams.iter().filter_map(|stream| Some((stream.to_string(), delivered(stream)?.into()))).collect()
    }

    /// Wakes the hubs: by the hints of this process, and by the poll.
    pub async fn wake(self) {
        let mut hints = self.0.db.hints();
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.0.stop.cancelled() => return,
                hint = hints.recv() => match hint {
                    Ok((stream, seq)) => self.hint(stream, seq),
                    // Too many at once: the poll finds them all.
                    Err(broadcast::error::RecvError::Lagged(_)) => self.poll().await,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                _ = poll.tick() => self.poll().await,
            }
        }
    }

    async fn ask(&self, stream: StreamId, request: Request) {
        let requests = self.lock().get(&stream).map(|hub| hub.requests.clone());
        if let Some(requests) = requests {
            // A hub that has ended has nobody to forget.
            drop(requests.send(request).await);
        }
    }

    fn hint(&self, stream: StreamId, seq: i64) {
        if let Some(hub) = self.lock().get(&stream) {
            hub.hint.send_if_modified(|known| std::mem::replace(known, seq.max(*known)) < seq);
        }
    }

    async fn poll(&self) {
        let streams: Vec<_> = self.lock().keys().map(|stream| stream.0).collect();
        if streams.is_empty() {
            return;
        }
        let read = async {
            let mut connection = self.0.db.pool().acquire().await?;
            store::last_seqs(&mut connection, &streams).await
        };
        match read.await {
            Ok(last) => last.into_iter().for_each(|(stream, seq)| self.hint(stream, seq)),
            Err(error) => tracing::debug!(%error, "streams could not be polled"),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<StreamId, Handle>> {
        self.0.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hub of a stream, started if need be.
    fn hub(&self, stream: StreamId) -> Handle {
        let mut streams = self.lock();
        if let Some(hub) = streams.get(&stream).filter(|hub| !hub.requests.is_closed()) {
            return hub.clone();
        }
        let (requests, asked) = mpsc::channel(QUEUE);
        let (hint, hinted) = watch::channel(0);
        let handle = Handle { requests, hint, delivered: Arc::default() };
        streams.insert(stream, handle.clone());
        let driver = Driver {
            hubs: self.clone(),
            stream,
            outboxes: HashMap::new(),
            delivered: Arc::clone(&handle.delivered),
            dispatched: Vec::new(),
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "owned by its followers: ends with the last of them, or on stop"
        )]
        tokio::spawn(driver.run(asked, hinted));
        handle
    }
}

/// The I/O around one hub.
struct Driver {
    hubs: Hubs,
    stream: StreamId,
    outboxes: HashMap<ConnectionId, Arc<Outbox>>,
    delivered: Arc<AtomicI64>,
    dispatched: Vec<(Variant, Utf8Bytes)>,
}

impl Driver {
    async fn run(mut self, mut asked: mpsc::Receiver<Request>, mut hinted: watch::Receiver<i64>) {
        let stop = self.hubs.0.stop.clone();
        let Some(mut hub) = self.first_look(&stop).await else { return };
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                request = asked.recv() => match request {
                    Some(request) => self.take(&mut hub, request).await,
                    None => return,
                },
                changed = hinted.changed() => match changed {
                    Ok(()) if *hinted.borrow_and_update() > hub.delivered() => self.catch_up(&mut hub).await,
                    Ok(()) => {}
                    Err(_) => return,
                },
            }
            if hub.is_idle() && asked.is_empty() && self.end(&mut asked) {
                return;
            }
        }
    }

    /// Starts from where the log stands; the database may be away for a while.
    async fn first_look(&self, stop: &CancellationToken) -> Option<Hub> {
        loop {
            match self.origin().await {
                Ok((epoch, seq)) => {
                    self.delivered.store(seq, Ordering::Release);
                    return Some(Hub::new(self.stream, epoch, seq));
                }
                Err(error) => tracing::debug!(%error, "a stream could not be read"),
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    async fn origin(&self) -> Result<(Uuid, i64)> {
        let db = &self.hubs.0.db;
        let epoch = db.epoch().await?;
        let mut connection = db.pool().acquire().await?;
        let last = store::last_seqs(&mut connection, &[self.stream.0]).await?;
        Ok((epoch, last.first().map_or(0, |(_, seq)| *seq)))
    }

    /// Ends with the last follower, unless somebody asked in the meantime.
    fn end(&self, asked: &mut mpsc::Receiver<Request>) -> bool {
        let mut streams = self.hubs.lock();
        if !asked.is_empty() {
            return false;
        }
        asked.close();
        // Closed under the lock: who has a handle is refused from now on, and starts another hub.
        if streams.get(&self.stream).is_some_and(|hub| hub.requests.is_closed()) {
            streams.remove(&self.stream);
        }
        asked.is_empty()
    }

    async fn take(&mut self, hub: &mut Hub, request: Request) {
        match request {
            Request::Leave(connection) => {
                hub.leave(connection);
                self.outboxes.remove(&connection);
            }
            Request::Watch(connection, threads) => hub.watch(connection, threads),
            Request::Join(join, outbox) => {
                // The right is read after everything before it was dispatched.
                self.catch_up(hub).await;
                self.outboxes.insert(join.connection, outbox);
                match self.right(&join).await {
                    Ok(began) => {
                        let todo = hub.join(&join, began);
                        self.carry_out(hub, todo).await;
                    }
                    Err(error) => {
                        tracing::debug!(%error, "a right could not be read");
                        self.unavailable(&join);
                    }
                }
            }
        }
        self.outboxes.retain(|_, outbox| !outbox.is_cut());
    }

    async fn right(&self, join: &Join) -> Result<Option<i64>> {
        let mut connection = self.hubs.0.db.pool().acquire().await?;
        (self.hubs.0.may_follow)(&mut connection, join.person, self.stream).await
    }

    fn unavailable(&self, join: &Join) {
        if let Some(outbox) = self.outboxes.get(&join.connection) {
            let message = "the database is away: subscribe again";
            outbox.push(frame::print(&ServerFrame::Error {
                id: join.id,
                code: "unavailable",
                message,
                retry_after_ms: Some(1000),
            }));
        }
    }

    /// Reads and dispatches until nothing is left. A failure leaves the rest to the next hint or poll.
    async fn catch_up(&mut self, hub: &mut Hub) {
        loop {
            let events = match self.read(hub.delivered(), i64::MAX).await {
                Ok(events) => events,
                Err(error) => {
                    tracing::debug!(%error, "events could not be read");
                    return;
                }
            };
            let more = i64::try_from(events.len()).is_ok_and(|read| read == READ);
            let todo = hub.fetched(events);
            let gap = todo.iter().any(|step| matches!(step, Todo::Gap { .. }));
            self.carry_out(hub, todo).await;
            self.delivered.store(hub.delivered(), Ordering::Release);
            if gap || !more {
                return;
            }
        }
    }

    async fn read(&self, after: i64, up_to: i64) -> Result<Vec<Recorded>> {
        self.hubs.0.metrics.queries.fetch_add(1, Ordering::Relaxed);
        let mut connection = self.hubs.0.db.pool().acquire().await?;
        store::events(&mut connection, self.stream, after, up_to, READ).await
    }

    async fn carry_out(&mut self, hub: &mut Hub, todo: Vec<Todo>) {
        for step in todo {
            match step {
                Todo::Answer { connection, id, seq, outcome } => self.answer(connection, id, seq, outcome).await,
                Todo::Replay { connection, after, up_to, .. } => self.replay(hub, connection, after, up_to).await,
                Todo::Dispatch { event, to } => self.dispatch(&event, &to).await,
                Todo::Gap { expected, found } => {
                    self.hubs.0.metrics.gaps.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(stream = %self.stream, expected, found, "the log has a hole");
                }
            }
        }
    }

    async fn answer(&mut self, connection: ConnectionId, id: Option<i64>, seq: i64, outcome: Outcome) {
        let Ok(epoch) = self.hubs.0.db.epoch().await else { return };
        let Some(outbox) = self.outboxes.get(&connection) else { return };
        outbox.push(frame::print(&ServerFrame::Subscribed { id, stream: self.stream, epoch, seq, result: outcome }));
        if outcome != Outcome::Ok {
            self.outboxes.remove(&connection);
        }
    }

    /// Events that a follower missed, then the word that the replay is over. A failed read cuts the connection: it
    /// resumes from what it applied.
    async fn replay(&mut self, hub: &Hub, connection: ConnectionId, after: i64, up_to: i64) {
        let events = if after < up_to { self.read(after, up_to).await } else { Ok(Vec::new()) };
        let Some(outbox) = self.outboxes.get(&connection).cloned() else { return };
        let Ok(events) = events else { return outbox.cut() };
        for event in events {
            let Some(variant) = hub.variant(connection, &event) else { return };
            self.dispatch(&event, &[(connection, variant)]).await;
        }
        outbox.push(frame::print(&ServerFrame::Live { stream: self.stream, seq: up_to }));
    }

    /// Prints an event once in each wanted form, and hands the same bytes to everybody who wants that form.
    async fn dispatch(&mut self, event: &Recorded, to: &[(ConnectionId, Variant)]) {
        let mut wanted: Vec<Variant> = to.iter().map(|(_, variant)| *variant).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return;
        }
        let contents = match (self.hubs.0.render)(&self.hubs.0.db, event, &wanted).await {
            Ok(contents) => contents,
            Err(error) => {
                // Nothing may be skipped: the followers come back and resume before this event.
                tracing::warn!(%error, stream = %self.stream, seq = event.seq, "an event could not be rendered");
                return to.iter().filter_map(|(id, _)| self.outboxes.get(id)).for_each(|outbox| outbox.cut());
            }
        };
        self.hubs.0.metrics.prints.fetch_add(contents.len() as u64, Ordering::Relaxed);
        self.dispatched.clear();
        let printed =
            wanted.into_iter().zip(&contents).map(|(variant, content)| (variant, frame::print_event(event, content)));
        self.dispatched.extend(printed);
        for (connection, variant) in to {
            let bytes = self.dispatched.iter().find(|(printed, _)| printed == variant);
            if let (Some(outbox), Some((_, bytes))) = (self.outboxes.get(connection), bytes) {
                outbox.push(bytes.clone());
            }
        }
    }
}
