//! What is read of messages.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    documents::Picture,
    messages::{Attachment, LinkPreview, Message, Move, Reaction},
    people::Author,
    territories::TerritoryLabel,
};
use words::{ChannelId, DocumentId, FileId, GroupId, MessageId, PersonId, Post as Held, ReactionName, Role, ThreadId};

use super::polls::polls;
use crate::{
    error::Result,
    messages::{Window, markdown},
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

/// The messages, not removed, that show a picture of a document.
pub(in crate::messages) async fn showing(
    connection: &mut PgConnection,
    document: DocumentId,
) -> Result<Vec<(ThreadId, MessageId)>> {
    let rows = sqlx::query!(
        r#"select distinct messages.thread_id as "thread: ThreadId", messages.id as "message: MessageId"
           from versions
           join files on files.id = versions.file_id and files.width is not null
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
                "select id from messages
                 where thread_id = $1 and position > $2 and position < $3
                 order by position limit $4",
                thread.0,
                after,
                before,
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

/// What a message's own row says.
struct Row {
    id: MessageId,
    group: GroupId,
    thread: ThreadId,
    channel: Option<ChannelId>,
    position: i32,
    author: PersonId,
    author_name: String,
    post: Option<Held>,
    code: Option<String>,
    territory: Option<String>,
    department: Option<String>,
    body: Option<String>,
    html: Option<String>,
    created_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
    deleted_at: Option<DateTime<Utc>>,
    is_answer: bool,
    hung: i16,
}

/// The tables whose rows hang on messages, as bits of what a message says hangs on it or once did: most have nothing, and
/// then nothing more is asked. The triggers `hang` and `hang_moved` set them.
mod hung {
    pub(super) const ATTACHMENTS: i16 = 1;
    pub(super) const REACTIONS: i16 = 2;
    pub(super) const MOVES: i16 = 4;
    pub(super) const PINS: i16 = 8;
    pub(super) const POLLS: i16 = 16;
    pub(super) const LINKS: i16 = 32;
}

/// The rows that `$which` chooses, by thread and position.
macro_rules! rows {
    ($which:literal, $connection:expr, $($given:expr),+) => {
        sqlx::query_as!(
            Row,
            r#"select
                 messages.id, messages.group_id as "group", messages.thread_id as "thread",
                 threads.channel_id as "channel: ChannelId", position, author_id as author, people.name as author_name,
                 assignments.role as "post?: Held", territories.code as "code?", territories.name as "territory?",
                 territories.department as "department?", body, html, messages.created_at, edited_at, deleted_at,
                 coalesce(answer_position = position and status = 'resolved', false) as "is_answer!", hung
               from messages
               join threads on threads.id = messages.thread_id
               join people on people.id = author_id
               left join assignments on assignments.id = messages.assignment_id
               left join territories on territories.id = assignments.territory_id
               where "# + $which + " order by messages.thread_id, position",
            $($given),+
        )
        .fetch_all(&mut *$connection)
        .await?
    };
}

pub(in crate::messages) async fn by_ids(
    connection: &mut PgConnection,
    ids: &[Uuid],
    whose: Readers,
) -> Result<Vec<Message>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = rows!(
        "messages.id = any($1::uuid[]) and ($2 or not threads.draft)",
        connection,
        ids,
        !matches!(whose, Readers::Followers)
    );
    // Not in the statement: it would be planned for fewer messages than there are.
    let may = |row: &Row| !matches!(whose, Readers::AskerIn(group) if group != row.group);
    whole(connection, rows.into_iter().filter(may).collect()).await
}

/// The messages of a thread from a position to another, both included.
pub(in crate::messages) async fn between(
    connection: &mut PgConnection,
    thread: ThreadId,
    from: i32,
    to: i32,
) -> Result<Vec<Message>> {
    let rows = rows!("messages.thread_id = $1 and position between $2 and $3", connection, thread.0, from, to);
    whole(connection, rows).await
}

/// Messages with what others say of them.
async fn whole(connection: &mut PgConnection, rows: Vec<Row>) -> Result<Vec<Message>> {
    macro_rules! hanging {
        ($ask:ident, $kind:expr) => {{
            let messages: Vec<_> = rows.iter().filter(|row| row.hung & $kind != 0).map(|row| row.id.0).collect();
            if messages.is_empty() { Default::default() } else { $ask(connection, &messages).await? }
        }};
    }
    let mut attachments: HashMap<_, _> = hanging!(attachments, hung::ATTACHMENTS);
    let mut reactions: HashMap<_, _> = hanging!(reactions, hung::REACTIONS);
    let mut asked: HashMap<_, _> = hanging!(polls, hung::POLLS);
    let mut previews: HashMap<_, _> = hanging!(previews, hung::LINKS);
    let mut ends: HashMap<_, _> = hanging!(moves, hung::MOVES);
    let pinned: HashSet<_> = hanging!(pinned, hung::PINS);
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
            poll: asked.remove(&row.id),
            answers: row.is_answer,
            pinned: pinned.contains(&row.id),
            moved: ends.remove(&row.id),
            previews: previews.remove(&row.id).unwrap_or_default(),
        })
        .collect())
}

async fn attachments(connection: &mut PgConnection, messages: &[Uuid]) -> Result<HashMap<MessageId, Vec<Attachment>>> {
    let rows = sqlx::query!(
        r#"select
             message_id as "message: MessageId", files.id as "id: FileId", versions.document_id as "document: DocumentId",
             files.name, size_bytes, media_type, width, height, documents.title
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
            picture: row.width.zip(row.height).map(|(width, height)| Picture { width, height }),
            title: row.title,
        };
        found.entry(row.message).or_default().push(attachment);
    }
    Ok(found)
}

/// What the pages say of themselves that messages lead to, in groups that want it shown.
async fn previews(connection: &mut PgConnection, messages: &[Uuid]) -> Result<HashMap<MessageId, Vec<LinkPreview>>> {
    let rows = sqlx::query!(
        r#"select message_id as "message: MessageId", url, host, title as "title!", site, description
           from message_links
           join link_previews using (url_sha256)
           join messages on messages.id = message_id and messages.deleted_at is null
           join groups on groups.id = messages.group_id and link_previews_from is not null
           where message_id = any($1) and removed_at is null and title is not null
           order by message_id, ordinal"#,
        messages,
    )
    .fetch_all(connection)
    .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let preview = LinkPreview {
            url: row.url,
            host: row.host,
            title: row.title,
            site: row.site,
            description: row.description,
        };
        found.entry(row.message).or_default().push(preview);
    }
    Ok(found)
}

/// Those of some messages that are pinned.
async fn pinned(connection: &mut PgConnection, messages: &[Uuid]) -> Result<HashSet<MessageId>> {
    let pinned = sqlx::query_scalar!(
        r#"select message_id as "message: MessageId" from pins where message_id = any($1)"#,
        messages,
    );
    Ok(pinned.fetch_all(connection).await?.into_iter().collect())
}

/// Where messages were moved to, or came from: a message that came and went on tells where it went.
async fn moves(connection: &mut PgConnection, messages: &[Uuid]) -> Result<HashMap<MessageId, Move>> {
    let rows = sqlx::query!(
        r#"select
             from_id as "from: MessageId", to_id as "to: MessageId",
             source.thread_id as "thread: ThreadId", source.position
           from moves join messages source on source.id = from_id
           where from_id = any($1) or to_id = any($1)"#,
        messages,
    )
    .fetch_all(connection)
    .await?;
    let came =
        rows.iter().map(|row| (row.to, Move::From { thread: row.thread, position: row.position, message: row.from }));
    let mut found: HashMap<_, _> = came.collect();
    found.extend(rows.iter().map(|row| (row.from, Move::To { message: row.to })));
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

pub(super) fn author(
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
