//! The SQL of favourites.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{MessageId, PersonId};

use crate::error::Result;

/// Whether that is new.
pub(in crate::messages) async fn insert_favourite(
    connection: &mut PgConnection,
    person: PersonId,
    message: MessageId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into favourites (person_id, message_id, created_at) values ($1, $2, $3) on conflict do nothing",
        person.0,
        message.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// Whether there was one.
pub(in crate::messages) async fn delete_favourite(
    connection: &mut PgConnection,
    person: PersonId,
    message: MessageId,
) -> Result<bool> {
    let deleted = sqlx::query!("delete from favourites where person_id = $1 and message_id = $2", person.0, message.0)
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() > 0)
}

pub(in crate::messages) async fn is_favourite(
    connection: &mut PgConnection,
    person: PersonId,
    message: MessageId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from favourites where person_id = $1 and message_id = $2) as "has!""#,
        person.0,
        message.0,
    )
    .fetch_one(connection)
    .await?)
}

pub(in crate::messages) async fn favourites(
    connection: &mut PgConnection,
    person: PersonId,
    limit: i64,
) -> Result<Vec<MessageId>> {
    Ok(sqlx::query_scalar!(
        r#"select messages.id as "id: MessageId"
           from favourites
           join messages on messages.id = message_id and messages.deleted_at is null
           join threads on threads.id = messages.thread_id
           join members on members.group_id = messages.group_id and members.person_id = $1 and members.ended_seq is null
             and (not threads.draft or members.role = 'animator')
           where favourites.person_id = $1
           order by favourites.created_at desc, messages.id
           limit $2"#,
        person.0,
        limit,
    )
    .fetch_all(connection)
    .await?)
}
