//! How much of a thread people want to hear.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{FollowReason, PersonId, ThreadId, ThreadLevel};

use crate::{error::Result, threads::Follow};

/// What a person chose or was given; nothing if they were never asked.
pub(in crate::threads) async fn follow(
    connection: &mut PgConnection,
    person: PersonId,
    thread: ThreadId,
) -> Result<Option<Follow>> {
    Ok(sqlx::query_as!(
        Follow,
        r#"select level as "level: ThreadLevel", reason as "reason: FollowReason"
           from follows where person_id = $1 and thread_id = $2"#,
        person.0,
        thread.0,
    )
    .fetch_optional(connection)
    .await?)
}

/// Sets a level by the person's own choice; answers whether that changed it.
pub(in crate::threads) async fn set_level(
    connection: &mut PgConnection,
    person: PersonId,
    thread: ThreadId,
    level: ThreadLevel,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = sqlx::query!(
        "insert into follows (person_id, thread_id, level, reason, created_at)
         values ($1, $2, $3, 'choice', $4)
         on conflict (person_id, thread_id) do update set level = excluded.level, reason = 'choice'
           where follows.level <> excluded.level",
        person.0,
        thread.0,
        level.as_str(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Follows in a person's name, unless they were asked before; answers whether that is new.
pub(in crate::threads) async fn begin_follow(
    connection: &mut PgConnection,
    person: PersonId,
    thread: ThreadId,
    reason: FollowReason,
    now: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into follows (person_id, thread_id, level, reason, created_at)
         values ($1, $2, 'followed', $3, $4) on conflict do nothing",
        person.0,
        thread.0,
        reason.as_str(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// Who follows or silences a thread, and does not say anything of another: for what is moved there.
pub(in crate::threads) async fn followers_but(
    connection: &mut PgConnection,
    thread: ThreadId,
    other: ThreadId,
) -> Result<Vec<PersonId>> {
    Ok(sqlx::query_scalar!(
        r#"select person_id as "person: PersonId"
           from follows
           where thread_id = $1 and level <> 'normal'
             and not exists (
               select from follows known where known.person_id = follows.person_id and known.thread_id = $2)
           order by person_id"#,
        thread.0,
        other.0,
    )
    .fetch_all(connection)
    .await?)
}

/// Gives a person the level in one thread that they have in another.
pub(in crate::threads) async fn copy_follow(
    connection: &mut PgConnection,
    person: PersonId,
    from: ThreadId,
    to: ThreadId,
) -> Result<bool> {
    let copied = sqlx::query!(
        "insert into follows (person_id, thread_id, level, reason, created_at)
         select person_id, $3, level, reason, created_at from follows where person_id = $1 and thread_id = $2
         on conflict do nothing",
        person.0,
        from.0,
        to.0,
    )
    .execute(connection)
    .await?;
    Ok(copied.rows_affected() > 0)
}
