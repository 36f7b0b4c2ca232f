//! The messages that are pinned in their thread, and what else stands beside those that it shows.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use words::{MessageId, PersonId, ThreadKind};

use crate::{error::Result, messages::drafts::Kept, threads::ThreadAccess};

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

/// For how many a thread's page is, its pinned messages, the last pinned first, and what its reader is writing there.
pub(in crate::messages) async fn beside(
    connection: &mut PgConnection,
    access: &ThreadAccess,
    limit: i64,
) -> Result<(i64, Vec<Uuid>, Option<Kept>)> {
    let row = sqlx::query!(
        r#"select
             (select count(*) from members here where here.group_id = $1 and here.ended_seq is null) as "audience!",
             array(
               select messages.id
               from pins join messages on messages.id = pins.message_id
               where messages.thread_id = $3 and messages.deleted_at is null
               order by pinned_at desc, messages.id
               limit $4) as "pinned!",
             drafts.message_id as "message?: MessageId", drafts.title as "title?",
             drafts.kind as "kind?: ThreadKind", drafts.body as "body?", drafts.updated_at as "updated_at?"
           from members
           left join drafts
             on drafts.member_id = members.id and drafts.thread_id = $3
             and not exists (select from messages where messages.id = drafts.message_id)
           where members.group_id = $1 and members.person_id = $2 and members.ended_seq is null"#,
        access.may().group().0,
        access.may().person().0,
        access.thread().0,
        limit,
    )
    .fetch_one(connection)
    .await?;
    let kept = match (row.message, row.title, row.kind, row.body, row.updated_at) {
        (Some(message), Some(title), Some(kind), Some(body), Some(updated_at)) => {
            Some(Kept { message, title, kind, body, updated_at })
        }
        _ => None,
    };
    Ok((row.audience, row.pinned, kept))
}
