//! Messages that are moved to another thread.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use words::{GroupId, MessageId, PersonId, ThreadId};

use crate::error::Result;

/// Messages on their way from one thread of a group to the end of another.
pub(in crate::messages) struct Moving<'m> {
    pub(in crate::messages) group: GroupId,
    pub(in crate::messages) from: ThreadId,
    pub(in crate::messages) to: ThreadId,
    /// Each with the id that it has at the target, in order.
    pub(in crate::messages) messages: &'m [(MessageId, MessageId)],
    /// The last position of the target, and the last sequence of the group.
    pub(in crate::messages) last_position: i32,
    pub(in crate::messages) last_seq: i64,
    pub(in crate::messages) person: PersonId,
}

/// The messages of a thread from a position on that say something, in order, at most `limit`.
pub(in crate::messages) async fn said_from(
    connection: &mut PgConnection,
    thread: ThreadId,
    position: i32,
    limit: i64,
) -> Result<Vec<MessageId>> {
    Ok(sqlx::query_scalar!(
        r#"select id as "id: MessageId" from messages
           where thread_id = $1 and position >= $2 and deleted_at is null
           order by position
           limit $3"#,
        thread.0,
        position,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// Where a message that was moved is now: the last of its moves. The message itself, if it was not.
pub(in crate::messages) async fn moved_to(connection: &mut PgConnection, message: MessageId) -> Result<MessageId> {
    Ok(sqlx::query_scalar!(
        r#"with recursive place (id, number) as (
             select $1::uuid, 0
             union all
             select moves.to_id, number + 1 from place join moves on moves.from_id = place.id where number < 100
           )
           select id as "id!: MessageId" from place order by number desc limit 1"#,
        message.0,
    )
    .fetch_one(connection)
    .await?)
}

/// Says at the target what is said at the source, with its author, its date and an event each, two a message: that it is
/// there, and that it is here no more.
pub(in crate::messages) async fn copy(
    connection: &mut PgConnection,
    moving: &Moving<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let (from, to) = ids(moving);
    sqlx::query!(
        "with item as (
           select * from unnest($2::uuid[], $3::uuid[]) with ordinality item (from_id, to_id, ordinal)
         ), copied as (
           insert into messages
             (id, thread_id, group_id, position, created_seq, author_id, assignment_id, body, html, fingerprint,
              created_at, edited_at)
           select to_id, $5, $1, $6::integer + ordinal::integer, $7::bigint + 2 * ordinal - 1, author_id, assignment_id,
             body, html, fingerprint, created_at, edited_at
           from item join messages on messages.id = item.from_id
         ), noted as (
           insert into moves (from_id, to_id, person_id, moved_at) select from_id, to_id, $8, $9 from item
         ), counted as (
           update threads set last_position = $6 + (select count(*) from item), active_at = $9 where id = $5
         ), logged as (
           insert into events (stream_id, seq, kind, subject_id, thread_id, actor_id, at)
           select $1, $7 + 2 * ordinal - 1, 'message.created', to_id, $5::uuid, $8, $9 from item
           union all
           select $1, $7 + 2 * ordinal, 'message.deleted', from_id, $4::uuid, $8, $9 from item
         )
         update streams set last_seq = $7 + 2 * (select count(*) from item) where id = $1",
        moving.group.0,
        &from,
        &to,
        moving.from.0,
        moving.to.0,
        moving.last_position,
        moving.last_seq,
        moving.person.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes what hangs on the messages along, and leaves nothing of them at the source but their place.
pub(in crate::messages) async fn carry(
    connection: &mut PgConnection,
    moving: &Moving<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let (from, to) = ids(moving);
    sqlx::query!(
        "with item as (
           select * from unnest($1::uuid[], $2::uuid[]) item (from_id, to_id)
         ), attached as (
           update attachments set message_id = to_id from item where message_id = from_id
         ), reacted as (
           update reactions set message_id = to_id from item where message_id = from_id
         ), edited as (
           update message_edits set message_id = to_id from item where message_id = from_id
         ), kept as (
           update favourites set message_id = to_id from item where message_id = from_id
         ), reported as (
           update reports set message_id = to_id from item where message_id = from_id
         ), reminded as (
           update reminders set message_id = to_id from item where message_id = from_id
         ), unpinned as (
           delete from pins using item where message_id = from_id
         ), asked as (
           update polls set message_id = to_id from item where message_id = from_id
         ), linked as (
           update message_links set message_id = to_id from item where message_id = from_id
         )
         update messages set body = null, html = null, deleted_at = $3 from item where id = from_id",
        &from,
        &to,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Who moved it has read it; what they had not read before it there stays unread. Last of all that moving writes:
/// whoever moves read positions waits for this row until the commit, and may hold what the rest needs.
pub(in crate::messages) async fn has_read(connection: &mut PgConnection, moving: &Moving<'_>) -> Result<()> {
    sqlx::query!(
        "insert into read_positions (person_id, thread_id, position)
         select $1, $2, $3::integer + $4::integer
         where $3 <= coalesce((select position from read_positions where person_id = $1 and thread_id = $2), 0)
         on conflict (person_id, thread_id) do update
           set position = greatest(read_positions.position, excluded.position)",
        moving.person.0,
        moving.to.0,
        moving.last_position,
        i32::try_from(moving.messages.len()).unwrap_or(i32::MAX),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn ids(moving: &Moving<'_>) -> (Vec<Uuid>, Vec<Uuid>) {
    moving.messages.iter().map(|(from, to)| (from.0, to.0)).unzip()
}
