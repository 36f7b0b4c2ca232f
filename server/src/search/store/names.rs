//! The SQL of searching what is small: meetings, threads, people, territories. By words, and by three
//! letters of the name for what was mistyped.

use sqlx::PgConnection;
use uuid::Uuid;
use web::{paths, search::Found};
use words::{MeetingId, PersonId, ThreadId};

use super::Key;
use crate::{
    error::Result,
    search::{extract::Wanted, narrow::Narrow},
};

/// What is looked for among names.
#[derive(Debug)]
pub(in crate::search) struct Ask<'a> {
    pub(in crate::search) person: PersonId,
    pub(in crate::search) query: Option<&'a str>,
    pub(in crate::search) wanted: &'a Wanted,
    /// What was typed, to compare with names; empty for a question without plain words.
    pub(in crate::search) typed: &'a str,
    pub(in crate::search) narrow: &'a Narrow,
    pub(in crate::search) below: Key,
}

/// Meetings, the latest first.
pub(in crate::search) async fn meetings(connection: &mut PgConnection, ask: &Ask<'_>, most: i64) -> Result<Vec<Found>> {
    let places = ask.narrow.places.as_ref();
    let rows = sqlx::query!(
        r#"select meetings.id as "id!: MeetingId", title as "title!", starts_at as "at!", people.name as "author!",
             groups.name as "place!",
             objective as "objective!"
           from meetings
           join members on members.group_id = meetings.group_id and members.person_id = $1 and members.ended_seq is null
           join groups on groups.id = meetings.group_id
           join people on people.id = meetings.created_by
           where ($2::text is null or meetings.search @@ $2::text::tsquery
               or ($3 <> '' and folded($3) <% folded(title)))
             and (meetings.state <> 'draft' or members.role = 'animator')
             and starts_at >= $4 and (starts_at, meetings.id) < ($5, $6)
             and ($7::uuid[] is null or meetings.created_by = any($7))
             and ($8::uuid[] is null or meetings.group_id = any($8) or meetings.thread_id = any($9))
           order by starts_at desc, meetings.id desc
           limit $10"#,
        ask.person.0,
        ask.query,
        ask.typed,
        ask.narrow.from,
        ask.below.at,
        ask.below.id,
        ask.narrow.authors.as_deref(),
        places.map(|places| places.groups.as_slice()),
        places.map(|places| places.threads.as_slice()),
        most,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Found {
            author: Some(row.author),
            place: Some(row.place),
            at: Some(row.at),
            ..Found::new(row.id.0, row.title, ask.wanted.extract(&row.objective), paths::meeting(row.id))
        })
        .collect())
}

/// Threads by their titles, the most alike first.
pub(in crate::search) async fn threads(connection: &mut PgConnection, ask: &Ask<'_>, most: i64) -> Result<Vec<Found>> {
    let rows = sqlx::query!(
        r#"with alike as materialized (
             select id, title, channel_id, group_id, draft, active_at
             from threads
             where folded($2) <% folded(title) and meeting_id is null
           )
           select named.id as "id!: ThreadId", title as "title!", active_at as "at!",
             concat_ws(' › ', groups.name, channels.name) as "place!"
           from (
             select alike.id, title, channel_id, alike.group_id, active_at
             from alike
             join members on members.group_id = alike.group_id and person_id = $1 and ended_seq is null
             where (not draft or members.role = 'animator')
               and ($3::uuid[] is null or alike.group_id = any($3) or channel_id = any($4) or alike.id = any($5))
               and active_at >= $6 and active_at < $7
             limit 200) named
           join groups on groups.id = named.group_id
           left join channels on channels.id = named.channel_id
           order by word_similarity(folded($2), folded(title)) desc, active_at desc, named.id
           limit $8"#,
        ask.person.0,
        ask.typed,
        ask.narrow.places.as_ref().map(|places| places.groups.as_slice()),
        ask.narrow.places.as_ref().map(|places| places.channels.as_slice()),
        ask.narrow.places.as_ref().map(|places| places.threads.as_slice()),
        ask.narrow.from,
        ask.below.at,
        most,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Found {
            place: Some(row.place),
            at: Some(row.at),
            ..Found::new(row.id.0, row.title, Vec::new(), paths::thread(row.id))
        })
        .collect())
}

/// People by their name or by the territory of their present post, by name.
pub(in crate::search) async fn people(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    after: &str,
    most: i64,
) -> Result<Vec<Found>> {
    let rows = sqlx::query!(
        r#"select people.id as "id!: PersonId", people.name as "name!",
             string_agg(distinct territories.name, ', ') as territories
           from people
           left join assignments
             on assignments.person_id = people.id and from_date <= current_date
               and (to_date is null or to_date >= current_date)
           left join territories on territories.id = assignments.territory_id
           where people.disabled_at is null and people.name || ' ' || people.id > $5
             and (($1::text is null and $2 = '')
               or people.search @@ $1::text::tsquery or territories.search @@ $1::text::tsquery
               or ($2 <> '' and (strpos(' ' || folded(people.name), ' ' || folded($2)) > 0
                 or folded($2) <% folded(people.name))))
             and ($3::uuid[] is null or territories.id = any($3))
             and ($4::uuid[] is null or people.id = any($4))
           group by people.id
           order by people.name || ' ' || people.id
           limit $6"#,
        ask.query,
        ask.typed,
        ask.narrow.territories.as_deref(),
        ask.narrow.authors.as_deref(),
        after,
        most,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let territories = row.territories.unwrap_or_default();
            Found::new(row.id.0, row.name, ask.wanted.extract(&territories), paths::person(row.id))
        })
        .collect())
}

/// Territories by code, name, commune or quarter.
pub(in crate::search) async fn territories(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    most: i64,
) -> Result<Vec<Found>> {
    let rows = sqlx::query!(
        r#"select id as "id!: Uuid", code as "code!", name as "name!", department_name as "department!"
           from territories
           where (search @@ $1::text::tsquery or code = upper($2) or ($1::text is null and $2 = '')
               or ($2 <> '' and folded($2) <% folded(name))
               or exists (select from unnest(communes) commune where folded(commune) = folded($2)))
             and ($3::uuid[] is null or id = any($3))
           order by code = upper($2) desc, name, id
           limit $4"#,
        ask.query,
        ask.typed,
        ask.narrow.territories.as_deref(),
        most,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Found::new(row.id, row.name, ask.wanted.extract(&row.department), paths::territory(&row.code)))
        .collect())
}
