//! The SQL of the live floor: the log, and the hints of it.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use words::{PersonId, StreamId, ThreadId};

use super::log::Entry;
use crate::error::Result;

pub(super) async fn last_seqs(connection: &mut PgConnection, streams: &[Uuid]) -> Result<Vec<(StreamId, i64)>> {
    let rows = sqlx::query!(r#"select id as "id: StreamId", last_seq from streams where id = any($1)"#, streams)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.last_seq)).collect())
}

/// Forgets the oldest events of streams, in their order, as long as none is younger than `before`; at most `limit`.
pub(super) async fn sweep(connection: &mut PgConnection, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    let swept = sqlx::query!(
        "with old as (
           select events.stream_id, events.seq
           from streams
           cross join lateral (
             select coalesce(min(seq), streams.last_seq + 1) as first
             from events
             where stream_id = streams.id and at >= $1) kept
           join events on events.stream_id = streams.id and events.seq < kept.first
           order by events.stream_id, events.seq
           limit $2)
         delete from events using old where events.stream_id = old.stream_id and events.seq = old.seq",
        before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}

/// The memberships that end after this event, and where.
pub(super) async fn ends(connection: &mut PgConnection, stream: StreamId, after: i64) -> Result<Vec<(PersonId, i64)>> {
    let rows = sqlx::query!(
        r#"select person_id as "person!: PersonId", seq
           from events
           where stream_id = $1 and seq > $2 and kind = 'member.removed' and person_id is not null
           order by seq"#,
        stream.0,
        after,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.seq)).collect())
}

pub(super) async fn events(
    connection: &mut PgConnection,
    stream: StreamId,
    after: i64,
    up_to: i64,
    limit: i64,
) -> Result<Vec<Entry>> {
    let rows = sqlx::query!(
        r#"select
             seq, kind, subject_id, thread_id as "thread_id: ThreadId", person_id as "person_id: PersonId",
             actor_id as "actor_id: PersonId", at
           from events
           where stream_id = $1 and seq > $2 and seq <= $3
           order by seq
           limit $4"#,
        stream.0,
        after,
        up_to,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Entry {
            seq: row.seq,
            kind: row.kind.as_str().into(),
            subject: row.subject_id,
            thread: row.thread_id,
            person: row.person_id,
            actor: row.actor_id,
            at: row.at,
        })
        .collect())
}

/// Notifies whoever listens to a channel, of each text.
pub(super) async fn notify(connection: &mut PgConnection, channel: &str, texts: &[String]) -> Result<()> {
    sqlx::query!("select pg_notify($1, text) from unnest($2::text[]) as text", channel, texts)
        .execute(connection)
        .await?;
    Ok(())
}
