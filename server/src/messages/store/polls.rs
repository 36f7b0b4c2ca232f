//! Polls, and what people chose.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::messages::{Poll, PollOption};
use words::{MessageId, PersonId};

use crate::error::Result;

/// A poll as it is judged by.
pub(in crate::messages) struct PollState {
    pub(in crate::messages) multiple: bool,
    pub(in crate::messages) closes_at: Option<DateTime<Utc>>,
    pub(in crate::messages) options: i64,
}

pub(in crate::messages) async fn insert_poll(
    connection: &mut PgConnection,
    message: MessageId,
    multiple: bool,
    closes_at: Option<DateTime<Utc>>,
    options: &[String],
) -> Result<()> {
    sqlx::query!(
        "insert into polls (message_id, multiple, closes_at) values ($1, $2, $3)",
        message.0,
        multiple,
        closes_at
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into poll_options (message_id, ordinal, label)
         select $1, ordinal - 1, label from unnest($2::text[]) with ordinality option (label, ordinal)",
        message.0,
        options,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(in crate::messages) async fn poll_state(
    connection: &mut PgConnection,
    message: MessageId,
) -> Result<Option<PollState>> {
    Ok(sqlx::query_as!(
        PollState,
        r#"select
             multiple, closes_at,
             (select count(*) from poll_options where poll_options.message_id = polls.message_id) as "options!"
           from polls where message_id = $1"#,
        message.0,
    )
    .fetch_optional(connection)
    .await?)
}

pub(in crate::messages) async fn votes_of(
    connection: &mut PgConnection,
    message: MessageId,
    person: PersonId,
) -> Result<BTreeSet<i16>> {
    let votes = sqlx::query_scalar!(
        "select ordinal from poll_votes where message_id = $1 and person_id = $2",
        message.0,
        person.0,
    )
    .fetch_all(connection)
    .await?;
    Ok(votes.into_iter().collect())
}

/// What a person chooses now, in place of what they chose before.
pub(in crate::messages) async fn set_votes(
    connection: &mut PgConnection,
    message: MessageId,
    person: PersonId,
    chosen: &BTreeSet<i16>,
    now: DateTime<Utc>,
) -> Result<()> {
    let chosen: Vec<_> = chosen.iter().copied().collect();
    sqlx::query!(
        "delete from poll_votes where message_id = $1 and person_id = $2 and ordinal <> all($3)",
        message.0,
        person.0,
        &chosen,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into poll_votes (message_id, ordinal, person_id, created_at)
         select $1, ordinal, $2, $4 from unnest($3::smallint[]) vote (ordinal)
         on conflict do nothing",
        message.0,
        person.0,
        &chosen,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The polls of these messages, each with its options in their order and who chose them.
pub(in crate::messages) async fn polls(
    connection: &mut PgConnection,
    messages: &[Uuid],
) -> Result<HashMap<MessageId, Poll>> {
    let rows = sqlx::query!(
        r#"select
             polls.message_id as "message: MessageId", multiple, closes_at, label,
             array(
               select person_id from poll_votes
               where poll_votes.message_id = polls.message_id and poll_votes.ordinal = poll_options.ordinal
               order by created_at, person_id) as "users!: Vec<PersonId>"
           from polls join poll_options on poll_options.message_id = polls.message_id
           where polls.message_id = any($1)
           order by polls.message_id, poll_options.ordinal"#,
        messages,
    )
    .fetch_all(connection)
    .await?;
    let mut found: HashMap<MessageId, Poll> = HashMap::new();
    for row in rows {
        let empty = || Poll { multiple: row.multiple, closes_at: row.closes_at, options: Vec::new() };
        let option = PollOption { label: row.label, users: row.users };
        found.entry(row.message).or_insert_with(empty).options.push(option);
    }
    Ok(found)
}
