//! What is read of notifications and of the inbox, and what is noted of the reading.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    notifications::{Notification, Unseen},
    people::Author,
    territories::TerritoryLabel,
};
use words::{
    ChannelId, MessageId, NotificationId, NotificationReason, PersonId, Post as Held, ThreadId, ThreadKind, ThreadLevel,
};

use crate::{error::Result, notifications::NotificationPage};

pub(in crate::notifications) async fn list(
    connection: &mut PgConnection,
    person: PersonId,
    page: NotificationPage,
) -> Result<Vec<Notification>> {
    let (at, id) = page.after.unwrap_or((DateTime::<Utc>::MAX_UTC, NotificationId(Uuid::max())));
    let ids = sqlx::query_scalar!(
        "select notifications.id
         from notifications
         join messages on messages.id = message_id and messages.deleted_at is null
         join threads on threads.id = messages.thread_id
         join members on members.group_id = messages.group_id and members.person_id = $1 and members.ended_seq is null
           and (not threads.draft and reason <> 'report' or members.role = 'animator')
         where notifications.person_id = $1 and (notifications.created_at, notifications.id) < ($2, $3)
         order by notifications.created_at desc, notifications.id desc
         limit $4",
        person.0,
        at,
        id.0,
        page.limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    by_ids(connection, &ids).await
}

pub(in crate::notifications) async fn find(
    connection: &mut PgConnection,
    id: NotificationId,
) -> Result<Option<Notification>> {
    Ok(by_ids(connection, &[id.0]).await?.pop())
}

/// Notifications whose right to be read was asked; those of removed messages are none.
async fn by_ids(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Notification>> {
    let rows = sqlx::query!(
        r#"select
             notifications.id as "id: NotificationId", notifications.reason as "reason: NotificationReason",
             messages.id as "message: MessageId", messages.position, threads.id as "thread: ThreadId",
             threads.kind as "kind: ThreadKind", threads.channel_id as "channel: ChannelId",
             case threads.kind
               when 'standing' then ''
               when 'conversation' then conversation_name(threads.group_id, notifications.person_id)
               else coalesce(threads.title, left(split_part(first.body, E'\n', 1), 80), '') end as "title!",
             channels.name as "channel_name?", people.id as "author: PersonId", people.name as author_name,
             assignments.role as "post?: Held", territories.code as "code?", territories.name as "territory?",
             territories.department as "department?", left(messages.body, 400) as "extract!",
             follows.level as "level?: ThreadLevel", notifications.created_at,
             notifications.seen_at is not null
               or notifications.reason not in ('reminder', 'report')
                 and coalesce(read_positions.position, 0) >= messages.position as "seen!"
           from notifications
           join messages on messages.id = message_id and messages.deleted_at is null
           join threads on threads.id = messages.thread_id
           left join messages first on first.thread_id = threads.id and first.position = 1
           left join channels on channels.id = threads.channel_id
           join people on people.id = messages.author_id
           left join assignments on assignments.id = messages.assignment_id
           left join territories on territories.id = assignments.territory_id
           left join follows on follows.thread_id = threads.id and follows.person_id = notifications.person_id
           left join read_positions
             on read_positions.thread_id = threads.id and read_positions.person_id = notifications.person_id
           where notifications.id = any($1)
           order by notifications.created_at desc, notifications.id desc"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Notification {
            id: row.id,
            reason: row.reason,
            message: row.message,
            position: row.position,
            thread: row.thread,
            kind: row.kind,
            title: row.title,
            channel: row.channel.zip(row.channel_name),
            author: author(row.author, row.author_name, row.post, row.code.zip(row.territory).zip(row.department)),
            extract: web::messages::extract(&row.extract),
            level: row.level.unwrap_or(ThreadLevel::Normal),
            created_at: row.created_at,
            seen: row.seen,
        })
        .collect())
}

fn author(id: PersonId, name: String, post: Option<Held>, territory: Option<((String, String), String)>) -> Author {
    let label = |((code, name), department)| TerritoryLabel { code, name, department };
    Author { id, name, territory: territory.map(label), post }
}

/// Those that were neither opened nor read so far, the last first.
pub(in crate::notifications) async fn unseen(
    connection: &mut PgConnection,
    person: PersonId,
    limit: i64,
) -> Result<Vec<Unseen>> {
    Ok(sqlx::query_as!(
        Unseen,
        r#"select
             notifications.id as "id: NotificationId", messages.thread_id as "thread: ThreadId",
             case when reason in ('reminder', 'report') then null else messages.position end as position
           from notifications
           join messages on messages.id = message_id and messages.deleted_at is null
           join threads on threads.id = messages.thread_id
           join members on members.group_id = messages.group_id and members.person_id = $1 and members.ended_seq is null
             and (not threads.draft and reason <> 'report' or members.role = 'animator')
           left join read_positions
             on read_positions.thread_id = messages.thread_id and read_positions.person_id = $1
           where notifications.person_id = $1 and seen_at is null
             and (reason in ('reminder', 'report') or messages.position > coalesce(read_positions.position, 0))
           order by notifications.created_at desc, notifications.id desc
           limit $2"#,
        person.0,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// Those of some that were neither opened nor read so far, the last first.
pub(in crate::notifications) async fn waiting(
    connection: &mut PgConnection,
    person: PersonId,
    ids: &[NotificationId],
) -> Result<Vec<Notification>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let readable = sqlx::query_scalar!(
        "select notifications.id
         from notifications
         join messages on messages.id = message_id and messages.deleted_at is null
         join threads on threads.id = messages.thread_id
         join members on members.group_id = messages.group_id and members.person_id = $1 and members.ended_seq is null
           and (not threads.draft and reason <> 'report' or members.role = 'animator')
         where notifications.person_id = $1 and notifications.id = any($2)",
        person.0,
        &ids,
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut waiting = by_ids(connection, &readable).await?;
    waiting.retain(|notification| !notification.seen);
    Ok(waiting)
}

/// Notes as seen one of a person's notifications, or all; answers those that were not.
pub(in crate::notifications) async fn mark_seen(
    connection: &mut PgConnection,
    person: PersonId,
    one: Option<NotificationId>,
    now: DateTime<Utc>,
) -> Result<Vec<NotificationId>> {
    Ok(sqlx::query_scalar!(
        r#"update notifications set seen_at = $3
           where person_id = $1 and seen_at is null and ($2::uuid is null or id = $2)
           returning id as "id: NotificationId""#,
        person.0,
        one.map(|one| one.0),
        now,
    )
    .fetch_all(connection)
    .await?)
}

pub(in crate::notifications) async fn is_of(
    connection: &mut PgConnection,
    person: PersonId,
    id: NotificationId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from notifications where id = $1 and person_id = $2) as "is!""#,
        id.0,
        person.0,
    )
    .fetch_one(connection)
    .await?)
}

/// The threads that a person follows, of themselves or by their channel's level, those with something unread first.
pub(in crate::notifications) async fn inbox(
    connection: &mut PgConnection,
    person: PersonId,
    limit: i64,
) -> Result<Vec<ThreadId>> {
    Ok(sqlx::query_scalar!(
        r#"with followed as (
             select thread_id as id from follows where person_id = $1 and level = 'followed'
             union
             select threads.id
             from channel_levels join threads on threads.channel_id = channel_levels.channel_id
             where channel_levels.person_id = $1 and channel_levels.level = 'all'
               and not exists (
                 select from follows
                 where follows.person_id = $1 and follows.thread_id = threads.id and follows.level = 'muted')
           )
           select threads.id as "id: ThreadId"
           from followed
           join threads on threads.id = followed.id and threads.last_position > 0
           join members on members.group_id = threads.group_id and members.person_id = $1 and members.ended_seq is null
             and (not threads.draft or members.role = 'animator')
           left join read_positions on read_positions.thread_id = threads.id and read_positions.person_id = $1
           order by threads.last_position > coalesce(read_positions.position, 0) desc, threads.active_at desc, threads.id
           limit $2"#,
        person.0,
        limit,
    )
    .fetch_all(connection)
    .await?)
}
