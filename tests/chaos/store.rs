//! The SQL of a run: what the database holds at the end, and the ending of its connections.

use std::{collections::HashMap, time::Duration};

use anyhow::Result;
use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::{
    PgConnection,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

/// An event.
pub(crate) struct Event {
    pub(crate) stream: Uuid,
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) subject: Uuid,
    pub(crate) thread: Option<Uuid>,
    pub(crate) person: Option<Uuid>,
    pub(crate) actor: Option<Uuid>,
    at: DateTime<Utc>,
}

/// A message.
pub(crate) struct Message {
    pub(crate) id: Uuid,
    pub(crate) thread: Uuid,
    pub(crate) position: i32,
    pub(crate) author: Uuid,
}

/// How far somebody has read a thread.
pub(crate) struct Position {
    pub(crate) person: Uuid,
    pub(crate) thread: Uuid,
    pub(crate) up_to: i32,
}

/// A file.
pub(crate) struct File {
    pub(crate) id: Uuid,
    pub(crate) sha256: Vec<u8>,
}

impl Event {
    /// When it happened, as the wire writes it.
    pub(crate) fn at(&self) -> String {
        self.at.to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

/// Ends about half of the connections of others; how many.
pub(crate) async fn drop_backends(connection: &mut PgConnection) -> Result<usize> {
    let ended = sqlx::query_scalar!(
        "select pg_terminate_backend(pid)
         from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and random() < 0.5"
    )
    .fetch_all(connection)
    .await?;
    Ok(ended.len())
}

/// Where every stream stands.
pub(crate) async fn last_seqs(connection: &mut PgConnection) -> Result<Vec<(Uuid, i64)>> {
    let rows = sqlx::query!("select id, last_seq from streams").fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.last_seq)).collect())
}

/// The whole log.
pub(crate) async fn events(connection: &mut PgConnection) -> Result<Vec<Event>> {
    Ok(sqlx::query_as!(
        Event,
        "select
           stream_id as stream, seq, kind, subject_id as subject, thread_id as thread, person_id as person,
           actor_id as actor, at
         from events"
    )
    .fetch_all(connection)
    .await?)
}

/// Every message.
pub(crate) async fn messages(connection: &mut PgConnection) -> Result<Vec<Message>> {
    let statement =
        sqlx::query_as!(Message, "select id, thread_id as thread, position, author_id as author from messages");
    Ok(statement.fetch_all(connection).await?)
}

/// Every read position.
pub(crate) async fn positions(connection: &mut PgConnection) -> Result<Vec<Position>> {
    let statement = sqlx::query_as!(
        Position,
        "select person_id as person, thread_id as thread, position as up_to from read_positions"
    );
    Ok(statement.fetch_all(connection).await?)
}

/// How many notifications somebody has of each message.
pub(crate) async fn notifications(connection: &mut PgConnection, person: Uuid) -> Result<HashMap<Uuid, u32>> {
    let rows = sqlx::query!(
        r#"select message_id as message, count(*) as "count!" from notifications where person_id = $1 group by message_id"#,
        person,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| Ok((row.message, u32::try_from(row.count)?))).collect()
}

/// How many mails somebody was sent, or is to be.
pub(crate) async fn mails(connection: &mut PgConnection, person: Uuid) -> Result<u32> {
    let mails = sqlx::query_scalar!(r#"select count(*) as "count!" from mails where person_id = $1"#, person);
    Ok(mails.fetch_one(connection).await?.try_into()?)
}

/// Every file.
pub(crate) async fn files(connection: &mut PgConnection) -> Result<Vec<File>> {
    Ok(sqlx::query_as!(File, "select id, sha256 from files").fetch_all(connection).await?)
}

/// Says this on the channel by which nodes tell each other of new events.
pub(crate) async fn notify(connection: &mut PgConnection, said: &[String]) -> Result<()> {
    sqlx::query!("select pg_notify('preau.hints', said) from unnest($1::text[]) as said", said)
        .fetch_all(connection)
        .await?;
    Ok(())
}

/// The processes on whose connections nodes listen to each other, in no order.
pub(crate) async fn listeners(connection: &mut PgConnection) -> Result<Vec<i32>> {
    Ok(sqlx::query_scalar!(
        r#"select pid as "pid!"
           from pg_stat_activity
           where pid <> pg_backend_pid() and (query ilike 'listen %' or query ilike '%pg_notify%')
           order by random()"#
    )
    .fetch_all(connection)
    .await?)
}

/// What is said on that channel for a while.
pub(crate) async fn hear(options: &PgConnectOptions, how_long: Duration) -> Result<Vec<String>> {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen("preau.hints").await?;
    let mut heard = Vec::new();
    let until = Instant::now() + how_long;
    while let Ok(Ok(Some(said))) = timeout_at(until, listener.try_recv()).await {
        heard.push(said.payload().to_owned());
    }
    Ok(heard)
}

/// Ends the connections on which nodes listen to each other: what is said meanwhile is lost. How many
/// there were.
pub(crate) async fn drop_listeners(connection: &mut PgConnection) -> Result<usize> {
    let ended = sqlx::query_scalar!(
        "select pg_terminate_backend(pid)
         from pg_stat_activity
         where pid <> pg_backend_pid() and (query ilike 'listen %' or query ilike '%pg_notify%')"
    )
    .fetch_all(connection)
    .await?;
    Ok(ended.len())
}
