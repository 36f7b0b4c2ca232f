//! The SQL of searching messages: three ways to some of them, by one rule of who may read what, and how those that are
//! shown are dressed.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::{paths, search::Found};
use words::{MessageId, PersonId, ThreadId};

use super::Key;
use crate::{
    error::Result,
    search::{extract::Wanted, narrow::Narrow},
};

/// Whose messages are looked for, and which of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::search) struct Ask<'a> {
    pub(in crate::search) person: PersonId,
    /// Groups of theirs that may hold some.
    pub(in crate::search) groups: &'a [Uuid],
    /// The query; none if every message will do.
    pub(in crate::search) query: Option<&'a str>,
    pub(in crate::search) wanted: &'a Wanted,
    pub(in crate::search) narrow: &'a Narrow,
    /// Only what comes after this in the list, which is earlier.
    pub(in crate::search) below: Key,
}

/// The time that the latest messages are of.
#[derive(Clone, Copy, Debug)]
pub(in crate::search) struct Looked {
    pub(in crate::search) from: DateTime<Utc>,
    pub(in crate::search) down_to: DateTime<Utc>,
    /// How many there are of later than that.
    pub(in crate::search) messages: i64,
}

/// A message that was found.
#[derive(Clone, Copy, Debug)]
pub(in crate::search) struct Hit {
    pub(in crate::search) key: Key,
    pub(in crate::search) thread: Uuid,
    /// Whether it is of a question that was answered.
    pub(in crate::search) resolved: bool,
    /// Whether the asker may read it and the filters mean it.
    pub(in crate::search) counts: bool,
    /// Of how many that hold the words it is one; the others are left out. One, where all are there.
    pub(in crate::search) one_of: i32,
}

/// A way to messages: `$source` chooses them, the rest says which of them count.
macro_rules! hits {
    ($source:literal, $tail:literal, $connection:expr, $ask:expr, $from:expr, $most:expr) => {{
        let (ask, narrow) = ($ask, $ask.narrow);
        let rows = sqlx::query!(
            $source
                + r#" select id as "id!", thread_id as "thread_id!", created_at as "created_at!", resolved as "resolved!",
                        counts as "counts!", one_of as "one_of!"
                      from (
                        select m.id, m.thread_id, m.created_at, m.one_of, threads.status is not distinct from 'resolved' as resolved,
                          coalesce(members.group_id is not null and (not threads.draft or members.role = 'animator')
                            and ($8::uuid[] is null or m.author_id = any($8))
                            and ($9::uuid[] is null or m.assignment_id = any($9))
                            and ($10::uuid[] is null or m.group_id = any($10) or threads.channel_id = any($11)
                              or threads.id = any($12))
                            and (not $13 or exists (select from attachments where message_id = m.id))
                            and (not $14 or (select body from messages where messages.id = m.id) ~ 'https?://'), false)
                            as counts
                        from m
                        join threads on threads.id = m.thread_id
                        left join members
                          on members.group_id = m.group_id and members.person_id = $1 and members.ended_seq is null
                      ) hit "#
                + $tail,
            ask.person.0,
            ask.groups,
            ask.query,
            ask.below.at,
            ask.below.id,
            $from,
            $most,
            narrow.authors.as_deref(),
            narrow.posts.as_deref(),
            narrow.places.as_ref().map(|places| places.groups.as_slice()),
            narrow.places.as_ref().map(|places| places.channels.as_slice()),
            narrow.places.as_ref().map(|places| places.threads.as_slice()),
            narrow.with_document,
            narrow.with_link,
        )
        .fetch_all($connection)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Hit {
                key: Key { at: row.created_at, id: row.id },
                thread: row.thread_id,
                resolved: row.resolved,
                counts: row.counts,
                one_of: row.one_of,
            })
            .collect())
    }};
}

/// The messages that the index of words finds, in no order, if they are fewer than `most`; or else every eighth of so many,
/// of which more are not read: the earliest. Those that do not count are among them.
pub(in crate::search) async fn by_index(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    from: DateTime<Utc>,
    most: i64,
) -> Result<Vec<Hit>> {
    hits!(
        // By the index of words alone, whatever the planner thinks of the others: the words are rare.
        r#"with holding as (
             select id, group_id, thread_id, author_id, assignment_id, created_at
             from (
               select id, group_id, thread_id, author_id, assignment_id, created_at
               from messages
               where search @@ $3::text::tsquery and deleted_at is null
               offset 0) holding
             where created_at >= $6 and created_at <= $4 and (created_at, id) < ($4, $5)
               and cardinality($2::uuid[]) > 0
             limit $7
           ), m as materialized (
             select id, group_id, thread_id, author_id, assignment_id, created_at,
               case when holding < $7 then 1 else 8 end as one_of
             from (
               select id, group_id, thread_id, author_id, assignment_id, created_at,
                 row_number() over () as number, count(*) over () as holding
               from holding) counted
             where holding < $7 or number % 8 = 0)"#,
        "order by created_at desc, id desc",
        connection,
        ask,
        from,
        most
    )
}

/// What is to be found among the latest `each` messages of each group.
pub(in crate::search) async fn among_latest(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    from: DateTime<Utc>,
    each: i64,
) -> Result<Vec<Hit>> {
    hits!(
        r#"with m as (
             select latest.*, 1 as one_of
             from unnest($2::uuid[]) place (group_id)
             cross join lateral (
               select id, messages.group_id, thread_id, author_id, assignment_id, search, created_at, deleted_at
               from messages
               where messages.group_id = place.group_id and created_at >= $6 and created_at <= $4
                 and (created_at, id) < ($4, $5)
               order by created_at desc
               limit $7) latest
             -- Read once, and not for each message.
             where deleted_at is null and ($3::text is null or search @@ (select $3::text::tsquery)))"#,
        "where counts order by created_at desc, id desc",
        connection,
        ask,
        from,
        each
    )
}

/// The latest of what is to be found since an instant.
pub(in crate::search) async fn since(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    from: DateTime<Utc>,
    most: i64,
) -> Result<Vec<Hit>> {
    hits!(
        r#"with m as (
             select id, group_id, thread_id, author_id, assignment_id, created_at, 1 as one_of
             from messages
             where group_id = any($2::uuid[]) and ($3::text is null or search @@ $3::text::tsquery)
               and created_at >= $6 and created_at <= $4 and (created_at, id) < ($4, $5) and deleted_at is null)"#,
        "where counts order by created_at desc, id desc limit $7",
        connection,
        ask,
        from,
        most
    )
}

/// Down to where the latest `each` messages of every group reach; none if these are all there are.
pub(in crate::search) async fn looked(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    each: i64,
) -> Result<Option<Looked>> {
    let row = sqlx::query!(
        r#"with edge as (
             select max(latest.created_at) as latest, max(beyond.created_at) as beyond
             from unnest($1::uuid[]) place (group_id)
             cross join lateral (
               select created_at from messages
               where messages.group_id = place.group_id and created_at >= $2 and created_at <= $3
               order by created_at desc
               limit 1) latest
             left join lateral (
               select created_at from messages
               where messages.group_id = place.group_id and created_at >= $2 and created_at <= $3
               order by created_at desc
               offset $4 limit 1) beyond on true
           )
           select latest, beyond, (
             select count(*)
             from unnest($1::uuid[]) place (group_id)
             cross join lateral (
               select from messages
               where messages.group_id = place.group_id and created_at > beyond and created_at <= $3
               limit $4) later) as "messages!"
           from edge"#,
        ask.groups,
        ask.narrow.from,
        ask.below.at,
        each,
    )
    .fetch_one(connection)
    .await?;
    let messages = row.messages.max(1);
    Ok(row.latest.zip(row.beyond).map(|(from, down_to)| Looked { from, down_to, messages }))
}

/// Answered questions by their titles, each with its first message; of the latest ones, since each title is read.
pub(in crate::search) async fn answered(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    most: i64,
) -> Result<Vec<(Uuid, Uuid)>> {
    let rows = sqlx::query!(
        r#"select threads.id as "thread!", messages.id as "message!"
           from (
             select id, group_id, title, draft, active_at
             from threads
             where group_id = any($2) and status = 'resolved' and title is not null
             order by active_at desc
             limit 300) threads
           join members on members.group_id = threads.group_id and person_id = $1 and ended_seq is null
           join messages on messages.thread_id = threads.id and messages.position = 1
           where messages.deleted_at is null and to_tsvector('public.fr', title) @@ $3::text::tsquery
             and (not threads.draft or members.role = 'animator')
           order by threads.active_at desc, threads.id
           limit $4"#,
        ask.person.0,
        ask.groups,
        ask.query,
        most,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.thread, row.message)).collect())
}

/// Messages as they are shown, in the order in which they are given.
pub(in crate::search) async fn dressed(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    messages: &[Uuid],
) -> Result<Vec<Found>> {
    let rows = sqlx::query!(
        r#"select
             messages.id as "id!: MessageId", messages.thread_id as "thread!: ThreadId", people.name as "author!",
             territories.name as "territory?", messages.created_at as "at!", threads.kind = 'standing' as "standing!",
             case threads.kind
               when 'conversation' then conversation_name(groups.id, $1)
               else coalesce(threads.title, left(split_part(first.body, E'\n', 1), 80), '') end as "title!",
             case groups.kind when 'thematic' then concat_ws(' › ', groups.name, channels.name) end as place,
             messages.body as "body!"
           from unnest($2::uuid[]) with ordinality asked (id, place)
           join messages on messages.id = asked.id and messages.deleted_at is null
           join members
             on members.group_id = messages.group_id and members.person_id = $1 and members.ended_seq is null
           join people on people.id = messages.author_id
           left join assignments on assignments.id = messages.assignment_id
           left join territories on territories.id = assignments.territory_id
           join threads on threads.id = messages.thread_id
           join groups on groups.id = messages.group_id
           left join channels on channels.id = threads.channel_id
           left join messages first on first.thread_id = threads.id and first.position = 1 and threads.title is null
           order by asked.place"#,
        ask.person.0,
        messages,
    )
    .fetch_all(connection)
    .await?;
    let author = |name: String, territory: Option<String>| match territory {
        Some(territory) => format!("{name}, {territory}"),
        None => name,
    };
    Ok(rows
        .into_iter()
        .map(|row| Found {
            author: Some(author(row.author, row.territory)),
            place: row.place,
            at: Some(row.at),
            standing: row.standing,
            ..Found::new(row.id.0, row.title, ask.wanted.extract(&row.body), paths::message_permalink(row.id))
        })
        .collect())
}
