//! Messages that are removed, and what is kept of them for as long as that may be undone.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{MessageId, PersonId};

use crate::error::Result;

/// Who removed a message, and when.
pub(in crate::messages) struct Removal {
    pub(in crate::messages) person: PersonId,
    pub(in crate::messages) removed_at: DateTime<Utc>,
}

/// Takes away what a message says and all that hangs on it, and keeps it aside; answers whether it was pinned.
pub(in crate::messages) async fn erase(
    connection: &mut PgConnection,
    message: MessageId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"with kept as (
             insert into removals (message_id, person_id, removed_at, body, html, hung)
             select id, $3, $2, body, html, jsonb_build_object(
               'reactions', (select coalesce(jsonb_agg(to_jsonb(reactions)), '[]') from reactions where message_id = $1),
               'attachments', (select coalesce(jsonb_agg(to_jsonb(attachments)), '[]') from attachments where message_id = $1),
               'message_edits', (select coalesce(jsonb_agg(to_jsonb(message_edits)), '[]') from message_edits where message_id = $1),
               'pins', (select coalesce(jsonb_agg(to_jsonb(pins)), '[]') from pins where message_id = $1),
               'polls', (select coalesce(jsonb_agg(to_jsonb(polls)), '[]') from polls where message_id = $1),
               'poll_options', (select coalesce(jsonb_agg(to_jsonb(poll_options)), '[]') from poll_options where message_id = $1),
               'poll_votes', (select coalesce(jsonb_agg(to_jsonb(poll_votes)), '[]') from poll_votes where message_id = $1),
               'message_links', (select coalesce(jsonb_agg(to_jsonb(message_links)), '[]') from message_links where message_id = $1))
             from messages where id = $1 and deleted_at is null
           ),
           unreacted as (delete from reactions where message_id = $1),
           detached as (delete from attachments where message_id = $1),
           forgotten as (delete from message_edits where message_id = $1),
           unpinned as (delete from pins where message_id = $1 returning message_id),
           asked as (delete from polls where message_id = $1),
           unlinked as (delete from message_links where message_id = $1),
           erased as (update messages set body = null, html = null, deleted_at = $2 where id = $1)
           select exists (select from unpinned) as "pinned!""#,
        message.0,
        now,
        person.0,
    )
    .fetch_one(connection)
    .await?)
}

/// The removal of a message that may be undone still, if nobody swept it.
pub(in crate::messages) async fn removal(connection: &mut PgConnection, message: MessageId) -> Result<Option<Removal>> {
    Ok(sqlx::query_as!(
        Removal,
        "select person_id as person, removed_at from removals where message_id = $1",
        message.0,
    )
    .fetch_optional(connection)
    .await?)
}

/// Says again what a removed message said, with what hung on it, less what is gone for other reasons meanwhile; answers
/// whether it is pinned.
pub(in crate::messages) async fn restore(connection: &mut PgConnection, message: MessageId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"with kept as (
             delete from removals where message_id = $1 returning body, html, hung
           ), reacted as (
             insert into reactions (message_id, person_id, name, created_at)
             select $1, was.person_id, was.name, was.created_at
             from kept cross join jsonb_populate_recordset(null::reactions, hung -> 'reactions') was
             join people on people.id = was.person_id
           ), attached as (
             insert into attachments (message_id, ordinal, file_id)
             select $1, was.ordinal, was.file_id
             from kept cross join jsonb_populate_recordset(null::attachments, hung -> 'attachments') was
             join files on files.id = was.file_id
           ), edited as (
             insert into message_edits (message_id, until_at, body)
             select $1, was.until_at, was.body
             from kept cross join jsonb_populate_recordset(null::message_edits, hung -> 'message_edits') was
           ), pinned as (
             insert into pins (message_id, person_id, pinned_at)
             select $1, was.person_id, was.pinned_at
             from kept cross join jsonb_populate_recordset(null::pins, hung -> 'pins') was
             returning message_id
           ), asked as (
             insert into polls (message_id, multiple, closes_at)
             select $1, was.multiple, was.closes_at
             from kept cross join jsonb_populate_recordset(null::polls, hung -> 'polls') was
           ), offered as (
             insert into poll_options (message_id, ordinal, label)
             select $1, was.ordinal, was.label
             from kept cross join jsonb_populate_recordset(null::poll_options, hung -> 'poll_options') was
           ), voted as (
             insert into poll_votes (message_id, ordinal, person_id, created_at)
             select $1, was.ordinal, was.person_id, was.created_at
             from kept cross join jsonb_populate_recordset(null::poll_votes, hung -> 'poll_votes') was
             join people on people.id = was.person_id
           ), linked as (
             insert into message_links (message_id, url_sha256, ordinal, removed_at)
             select $1, was.url_sha256, was.ordinal, was.removed_at
             from kept cross join jsonb_populate_recordset(null::message_links, hung -> 'message_links') was
             join link_previews on link_previews.url_sha256 = was.url_sha256
           ), said as (
             update messages set body = kept.body, html = kept.html, deleted_at = null from kept where id = $1
           )
           select exists (select from pinned) as "pinned!""#,
        message.0,
    )
    .fetch_one(connection)
    .await?)
}

/// Forgets what removed messages said, at most `limit`; answers how many.
pub(in crate::messages) async fn sweep_removals(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let swept = sqlx::query!(
        "delete from removals
         where ctid = any(array(
           select ctid from removals where removed_at <= $1 order by removed_at limit $2 for update skip locked))",
        before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
