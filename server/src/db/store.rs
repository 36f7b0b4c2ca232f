//! The SQL of the floor: streams, events and the instance.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use words::{PersonId, StreamId, events::EventRow};

use crate::error::Result;

/// The epoch of this connection's database.
pub(super) async fn epoch(connection: &mut PgConnection) -> sqlx::Result<Uuid> {
    let parts = sqlx::query!(
        r#"select
             instance.epoch,
             concat_ws(':', system.system_identifier, checkpoint.timeline_id, pg_database.oid) as "place!"
           from instance, pg_control_system() system, pg_control_checkpoint() checkpoint, pg_database
           where pg_database.datname = current_database()"#
    )
    .fetch_one(connection)
    .await?;
    Ok(Uuid::new_v5(&parts.epoch, parts.place.as_bytes()))
}

/// Whether the instance has its row: not so before the first migration.
pub(super) async fn is_founded(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let has_table = sqlx::query_scalar!(r#"select to_regclass('instance') is not null as "has!""#)
        .fetch_one(&mut *connection)
        .await?;
    Ok(has_table
        && sqlx::query_scalar!(r#"select exists (select from instance) as "has!""#).fetch_one(connection).await?)
}

pub(super) async fn lock(connection: &mut PgConnection, stream: StreamId) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!("select last_seq from streams where id = $1 for update", stream.0)
        .fetch_optional(connection)
        .await?)
}

pub(super) async fn lock_free(connection: &mut PgConnection, streams: &[StreamId]) -> Result<Vec<StreamId>> {
    let streams: Vec<_> = streams.iter().map(|stream| stream.0).collect();
    let locked = sqlx::query_scalar!(
        r#"select id as "id: StreamId" from streams where id = any($1) order by id for update skip locked"#,
        &streams
    );
    Ok(locked.fetch_all(connection).await?)
}

pub(super) async fn last_seq(connection: &mut PgConnection, stream: StreamId) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!("select last_seq from streams where id = $1", stream.0).fetch_optional(connection).await?)
}

/// How matters stand for somebody, as it is read with their session.
#[cfg(feature = "faults")]
pub(super) async fn standing(connection: &mut PgConnection, person: PersonId) -> Result<String> {
    Ok(sqlx::query_scalar!(
        r#"select string_agg(id || ' ' || stands, ', ' order by id, stands) as "standing!"
           from standing where person_id = $1"#,
        person.0,
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn record(
    connection: &mut PgConnection,
    row: EventRow,
    actor: Option<PersonId>,
    now: DateTime<Utc>,
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        "with taken as (
           update streams set last_seq = last_seq + 1 where id = $1 returning last_seq
         )
         insert into events (stream_id, seq, kind, subject_id, thread_id, person_id, actor_id, at)
         select $1, last_seq, $2, $3, $4, $5, $6, $7 from taken
         returning seq",
        row.stream.0,
        row.kind.as_str(),
        row.subject,
        row.thread.map(|thread| thread.0),
        row.person.map(|person| person.0),
        actor.map(|actor| actor.0),
        now,
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn insert_instance(
    connection: &mut PgConnection,
    epoch: Uuid,
    secret: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into instance (epoch, name, secret, created_at) values ($1, 'Préau', $2, $3) on conflict do nothing",
        epoch,
        secret,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn version(connection: &mut PgConnection) -> Result<i32> {
    Ok(sqlx::query_scalar!(r#"select current_setting('server_version_num')::integer as "number!""#)
        .fetch_one(connection)
        .await?)
}

pub(super) async fn network_name(connection: &mut PgConnection) -> Result<String> {
    Ok(sqlx::query_scalar!("select name from instance").fetch_one(connection).await?)
}

pub(super) async fn now(connection: &mut PgConnection) -> Result<DateTime<Utc>> {
    Ok(sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(connection).await?)
}

/// Whether the instance is the demonstration's, whether it is one that was begun, and whether anybody has an account.
pub(super) async fn demonstration(connection: &mut PgConnection) -> Result<(bool, bool, bool)> {
    let row = sqlx::query!(
        r#"select demo, demo_began_at is not null as "begun!", exists (select from people) as "inhabited!" from instance"#
    )
    .fetch_one(connection)
    .await?;
    Ok((row.demo, row.begun, row.inhabited))
}

/// Empties the tables that rooms write; `streams`, `people` and `territories` take those that refer to them along.
pub(super) async fn begin_demonstration(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
    let begun = sqlx::query_scalar!(r#"select demo_began_at is not null as "begun!" from instance for update"#)
        .fetch_one(&mut *connection)
        .await?;
    if begun {
        sqlx::query!("truncate streams, people, territories, mails, sign_in_attempts cascade")
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query!("update instance set demo_began_at = $1", now).execute(connection).await?;
    Ok(())
}

/// Whether this connection now holds the right to load the demonstration: until it is closed.
pub(super) async fn lock_demonstration(connection: &mut PgConnection) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"select pg_try_advisory_lock(hashtext('preau demonstration')) as "held!""#)
        .fetch_one(connection)
        .await?)
}

pub(super) async fn mark_demonstration(connection: &mut PgConnection, name: &str) -> Result<()> {
    sqlx::query!("update instance set demo = true, name = $1", name).execute(connection).await?;
    Ok(())
}

/// A durable write that leaves nothing but a line of the server's log: a standby refuses it.
pub(super) async fn takes_writes(connection: &mut PgConnection) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select
             current_setting('transaction_read_only') = 'off'
             and pg_logical_emit_message(true, 'preau', ''::text) is not null as "takes!""#
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn roll_back(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("rollback").execute(connection).await?;
    Ok(())
}
