//! What is changed of a thread.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{ChannelId, PersonId, ThreadId, ThreadStatus};

use crate::{
    error::Result,
    threads::{FormerTitle, State},
};

/// The title that was given, if one was.
pub(in crate::threads) async fn title(connection: &mut PgConnection, thread: ThreadId) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("select title from threads where id = $1", thread.0).fetch_one(connection).await?)
}

/// What may be changed of a thread, as it is.
pub(in crate::threads) async fn state(connection: &mut PgConnection, thread: ThreadId) -> Result<State> {
    Ok(sqlx::query_as!(
        State,
        r#"select
             title, status as "status: ThreadStatus", answer_position as answer, pinned_at is not null as "pinned!",
             closed_at is not null as "closed!", channel_id as "channel: ChannelId"
           from threads where id = $1"#,
        thread.0,
    )
    .fetch_one(connection)
    .await?)
}

/// Keeps what was changed; what was pinned or closed already stays so since then.
pub(in crate::threads) async fn save(
    connection: &mut PgConnection,
    thread: ThreadId,
    state: &State,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update threads set
           title = $2, status = $3, answer_position = $4, channel_id = $7,
           pinned_at = case when $5 then coalesce(pinned_at, $9) end,
           closed_at = case when $6 then coalesce(closed_at, $9) end,
           closed_by = case when $6 then coalesce(closed_by, $8) end
         where id = $1",
        thread.0,
        state.title,
        state.status.map(ThreadStatus::as_str),
        state.answer,
        state.pinned,
        state.closed,
        state.channel.map(|channel| channel.0),
        person.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(in crate::threads) async fn insert_title(
    connection: &mut PgConnection,
    thread: ThreadId,
    title: Option<&str>,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into thread_titles (thread_id, until_at, title, person_id) values ($1, $2, $3, $4) on conflict do nothing",
        thread.0,
        now,
        title,
        person.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What the thread was called, the last first, at most `limit`.
pub(in crate::threads) async fn titles(
    connection: &mut PgConnection,
    thread: ThreadId,
    limit: i64,
) -> Result<Vec<FormerTitle>> {
    Ok(sqlx::query_as!(
        FormerTitle,
        "select title, people.name as changed_by, until_at
         from thread_titles join people on people.id = person_id
         where thread_id = $1
         order by until_at desc
         limit $2",
        thread.0,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// Whether that changed anything.
pub(in crate::threads) async fn set_draft(
    connection: &mut PgConnection,
    thread: ThreadId,
    draft: bool,
) -> Result<bool> {
    let changed = sqlx::query!("update threads set draft = $2 where id = $1 and draft <> $2", thread.0, draft)
        .execute(connection)
        .await?;
    Ok(changed.rows_affected() > 0)
}

/// Notes which thread this one was split from.
pub(in crate::threads) async fn set_continues(
    connection: &mut PgConnection,
    thread: ThreadId,
    from: ThreadId,
) -> Result<()> {
    sqlx::query!("update threads set continues = $2 where id = $1", thread.0, from.0).execute(connection).await?;
    Ok(())
}

/// Notes in which thread this one goes on.
pub(in crate::threads) async fn set_continued_in(
    connection: &mut PgConnection,
    thread: ThreadId,
    into: ThreadId,
) -> Result<()> {
    sqlx::query!("update threads set continued_in = $2 where id = $1", thread.0, into.0).execute(connection).await?;
    Ok(())
}
