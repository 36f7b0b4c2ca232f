//! The database: one way to write, one way to read a snapshot, one way to read for the live core, with a pool each, so
//! that none waits behind another.
//!
//! No other `begin` exists. Who writes and who reads a snapshot runs detached from their caller: a request that is
//! dropped half-way leaves everything or nothing, never a pooled connection inside somebody else's transaction
//! (transact-rs/sqlx#4393).

mod instance;
pub mod private;
mod store;

use std::{
    future::Future,
    ops::{Deref, DerefMut},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use sqlx::{
    Connection, PgConnection, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::{broadcast, watch};
use uuid::Uuid;
use words::{Event, PersonId, StreamId};

use crate::{clock::Clock, error::Result, faults::point, metrics::Histogram};

pub use instance::{
    Demonstration, Loading, begin_demonstration, demonstration, lock_demonstration, mark_demonstration, migrate,
    missing_migrations, network_name, now, takes_writes, version,
};

/// A future that a transaction's work returns.
pub type Work<'t, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 't>>;

/// What an upper room does in the transaction of an event; given by the roof.
pub type Reactions = for<'t> fn(&'t mut Tx, Event) -> Work<'t, ()>;

/// A stream that has new events: sent after the commit, lost without harm.
pub type Hint = (StreamId, i64);

/// How many hints may wait for a slow listener before it falls back on its poll.
const HINTS: usize = 4096;

/// How many connections each pool holds at most: twenty-one together.
const READERS: u32 = 8;
const WRITERS: u32 = 8;
const FOLLOWERS: u32 = 5;

/// A connection that was idle for longer is asked whether it is still there before it is used: one that was busy just
/// now has just answered, and asking costs each statement a way to the database and back.
const FRESH: Duration = Duration::from_secs(1);

/// How long a transaction may take to begin; one that writes, to be given a connection before that, too.
const BEGINNING: Duration = Duration::from_secs(4);
/// How long the work of a transaction may take, and how long its commit: longer than any statement that the database
/// would end by itself.
const LONGEST: Duration = Duration::from_secs(20);
/// How long a reading may take on which something waits that is to go on.
const PROMPT: Duration = Duration::from_secs(3);
/// How long a connection may take to say that it is there: one that is cut off may never say anything.
const ANSWER: Duration = Duration::from_millis(500);
/// How long a connection may take to answer when it goes back to the pool.
const RELEASE: Duration = Duration::from_secs(5);

/// The database of this process.
#[derive(Clone, Debug)]
pub struct Db(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pool: PgPool,
    writers: PgPool,
    followers: PgPool,
    clock: Clock,
    hints: broadcast::Sender<Hint>,
    reactions: Reactions,
    epoch: watch::Sender<Option<Uuid>>,
    metrics: Metrics,
    given_up: GivenUp,
}

/// Whether the beginning of a transaction was waited for in vain, once: the connection may be in that transaction still
/// when it goes back to its pool, and sqlx does not know (transact-rs/sqlx#4393).
type GivenUp = Arc<AtomicBool>;

/// What was written, for operators.
#[derive(Debug)]
pub struct Metrics {
    /// How long the commits of write transactions took, in microseconds.
    pub took: Histogram,
    /// Commits that did not return well: the same request tells whether they happened.
    pub failed: AtomicU64,
}

/// The bounds of the commits' histogram, in microseconds.
const COMMITS: &[u64] = &[250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000];

type Begun = sqlx::Transaction<'static, Postgres>;

/// A write transaction, and the events recorded in it.
#[derive(Debug)]
pub struct Tx {
    inner: Begun,
    clock: Clock,
    now: DateTime<Utc>,
    reactions: Reactions,
    hints: Vec<Hint>,
}

impl Shared {
    fn over(pool: PgPool, clock: Clock, reactions: Reactions) -> Self {
        let (hints, epoch) = (broadcast::Sender::new(HINTS), watch::Sender::new(None));
        let metrics = Metrics { took: Histogram::new(COMMITS), failed: AtomicU64::new(0) };
        let given_up = GivenUp::default();
        Self { writers: pool.clone(), followers: pool.clone(), pool, clock, hints, reactions, epoch, metrics, given_up }
    }
}

impl Db {
    /// Opens the pools. Connections are made when first needed, so a database that is away does not stop the process.
    pub fn open(options: PgConnectOptions, clock: Clock, reactions: Reactions) -> Self {
        let options = options.options([
            ("statement_timeout", "15s"),
            ("lock_timeout", "5s"),
            // A transaction whose process was cut off holds its locks no longer than that.
            ("idle_in_transaction_session_timeout", "15s"),
            // What it warns of is in its own log.
            ("client_min_messages", "error"),
            // The day on which somebody holds a post is the network's.
            ("timezone", web::date::NETWORK_ZONE.name()),
            // What we ask takes less time than compiling it would.
            ("jit", "off"),
            // What is read of a network is in memory, or on a disk that seeks in no time.
            ("random_page_cost", "1.1"),
        ]);
        // Who writes and who follows ask a few things by key, again and again: to plan one anew for each asking takes
        // PostgreSQL longer than to answer it. A plan that is kept must do for tables that have grown since, before
        // anybody has analysed them: so it goes by the keys, however small they were when it was made.
        let by_key = options.clone().options([
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
        ]);
        let epoch = watch::Sender::new(None);
        let pool = |most| {
            let epoch = epoch.clone();
            PgPoolOptions::new()
                .max_connections(most)
                .acquire_timeout(Duration::from_secs(2))
                .test_before_acquire(false)
                .after_connect(move |connection, _| Box::pin(introduced(connection, epoch.clone())))
                .before_acquire(|connection, known| Box::pin(is_there(connection, known.idle_for)))
        };
        let given_up = GivenUp::default();
        let shared = Shared {
            writers: for_transactions(pool(WRITERS), Arc::clone(&given_up)).connect_lazy_with(by_key.clone()),
            followers: pool(FOLLOWERS).connect_lazy_with(by_key),
            epoch: epoch.clone(),
            given_up,
            ..Shared::over(pool(READERS).connect_lazy_with(options), clock, reactions)
        };
        Self(Arc::new(shared))
    }

    /// The same over one pool that somebody else made.
    pub fn over(pool: PgPool, clock: Clock, reactions: Reactions) -> Self {
        Self(Arc::new(Shared::over(pool, clock, reactions)))
    }

    /// A connection, for single statements.
    pub async fn lend(&self) -> Result<Lent> {
        Ok(Lent::of(self.0.pool.acquire().await?, RELEASE))
    }

    /// The pool of the connections that are lent.
    pub fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    /// Closes every connection, once what they do has ended.
    pub async fn close(&self) {
        self.0.pool.close().await;
        self.0.writers.close().await;
        self.0.followers.close().await;
    }

    /// What was written.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The clock that writes are dated by.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The hints of what this process commits, from now on.
    pub fn hints(&self) -> broadcast::Receiver<Hint> {
        self.0.hints.subscribe()
    }

    /// Runs `work` in a READ COMMITTED transaction and commits it, in a task of its own; then sends the hints.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        // Once on the heap, or each caller's own future would hold it all.
        detached(Box::pin(self.clone().written(work))).await
    }

    async fn written<T, F>(self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T>,
    {
        let inner = self.begun().await?;
        let clock = self.0.clock.clone();
        let mut tx = Tx { inner, now: clock.now(), clock, reactions: self.0.reactions, hints: Vec::new() };
        let value = within(LONGEST, work(&mut tx)).await?;
        let Tx { inner, hints, .. } = tx;
        point!("before_commit" if !hints.is_empty());
        self.commit(inner).await?;
        point!("after_commit_before_ack" if !hints.is_empty());
        // What is committed is acked, even where nobody could be told of it: the poll finds it.
        drop(self.tell(hints).await);
        Ok(value)
    }

    /// What [`Db::write`] does, without its task: for the test that shows what the task protects from.
    #[cfg(feature = "faults")]
    pub async fn write_attached<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T>,
    {
        self.clone().written(work).await
    }

    /// A write transaction once it has begun. Nothing else may wait for a beginning and give it up.
    async fn begun(&self) -> Result<Begun> {
        let mut begin = Box::pin(self.0.writers.begin());
        let Ok(answer) = tokio::time::timeout(BEGINNING, &mut begin).await else {
            // Before it is dropped, which gives the connection back.
            self.0.given_up.store(true, Ordering::Release);
            return Err(late(BEGINNING));
        };
        Ok(answer?)
    }

    async fn commit(&self, inner: Begun) -> Result<()> {
        let began = Instant::now();
        let committed = within(LONGEST, inner.commit()).await;
        self.0.metrics.took.observe(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
        if committed.is_err() {
            self.0.metrics.failed.fetch_add(1, Ordering::Relaxed);
        }
        committed
    }

    async fn tell(&self, hints: Vec<Hint>) -> Result<()> {
        point!("after_ack_before_hint" if !hints.is_empty());
        for hint in hints {
            // No receiver means that nobody is connected.
            drop(self.0.hints.send(hint));
        }
        Ok(())
    }

    /// Runs `work` in one REPEATABLE READ, read-only snapshot, in a task of its own (I5).
    pub async fn snapshot<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut PgConnection) -> Work<'t, T> + Send + 'static,
    {
        let db = self.clone();
        // Once on the heap, or each caller's own future would hold it all.
        detached(Box::pin(async move {
            let mut lent = db.lend().await?;
            let (connection, in_doubt) = lent.parts();
            *in_doubt = true;
            let begin = connection.begin_with("begin isolation level repeatable read, read only");
            let mut tx = within(BEGINNING, begin).await?;
            *in_doubt = false;
            // What was read is whole. The rollback goes with the connection on its way to the pool, in nobody's way.
            within(LONGEST, work(&mut tx)).await
        }))
        .await
    }

    /// Reads for the live core and of sessions, outside any transaction, for as long as a reading may take on which
    /// something waits that is to go on. A connection whose reading is broken off is kept only if it answers at once.
    pub async fn follow<T>(&self, read: impl AsyncFnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
        // On the heap, or each caller's own future would hold what giving a connection out takes.
        promptly(Box::pin(async {
            let mut lent = Lent::of(self.0.followers.acquire().await?, ANSWER);
            read(&mut lent).await
        }))
        .await
    }

    /// The epoch of this database: changes with a restore, a promotion or another database behind the same address
    /// (I14). UUIDv5 over `instance.epoch`, the system identifier, the timeline and the database's oid. What was read
    /// last: pages and sockets always speak of the same one.
    pub async fn epoch(&self) -> Result<Uuid> {
        let known = *self.0.epoch.borrow();
        match known {
            Some(epoch) => Ok(epoch),
            None => self.read_epoch().await,
        }
    }

    /// Reads the epoch anew: at the start, now and then, and whenever the database was away or looks like another one.
    pub async fn read_epoch(&self) -> Result<Uuid> {
        self.follow(async |connection| self.epoch_of(connection).await).await
    }

    /// Reads the epoch of what else this connection reads.
    pub async fn epoch_of(&self, connection: &mut PgConnection) -> Result<Uuid> {
        let epoch = store::epoch(connection).await?;
        note(&self.0.epoch, epoch);
        Ok(epoch)
    }

    /// The epochs of this database, as they are read.
    pub fn epochs(&self) -> watch::Receiver<Option<Uuid>> {
        self.0.epoch.subscribe()
    }
}

/// A pool of connections on which transactions begin: they come back outside any, or not at all. The rollback of one that
/// was dropped is on its way before what is asked here; asked for where none is open, it is a warning in PostgreSQL's log.
fn for_transactions(pool: PgPoolOptions, given_up: GivenUp) -> PgPoolOptions {
    pool.after_release(move |connection, _| {
        let given_up = given_up.load(Ordering::Acquire);
        Box::pin(async move {
            let ended = async { if given_up { store::roll_back(connection).await } else { connection.ping().await } };
            let ended = tokio::time::timeout(RELEASE, ended).await;
            ended.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
            Ok(true)
        })
    })
}

fn note(epochs: &watch::Sender<Option<Uuid>>, epoch: Uuid) {
    epochs.send_if_modified(|known| known.replace(epoch) != Some(epoch));
}

/// A new connection tells of which epoch it is before anything else is read through it: what a restored database says
/// is never taken for what the one before would have said (I14). Before the first migration there is none.
async fn introduced(connection: &mut PgConnection, epochs: watch::Sender<Option<Uuid>>) -> sqlx::Result<()> {
    if store::is_founded(connection).await? {
        note(&epochs, store::epoch(connection).await?);
    }
    Ok(())
}

impl Tx {
    /// When this transaction began, by the process's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// A new id, by the process's clock.
    pub fn fresh<T: From<Uuid>>(&self) -> T {
        self.clock.fresh()
    }

    /// The connection, for the statements of a store.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// Locks a stream's row until the commit: who holds it is alone in reading rights and taking sequences. To be
    /// followed by further statements, never joined with one: a right read in the locking statement is stale.
    pub async fn lock(&mut self, stream: StreamId) -> Result<i64> {
        let seq = store::lock(self.connection(), stream).await?.ok_or(crate::error::Error::NotFound)?;
        point!("after_lock");
        Ok(seq)
    }

    /// Locks those of some streams that nobody else has locked, and answers which.
    pub async fn lock_free(&mut self, streams: &[StreamId]) -> Result<Vec<StreamId>> {
        let locked = store::lock_free(self.connection(), streams).await?;
        point!("after_lock");
        Ok(locked)
    }

    /// Records an event with the next sequence of its stream, and does what upper rooms do about it. Answers the
    /// sequence.
    pub async fn record(&mut self, event: Event, actor: Option<PersonId>) -> Result<i64> {
        let row = event.row();
        let now = self.now;
        // Groups are locked before people: what they are told of somebody's own event comes before it.
        let own = row.person.is_some_and(|person| row.stream == person.into());
        if own {
            (self.reactions)(self, event).await?;
        }
        let seq = store::record(self.connection(), row, actor, now).await?;
        point!("after_insert");
        self.hints.push((row.stream, seq));
        if !own {
            (self.reactions)(self, event).await?;
        }
        Ok(seq)
    }

    /// Notes that events were written by a statement of a room's own, up to `seq`, so that their hint is sent.
    pub fn hint(&mut self, stream: StreamId, seq: i64) {
        self.hints.push((stream, seq));
    }
}

/// How matters stand for somebody now, as it is read with their session: what remembers looks whether it has forgotten in
/// time.
#[cfg(feature = "faults")]
pub async fn standing(connection: &mut PgConnection, person: PersonId) -> Result<String> {
    store::standing(connection, person).await
}

/// Where a stream stands.
pub async fn last_seq(db: &Db, stream: StreamId) -> Result<i64> {
    let mut connection = db.lend().await?;
    store::last_seq(&mut connection, stream).await?.ok_or(crate::error::Error::NotFound)
}

/// A connection of a pool, for reading. It goes back to the pool if it answers in time, and else is let go of for good: one
/// that carries nothing any more may never say so, and would keep its place in the pool for as long.
#[derive(Debug)]
pub struct Lent {
    connection: Option<PoolConnection<Postgres>>,
    patience: Duration,
    /// Whether it may be in a transaction that sqlx does not know of (transact-rs/sqlx#4393): it is let go of then.
    in_doubt: bool,
}

impl Lent {
    fn of(connection: PoolConnection<Postgres>, patience: Duration) -> Self {
        Self { connection: Some(connection), patience, in_doubt: false }
    }

    fn parts(&mut self) -> (&mut PgConnection, &mut bool) {
        (self.connection.as_mut().expect("held until it is dropped"), &mut self.in_doubt)
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect("held until it is dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.parts().0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.in_doubt {
            drop(connection.detach());
            return;
        }
        // A rollback that waits goes first, and its answer is waited for. Given up, it is closed.
        let (returned, patience) = (connection.return_to_pool(), self.patience);
        #[expect(
            clippy::disallowed_methods,
            reason = "holds one of the pool's places, and ends when that has answered"
        )]
        tokio::spawn(async move { drop(tokio::time::timeout(patience, returned).await) });
    }
}

/// Runs to the end even if the caller goes away.
async fn detached<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    #[expect(clippy::disallowed_methods, reason = "owned here: awaited by the caller, bounded by statement timeouts")]
    tokio::spawn(work).await?
}

/// Reads, for as long as a reading may take on which something waits that is to go on.
pub async fn promptly<T>(read: impl Future<Output = Result<T>>) -> Result<T> {
    within(PROMPT, read).await
}

/// Waits for the database, for so long: a connection that carries nothing any more may never say so, and is closed on
/// its way back to the pool. Whether what was under way is done nobody knows then: the same request tells.
async fn within<T, E>(limit: Duration, asked: impl Future<Output = Result<T, E>>) -> Result<T>
where
    crate::error::Error: From<E>,
{
    Ok(tokio::time::timeout(limit, asked).await.map_err(|_| late(limit))??)
}

fn late(limit: Duration) -> crate::error::Error {
    tracing::warn!(limit_s = limit.as_secs(), "the database does not answer");
    crate::error::Error::Unavailable
}

/// A connection that does not answer any more is an error, and another one is taken.
async fn is_there(connection: &mut PgConnection, idle_for: Duration) -> sqlx::Result<bool> {
    if idle_for > FRESH {
        let answered = tokio::time::timeout(ANSWER, connection.ping()).await;
        answered.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
    }
    Ok(true)
}
