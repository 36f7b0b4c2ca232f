//! Who and what may be named where somebody writes: of one group alone, by the beginnings of its words.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{DocumentId, DocumentType, GroupId, MeetingId, PersonId, Post as Held, ThreadId};

use crate::{error::Result, messages::drafts::Desk};

/// Somebody of the group, with what tells them from others.
pub(in crate::messages) struct Member {
    pub(in crate::messages) name: String,
    pub(in crate::messages) post: Option<Held>,
    pub(in crate::messages) territory: Option<String>,
}

pub(in crate::messages) struct Territory {
    pub(in crate::messages) name: String,
    pub(in crate::messages) department: String,
}

pub(in crate::messages) struct TitledDocument {
    pub(in crate::messages) id: DocumentId,
    pub(in crate::messages) title: String,
    pub(in crate::messages) kind: DocumentType,
}

pub(in crate::messages) struct TitledMeeting {
    pub(in crate::messages) id: MeetingId,
    pub(in crate::messages) title: String,
    pub(in crate::messages) starts_at: DateTime<Utc>,
}

pub(in crate::messages) struct TitledThread {
    pub(in crate::messages) id: ThreadId,
    pub(in crate::messages) title: String,
    pub(in crate::messages) channel: String,
}

/// Present members by their name or territory, but the asker: those who said something in the thread first.
pub(in crate::messages) async fn members(
    connection: &mut PgConnection,
    desk: &Desk,
    words: &str,
    limit: i64,
) -> Result<Vec<Member>> {
    Ok(sqlx::query_as!(
        Member,
        r#"select people.name, post.role as "post?: Held", territories.name as "territory?"
           from members
           join people on people.id = members.person_id
           left join lateral (
             select role, territory_id from assignments
             where assignments.person_id = people.id
               and from_date <= current_date and (to_date is null or to_date >= current_date)
             order by territory_id is null, from_date, assignments.id limit 1) post on true
           left join territories on territories.id = post.territory_id
           left join lateral (
             select max(position) as position from messages
             where thread_id = $3 and author_id = people.id) said on true
           where members.group_id = $1 and members.ended_seq is null and people.id <> $2 and people.disabled_at is null
             and word_begins(people.name || ' ' || coalesce(territories.name, ''), $4)
           order by
             not word_begins(people.name, $4),
             said.position desc nulls last, people.name, people.id
           limit $5"#,
        desk.may.group().0,
        desk.may.person().0,
        desk.thread.map(|thread| thread.0),
        words,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// The territories of the group's present members.
pub(in crate::messages) async fn territories(
    connection: &mut PgConnection,
    group: GroupId,
    words: &str,
    limit: i64,
) -> Result<Vec<Territory>> {
    Ok(sqlx::query_as!(
        Territory,
        "select distinct territories.name, territories.department_name as department
         from members
         join assignments on assignments.person_id = members.person_id
           and from_date <= current_date and (to_date is null or to_date >= current_date)
         join territories on territories.id = assignments.territory_id
         where members.group_id = $1 and members.ended_seq is null
           and word_begins(territories.name, $2)
         order by territories.name
         limit $3",
        group.0,
        words,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// The names of the group's channels that are not archived.
pub(in crate::messages) async fn channels(
    connection: &mut PgConnection,
    group: GroupId,
    words: &str,
    limit: i64,
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "select name from channels
         where group_id = $1 and archived_at is null
           and word_begins(name, $2)
         order by name
         limit $3",
        group.0,
        words,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

pub(in crate::messages) async fn documents(
    connection: &mut PgConnection,
    group: GroupId,
    words: &str,
    limit: i64,
) -> Result<Vec<TitledDocument>> {
    Ok(sqlx::query_as!(
        TitledDocument,
        r#"select id as "id: DocumentId", title, type as "kind: DocumentType"
           from documents
           where group_id = $1 and deleted_at is null
             and word_begins(title, $2)
           order by updated_at desc, id
           limit $3"#,
        group.0,
        words,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// The group's meetings; drafts are their animators'.
pub(in crate::messages) async fn meetings(
    connection: &mut PgConnection,
    group: GroupId,
    person: PersonId,
    words: &str,
    limit: i64,
) -> Result<Vec<TitledMeeting>> {
    Ok(sqlx::query_as!(
        TitledMeeting,
        r#"select meetings.id as "id: MeetingId", title, starts_at
           from meetings
           join members on members.group_id = meetings.group_id and members.person_id = $2 and members.ended_seq is null
           where meetings.group_id = $1 and (meetings.state <> 'draft' or members.role = 'animator')
             and word_begins(title, $3)
           order by starts_at desc, meetings.id
           limit $4"#,
        group.0,
        person.0,
        words,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// The threads of the group's channels, by their title or first line.
pub(in crate::messages) async fn titled_threads(
    connection: &mut PgConnection,
    group: GroupId,
    words: &str,
    limit: i64,
) -> Result<Vec<TitledThread>> {
    Ok(sqlx::query_as!(
        TitledThread,
        r#"select id as "id: ThreadId", title as "title!", channel
           from (
             select
               threads.id, coalesce(threads.title, left(split_part(first.body, E'\n', 1), 80)) as title,
               channels.name as channel, active_at
             from threads
             join channels on channels.id = threads.channel_id
             left join messages first on first.thread_id = threads.id and first.position = 1
             where threads.group_id = $1 and threads.kind <> 'standing') titled
           where word_begins(title, $2)
           order by active_at desc, id
           limit $3"#,
        group.0,
        words,
        limit,
    )
    .fetch_all(connection)
    .await?)
}
