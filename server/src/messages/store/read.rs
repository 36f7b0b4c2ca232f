//! What is read of messages, and what threads show of them.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    messages::{Attachment, Message, Reaction},
    people::Author,
    territories::TerritoryLabel,
    threads::{Latest, Thread},
};
use words::{
    ChannelId, DocumentId, FileId, GroupId, MeetingId, MessageId, PersonId, Post as Held, ReactionName, Role, ThreadId,
    ThreadKind, ThreadStatus,
};

use crate::{
    error::Result,
    messages::{ThreadPage, Window, markdown},
};

pub(in crate::messages) struct Place {
    pub(in crate::messages) thread: ThreadId,
    pub(in crate::messages) position: i32,
    pub(in crate::messages) author: PersonId,
}

/// Whose eyes something is read for.
#[derive(Clone, Copy)]
pub(in crate::messages) enum Readers {
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

/// A message as it is now, for a present member.
pub(in crate::messages) struct Present {
    pub(in crate::messages) role: Role,
    pub(in crate::messages) archived: bool,
    pub(in crate::messages) removed: bool,
    pub(in crate::messages) body: Option<String>,
}

/// The messages, not removed, that have a file of a document.
pub(in crate::messages) async fn attached_to(
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

pub(in crate::messages) async fn exists(connection: &mut PgConnection, message: MessageId) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"select exists (select from messages where id = $1) as "exists!""#, message.0)
        .fetch_one(connection)
        .await?)
}

pub(in crate::messages) async fn place(connection: &mut PgConnection, message: MessageId) -> Result<Option<Place>> {
    Ok(sqlx::query_as!(
        Place,
        "select thread_id as thread, position, author_id as author from messages where id = $1",
        message.0
    )
    .fetch_optional(connection)
    .await?)
}

pub(in crate::messages) async fn present(
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

/// The ids of a window, then the messages of these ids.
pub(in crate::messages) async fn messages(
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

pub(in crate::messages) async fn message(
    connection: &mut PgConnection,
    message: MessageId,
    group: GroupId,
) -> Result<Option<Message>> {
    Ok(by_ids(connection, &[message.0], Readers::AskerIn(group)).await?.pop())
}

pub(in crate::messages) async fn by_ids(
    connection: &mut PgConnection,
    ids: &[Uuid],
    whose: Readers,
) -> Result<Vec<Message>> {
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

pub(in crate::messages) async fn threads_of(
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

pub(in crate::messages) async fn latest_threads(
    connection: &mut PgConnection,
    person: PersonId,
    limit: i64,
) -> Result<Vec<Thread>> {
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

pub(in crate::messages) async fn thread(connection: &mut PgConnection, thread: ThreadId) -> Result<Option<Thread>> {
    Ok(threads_by_ids(connection, &[thread.0], Readers::Asker).await?.pop())
}

pub(in crate::messages) async fn threads_by_ids(
    connection: &mut PgConnection,
    ids: &[Uuid],
    whose: Readers,
) -> Result<Vec<Thread>> {
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

pub(in crate::messages) async fn read_positions(
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
