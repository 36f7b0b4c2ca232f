//! What messages said before.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{MessageId, ThreadId};

use crate::error::Result;

/// The place of a message that says something.
pub(in crate::messages) async fn said_at(connection: &mut PgConnection, message: MessageId) -> Result<Option<i32>> {
    Ok(sqlx::query_scalar!("select position from messages where id = $1 and deleted_at is null", message.0)
        .fetch_optional(connection)
        .await?)
}

/// Whether a message at this position says something.
pub(in crate::messages) async fn says(connection: &mut PgConnection, thread: ThreadId, position: i32) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
             select from messages where thread_id = $1 and position = $2 and deleted_at is null) as "says!""#,
        thread.0,
        position,
    )
    .fetch_one(connection)
    .await?)
}

/// What a message said, each until when, the last first, at most `limit`.
pub(in crate::messages) async fn edits(
    connection: &mut PgConnection,
    message: MessageId,
    limit: i64,
) -> Result<Vec<(DateTime<Utc>, String)>> {
    let rows = sqlx::query!(
        "select until_at, body from message_edits where message_id = $1 order by until_at desc limit $2",
        message.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.until_at, row.body)).collect())
}
