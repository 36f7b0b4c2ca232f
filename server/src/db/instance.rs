//! What this database is: its schema, its name, whether it is a demonstration, and what it takes.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::StreamId;

use super::{Db, Lent, RELEASE, store};
use crate::error::{Error, Result};

/// The migrations of this build. A schema may be ahead of it: a version to come only adds to what this one knows, so that
/// both run side by side, and this one starts again on it (I20).
static MIGRATIONS: LazyLock<sqlx::migrate::Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("../migrations");
    migrations.set_ignore_missing(true);
    migrations
});

/// Brings the schema up to date, one process at a time, and makes the instance's row on the first run.
pub async fn migrate(db: &Db) -> Result<()> {
    version(db).await?;
    MIGRATIONS.run(db.pool()).await.map_err(Error::Migrate)?;
    let (epoch, now) = (StreamId::fresh().0, db.clock().now());
    let secret: [u8; 32] = rand::random();
    let mut connection = db.lend().await?;
    store::insert_instance(&mut connection, epoch, &secret, now).await
}

/// How many migrations of this build the database has not seen.
pub async fn missing_migrations(db: &Db) -> Result<usize> {
    let mut connection = db.lend().await?;
    let applied = sqlx::migrate::Migrate::list_applied_migrations(&mut *connection, &MIGRATIONS.table_name)
        .await
        .map_err(Error::Migrate)?;
    Ok(MIGRATIONS.iter().filter(|known| !applied.iter().any(|done| done.version == known.version)).count())
}

/// The server's version, if it is one that we know: PostgreSQL 15 to 18. Whoever asks is told why they are refused: who
/// connects, to what and by which right is an operator's to mend (classes 28 and 3D, 42501, 55000).
pub async fn version(db: &Db) -> Result<String> {
    let connection = match db.pool().acquire().await {
        Err(sqlx::Error::Database(refused))
            if refused
                .code()
                .is_some_and(|code| ["28", "3D", "42501", "55000"].iter().any(|class| code.starts_with(class))) =>
        {
            return Err(Error::Database(sqlx::Error::Database(refused)));
        }
        connection => connection?,
    };
    let number = store::version(&mut Lent::of(connection, RELEASE)).await?;
    match number / 10_000 {
        major @ 15..=18 => Ok(format!("PostgreSQL {major}")),
        _ => Err(Error::ServerVersion(number)),
    }
}

/// The network's name.
pub async fn network_name(db: &Db) -> Result<String> {
    let mut connection = db.lend().await?;
    store::network_name(&mut connection).await
}

/// The database's clock.
pub async fn now(db: &Db) -> Result<DateTime<Utc>> {
    let mut connection = db.lend().await?;
    store::now(&mut connection).await
}

/// What a database holds of the demonstration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Demonstration {
    /// Nobody has an account: it may be loaded.
    Empty,
    /// It is the demonstration's, and whole.
    There,
    /// It is the demonstration's, whose loading was interrupted.
    Begun,
    /// It is somebody's own.
    Foreign,
}

/// What a database holds of the demonstration.
pub async fn demonstration(db: &Db) -> Result<Demonstration> {
    let mut connection = db.lend().await?;
    Ok(match store::demonstration(&mut connection).await? {
        (true, _, _) => Demonstration::There,
        (false, true, _) => Demonstration::Begun,
        (false, false, true) => Demonstration::Foreign,
        (false, false, false) => Demonstration::Empty,
    })
}

/// The right to load the demonstration: nobody else has it while this is kept.
#[derive(Debug)]
pub struct Loading {
    _connection: PgConnection,
}

/// Takes the right to load the demonstration, unless somebody loads it just now.
pub async fn lock_demonstration(db: &Db) -> Result<Option<Loading>> {
    let mut connection = db.pool().acquire().await?.detach();
    let held = store::lock_demonstration(&mut connection).await?;
    Ok(held.then_some(Loading { _connection: connection }))
}

/// Notes that the demonstration is being loaded, in what must be empty or an earlier try: what a try left goes.
pub async fn begin_demonstration(db: &Db) -> Result<()> {
    db.write(|tx| {
        Box::pin(async move {
            let now = tx.now();
            store::begin_demonstration(tx.connection(), now).await
        })
    })
    .await
}

/// Marks the instance as the demonstration's, once it is whole, and names it.
pub async fn mark_demonstration(db: &Db, name: &str) -> Result<()> {
    let mut connection = db.lend().await?;
    store::mark_demonstration(&mut connection, name).await
}

/// Whether the database takes writes.
pub async fn takes_writes(db: &Db) -> Result<bool> {
    // Not by the writers, who may all be waiting for one stream's lock: a crowd there makes no node less ready.
    db.follow(async |connection| store::takes_writes(connection).await).await
}
