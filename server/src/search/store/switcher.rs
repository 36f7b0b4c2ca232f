//! The SQL of the switcher: a few places by some letters of their name, and those that one was at last.

use sqlx::PgConnection;
use uuid::Uuid;
use web::{paths, search::Place};
use words::{ChannelId, DocumentId, MeetingId, PersonId, Sought, ThreadId};

use crate::error::Result;

/// How many places of each kind are compared.
const COMPARED: i64 = 200;

/// The places whose names hold what was typed, or look like it: those that begin with it first.
#[expect(clippy::too_many_lines, reason = "one statement, with a few lines for each kind of place")]
pub(in crate::search) async fn named(
    connection: &mut PgConnection,
    person: PersonId,
    typed: &str,
    most: i64,
) -> Result<Vec<Place>> {
    let rows = sqlx::query!(
        r#"with typed as (
             select text, begins, case when long then '%' || begins else begins end as holds,
               case when long then text end as alike
             from (
               select folded($2) as text, regexp_replace(folded($2), '([\\%_])', '\\\1', 'g') || '%' as begins,
                 length($2) > 2 as long) read
           ), place as (
             (select 1 as rank, 'channel' as kind, channels.id, name as title, channels.group_id, null::text as code
              from typed, channels
              join members on members.group_id = channels.group_id and person_id = $1 and ended_seq is null
              where archived_at is null and (folded(name) like holds or alike <% folded(name))
              limit $3)
             union all
             (select 2, 'thread', threads.id, title, threads.group_id, null
              from typed, threads
              join members on members.group_id = threads.group_id and person_id = $1 and ended_seq is null
              where (folded(title) like holds or alike <% folded(title)) and meeting_id is null
                and (not draft or members.role = 'animator')
              limit $3)
             union all
             (select 3, 'meeting', meetings.id, title, meetings.group_id, null
              from typed, meetings
              join members on members.group_id = meetings.group_id and person_id = $1 and ended_seq is null
              where (folded(title) like holds or alike <% folded(title))
                and (meetings.state <> 'draft' or members.role = 'animator')
              limit $3)
             union all
             (select 4, 'document', documents.id, title, documents.group_id, null
              from typed, documents
              join members on members.group_id = documents.group_id and person_id = $1 and ended_seq is null
              where (folded(title) like holds or alike <% folded(title)) and deleted_at is null
              limit $3)
             union all
             (select 5, 'person', people.id, name, null, null
              from typed, people
              where disabled_at is null and (' ' || folded(name) like '% ' || begins or alike <% folded(name))
              limit $3)
             union all
             (select 6, 'territory', territories.id, name, null, code
              from typed, territories
              where folded(code) = text or folded(name) like holds or alike <% folded(name)
              limit $3)
           )
           select place.kind as "kind!", place.id as "id!", title as "title!", shown_name(groups, $1) as "within?", code
           from typed, place
           left join groups on groups.id = place.group_id
           order by folded(title) like begins or coalesce(folded(code) = text, false) desc,
             word_similarity(text, folded(title)) desc, rank, title, place.id
           limit $4"#,
        person.0,
        typed,
        COMPARED,
        most,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let (kind, url) = led_to(&row.kind, row.id, row.code.as_deref());
            Place { kind, title: row.title, standing: false, within: row.within.unwrap_or_default(), url }
        })
        .collect())
}

fn led_to(kind: &str, id: Uuid, code: Option<&str>) -> (Sought, String) {
    match kind {
        "channel" => (Sought::Thread, paths::channel(ChannelId(id))),
        "thread" => (Sought::Thread, paths::thread(ThreadId(id))),
        "meeting" => (Sought::Meeting, paths::meeting(MeetingId(id))),
        "document" => (Sought::Document, paths::document(DocumentId(id))),
        "person" => (Sought::Person, paths::person(PersonId(id))),
        _ => (Sought::Territory, paths::territory(code.unwrap_or_default())),
    }
}

/// The liveliest of the threads that one reads.
pub(in crate::search) async fn recent(
    connection: &mut PgConnection,
    person: PersonId,
    most: i64,
) -> Result<Vec<Place>> {
    let rows = sqlx::query!(
        r#"select threads.id as "id!: ThreadId", threads.kind = 'standing' as "standing!",
             case groups.kind when 'thematic' then concat_ws(' › ', groups.name, channels.name) end as within,
             case threads.kind
               when 'conversation' then conversation_name(groups.id, $1)
               else coalesce(threads.title, left(split_part(first.body, E'\n', 1), 80), '') end as "title!"
           from read_positions
           join threads on threads.id = read_positions.thread_id
           join members on members.group_id = threads.group_id and members.person_id = $1 and ended_seq is null
           join groups on groups.id = threads.group_id
           left join channels on channels.id = threads.channel_id
           left join messages first on first.thread_id = threads.id and first.position = 1 and threads.title is null
           where read_positions.person_id = $1 and (not threads.draft or members.role = 'animator')
             and channels.archived_at is null
           order by threads.active_at desc, threads.id
           limit $2"#,
        person.0,
        most,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Place {
            kind: Sought::Thread,
            title: row.title,
            standing: row.standing,
            within: row.within.unwrap_or_default(),
            url: paths::thread(row.id),
        })
        .collect())
}
