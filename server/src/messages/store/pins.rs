//! The messages that are pinned in their thread.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{MessageId, PersonId};

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
