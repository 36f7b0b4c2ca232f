//! What is read of the logs, and what is written of it.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use words::{MessageId, NotificationId, NotificationReason, PersonId, StreamId, ThreadId};

use crate::{
    consumers::{Consumer, Range},
    error::Result,
};

/// Somebody who is to be told of a message.
pub(in crate::notifications) struct Meant {
    pub(in crate::notifications) person: PersonId,
    pub(in crate::notifications) thread: ThreadId,
    pub(in crate::notifications) message: MessageId,
    pub(in crate::notifications) reason: NotificationReason,
}

/// The groups' streams that hold what was not read yet.
pub(in crate::notifications) async fn behind(
    connection: &mut PgConnection,
    consumer: Consumer,
    limit: i64,
) -> Result<Vec<StreamId>> {
    Ok(sqlx::query_scalar!(
        r#"select streams.id as "id: StreamId"
           from streams left join consumers on consumers.name = $1 and consumers.stream_id = streams.id
           where streams.kind = 'group' and streams.last_seq > coalesce(consumers.seq, 0)
           order by streams.id
           limit $2"#,
        consumer.name,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// Whether anything was said or put otherwise within a range: of most events nobody is told.
pub(in crate::notifications) async fn is_said(connection: &mut PgConnection, range: Range) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
             select from events
             where stream_id = $1 and seq > $2 and seq <= $3 and kind in ('message.created', 'message.edited')) as "said!""#,
        range.stream.0,
        range.after,
        range.to,
    )
    .fetch_one(connection)
    .await?)
}

/// Who said something in a thread that they were never asked about, and whether they opened it. The standing thread is
/// nobody's matter, a conversation is that of all who are in it, and a silenced channel stays silent.
pub(in crate::notifications) async fn participants(
    connection: &mut PgConnection,
    range: Range,
) -> Result<Vec<(PersonId, ThreadId, bool)>> {
    let rows = sqlx::query!(
        r#"select distinct
             said.actor_id as "person!: PersonId", threads.id as "thread!: ThreadId",
             threads.created_by = said.actor_id as "opened!"
           from events said
           join threads on threads.id = said.thread_id and threads.kind not in ('standing', 'conversation') and not threads.draft
           join members
             on members.group_id = threads.group_id and members.person_id = said.actor_id and members.ended_seq is null
           left join channel_levels
             on channel_levels.channel_id = threads.channel_id and channel_levels.person_id = said.actor_id
           where said.stream_id = $1 and said.seq > $2 and said.seq <= $3 and said.kind = 'message.created'
             and coalesce(channel_levels.level, 'mine') <> 'none'
             and not exists (
               select from follows where follows.person_id = said.actor_id and follows.thread_id = threads.id)"#,
        range.stream.0,
        range.after,
        range.to,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.thread, row.opened)).collect())
}

/// Who is named, themselves, by a territory where they hold a post today, or by a channel that they hear of. Nobody is told
/// of what they say themselves.
pub(in crate::notifications) async fn mentioned(
    connection: &mut PgConnection,
    range: Range,
    today: NaiveDate,
) -> Result<Vec<Meant>> {
    Ok(sqlx::query_as!(
        Meant,
        r#"select
             members.person_id as "person!: PersonId", messages.thread_id as "thread!: ThreadId",
             messages.id as "message!: MessageId",
             case mentions.kind when 'person' then 'mention' else mentions.kind end as "reason!: NotificationReason"
           from events said
           join messages on messages.id = said.subject_id and messages.deleted_at is null
           join mentions on mentions.message_id = messages.id
           join threads on threads.id = messages.thread_id
           join members
             on members.group_id = messages.group_id and members.ended_seq is null
               and members.person_id <> messages.author_id and (not threads.draft or members.role = 'animator')
           left join channel_levels
             on channel_levels.channel_id = mentions.subject_id and channel_levels.person_id = members.person_id
           where said.stream_id = $1 and said.seq > $2 and said.seq <= $3
             and said.kind in ('message.created', 'message.edited')
             and case mentions.kind
               when 'person' then members.person_id = mentions.subject_id
               when 'territory' then exists (
                 select from assignments
                 where assignments.person_id = members.person_id and territory_id = mentions.subject_id
                   and from_date <= $4 and (to_date is null or to_date >= $4))
               else coalesce(channel_levels.level, 'mine') <> 'none' end"#,
        range.stream.0,
        range.after,
        range.to,
        today,
    )
    .fetch_all(connection)
    .await?)
}

/// Who asked a question that somebody else answers. What was moved there was told where it was said.
pub(in crate::notifications) async fn asked(connection: &mut PgConnection, range: Range) -> Result<Vec<Meant>> {
    Ok(sqlx::query_as!(
        Meant,
        r#"select
             threads.created_by as "person!: PersonId", threads.id as "thread!: ThreadId",
             messages.id as "message!: MessageId", 'answer' as "reason!: NotificationReason"
           from events said
           join threads on threads.id = said.thread_id and threads.kind = 'question'
           join messages on messages.id = said.subject_id and messages.deleted_at is null
           join members
             on members.group_id = threads.group_id and members.person_id = threads.created_by
               and members.ended_seq is null
           left join follows on follows.thread_id = threads.id and follows.person_id = threads.created_by
           where said.stream_id = $1 and said.seq > $2 and said.seq <= $3 and said.kind = 'message.created'
             and messages.author_id <> threads.created_by and coalesce(follows.level, '') <> 'muted'
             and not exists (select from moves where moves.to_id = messages.id)"#,
        range.stream.0,
        range.after,
        range.to,
    )
    .fetch_all(connection)
    .await?)
}

/// Everybody to whom something is announced, or said in a conversation that they did not mute.
pub(in crate::notifications) async fn addressed(connection: &mut PgConnection, range: Range) -> Result<Vec<Meant>> {
    Ok(sqlx::query_as!(
        Meant,
        r#"select
             members.person_id as "person!: PersonId", threads.id as "thread!: ThreadId",
             messages.id as "message!: MessageId", threads.kind as "reason!: NotificationReason"
           from events said
           join threads on threads.id = said.thread_id and threads.kind in ('announcement', 'conversation')
           join messages
             on messages.id = said.subject_id and messages.deleted_at is null
               and (messages.position = 1 or threads.kind = 'conversation')
           join members
             on members.group_id = threads.group_id and members.ended_seq is null
               and members.person_id <> messages.author_id
           left join follows on follows.thread_id = threads.id and follows.person_id = members.person_id
           where said.stream_id = $1 and said.seq > $2 and said.seq <= $3 and said.kind = 'message.created'
             and (threads.kind = 'announcement' or coalesce(follows.level, '') <> 'muted')"#,
        range.stream.0,
        range.after,
        range.to,
    )
    .fetch_all(connection)
    .await?)
}

/// Whether that is new: the same is told once.
pub(in crate::notifications) async fn insert(
    connection: &mut PgConnection,
    id: NotificationId,
    person: PersonId,
    message: MessageId,
    reason: NotificationReason,
    now: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into notifications (id, person_id, reason, message_id, created_at)
         values ($1, $2, $3, $4, $5) on conflict do nothing",
        id.0,
        person.0,
        reason.as_str(),
        message.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// Tells the same once more: it is new again.
pub(in crate::notifications) async fn renew(
    connection: &mut PgConnection,
    id: NotificationId,
    person: PersonId,
    message: MessageId,
    reason: NotificationReason,
    now: DateTime<Utc>,
) -> Result<NotificationId> {
    Ok(sqlx::query_scalar!(
        r#"insert into notifications (id, person_id, reason, message_id, created_at) values ($1, $2, $3, $4, $5)
           on conflict (person_id, message_id, reason) do update set created_at = excluded.created_at, seen_at = null
           returning id as "id: NotificationId""#,
        id.0,
        person.0,
        reason.as_str(),
        message.0,
        now,
    )
    .fetch_one(connection)
    .await?)
}

pub(in crate::notifications) async fn set_reminder(
    connection: &mut PgConnection,
    id: uuid::Uuid,
    person: PersonId,
    message: MessageId,
    due_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with earlier as (delete from reminders where person_id = $2 and message_id = $3)
         insert into reminders (id, person_id, message_id, due_at, created_at) values ($1, $2, $3, $4, $5)",
        id,
        person.0,
        message.0,
        due_at,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes reminders that are due, by ascending person: each is told by who took it.
pub(in crate::notifications) async fn take_due(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(PersonId, MessageId)>> {
    let rows = sqlx::query!(
        r#"with due as (
             delete from reminders
             where id = any(array(
               select id from reminders where due_at <= $1 order by due_at limit $2 for update skip locked))
             returning person_id, message_id
           )
           select person_id as "person!: PersonId", message_id as "message!: MessageId"
           from due order by person_id, message_id"#,
        now,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.message)).collect())
}
