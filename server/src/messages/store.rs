//! The SQL of messages, and of what threads show of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    messages::{Attachment, Message, Reaction},
    people::Author,
    territories::TerritoryLabel,
    threads::{Latest, Thread},
};
use words::{
    ChannelId, DocumentId, FileId, GroupId, MeetingId, MessageId, OperationId, PersonId, Post as Held, ReactionName,
    Role, ThreadId, ThreadKind, ThreadStatus,
};

use super::{Post, ThreadPage, Window, markdown};
use crate::error::Result;

/// What is known of a post under the lock.
pub(super) struct Known {
    pub(super) key: Vec<u8>,
    pub(super) member: bool,
    pub(super) in_group: bool,
    pub(super) archived: bool,
    pub(super) last_position: i32,
    pub(super) assignment: Option<Uuid>,
    pub(super) first: Option<First>,
}

/// What was first sent with an id.
pub(super) struct First {
    pub(super) fingerprint: Vec<u8>,
    pub(super) seq: i64,
    pub(super) position: i32,
}

pub(super) struct Accepted<'a> {
    pub(super) post: &'a Post,
    pub(super) assignment: Option<Uuid>,
    pub(super) fingerprint: &'a [u8; 32],
    pub(super) seq: i64,
    pub(super) position: i32,
}

pub(super) struct Place {
    pub(super) thread: ThreadId,
    pub(super) position: i32,
    pub(super) author: PersonId,
}

/// Whose eyes something is read for.
#[derive(Clone, Copy)]
pub(super) enum Readers {
    /// Who asks, and was let in.
    Asker,
    /// Who asks, and was let in to this group alone.
    AskerIn(GroupId),
    /// Everybody who follows the stream of its group.
    Followers,
}

impl Readers {
    fn may_see_drafts(self) -> bool {
        !matches!(self, Self::Followers)
    }
}

/// What somebody does to a message, under the key by which they ask for it.
pub(super) struct Operation<'a> {
    pub(super) person: PersonId,
    pub(super) op: OperationId,
    pub(super) message: MessageId,
    /// The verb, and what it says.
    pub(super) said: &'a str,
}

/// A message as it is now, for a present member.
pub(super) struct Present {
    pub(super) role: Role,
    pub(super) archived: bool,
    pub(super) removed: bool,
    pub(super) body: Option<String>,
}

pub(super) async fn known(connection: &mut PgConnection, group: GroupId, posts: &[Post]) -> Result<Vec<Known>> {
    let ids: Vec<_> = posts.iter().map(|post| post.draft().id().0).collect();
    let threads: Vec<_> = posts.iter().map(|post| post.may().thread().0).collect();
    let authors: Vec<_> = posts.iter().map(|post| post.may().person().0).collect();
    let rows = sqlx::query!(
        r#"select
             instance.secret as key,
             members.id is not null as "member!",
             threads.id is not null as "in_group!",
             channels.archived_at is not null as "archived!",
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
pub(super) async fn insert(
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

pub(super) async fn insert_attachments(
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

/// The messages, not removed, that have a file of a document.
pub(super) async fn attached_to(
    connection: &mut PgConnection,
    document: DocumentId,
) -> Result<Vec<(ThreadId, MessageId)>> {
    let rows = sqlx::query!(
        r#"select distinct messages.thread_id as "thread: ThreadId", messages.id as "message: MessageId"
           from versions
           join attachments on attachments.file_id = versions.file_id
           join messages on messages.id = attachments.message_id and messages.deleted_at is null
           where versions.document_id = $1
           order by messages.id"#,
        document.0,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.thread, row.message)).collect())
}

pub(super) async fn exists(connection: &mut PgConnection, message: MessageId) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"select exists (select from messages where id = $1) as "exists!""#, message.0)
        .fetch_one(connection)
        .await?)
}

pub(super) async fn place(connection: &mut PgConnection, message: MessageId) -> Result<Option<Place>> {
    Ok(sqlx::query_as!(
        Place,
        "select thread_id as thread, position, author_id as author from messages where id = $1",
        message.0
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn present(
    connection: &mut PgConnection,
    message: MessageId,
    person: PersonId,
) -> Result<Option<Present>> {
    Ok(sqlx::query_as!(
        Present,
        r#"select
             members.role as "role: Role", channels.archived_at is not null as "archived!",
             messages.deleted_at is not null as "removed!", messages.body
           from messages
           join members on members.group_id = messages.group_id and members.person_id = $2 and members.ended_seq is null
           join threads on threads.id = messages.thread_id and (not threads.draft or members.role = 'animator')
           left join channels on channels.id = threads.channel_id
           where messages.id = $1"#,
        message.0,
        person.0,
    )
    .fetch_optional(connection)
    .await?)
}

/// Whether the key was free.
pub(super) async fn insert_operation(
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
pub(super) async fn is_same_operation(connection: &mut PgConnection, operation: &Operation<'_>) -> Result<bool> {
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
pub(super) async fn sweep_operations(connection: &mut PgConnection, before: DateTime<Utc>, limit: i64) -> Result<u64> {
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

pub(super) async fn set_body(
    connection: &mut PgConnection,
    message: MessageId,
    body: &str,
    html: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update messages set body = $2, html = $3, edited_at = $4 where id = $1 and deleted_at is null",
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
pub(super) async fn count_again(connection: &mut PgConnection, thread: ThreadId) -> Result<()> {
    sqlx::query!("update threads set last_position = last_position + 1 where id = $1", thread.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn erase(connection: &mut PgConnection, message: MessageId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update messages set body = null, html = null, deleted_at = $2 where id = $1", message.0, now)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from reactions where message_id = $1", message.0).execute(&mut *connection).await?;
    sqlx::query!("delete from attachments where message_id = $1", message.0).execute(connection).await?;
    Ok(())
}

pub(super) async fn add_reaction(
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

pub(super) async fn drop_reaction(
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

/// The ids of a window, then the messages of these ids.
pub(super) async fn messages(
    connection: &mut PgConnection,
    thread: ThreadId,
    window: Window,
    limit: i64,
) -> Result<Vec<Message>> {
    let (before, after) = match window {
        Window::Last => (i32::MAX, None),
        Window::Before(position) => (position, None),
        Window::After(position) => (i32::MAX, Some(position)),
    };
    let ids: Vec<Uuid> = match after {
        Some(after) => {
            sqlx::query_scalar!(
                "select id from messages where thread_id = $1 and position > $2 order by position limit $3",
                thread.0,
                after,
                limit,
            )
            .fetch_all(&mut *connection)
            .await?
        }
        None => {
            sqlx::query_scalar!(
                "select id from messages where thread_id = $1 and position < $2 order by position desc limit $3",
                thread.0,
                before,
                limit,
            )
            .fetch_all(&mut *connection)
            .await?
        }
    };
    by_ids(connection, &ids, Readers::Asker).await
}

pub(super) async fn message(
    connection: &mut PgConnection,
    message: MessageId,
    group: GroupId,
) -> Result<Option<Message>> {
    Ok(by_ids(connection, &[message.0], Readers::AskerIn(group)).await?.pop())
}

pub(super) async fn by_ids(connection: &mut PgConnection, ids: &[Uuid], whose: Readers) -> Result<Vec<Message>> {
    let group = match whose {
        Readers::AskerIn(group) => Some(group.0),
        Readers::Asker | Readers::Followers => None,
    };
    let rows = sqlx::query!(
        r#"select
             messages.id as "id: MessageId", messages.thread_id as "thread: ThreadId",
             threads.channel_id as "channel: ChannelId", position, author_id as "author: PersonId",
             people.name as author_name, assignments.role as "post?: Held",
             territories.code as "code?", territories.name as "territory?", territories.department as "department?",
             body, html, messages.created_at, edited_at, deleted_at,
             exists (select from attachments where attachments.message_id = messages.id) as "has_files!",
             exists (select from reactions where reactions.message_id = messages.id) as "has_reactions!"
           from messages
           join threads on threads.id = messages.thread_id
           join people on people.id = author_id
           left join assignments on assignments.id = messages.assignment_id
           left join territories on territories.id = assignments.territory_id
           where messages.id = any($1) and ($2::uuid is null or messages.group_id = $2) and ($3 or not threads.draft)
           order by messages.thread_id, position"#,
        ids,
        group,
        whose.may_see_drafts(),
    )
    .fetch_all(&mut *connection)
    .await?;
    // Most messages have neither: then nothing more is asked.
    let files: Vec<_> = rows.iter().filter(|row| row.has_files).map(|row| row.id.0).collect();
    let mut attachments = if files.is_empty() { HashMap::new() } else { attachments(connection, &files).await? };
    let reacted: Vec<_> = rows.iter().filter(|row| row.has_reactions).map(|row| row.id.0).collect();
    let mut reactions = if reacted.is_empty() { HashMap::new() } else { reactions(connection, &reacted).await? };
    Ok(rows
        .into_iter()
        .map(|row| Message {
            id: row.id,
            thread: row.thread,
            channel: row.channel,
            position: row.position,
            author: author(row.author, row.author_name, row.post, row.code, row.territory, row.department),
            body: row.body,
            html: row.html.map(markdown::sanitised),
            attachments: attachments.remove(&row.id).unwrap_or_default(),
            reactions: reactions.remove(&row.id).unwrap_or_default(),
            created_at: row.created_at,
            edited_at: row.edited_at,
            deleted_at: row.deleted_at,
        })
        .collect())
}

async fn attachments(connection: &mut PgConnection, messages: &[Uuid]) -> Result<HashMap<MessageId, Vec<Attachment>>> {
    let rows = sqlx::query!(
        r#"select
             message_id as "message: MessageId", files.id as "id: FileId", versions.document_id as "document: DocumentId",
             files.name, size_bytes, media_type
           from attachments
           join files on files.id = attachments.file_id
           join versions on versions.file_id = files.id
           join documents on documents.id = versions.document_id and documents.deleted_at is null
           where message_id = any($1)
           order by message_id, ordinal"#,
        messages,
    )
    .fetch_all(connection)
    .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let attachment = Attachment {
            id: row.id,
            document: row.document,
            name: row.name,
            size_bytes: row.size_bytes,
            media_type: row.media_type,
        };
        found.entry(row.message).or_default().push(attachment);
    }
    Ok(found)
}

async fn reactions(connection: &mut PgConnection, messages: &[Uuid]) -> Result<HashMap<MessageId, Vec<Reaction>>> {
    let rows = sqlx::query!(
        r#"select
             message_id as "message: MessageId", name as "name: ReactionName",
             array_agg(person_id order by created_at, person_id) as "users!: Vec<PersonId>"
           from reactions
           where message_id = any($1)
           group by message_id, name
           order by message_id, array_position(array['thanks', 'useful', 'me_too'], name)"#,
        messages,
    )
    .fetch_all(connection)
    .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.message).or_default().push(Reaction { name: row.name, users: row.users });
    }
    Ok(found)
}

pub(super) async fn threads_of(
    connection: &mut PgConnection,
    channel: ChannelId,
    page: ThreadPage,
) -> Result<Vec<Thread>> {
    let (at, after) = page.after.unzip();
    let ids = sqlx::query_scalar!(
        "select id from threads
         where channel_id = $1 and ($2::timestamptz is null or (active_at, id) < ($2, $3::uuid))
         order by active_at desc, id desc
         limit $4",
        channel.0,
        at,
        after.map(|thread| thread.0),
        page.limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    threads_by_ids(connection, &ids, Readers::Asker).await
}

pub(super) async fn latest_threads(connection: &mut PgConnection, person: PersonId, limit: i64) -> Result<Vec<Thread>> {
    let ids = sqlx::query_scalar!(
        "select threads.id
         from members join threads on threads.group_id = members.group_id
         where members.person_id = $1 and members.ended_seq is null and threads.last_position > 0
           and (not threads.draft or members.role = 'animator')
         order by active_at desc, threads.id desc
         limit $2",
        person.0,
        limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    threads_by_ids(connection, &ids, Readers::Asker).await
}

pub(super) async fn thread(connection: &mut PgConnection, thread: ThreadId) -> Result<Option<Thread>> {
    Ok(threads_by_ids(connection, &[thread.0], Readers::Asker).await?.pop())
}

pub(super) async fn threads_by_ids(connection: &mut PgConnection, ids: &[Uuid], whose: Readers) -> Result<Vec<Thread>> {
    let rows = sqlx::query!(
        r#"select
             threads.id as "id: ThreadId", channel_id as "channel: ChannelId", document_id as "document: DocumentId",
             meeting_id as "meeting: MeetingId",
             coalesce(
               threads.title,
               case when kind <> 'standing' then left(split_part(first.body, E'\n', 1), 80) end,
               '') as "title!",
             kind as "kind: ThreadKind", status as "status: ThreadStatus", last_position, active_at,
             threads.created_by as "opener: PersonId", opener.name as opener_name, opener_post.role as "opener_post?: Held",
             opener_territory.code as "opener_code?", opener_territory.name as "opener_territory?",
             opener_territory.department as "opener_department?",
             latest.author_id as "author?: PersonId", author.name as "author_name?", author_post.role as "author_post?: Held",
             author_territory.code as "author_code?", author_territory.name as "author_territory?",
             author_territory.department as "author_department?", left(latest.body, 400) as extract
           from unnest($1::uuid[]) with ordinality asked (id, ordinal)
           join threads on threads.id = asked.id and ($2 or not threads.draft)
           join people opener on opener.id = threads.created_by
           left join messages first on first.thread_id = threads.id and first.position = 1
           left join assignments opener_post on opener_post.id = first.assignment_id
           left join territories opener_territory on opener_territory.id = opener_post.territory_id
           left join messages latest on latest.thread_id = threads.id and latest.position = threads.last_position
           left join people author on author.id = latest.author_id
           left join assignments author_post on author_post.id = latest.assignment_id
           left join territories author_territory on author_territory.id = author_post.territory_id
           order by asked.ordinal"#,
        ids,
        whose.may_see_drafts(),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Thread {
            id: row.id,
            channel: row.channel,
            document: row.document,
            meeting: row.meeting,
            title: row.title,
            kind: row.kind,
            status: row.status,
            last_position: row.last_position,
            opened_by: author(
                row.opener,
                row.opener_name,
                row.opener_post,
                row.opener_code,
                row.opener_territory,
                row.opener_department,
            ),
            latest: row.author.zip(row.author_name).map(|(id, name)| Latest {
                author: author(id, name, row.author_post, row.author_code, row.author_territory, row.author_department),
                removed: row.extract.is_none(),
                extract: plain(row.extract.as_deref().unwrap_or_default()),
            }),
            active_at: row.active_at,
        })
        .collect())
}

pub(super) async fn read_positions(
    connection: &mut PgConnection,
    person: PersonId,
    threads: &[ThreadId],
) -> Result<HashMap<ThreadId, i32>> {
    let ids: Vec<_> = threads.iter().map(|thread| thread.0).collect();
    let rows = sqlx::query!(
        r#"select thread_id as "thread: ThreadId", position
           from read_positions
           where person_id = $1 and thread_id = any($2)"#,
        person.0,
        &ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.thread, row.position)).collect())
}

fn author(
    id: PersonId,
    name: String,
    post: Option<Held>,
    code: Option<String>,
    territory: Option<String>,
    department: Option<String>,
) -> Author {
    let territory = match (code, territory, department) {
        (Some(code), Some(name), Some(department)) => Some(TerritoryLabel { code, name, department }),
        _ => None,
    };
    Author { id, name, territory, post }
}

/// The first 140 characters of a body, without its line ends and Markdown's marks.
fn plain(body: &str) -> String {
    let words: String = body.chars().filter(|c| !matches!(c, '*' | '_' | '`' | '#' | '>')).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(140).collect()
}
