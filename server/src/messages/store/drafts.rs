//! What is kept of what people write. Each statement asks for the present membership.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{MessageId, ThreadKind};

use crate::{
    error::Result,
    messages::drafts::{Desk, Kept, Unfinished},
};

/// Since when it is kept; nothing for who is no member any more.
pub(in crate::messages) async fn keep_draft(
    connection: &mut PgConnection,
    desk: &Desk,
    text: &Unfinished,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    Ok(sqlx::query_scalar!(
        "insert into drafts (member_id, thread_id, channel_id, message_id, title, kind, body, updated_at)
         select id, $3, $4, $5, $6, $7, $8, $9 from members
         where group_id = $1 and person_id = $2 and ended_seq is null
         on conflict on constraint drafts_home_key do update
           set
             message_id = excluded.message_id, title = excluded.title, kind = excluded.kind, body = excluded.body,
             updated_at = excluded.updated_at
         returning updated_at",
        desk.may.group().0,
        desk.may.person().0,
        desk.thread.map(|thread| thread.0),
        desk.channel.map(|channel| channel.0),
        text.message.0,
        text.title,
        text.kind.as_str(),
        text.body,
        now,
    )
    .fetch_optional(connection)
    .await?)
}

pub(in crate::messages) async fn draft(connection: &mut PgConnection, desk: &Desk) -> Result<Option<Kept>> {
    Ok(sqlx::query_as!(
        Kept,
        r#"select message_id as "message: MessageId", title, kind as "kind: ThreadKind", body, updated_at
           from drafts
           join members on members.id = drafts.member_id
           where members.group_id = $1 and members.person_id = $2 and members.ended_seq is null
             and thread_id is not distinct from $3 and channel_id is not distinct from $4
             and not exists (select from messages where messages.id = drafts.message_id)"#,
        desk.may.group().0,
        desk.may.person().0,
        desk.thread.map(|thread| thread.0),
        desk.channel.map(|channel| channel.0),
    )
    .fetch_optional(connection)
    .await?)
}

pub(in crate::messages) async fn drop_draft(
    connection: &mut PgConnection,
    desk: &Desk,
    message: Option<MessageId>,
) -> Result<()> {
    sqlx::query!(
        "delete from drafts using members
         where members.id = drafts.member_id and members.group_id = $1 and members.person_id = $2
           and members.ended_seq is null
           and thread_id is not distinct from $3 and channel_id is not distinct from $4
           and ($5::uuid is null or message_id = $5)",
        desk.may.group().0,
        desk.may.person().0,
        desk.thread.map(|thread| thread.0),
        desk.channel.map(|channel| channel.0),
        message.map(|message| message.0),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets what was posted and what ended with a membership, at most `limit`; answers how many.
pub(in crate::messages) async fn sweep_drafts(connection: &mut PgConnection, limit: i64) -> Result<u64> {
    let swept = sqlx::query!(
        "delete from drafts
         where ctid = any(array(
           select drafts.ctid from drafts
           join members on members.id = drafts.member_id
           where members.ended_seq is not null or exists (select from messages where messages.id = drafts.message_id)
           limit $1))",
        limit,
    )
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
