//! The SQL of threads.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{ChannelId, GroupId, PersonId, Role, ThreadId, ThreadKind, ThreadStatus};

use super::{Home, ReadState};
use crate::{error::Result, live::hub::Typing};

/// A channel of the navigation.
#[derive(Clone, Debug)]
pub struct UnreadChannel {
    /// The group.
    pub group: GroupId,
    /// Its short address.
    pub slug: String,
    /// Its name.
    pub group_name: String,
    /// Where its stream stands.
    pub seq: i64,
    /// The channel; none for a group that has no channel yet.
    pub channel: Option<ChannelId>,
    /// The channel's name.
    pub name: Option<String>,
    /// Its threads that hold something that the person has not read.
    pub unread: Vec<ThreadId>,
}

pub(super) struct Place {
    pub(super) group: GroupId,
    pub(super) channel: Option<ChannelId>,
    pub(super) last_position: i32,
    pub(super) archived: bool,
    /// Whether it is of a meeting's draft.
    pub(super) draft: bool,
    pub(super) kind: ThreadKind,
    pub(super) creator: PersonId,
}

pub(super) struct Standing {
    pub(super) role: Role,
    pub(super) archived: bool,
}

pub(super) struct NewRow<'a> {
    pub(super) id: ThreadId,
    pub(super) group: GroupId,
    pub(super) title: Option<&'a str>,
    pub(super) kind: ThreadKind,
    pub(super) status: Option<ThreadStatus>,
    pub(super) creator: PersonId,
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    row: NewRow<'_>,
    home: Home,
    now: DateTime<Utc>,
) -> Result<()> {
    let (channel, meeting) = match home {
        Home::Channel(channel) => (Some(channel.0), None),
        Home::Meeting(meeting) | Home::Draft(meeting) => (None, Some(meeting.0)),
    };
    sqlx::query!(
        "insert into threads
           (id, group_id, channel_id, meeting_id, draft, title, kind, status, created_by, created_at, active_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        row.id.0,
        row.group.0,
        channel,
        meeting,
        matches!(home, Home::Draft(_)),
        row.title,
        row.kind.as_str(),
        row.status.map(ThreadStatus::as_str),
        row.creator.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn creator_of_channel(connection: &mut PgConnection, channel: ChannelId) -> Result<PersonId> {
    Ok(sqlx::query_scalar!(r#"select created_by as "id: PersonId" from channels where id = $1"#, channel.0)
        .fetch_one(connection)
        .await?)
}

pub(super) async fn place(connection: &mut PgConnection, thread: ThreadId) -> Result<Option<Place>> {
    Ok(sqlx::query_as!(
        Place,
        r#"select
             threads.group_id as "group", channel_id as "channel: ChannelId", last_position,
             channels.archived_at is not null as "archived!", draft, kind as "kind: ThreadKind",
             threads.created_by as "creator: PersonId"
           from threads left join channels on channels.id = threads.channel_id
           where threads.id = $1"#,
        thread.0
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn typists(
    connection: &mut PgConnection,
    group: GroupId,
    typing: &[Typing],
) -> Result<Vec<(Typing, String)>> {
    let threads: Vec<_> = typing.iter().map(|typing| typing.thread.0).collect();
    let people: Vec<_> = typing.iter().map(|typing| typing.person.0).collect();
    let rows = sqlx::query!(
        r#"select threads.id as "thread: ThreadId", people.id as "person: PersonId", people.name
           from unnest($2::uuid[], $3::uuid[]) as typing (thread_id, person_id)
           join threads on threads.id = typing.thread_id and threads.group_id = $1 and not threads.draft
           join members on members.group_id = $1 and members.person_id = typing.person_id and ended_seq is null
           join people on people.id = typing.person_id and shows_typing"#,
        group.0,
        &threads,
        &people,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (Typing { thread: row.thread, person: row.person }, row.name)).collect())
}

pub(super) async fn standing_in_channel(
    connection: &mut PgConnection,
    person: PersonId,
    channel: ChannelId,
) -> Result<Option<Standing>> {
    Ok(sqlx::query_as!(
        Standing,
        r#"select role as "role: Role", channels.archived_at is not null as "archived!"
           from channels
           join members on members.group_id = channels.group_id and members.person_id = $1 and ended_seq is null
           where channels.id = $2"#,
        person.0,
        channel.0,
    )
    .fetch_optional(connection)
    .await?)
}

/// The new position, or none if it was there already or further.
pub(super) async fn move_read_position(
    connection: &mut PgConnection,
    person: PersonId,
    thread: ThreadId,
    position: i32,
) -> Result<Option<i32>> {
    Ok(sqlx::query_scalar!(
        "insert into read_positions (person_id, thread_id, position)
         values ($1, $2, $3)
         on conflict (person_id, thread_id) do update set position = excluded.position
           where read_positions.position < excluded.position
         returning position",
        person.0,
        thread.0,
        position,
    )
    .fetch_optional(connection)
    .await?)
}

/// Sets a position, also to a lesser one: what the bug `read_goes_back` does.
#[cfg(feature = "faults")]
pub(super) async fn set_read_position(
    connection: &mut PgConnection,
    person: PersonId,
    thread: ThreadId,
    position: i32,
) -> Result<()> {
    sqlx::query!(
        "update read_positions set position = $3 where person_id = $1 and thread_id = $2",
        person.0,
        thread.0,
        position,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// One statement for all: the rights, the positions, their events after `last_seq`, and the stream's last sequence.
/// Answers how many moved. By ascending thread, as a batch of messages moves its authors': neither waits for the other.
pub(super) async fn move_read_positions(
    connection: &mut PgConnection,
    person: PersonId,
    positions: &[(ThreadId, i32)],
    last_seq: i64,
    now: DateTime<Utc>,
) -> Result<i64> {
    let (threads, positions): (Vec<_>, Vec<_>) =
        positions.iter().map(|&(thread, position)| (thread.0, position)).unzip();
    Ok(sqlx::query_scalar!(
        r#"with asked as (
             select thread_id, max(position) as position
             from unnest($2::uuid[], $3::integer[]) item (thread_id, position)
             group by thread_id
           ), moved as (
             insert into read_positions (person_id, thread_id, position)
             select $1, threads.id, least(asked.position, threads.last_position)
             from asked
             join threads on threads.id = asked.thread_id
             join members on members.group_id = threads.group_id and members.person_id = $1 and members.ended_seq is null
             where least(asked.position, threads.last_position) > 0 and (not threads.draft or members.role = 'animator')
             order by threads.id
             on conflict (person_id, thread_id) do update set position = excluded.position
               where read_positions.position < excluded.position
             returning thread_id
           ), logged as (
             insert into events (stream_id, seq, kind, subject_id, thread_id, person_id, actor_id, at)
             select $1, $4::bigint + row_number() over (order by thread_id), 'read.moved', thread_id, thread_id, $1, $1, $5
             from moved
           ), counted as (
             update streams set last_seq = $4 + (select count(*) from moved)
             where id = $1 and exists (select from moved)
           )
           select count(*) as "moved!" from moved"#,
        person.0,
        &threads,
        &positions,
        last_seq,
        now,
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn read_position(connection: &mut PgConnection, person: PersonId, thread: ThreadId) -> Result<i32> {
    Ok(sqlx::query_scalar!(
        "select position from read_positions where person_id = $1 and thread_id = $2",
        person.0,
        thread.0
    )
    .fetch_optional(connection)
    .await?
    .unwrap_or(0))
}

pub(super) async fn read_states(
    connection: &mut PgConnection,
    asked: &[(PersonId, ThreadId)],
) -> Result<HashMap<(PersonId, ThreadId), ReadState>> {
    let (people, threads): (Vec<_>, Vec<_>) = asked.iter().map(|(person, thread)| (person.0, thread.0)).unzip();
    let rows = sqlx::query!(
        r#"select
             asked.person_id as "person!: PersonId", threads.id as "thread!: ThreadId",
             coalesce(position, 0) as "position!", last_position as "last_position!"
           from unnest($1::uuid[], $2::uuid[]) asked (person_id, thread_id)
           join threads on threads.id = asked.thread_id
           left join read_positions
             on read_positions.person_id = asked.person_id and read_positions.thread_id = asked.thread_id"#,
        &people,
        &threads,
    )
    .fetch_all(connection)
    .await?;
    let state = |position, last_position| ReadState { position, last_position };
    Ok(rows.into_iter().map(|row| ((row.person, row.thread), state(row.position, row.last_position))).collect())
}

pub(super) async fn unread_channels(connection: &mut PgConnection, person: PersonId) -> Result<Vec<UnreadChannel>> {
    Ok(sqlx::query_as!(
        UnreadChannel,
        r#"select
             groups.id as "group", groups.slug, groups.name as group_name, streams.last_seq as seq,
             channels.id as "channel?: ChannelId", channels.name as "name?",
             array(
              select threads.id
              from threads
              left join read_positions
                on read_positions.thread_id = threads.id and read_positions.person_id = members.person_id
              where threads.channel_id = channels.id
                and threads.last_position > coalesce(read_positions.position, 0)
              order by threads.id) as "unread!: Vec<ThreadId>"
           from members
           join groups on groups.id = members.group_id
           join streams on streams.id = groups.id
           left join channels on channels.group_id = groups.id and channels.archived_at is null
           where members.person_id = $1 and members.ended_seq is null
           order by groups.created_at, groups.id, channels.created_at, channels.id"#,
        person.0
    )
    .fetch_all(connection)
    .await?)
}

/// The title that was given, if one was.
pub(super) async fn title(connection: &mut PgConnection, thread: ThreadId) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("select title from threads where id = $1", thread.0).fetch_one(connection).await?)
}

/// Whether that changed anything.
pub(super) async fn set_title(connection: &mut PgConnection, thread: ThreadId, title: &str) -> Result<bool> {
    let changed = sqlx::query!(
        "update threads set title = nullif($2, '') where id = $1 and title is distinct from nullif($2, '')",
        thread.0,
        title,
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Whether that changed anything.
pub(super) async fn set_draft(connection: &mut PgConnection, thread: ThreadId, draft: bool) -> Result<bool> {
    let changed = sqlx::query!("update threads set draft = $2 where id = $1 and draft <> $2", thread.0, draft)
        .execute(connection)
        .await?;
    Ok(changed.rows_affected() > 0)
}

/// Whether that changed anything; nothing if the thread has no state.
pub(super) async fn set_status(
    connection: &mut PgConnection,
    thread: ThreadId,
    status: ThreadStatus,
) -> Result<Option<bool>> {
    let was = sqlx::query_scalar!(r#"select status as "status: ThreadStatus" from threads where id = $1"#, thread.0)
        .fetch_one(&mut *connection)
        .await?;
    if was.is_some_and(|was| was != status) {
        sqlx::query!("update threads set status = $2 where id = $1", thread.0, status.as_str())
            .execute(connection)
            .await?;
    }
    Ok(was.map(|was| was != status))
}
