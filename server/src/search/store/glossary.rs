//! The glossary. What was removed stays for a day, and is read by nothing but who brings it back.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use web::search::Acronym;
use words::AcronymId;

use crate::error::Result;

pub(in crate::search) async fn list(connection: &mut PgConnection) -> Result<Vec<Acronym>> {
    Ok(sqlx::query_as!(
        Acronym,
        r#"select id as "id: AcronymId", acronym, expansion from glossary
           where removed_at is null
           order by acronym, expansion"#
    )
    .fetch_all(connection)
    .await?)
}

pub(in crate::search) async fn find(connection: &mut PgConnection, id: AcronymId) -> Result<Option<Acronym>> {
    Ok(sqlx::query_as!(
        Acronym,
        r#"select id as "id: AcronymId", acronym, expansion from glossary where id = $1 and removed_at is null"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?)
}

pub(in crate::search) async fn removed(connection: &mut PgConnection, id: AcronymId) -> Result<Option<Acronym>> {
    Ok(sqlx::query_as!(
        Acronym,
        r#"select id as "id: AcronymId", acronym, expansion from glossary where id = $1 and removed_at is not null"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?)
}

pub(in crate::search) async fn count(connection: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select count(*) as "count!" from glossary where removed_at is null"#)
        .fetch_one(connection)
        .await?)
}

/// Whether it was not there yet, or was removed.
pub(in crate::search) async fn insert(
    connection: &mut PgConnection,
    id: AcronymId,
    acronym: &str,
    expansion: &str,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into glossary (id, acronym, expansion) values ($1, $2, $3)
         on conflict on constraint glossary_pkey do update set removed_at = null where glossary.removed_at is not null",
        id.0,
        acronym,
        expansion,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// Whether it was there.
pub(in crate::search) async fn set(
    connection: &mut PgConnection,
    id: AcronymId,
    acronym: &str,
    expansion: &str,
) -> Result<bool> {
    let set = sqlx::query!(
        "update glossary set acronym = $2, expansion = $3 where id = $1 and removed_at is null",
        id.0,
        acronym,
        expansion,
    )
    .execute(connection)
    .await?;
    Ok(set.rows_affected() > 0)
}

/// Forgets this one, if it was removed.
pub(in crate::search) async fn forget(connection: &mut PgConnection, acronym: &str, expansion: &str) -> Result<()> {
    sqlx::query!(
        "delete from glossary where acronym = $1 and expansion = $2 and removed_at is not null",
        acronym,
        expansion,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether it was there.
pub(in crate::search) async fn remove(
    connection: &mut PgConnection,
    id: AcronymId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let removed = sqlx::query!("update glossary set removed_at = $2 where id = $1 and removed_at is null", id.0, now)
        .execute(connection)
        .await?;
    Ok(removed.rows_affected() > 0)
}

/// Whether it is there; who asks twice has it once.
pub(in crate::search) async fn restore(connection: &mut PgConnection, id: AcronymId) -> Result<bool> {
    let restored =
        sqlx::query!("update glossary set removed_at = null where id = $1", id.0).execute(connection).await?;
    Ok(restored.rows_affected() > 0)
}

/// Forgets what was removed before.
pub(in crate::search) async fn sweep(connection: &mut PgConnection, before: DateTime<Utc>) -> Result<()> {
    sqlx::query!("delete from glossary where removed_at < $1", before).execute(connection).await?;
    Ok(())
}
