//! The messages that are pinned in their thread.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use words::{MessageId, PersonId, ThreadId};

use crate::error::Result;

/// Whether that is new.
pub(in crate::messages) async fn pin(
    connection: &mut PgConnection,
    message: MessageId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let pinned = sqlx::query!(
        "insert into pins (message_id, person_id, pinned_at) values ($1, $2, $3) on conflict do nothing",
        message.0,
        person.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(pinned.rows_affected() > 0)
}

/// Whether it was pinned.
pub(in crate::messages) async fn unpin(connection: &mut PgConnection, message: MessageId) -> Result<bool> {
    let unpinned = sqlx::query!("delete from pins where message_id = $1", message.0).execute(connection).await?;
    Ok(unpinned.rows_affected() > 0)
}

/// The pinned messages of a thread, the last pinned first.
pub(in crate::messages) async fn pinned_messages(
    connection: &mut PgConnection,
    thread: ThreadId,
    limit: i64,
) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select messages.id
         from pins join messages on messages.id = pins.message_id
         where messages.thread_id = $1 and messages.deleted_at is null
         order by pinned_at desc, messages.id
         limit $2",
        thread.0,
        limit,
    )
    .fetch_all(connection)
    .await?)
}
