//! The SQL of mails.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Letter;
use crate::error::Result;

/// A mail, as the mailbox page shows it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// To whom.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text_body: String,
}

pub(super) struct Due {
    pub(super) id: Uuid,
    pub(super) recipient: String,
    pub(super) subject: String,
    pub(super) text_body: String,
    pub(super) html_body: String,
    pub(super) attempts: i16,
}

pub(super) async fn insert(connection: &mut PgConnection, id: Uuid, letter: &Letter, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into mails (id, person_id, recipient, subject, text_body, html_body, created_at, due_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)",
        id,
        letter.person.0,
        letter.recipient,
        letter.subject,
        letter.text,
        letter.html,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn claim(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Due>> {
    Ok(sqlx::query_as!(
        Due,
        "update mails set due_at = $2, attempts = attempts + 1
         from (
           select id from mails
           where sent_at is null and failed_at is null and due_at <= $1
           order by due_at
           limit $3
           for update skip locked) due
         where mails.id = due.id
         returning mails.id, recipient, subject, text_body, html_body, attempts",
        now,
        until,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

pub(super) async fn mark_sent(connection: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update mails set sent_at = $2 where id = $1", id, now).execute(connection).await?;
    Ok(())
}

pub(super) async fn mark_failed(connection: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update mails set failed_at = $2 where id = $1", id, now).execute(connection).await?;
    Ok(())
}

pub(super) async fn postpone(connection: &mut PgConnection, id: Uuid, until: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update mails set due_at = $2 where id = $1", id, until).execute(connection).await?;
    Ok(())
}

pub(super) async fn latest(connection: &mut PgConnection, limit: i64) -> Result<Vec<Sent>> {
    Ok(sqlx::query_as!(
        Sent,
        "select recipient, subject, text_body from mails order by created_at desc, id desc limit $1",
        limit
    )
    .fetch_all(connection)
    .await?)
}
