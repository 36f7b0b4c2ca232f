//! The SQL of search. Each statement joins the asker's present memberships.

use sqlx::PgConnection;
use web::{paths, search::Found};
use words::{DocumentId, MeetingId, MessageId, PersonId, ThreadId};

use crate::error::Result;

/// How an extract is cut: plain text, the words unmarked.
const EXTRACT: &str = "StartSel='', StopSel='', MaxWords=30, MinWords=12, MaxFragments=1";

pub(super) async fn messages(
    connection: &mut PgConnection,
    person: PersonId,
    words: &str,
    limit: i64,
) -> Result<Vec<Found>> {
    let rows = sqlx::query!(
        r#"with found as (
             select messages.id, messages.thread_id, messages.body, messages.author_id, messages.created_at
             from messages
             join members on members.group_id = messages.group_id and members.person_id = $1 and members.ended_seq is null
             join threads on threads.id = messages.thread_id
             where messages.search @@ websearch_to_tsquery('public.fr', $2)
               and (not threads.draft or members.role = 'animator')
             order by messages.created_at desc
             limit $3)
           select
             found.id as "id!: MessageId", found.thread_id as "thread!: ThreadId", people.name as author,
             coalesce(threads.title, left(split_part(first.body, E'\n', 1), 80), '') as "title!",
             ts_headline('public.fr', found.body, websearch_to_tsquery('public.fr', $2), $4) as "extract!"
           from found
           join people on people.id = found.author_id
           join threads on threads.id = found.thread_id
           left join messages first on first.thread_id = threads.id and first.position = 1
           order by found.created_at desc"#,
        person.0,
        words,
        limit,
        EXTRACT,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Found {
            id: row.id.0,
            title: row.title,
            extract: format!("{} — {}", row.author, row.extract),
            url: paths::message(row.thread, row.id),
        })
        .collect())
}

pub(super) async fn documents(
    connection: &mut PgConnection,
    person: PersonId,
    words: &str,
    limit: i64,
) -> Result<Vec<Found>> {
    let rows = sqlx::query!(
        r#"select documents.id as "id: DocumentId", title, purpose
           from documents
           join members on members.group_id = documents.group_id and members.person_id = $1 and members.ended_seq is null
           where documents.deleted_at is null and documents.search @@ websearch_to_tsquery('public.fr', $2)
           order by ts_rank(documents.search, websearch_to_tsquery('public.fr', $2)) desc, documents.id
           limit $3"#,
        person.0,
        words,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let found = |id: DocumentId, title, extract| Found { id: id.0, title, extract, url: paths::document(id) };
    Ok(rows.into_iter().map(|row| found(row.id, row.title, row.purpose)).collect())
}

pub(super) async fn meetings(
    connection: &mut PgConnection,
    person: PersonId,
    words: &str,
    limit: i64,
) -> Result<Vec<Found>> {
    let rows = sqlx::query!(
        r#"select meetings.id as "id: MeetingId", title, objective
           from meetings
           join members on members.group_id = meetings.group_id and members.person_id = $1 and members.ended_seq is null
           where meetings.search @@ websearch_to_tsquery('public.fr', $2)
             and (meetings.state <> 'draft' or members.role = 'animator')
           order by meetings.starts_at desc, meetings.id
           limit $3"#,
        person.0,
        words,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let found = |id: MeetingId, title, extract| Found { id: id.0, title, extract, url: paths::meeting(id) };
    Ok(rows.into_iter().map(|row| found(row.id, row.title, row.objective)).collect())
}

/// People by their name or by the territory of their present post.
pub(super) async fn people(connection: &mut PgConnection, words: &str, limit: i64) -> Result<Vec<Found>> {
    let rows = sqlx::query!(
        r#"select people.id as "id: PersonId", people.name, string_agg(territories.name, ', ' order by territories.name) as territories
           from people
           left join assignments
             on assignments.person_id = people.id and from_date <= current_date and (to_date is null or to_date >= current_date)
           left join territories on territories.id = assignments.territory_id
           where people.disabled_at is null
             and (people.search @@ websearch_to_tsquery('public.fr', $1)
               or territories.search @@ websearch_to_tsquery('public.fr', $1)
               or position(' ' || folded($1) in ' ' || folded(people.name)) > 0)
           group by people.id
           order by people.name, people.id
           limit $2"#,
        words,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let found = |id: PersonId, title, extract: Option<String>| Found {
        id: id.0,
        title,
        extract: extract.unwrap_or_default(),
        url: paths::person(id),
    };
    Ok(rows.into_iter().map(|row| found(row.id, row.name, row.territories)).collect())
}
