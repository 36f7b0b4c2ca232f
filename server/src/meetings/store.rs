//! The SQL of meetings.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    date::{self, NETWORK_ZONE},
    meetings::{AgendaItem, Counts, Meeting, NextMeeting, Rsvp},
    territories::TerritoryLabel,
};
use words::{Answer, Gate, GroupId, MeetingId, MeetingState, Mode, PersonId, ThreadId};

use super::NewMeeting;
use crate::error::Result;

/// How many meetings a list holds at most.
const MOST: i64 = 1000;

pub(super) struct Place {
    pub(super) group: GroupId,
    pub(super) thread: ThreadId,
    pub(super) state: MeetingState,
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    id: MeetingId,
    group: GroupId,
    thread: ThreadId,
    person: PersonId,
    new: &NewMeeting,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into meetings
           (id, group_id, thread_id, title, objective, starts_at, ends_at, timezone, mode, place, link, state, created_by,
            created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)",
        id.0,
        group.0,
        thread.0,
        new.title,
        new.objective,
        new.starts_at,
        new.ends_at,
        new.timezone.name(),
        new.mode.as_str(),
        new.place,
        new.link,
        new.state.as_str(),
        person.0,
        now,
    )
    .execute(&mut *connection)
    .await?;
    set_agenda(connection, id, &new.agenda).await
}

pub(super) async fn update(
    connection: &mut PgConnection,
    id: MeetingId,
    new: &NewMeeting,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update meetings
         set title = $2, objective = $3, starts_at = $4, ends_at = $5, timezone = $6, mode = $7, place = $8, link = $9,
             state = $10, updated_at = $11, revision = revision + 1
         where id = $1",
        id.0,
        new.title,
        new.objective,
        new.starts_at,
        new.ends_at,
        new.timezone.name(),
        new.mode.as_str(),
        new.place,
        new.link,
        new.state.as_str(),
        now,
    )
    .execute(&mut *connection)
    .await?;
    set_agenda(connection, id, &new.agenda).await
}

async fn set_agenda(connection: &mut PgConnection, id: MeetingId, agenda: &[(String, i16)]) -> Result<()> {
    let (titles, minutes): (Vec<String>, Vec<i16>) = agenda.iter().cloned().unzip();
    sqlx::query!("delete from agenda_items where meeting_id = $1", id.0).execute(&mut *connection).await?;
    sqlx::query!(
        "insert into agenda_items (meeting_id, ordinal, title, minutes)
         select $1, ordinal, title, minutes
         from unnest($2::text[], $3::smallint[]) with ordinality item (title, minutes, ordinal)",
        id.0,
        &titles,
        &minutes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn place(connection: &mut PgConnection, meeting: MeetingId) -> Result<Option<Place>> {
    Ok(sqlx::query_as!(
        Place,
        r#"select group_id as "group", thread_id as thread, state as "state: MeetingState" from meetings where id = $1"#,
        meeting.0
    )
    .fetch_optional(connection)
    .await?)
}

/// The state of a meeting, for a present member.
pub(super) async fn state_for(
    connection: &mut PgConnection,
    meeting: MeetingId,
    person: PersonId,
) -> Result<Option<MeetingState>> {
    Ok(sqlx::query_scalar!(
        r#"select state as "state: MeetingState"
           from meetings
           join members on members.group_id = meetings.group_id and members.person_id = $2 and members.ended_seq is null
           where meetings.id = $1"#,
        meeting.0,
        person.0,
    )
    .fetch_optional(connection)
    .await?)
}

/// Whether the answer changed.
pub(super) async fn set_rsvp(
    connection: &mut PgConnection,
    meeting: MeetingId,
    person: PersonId,
    answer: Answer,
    gate: Gate,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = sqlx::query!(
        "insert into rsvps (meeting_id, person_id, answer, gate, assignment_id, answered_at)
         values ($1, $2, $3, $4, (
           select assignments.id from assignments
           where assignments.person_id = $2 and from_date <= $6 and (to_date is null or to_date >= $6)
           order by territory_id is null, from_date, assignments.id limit 1), $5)
         on conflict (meeting_id, person_id) do update
           set answer = excluded.answer, gate = excluded.gate, assignment_id = excluded.assignment_id,
               answered_at = excluded.answered_at
           where rsvps.answer <> excluded.answer",
        meeting.0,
        person.0,
        answer.as_str(),
        gate.as_str(),
        now,
        date::day(now),
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

pub(super) async fn rsvp(
    connection: &mut PgConnection,
    meeting: MeetingId,
    person: PersonId,
) -> Result<Option<Answer>> {
    Ok(sqlx::query_scalar!(
        r#"select answer as "answer: Answer" from rsvps where meeting_id = $1 and person_id = $2"#,
        meeting.0,
        person.0,
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn rsvps(connection: &mut PgConnection, meeting: MeetingId) -> Result<Vec<Rsvp>> {
    let rows = sqlx::query!(
        r#"select
             people.name, answer as "answer: Answer", territories.code as "code?", territories.name as "territory?",
             territories.department as "department?"
           from rsvps
           join people on people.id = rsvps.person_id
           left join assignments on assignments.id = rsvps.assignment_id
           left join territories on territories.id = assignments.territory_id
           where meeting_id = $1
           order by array_position(array['in_person', 'remote', 'no'], answer), territories.name nulls last, people.name"#,
        meeting.0,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Rsvp {
            name: row.name,
            answer: row.answer,
            territory: row
                .code
                .zip(row.territory)
                .zip(row.department)
                .map(|((code, name), department)| TerritoryLabel { code, name, department }),
        })
        .collect())
}

pub(super) async fn list(
    connection: &mut PgConnection,
    person: PersonId,
    group: Option<GroupId>,
) -> Result<Vec<Meeting>> {
    let ids = sqlx::query_scalar!(
        "select meetings.id
         from meetings
         join members on members.group_id = meetings.group_id and members.person_id = $1 and members.ended_seq is null
         where ($2::uuid is null or meetings.group_id = $2) and (state <> 'draft' or members.role = 'animator')
         order by starts_at desc, meetings.id
         limit $3",
        person.0,
        group.map(|group| group.0),
        MOST,
    )
    .fetch_all(&mut *connection)
    .await?;
    by_ids(connection, &ids, Some(person)).await
}

pub(super) async fn find(
    connection: &mut PgConnection,
    meeting: MeetingId,
    person: Option<PersonId>,
) -> Result<Option<Meeting>> {
    Ok(by_ids(connection, &[meeting.0], person).await?.pop())
}

async fn by_ids(connection: &mut PgConnection, ids: &[Uuid], person: Option<PersonId>) -> Result<Vec<Meeting>> {
    let rows = sqlx::query!(
        r#"select
             meetings.id as "id: MeetingId", group_id as "group: GroupId", thread_id as "thread: ThreadId", title, objective,
             starts_at, ends_at, timezone, mode as "mode: Mode", place, link, state as "state: MeetingState", revision,
             updated_at,
             (select answer from rsvps where meeting_id = meetings.id and person_id = $2) as "rsvp: Answer",
             (select count(*) from rsvps where meeting_id = meetings.id and answer = 'in_person') as "in_person!",
             (select count(*) from rsvps where meeting_id = meetings.id and answer = 'remote') as "remote!",
             (select count(*) from rsvps where meeting_id = meetings.id and answer = 'no') as "no!",
             (select count(*) from members where members.group_id = meetings.group_id and ended_seq is null) as "asked!",
             (select count(distinct assignments.territory_id)
              from rsvps join assignments on assignments.id = rsvps.assignment_id
              where meeting_id = meetings.id) as "territories!"
           from unnest($1::uuid[]) with ordinality asked (id, ordinal)
           join meetings on meetings.id = asked.id
           order by asked.ordinal"#,
        ids,
        person.map(|person| person.0),
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut agendas = agendas(connection, ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| Meeting {
            agenda: agendas.remove(&row.id).unwrap_or_default(),
            id: row.id,
            group: row.group,
            thread: row.thread,
            title: row.title,
            objective: row.objective,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            timezone: row.timezone.parse().unwrap_or(NETWORK_ZONE),
            mode: row.mode,
            place: row.place,
            link: row.link,
            state: row.state,
            counts: Counts { in_person: row.in_person, remote: row.remote, no: row.no },
            rsvp: row.rsvp,
            asked: row.asked,
            territories: row.territories,
            revision: row.revision,
            updated_at: row.updated_at,
        })
        .collect())
}

async fn agendas(connection: &mut PgConnection, meetings: &[Uuid]) -> Result<HashMap<MeetingId, Vec<AgendaItem>>> {
    let rows = sqlx::query!(
        r#"select meeting_id as "meeting: MeetingId", title, minutes
           from agenda_items
           where meeting_id = any($1)
           order by meeting_id, ordinal"#,
        meetings,
    )
    .fetch_all(connection)
    .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.meeting).or_default().push(AgendaItem { title: row.title, minutes: row.minutes });
    }
    Ok(found)
}

pub(super) async fn next(
    connection: &mut PgConnection,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Option<NextMeeting>> {
    let id = sqlx::query_scalar!(
        "select meetings.id
         from meetings
         join members on members.group_id = meetings.group_id and members.person_id = $1 and members.ended_seq is null
         where state = 'convened' and ends_at > $2
         order by starts_at, meetings.id
         limit 1",
        person.0,
        now,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(id) = id else { return Ok(None) };
    Ok(by_ids(connection, &[id], Some(person)).await?.pop().map(|meeting| NextMeeting {
        id: meeting.id,
        title: meeting.title,
        starts_at: meeting.starts_at,
        ends_at: meeting.ends_at,
        timezone: meeting.timezone,
        mode: meeting.mode,
        place: meeting.place,
        answer: meeting.rsvp,
        answers: meeting.counts.in_person + meeting.counts.remote + meeting.counts.no,
        asked: meeting.asked,
    }))
}
