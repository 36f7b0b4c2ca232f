//! The SQL of the vocabulary.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use words::PersonId;

use crate::error::Result;

/// Messages of one group, and up to when they are all there are.
#[derive(Debug)]
pub(in crate::search) struct Said {
    pub(in crate::search) group: Uuid,
    pub(in crate::search) bodies: Vec<String>,
    pub(in crate::search) until: DateTime<Utc>,
}

/// The next messages of a group whose words were not gathered yet, the earliest first. Those of one instant are taken
/// together, or the next round would pass over the rest of them.
pub(in crate::search) async fn said(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    most: i64,
) -> Result<Option<Said>> {
    Ok(sqlx::query_as!(
        Said,
        r#"select next.group_id as "group!", array_agg(body order by created_at) as "bodies!", max(created_at) as "until!"
           from (
             select groups.id as group_id, coalesce(gathered_until, '-infinity') as gathered_until
             from groups
             left join vocabulary_progress on vocabulary_progress.group_id = groups.id
             where exists (
               select from messages
               where messages.group_id = groups.id and created_at > coalesce(gathered_until, '-infinity')
                 and created_at < $1 and deleted_at is null)
             limit 1) next
           cross join lateral (
             select coalesce(body, '') as body, created_at from messages
             where messages.group_id = next.group_id and created_at > next.gathered_until and created_at < $1
             order by created_at
             fetch first $2 rows with ties) said
           group by next.group_id"#,
        before,
        most,
    )
    .fetch_optional(connection)
    .await?)
}

/// Adds words, each with the number of messages that it was seen in.
pub(in crate::search) async fn add(
    connection: &mut PgConnection,
    group: Uuid,
    words: &[String],
    messages: &[i32],
) -> Result<()> {
    sqlx::query!(
        "insert into vocabulary (group_id, word, messages)
         select $1, word, messages from unnest($2::text[], $3::integer[]) seen (word, messages)
         order by word
         on conflict (group_id, word) do update set messages = vocabulary.messages + excluded.messages",
        group,
        words,
        messages,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(in crate::search) async fn set_progress(
    connection: &mut PgConnection,
    group: Uuid,
    until: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into vocabulary_progress (group_id, gathered_until) values ($1, $2)
         on conflict (group_id) do update set gathered_until = excluded.gathered_until",
        group,
        until,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes over from PostgreSQL's statistics which words messages are full of.
pub(in crate::search) async fn renew_common(connection: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "with present as (
           select distinct name
           from pg_stats cross join unnest(most_common_elems::text::text[]) name
           where schemaname = 'public' and tablename = 'messages' and attname = 'search' and name is not null
         ), gone as (
           delete from common_lexemes where name not in (select name from present)
         )
         insert into common_lexemes (name) select name from present on conflict do nothing"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// For each word that nobody of the asker's groups wrote, the most alike that somebody did; the others are left out.
pub(in crate::search) async fn nearest(
    connection: &mut PgConnection,
    person: PersonId,
    typed: &[String],
) -> Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        r#"select asked.word as "typed!", best.word as "meant!"
           from unnest($2::text[]) asked (word)
           cross join lateral (
             select vocabulary.word
             from vocabulary
             join members on members.group_id = vocabulary.group_id and person_id = $1 and ended_seq is null
             where folded(vocabulary.word) % folded(asked.word)
             group by vocabulary.word
             having similarity(folded(vocabulary.word), folded(asked.word)) >= 0.4
             order by
               folded(vocabulary.word) = folded(asked.word) desc,
               similarity(folded(vocabulary.word), folded(asked.word)) desc,
               sum(messages) desc, vocabulary.word
             limit 1) best
           where folded(best.word) <> folded(asked.word)"#,
        person.0,
        typed,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.typed, row.meant)).collect())
}
