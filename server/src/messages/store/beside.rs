//! What stands beside the messages of a thread, in one statement: its parts are asked for alone by `groups::member_count`
//! and by `drafts`.

use sqlx::PgConnection;
use uuid::Uuid;
use words::{MessageId, ThreadKind};

use crate::{error::Result, messages::drafts::Kept, threads::ThreadAccess};

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
