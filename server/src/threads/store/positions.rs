//! How far people have read, and what that leaves unread.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{ChannelId, GroupId, PersonId, ThreadId};

use crate::{error::Result, threads::ReadState};

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
    /// Whether the person wants to hear nothing of it: it has no badge then.
    pub silent: bool,
    /// The threads, of all channels, that the person muted.
    pub muted: Vec<ThreadId>,
    /// Its threads that hold something that the person has not read, and did not mute.
    pub unread: Vec<ThreadId>,
}

/// How many conversations a page follows, the last active ones.
const MOST_CONVERSATIONS: i64 = 100;

/// A conversation of the navigation.
#[derive(Clone, Debug)]
pub struct UnreadConversation {
    /// The group that it is.
    pub group: GroupId,
    /// Where its stream stands.
    pub seq: i64,
    /// Its thread, if that holds something that the person has not read, and did not mute.
    pub unread: Option<ThreadId>,
}

/// The new position, or none if it was there already or further.
pub(in crate::threads) async fn move_read_position(
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

/// Moves a position back; nothing if it is there already or before.
pub(in crate::threads) async fn move_back(
    connection: &mut PgConnection,
    person: PersonId,
    thread: ThreadId,
    position: i32,
) -> Result<bool> {
    let moved = sqlx::query!(
        "update read_positions set position = $3 where person_id = $1 and thread_id = $2 and position > $3",
        person.0,
        thread.0,
        position,
    )
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// Sets a position, also to a lesser one: what the bug `read_goes_back` does.
#[cfg(feature = "faults")]
pub(in crate::threads) async fn set_read_position(
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

/// One statement for all: the rights, the positions, their events after where each person's stream stands, and the streams'
/// last sequences. The streams are locked. Answers each person of whom something moved, and where their stream stands now.
/// By ascending person and thread, as a batch of messages moves its authors': neither waits in a circle.
pub(in crate::threads) async fn move_read_positions(
    connection: &mut PgConnection,
    positions: &[(PersonId, ThreadId, i32)],
    now: DateTime<Utc>,
) -> Result<Vec<(PersonId, i64)>> {
    let people: Vec<_> = positions.iter().map(|(person, ..)| person.0).collect();
    let threads: Vec<_> = positions.iter().map(|(_, thread, _)| thread.0).collect();
    let positions: Vec<_> = positions.iter().map(|(.., position)| *position).collect();
    let rows = sqlx::query!(
        r#"with asked as (
             select person_id, thread_id, max(position) as position
             from unnest($1::uuid[], $2::uuid[], $3::integer[]) item (person_id, thread_id, position)
             group by person_id, thread_id
           ), moved as (
             insert into read_positions (person_id, thread_id, position)
             select asked.person_id, threads.id, least(asked.position, threads.last_position)
             from asked
             join threads on threads.id = asked.thread_id
             join members
               on members.group_id = threads.group_id and members.person_id = asked.person_id and members.ended_seq is null
             where least(asked.position, threads.last_position) > 0 and (not threads.draft or members.role = 'animator')
             order by asked.person_id, threads.id
             on conflict (person_id, thread_id) do update set position = excluded.position
               where read_positions.position < excluded.position
             returning person_id, thread_id
           ), numbered as (
             select person_id, thread_id, last_seq + row_number() over (partition by person_id order by thread_id) as seq
             from moved
             join streams on streams.id = person_id
           ), logged as (
             insert into events (stream_id, seq, kind, subject_id, thread_id, person_id, actor_id, at)
             select person_id, seq, 'read.moved', thread_id, thread_id, person_id, person_id, $4 from numbered
           ), reached as (
             select person_id, max(seq) as seq from numbered group by person_id
           ), counted as (
             update streams set last_seq = reached.seq from reached where streams.id = reached.person_id
           )
           select person_id as "person!: PersonId", seq as "seq!" from reached"#,
        &people,
        &threads,
        &positions,
        now,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.seq)).collect())
}

pub(in crate::threads) async fn read_position(
    connection: &mut PgConnection,
    person: PersonId,
    thread: ThreadId,
) -> Result<i32> {
    Ok(sqlx::query_scalar!(
        "select position from read_positions where person_id = $1 and thread_id = $2",
        person.0,
        thread.0
    )
    .fetch_optional(connection)
    .await?
    .unwrap_or(0))
}

pub(in crate::threads) async fn read_states(
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

pub(in crate::threads) async fn unread_channels(
    connection: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<UnreadChannel>> {
    Ok(sqlx::query_as!(
        UnreadChannel,
        r#"select
             groups.id as "group", groups.slug, groups.name as group_name, streams.last_seq as seq,
             channels.id as "channel?: ChannelId", channels.name as "name?",
             coalesce(channel_levels.level = 'none', false) as "silent!",
             array(
              select thread_id from follows
              where person_id = $1 and level = 'muted' order by thread_id) as "muted!: Vec<ThreadId>",
             coalesce(unread.threads, '{}') as "unread!: Vec<ThreadId>"
           from members
           join groups on groups.id = members.group_id
           join streams on streams.id = groups.id
           left join channels on channels.group_id = groups.id and channels.archived_at is null
           left join channel_levels
             on channel_levels.channel_id = channels.id and channel_levels.person_id = members.person_id
           left join (
             select threads.channel_id, array_agg(threads.id order by threads.id) as threads
             from members
             join threads on threads.group_id = members.group_id
             left join read_positions on read_positions.thread_id = threads.id and read_positions.person_id = $1
             left join follows on follows.thread_id = threads.id and follows.person_id = $1
             where members.person_id = $1 and members.ended_seq is null
               and threads.last_position > coalesce(read_positions.position, 0)
               and coalesce(follows.level, '') <> 'muted'
             group by threads.channel_id
           ) unread on unread.channel_id = channels.id
           where members.person_id = $1 and members.ended_seq is null and groups.kind = 'thematic'
           order by groups.created_at, groups.id, channels.created_at, channels.id"#,
        person.0
    )
    .fetch_all(connection)
    .await?)
}

pub(in crate::threads) async fn unread_conversations(
    connection: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<UnreadConversation>> {
    Ok(sqlx::query_as!(
        UnreadConversation,
        r#"select
             groups.id as "group", streams.last_seq as seq,
             case when threads.last_position > coalesce(read_positions.position, 0) and coalesce(follows.level, '') <> 'muted'
               then threads.id end as "unread: ThreadId"
           from members
           join groups on groups.id = members.group_id and groups.kind = 'conversation'
           join streams on streams.id = groups.id
           join threads on threads.group_id = groups.id and threads.kind = 'conversation'
           left join read_positions
             on read_positions.thread_id = threads.id and read_positions.person_id = members.person_id
           left join follows on follows.thread_id = threads.id and follows.person_id = members.person_id
           where members.person_id = $1 and members.ended_seq is null
           order by threads.active_at desc, groups.id
           limit $2"#,
        person.0,
        MOST_CONVERSATIONS,
    )
    .fetch_all(connection)
    .await?)
}
