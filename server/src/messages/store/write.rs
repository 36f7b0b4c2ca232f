//! What is written of messages, and what is looked up under the same lock to judge it.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
#[cfg(feature = "faults")]
use words::ThreadId;
use words::{FileId, GroupId, MessageId, OperationId, PersonId, ReactionName};

use crate::{error::Result, messages::Post};

/// What is known of a post under the lock.
pub(in crate::messages) struct Known {
    pub(in crate::messages) key: Vec<u8>,
    pub(in crate::messages) member: bool,
    pub(in crate::messages) in_group: bool,
    pub(in crate::messages) archived: bool,
    pub(in crate::messages) last_position: i32,
    pub(in crate::messages) assignment: Option<Uuid>,
    pub(in crate::messages) first: Option<First>,
}

/// What was first sent with an id.
pub(in crate::messages) struct First {
    pub(in crate::messages) fingerprint: Vec<u8>,
    pub(in crate::messages) seq: i64,
    pub(in crate::messages) position: i32,
}

pub(in crate::messages) struct Accepted<'a> {
    pub(in crate::messages) post: &'a Post,
    pub(in crate::messages) assignment: Option<Uuid>,
    pub(in crate::messages) fingerprint: &'a [u8; 32],
    pub(in crate::messages) seq: i64,
    pub(in crate::messages) position: i32,
}

/// What somebody does to a message, under the key by which they ask for it.
pub(in crate::messages) struct Operation<'a> {
    pub(in crate::messages) person: PersonId,
    pub(in crate::messages) op: OperationId,
    pub(in crate::messages) message: MessageId,
    /// The verb, and what it says.
    pub(in crate::messages) said: &'a str,
}

pub(in crate::messages) async fn known(
    connection: &mut PgConnection,
    group: GroupId,
    posts: &[Post],
) -> Result<Vec<Known>> {
    let ids: Vec<_> = posts.iter().map(|post| post.draft().id().0).collect();
    let threads: Vec<_> = posts.iter().map(|post| post.may().thread().0).collect();
    let authors: Vec<_> = posts.iter().map(|post| post.may().person().0).collect();
    let rows = sqlx::query!(
        r#"select
             instance.secret as key,
             members.id is not null as "member!",
             threads.id is not null as "in_group!",
             channels.archived_at is not null or threads.closed_at is not null as "archived!",
             coalesce(threads.last_position, 0) as "last_position!",
             post.id as "assignment?",
             first.fingerprint as "fingerprint?", first.created_seq as "seq?", first.position as "position?"
           from unnest($2::uuid[], $3::uuid[], $4::uuid[]) with ordinality item (id, thread_id, author_id, ordinal)
           cross join instance
           left join members
             on members.group_id = $1 and members.person_id = item.author_id and members.ended_seq is null
           left join threads
             on threads.id = item.thread_id and threads.group_id = $1
               and (not threads.draft or members.role = 'animator')
           left join channels on channels.id = threads.channel_id
           left join messages first on first.id = item.id
           left join lateral (
             select assignments.id from assignments
             where assignments.person_id = item.author_id
               and from_date <= current_date and (to_date is null or to_date >= current_date)
             order by territory_id is null, from_date, assignments.id limit 1) post on true
           order by item.ordinal"#,
        group.0,
        &ids,
        &threads,
        &authors,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Known {
            key: row.key,
            member: row.member,
            in_group: row.in_group,
            archived: row.archived,
            last_position: row.last_position,
            assignment: row.assignment,
            first: row.fingerprint.zip(row.seq).zip(row.position).map(|((fingerprint, seq), position)| First {
                fingerprint,
                seq,
                position,
            }),
        })
        .collect())
}

/// One statement for the whole batch: messages, their events, the threads' last positions, their authors' read
/// positions and the stream's last sequence.
pub(in crate::messages) async fn insert(
    connection: &mut PgConnection,
    group: GroupId,
    accepted: &[Accepted<'_>],
    last_seq: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    let ids: Vec<_> = accepted.iter().map(|item| item.post.draft().id().0).collect();
    let threads: Vec<_> = accepted.iter().map(|item| item.post.may().thread().0).collect();
    let positions: Vec<_> = accepted.iter().map(|item| item.position).collect();
    let authors: Vec<_> = accepted.iter().map(|item| item.post.may().person().0).collect();
    let assignments: Vec<_> = accepted.iter().map(|item| item.assignment).collect();
    let bodies: Vec<_> = accepted.iter().map(|item| item.post.draft().body().to_owned()).collect();
    let html: Vec<_> = accepted.iter().map(|item| item.post.draft().html().to_owned()).collect();
    let fingerprints: Vec<_> = accepted.iter().map(|item| item.fingerprint.to_vec()).collect();
    let seqs: Vec<_> = accepted.iter().map(|item| item.seq).collect();
    sqlx::query!(
        "with item as (
           select * from unnest(
             $2::uuid[], $3::uuid[], $4::integer[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::bytea[], $10::bigint[])
             item (id, thread_id, position, author_id, assignment_id, body, html, fingerprint, seq)
         ), said as (
           insert into messages
             (id, thread_id, group_id, position, created_seq, author_id, assignment_id, body, html, fingerprint, created_at)
           select id, thread_id, $1, position, seq, author_id, assignment_id, body, html, fingerprint, $12 from item
         ), counted as (
           update threads set last_position = last.position, active_at = $12
           from (select thread_id, max(position) as position from item group by thread_id) last
           where threads.id = last.thread_id
         ), read as (
           insert into read_positions (person_id, thread_id, position)
           select author_id, thread_id, max(position) from item group by author_id, thread_id
           order by author_id, thread_id
           on conflict (person_id, thread_id) do update
             set position = greatest(read_positions.position, excluded.position)
         ), logged as (
           insert into events (stream_id, seq, kind, subject_id, thread_id, actor_id, at)
           select $1, seq, 'message.created', id, thread_id, author_id, $12 from item
         )
         update streams set last_seq = $11 where id = $1",
        group.0,
        &ids,
        &threads,
        &positions,
        &authors,
        &assignments as &[Option<Uuid>],
        &bodies,
        &html,
        &fingerprints,
        &seqs,
        last_seq,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(in crate::messages) async fn insert_attachments(
    connection: &mut PgConnection,
    message: MessageId,
    files: &[FileId],
) -> Result<()> {
    let ids: Vec<_> = files.iter().map(|file| file.0).collect();
    sqlx::query!(
        "insert into attachments (message_id, ordinal, file_id)
         select $1, ordinal, file_id from unnest($2::uuid[]) with ordinality file (file_id, ordinal)",
        message.0,
        &ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the key was free.
pub(in crate::messages) async fn insert_operation(
    connection: &mut PgConnection,
    operation: &Operation<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into operations (person_id, op, message_id, fingerprint, created_at)
         select $1, $2, $3, sha256(secret || convert_to($4, 'UTF8') || secret), $5 from instance
         on conflict do nothing",
        operation.person.0,
        operation.op.0,
        operation.message.0,
        operation.said,
        now,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// Whether the key is that of the same operation.
pub(in crate::messages) async fn is_same_operation(
    connection: &mut PgConnection,
    operation: &Operation<'_>,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
             select from operations cross join instance
             where person_id = $1 and op = $2 and message_id = $3
               and (fingerprint is null or fingerprint = sha256(secret || convert_to($4, 'UTF8') || secret))) as "is!""#,
        operation.person.0,
        operation.op.0,
        operation.message.0,
        operation.said,
    )
    .fetch_one(connection)
    .await?)
}

/// Forgets old operations, at most `limit`; answers how many.
pub(in crate::messages) async fn sweep_operations(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let swept = sqlx::query!(
        "delete from operations
         where ctid = any(array(
           select ctid from operations where created_at < $1 order by created_at limit $2 for update skip locked))",
        before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}

/// Says something else, and keeps what was said.
pub(in crate::messages) async fn set_body(
    connection: &mut PgConnection,
    message: MessageId,
    body: &str,
    html: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with said as (
           insert into message_edits (message_id, until_at, body)
           select id, $4, body from messages where id = $1 and deleted_at is null
           on conflict do nothing
         )
         update messages set body = $2, html = $3, edited_at = $4 where id = $1 and deleted_at is null",
        message.0,
        body,
        html,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves the last position of a thread without a message: what the bug `counter_plus_plus` does.
#[cfg(feature = "faults")]
pub(in crate::messages) async fn count_again(connection: &mut PgConnection, thread: ThreadId) -> Result<()> {
    sqlx::query!("update threads set last_position = last_position + 1 where id = $1", thread.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(in crate::messages) async fn add_reaction(
    connection: &mut PgConnection,
    message: MessageId,
    person: PersonId,
    name: ReactionName,
    now: DateTime<Utc>,
) -> Result<bool> {
    let added = sqlx::query!(
        "insert into reactions (message_id, person_id, name, created_at) values ($1, $2, $3, $4) on conflict do nothing",
        message.0,
        person.0,
        name.as_str(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(added.rows_affected() > 0)
}

pub(in crate::messages) async fn drop_reaction(
    connection: &mut PgConnection,
    message: MessageId,
    person: PersonId,
    name: ReactionName,
) -> Result<bool> {
    let dropped = sqlx::query!(
        "delete from reactions where message_id = $1 and person_id = $2 and name = $3",
        message.0,
        person.0,
        name.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(dropped.rows_affected() > 0)
}
