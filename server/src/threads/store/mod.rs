//! The SQL of threads.

mod change;
mod follows;
mod positions;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use web::channels::Channel;
use words::{ChannelId, ChannelLevel, GroupId, PersonId, Role, ThreadId, ThreadKind, ThreadStatus};

pub(super) use change::{insert_title, save, set_continued_in, set_continues, set_draft, state, title, titles};
pub(super) use follows::{begin_follow, copy_follow, follow, followers_but, set_level};
#[cfg(feature = "faults")]
pub(super) use positions::set_read_position;
pub use positions::{UnreadChannel, UnreadConversation};
pub(super) use positions::{
    move_back, move_read_position, move_read_positions, read_position, read_states, unread_channels,
    unread_conversations,
};

use super::Home;
use crate::{error::Result, live::hub::Typing};

/// Where a thread is, for somebody.
pub(super) struct Place {
    pub(super) group: GroupId,
    /// Their role there, if they are a present member.
    pub(super) role: Option<Role>,
    /// Its channel, if it hangs on one, and how much of that they want to hear.
    pub(super) channel: Option<(Channel, ChannelLevel)>,
    pub(super) last_position: i32,
    /// Whether nobody posts there any more.
    pub(super) closed: bool,
    /// Whether it is of a meeting's draft.
    pub(super) draft: bool,
    pub(super) kind: ThreadKind,
    pub(super) creator: PersonId,
    /// The threads that it goes on from, and in.
    pub(super) continues: Option<ThreadId>,
    pub(super) continued_in: Option<ThreadId>,
    /// Where the group's stream stands.
    pub(super) seq: i64,
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
        Home::Conversation => (None, None),
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

pub(super) async fn place(connection: &mut PgConnection, thread: ThreadId, person: PersonId) -> Result<Option<Place>> {
    let row = sqlx::query!(
        r#"select
             threads.group_id as "group: GroupId", members.role as "role?: Role",
             channels.id as "channel?: ChannelId", channels.name as "name?", channels.purpose as "purpose?",
             channels.archived_at as "archived_at?", coalesce(channel_levels.level, 'mine') as "level!: ChannelLevel",
             last_position, closed_at is not null as "closed!", draft, threads.kind as "kind: ThreadKind",
             threads.created_by as "creator: PersonId", continues as "continues: ThreadId",
             continued_in as "continued_in: ThreadId", streams.last_seq as seq
           from threads
           join streams on streams.id = threads.group_id
           left join members
             on members.group_id = threads.group_id and members.person_id = $2 and members.ended_seq is null
           left join channels on channels.id = threads.channel_id
           left join channel_levels on channel_levels.channel_id = channels.id and channel_levels.person_id = $2
           where threads.id = $1"#,
        thread.0,
        person.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| {
        let channel = match (row.channel, row.name, row.purpose) {
            (Some(id), Some(name), Some(purpose)) => {
                Some((Channel { id, group: row.group, name, purpose, archived_at: row.archived_at }, row.level))
            }
            _ => None,
        };
        Place {
            group: row.group,
            role: row.role,
            channel,
            last_position: row.last_position,
            closed: row.closed,
            draft: row.draft,
            kind: row.kind,
            creator: row.creator,
            continues: row.continues,
            continued_in: row.continued_in,
            seq: row.seq,
        }
    }))
}

/// The group of a thread, and the position of its last message.
pub(super) async fn reach(connection: &mut PgConnection, thread: ThreadId) -> Result<Option<(GroupId, i32)>> {
    let row =
        sqlx::query!(r#"select group_id as "group: GroupId", last_position from threads where id = $1"#, thread.0)
            .fetch_optional(connection)
            .await?;
    Ok(row.map(|row| (row.group, row.last_position)))
}

pub(super) async fn of_conversation(connection: &mut PgConnection, group: GroupId) -> Result<Option<ThreadId>> {
    Ok(sqlx::query_scalar!(
        r#"select id as "id: ThreadId" from threads where group_id = $1 and kind = 'conversation'"#,
        group.0
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
