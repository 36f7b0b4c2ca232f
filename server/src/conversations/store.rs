//! The SQL of conversations.

use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    conversations::{Conversation, Latest},
    groups::Log,
    people::{Author, first_name},
    territories::TerritoryLabel,
};
use words::{GroupId, PersonId, Post, ThreadId, ThreadLevel};

use super::ConversationPage;
use crate::error::Result;

/// Whether each of these is somebody who has an account.
pub(super) async fn are_there(connection: &mut PgConnection, people: &[PersonId]) -> Result<bool> {
    let people: Vec<_> = people.iter().map(|person| person.0).collect();
    Ok(sqlx::query_scalar!(
        r#"select count(*) = cardinality($1::uuid[]) as "all!" from people where id = any($1) and disabled_at is null"#,
        &people,
    )
    .fetch_one(connection)
    .await?)
}

/// How many conversations of a person's making nobody has spoken in.
pub(super) async fn silent(connection: &mut PgConnection, person: PersonId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "silent!" from threads where kind = 'conversation' and created_by = $1 and last_position = 0"#,
        person.0,
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn list(
    connection: &mut PgConnection,
    person: PersonId,
    page: ConversationPage,
) -> Result<Vec<Conversation>> {
    let rows = sqlx::query!(
        r#"select
             threads.id as "thread: ThreadId", threads.group_id as "group: GroupId", last_seq, last_position, active_at,
             conversation_name(threads.group_id, $1) as "name!",
             array(
               select distinct person_id from members
               where group_id = threads.group_id and person_id <> $1 order by person_id) as "people!: Vec<PersonId>",
             coalesce(read_positions.position, 0) as "read!", follows.level as "level?: ThreadLevel",
             author.name as "author?", latest.author_id = $1 as own, left(latest.body, 400) as body
           from members
           join streams on streams.id = members.group_id
           join threads on threads.group_id = members.group_id and threads.kind = 'conversation'
           left join read_positions on read_positions.thread_id = threads.id and read_positions.person_id = $1
           left join follows on follows.thread_id = threads.id and follows.person_id = $1
           left join messages latest on latest.thread_id = threads.id and latest.position = threads.last_position
           left join people author on author.id = latest.author_id
           where members.person_id = $1 and members.ended_seq is null and (last_position > 0 or threads.created_by = $1)
             and ($2::timestamptz is null or (active_at, threads.id) < ($2, $3))
           order by active_at desc, threads.id desc
           limit $4"#,
        person.0,
        page.after.map(|(at, _)| at),
        page.after.map(|(_, thread)| thread.0),
        page.limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Conversation {
            id: row.group,
            log: Log { stream: row.group.into(), seq: row.last_seq, epoch: Uuid::nil() },
            thread: row.thread,
            name: row.name,
            people: row.people,
            last_position: row.last_position,
            read: row.read,
            muted: row.level == Some(ThreadLevel::Muted),
            latest: row.author.map(|author| Latest {
                author: first_name(&author).to_owned(),
                own: row.own.unwrap_or_default(),
                extract: row.body.as_deref().map(web::messages::extract),
            }),
            active_at: row.active_at,
        })
        .collect())
}

pub(super) async fn offered(
    connection: &mut PgConnection,
    person: PersonId,
    sought: &str,
    chosen: &[PersonId],
    limit: i64,
) -> Result<Vec<Author>> {
    let chosen: Vec<_> = chosen.iter().map(|person| person.0).collect();
    let rows = sqlx::query!(
        r#"select
             people.id as "id: PersonId", people.name, post.role as "post?: Post", post.code as "code?",
             post.territory as "territory?", post.department as "department?"
           from people
           left join lateral (
             select assignments.role, territories.code, territories.name as territory, territories.department
             from assignments left join territories on territories.id = assignments.territory_id
             where assignments.person_id = people.id and from_date <= current_date
               and (to_date is null or to_date >= current_date)
             order by territory_id is null, from_date, assignments.id
             limit 1) post on true
           where disabled_at is null and people.id <> $1
             and (people.id = any($3) or $2 = ''
               or word_begins(people.name, $2)
               or position(folded($2) in folded(coalesce(post.territory, ''))) > 0)
           order by people.id = any($3) desc, people.name collate "fr-x-icu", people.id
           limit $4"#,
        person.0,
        sought,
        &chosen,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let territory = row.code.zip(row.territory).zip(row.department);
            let territory = territory.map(|((code, name), department)| TerritoryLabel { code, name, department });
            Author { id: row.id, name: row.name, territory, post: row.post }
        })
        .collect())
}
