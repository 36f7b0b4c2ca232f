//! What lists of threads show: the threads of a channel, and those of all one's groups.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    messages::extract,
    threads::{Latest, Thread},
};
use words::{
    ChannelId, DocumentId, MeetingId, PersonId, Post as Held, ThreadId, ThreadKind, ThreadLevel, ThreadStatus,
};

use super::read::author;
use crate::{
    error::Result,
    messages::{ListPlace, Pinned, Place, ThreadPage},
};

/// The places of a page of a channel's list, and one more if there is more. What is read backwards comes backwards.
pub(in crate::messages) async fn places(
    connection: &mut PgConnection,
    channel: ChannelId,
    person: PersonId,
    page: &ThreadPage,
) -> Result<Vec<ListPlace>> {
    let among = page.pinned == Pinned::Among;
    match page.from {
        Place::Before((at, thread)) => {
            let rows = sqlx::query!(
                r#"select threads.id as "thread: ThreadId", active_at
                   from threads
                   left join read_positions on read_positions.thread_id = threads.id and read_positions.person_id = $2
                   where channel_id = $1 and ($3 or pinned_at is null)
                     and case $4
                       when 'unread' then last_position > coalesce(position, 0)
                       when 'unanswered' then status = 'open'
                       when 'resolved' then status = 'resolved'
                       else true end
                     and (active_at, threads.id) > ($5, $6)
                   order by active_at, threads.id
                   limit $7"#,
                channel.0,
                person.0,
                among,
                page.filter.as_str(),
                at,
                thread.0,
                page.limit + 1,
            )
            .fetch_all(connection)
            .await?;
            Ok(rows.into_iter().map(|row| (row.active_at, row.thread)).collect())
        }
        Place::First | Place::After(_) => {
            let (at, thread) = match page.from {
                Place::After(place) => place,
                // Later than any thread: so that one plan serves, by the index.
                _ => (DateTime::<Utc>::MAX_UTC, ThreadId(Uuid::max())),
            };
            older(connection, (channel, person), page, (at, thread)).await
        }
    }
}

async fn older(
    connection: &mut PgConnection,
    (channel, person): (ChannelId, PersonId),
    page: &ThreadPage,
    (at, thread): ListPlace,
) -> Result<Vec<ListPlace>> {
    let among = page.pinned == Pinned::Among;
    let rows = sqlx::query!(
        r#"select threads.id as "thread: ThreadId", active_at
           from threads
           left join read_positions on read_positions.thread_id = threads.id and read_positions.person_id = $2
           where channel_id = $1 and ($3 or pinned_at is null)
             and case $4
               when 'unread' then last_position > coalesce(position, 0)
               when 'unanswered' then status = 'open'
               when 'resolved' then status = 'resolved'
               else true end
             and (active_at, threads.id) < ($5, $6)
           order by active_at desc, threads.id desc
           limit $7"#,
        channel.0,
        person.0,
        among,
        page.filter.as_str(),
        at,
        thread.0,
        page.limit + 1,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.active_at, row.thread)).collect())
}

/// The threads that are pinned in a channel, the last pinned first.
pub(in crate::messages) async fn pinned(
    connection: &mut PgConnection,
    channel: ChannelId,
    limit: i64,
) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select id from threads
         where channel_id = $1 and pinned_at is not null
         order by pinned_at desc, id
         limit $2",
        channel.0,
        limit,
    )
    .fetch_all(connection)
    .await?)
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
           and (not threads.draft or members.role = 'animator') and threads.kind <> 'conversation'
         order by active_at desc, threads.id desc
         limit $2",
        person.0,
        limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    threads_by_ids(connection, &ids, Some(person)).await
}

/// What a list says of a thread.
struct Row {
    id: ThreadId,
    channel: Option<ChannelId>,
    document: Option<DocumentId>,
    meeting: Option<MeetingId>,
    title: String,
    kind: ThreadKind,
    status: Option<ThreadStatus>,
    last_position: i32,
    active_at: DateTime<Utc>,
    pinned: bool,
    closed: bool,
    answer: Option<i32>,
    opener: String,
    author: Option<PersonId>,
    author_name: Option<String>,
    author_post: Option<Held>,
    author_code: Option<String>,
    author_territory: Option<String>,
    author_department: Option<String>,
    extract: Option<String>,
    read: i32,
    level: ThreadLevel,
}

/// The threads that `$asked` chooses, in the order of its `ordinal`, for the reader `$1`.
macro_rules! rows {
    ($asked:literal, $connection:expr, $reader:expr, $($given:expr),+) => {
        sqlx::query_as!(
            Row,
            r#"select
             threads.id, channel_id as "channel: ChannelId", document_id as "document: DocumentId",
             meeting_id as "meeting: MeetingId",
             case kind
               when 'standing' then ''
               when 'conversation' then conversation_name(threads.group_id, $1)
               else coalesce(threads.title, left(split_part(first.body, E'\n', 1), 80), '') end as "title!",
             kind as "kind: ThreadKind", status as "status: ThreadStatus", last_position, active_at,
             pinned_at is not null as "pinned!", closed_at is not null as "closed!",
             case when status = 'resolved' then answer_position end as answer,
             opener.name as opener,
             latest.author_id as "author?: PersonId", author.name as "author_name?", author_post.role as "author_post?: Held",
             author_territory.code as "author_code?", author_territory.name as "author_territory?",
             author_territory.department as "author_department?", left(latest.body, 400) as extract,
             coalesce(read_positions.position, 0) as "read!", coalesce(follows.level, 'normal') as "level!: ThreadLevel"
           from "# + $asked + r#" asked
           join threads on threads.id = asked.id and ($1::uuid is not null or not threads.draft)
           join people opener on opener.id = threads.created_by
           left join messages first on first.thread_id = threads.id and first.position = 1 and threads.title is null
           left join messages latest on latest.thread_id = threads.id and latest.position = threads.last_position
           left join people author on author.id = latest.author_id
           left join assignments author_post on author_post.id = latest.assignment_id
           left join territories author_territory on author_territory.id = author_post.territory_id
           left join read_positions on read_positions.thread_id = threads.id and read_positions.person_id = $1
           left join follows on follows.thread_id = threads.id and follows.person_id = $1
           order by asked.ordinal"#,
            $reader,
            $($given),+
        )
        .fetch_all($connection)
        .await?
    };
}

/// Threads in this order, as one reader who was let in sees them; without one, as everybody does who follows the streams
/// of their groups.
pub(in crate::messages) async fn threads_by_ids(
    connection: &mut PgConnection,
    ids: &[Uuid],
    reader: Option<PersonId>,
) -> Result<Vec<Thread>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let asker = reader.map(|reader| reader.0);
    let rows = rows!(
        "(select id, ordinal from unnest($2::uuid[]) with ordinality given (id, ordinal))",
        connection,
        asker,
        ids
    );
    Ok(rows.into_iter().map(|row| row.thread(reader)).collect())
}

/// So many of the threads that are pinned in a channel, the last pinned first, then so many of the others, the last active
/// first.
pub(in crate::messages) async fn first_threads(
    connection: &mut PgConnection,
    channel: ChannelId,
    reader: PersonId,
    (pinned, others): (i64, i64),
) -> Result<Vec<Thread>> {
    let rows = rows!(
        "(
           (select id, row_number() over (order by pinned_at desc, id) as ordinal
            from threads
            where channel_id = $2 and pinned_at is not null
            order by pinned_at desc, id
            limit $3)
           union all
           (select id, $3 + row_number() over (order by active_at desc, id desc)
            from threads
            where channel_id = $2 and pinned_at is null
            order by active_at desc, id desc
            limit $4))",
        connection,
        Some(reader.0),
        channel.0,
        pinned,
        others
    );
    Ok(rows.into_iter().map(|row| row.thread(Some(reader))).collect())
}

impl Row {
    /// The thread as a reader sees it, or everybody.
    fn thread(self, reader: Option<PersonId>) -> Thread {
        Thread {
            id: self.id,
            channel: self.channel,
            document: self.document,
            meeting: self.meeting,
            title: self.title,
            kind: self.kind,
            status: self.status,
            last_position: self.last_position,
            pinned: self.pinned,
            closed: self.closed,
            answer: self.answer,
            opened_by: self.opener,
            latest: self.author.zip(self.author_name).map(|(id, name)| Latest {
                author: author(
                    id,
                    name,
                    self.author_post,
                    self.author_code,
                    self.author_territory,
                    self.author_department,
                ),
                removed: self.extract.is_none(),
                extract: extract(self.extract.as_deref().unwrap_or_default()),
            }),
            active_at: self.active_at,
            read: reader.map(|_| self.read),
            level: self.level,
        }
    }
}
