//! The SQL of channels.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use web::channels::Channel;
use words::{ChannelId, ChannelLevel, GroupId, PersonId};

use super::NewChannel;
use crate::error::Result;

pub(super) async fn insert(
    connection: &mut PgConnection,
    id: ChannelId,
    group: GroupId,
    new: &NewChannel,
    creator: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into channels (id, group_id, name, purpose, created_by, created_at) values ($1, $2, $3, $4, $5, $6)",
        id.0,
        group.0,
        new.name,
        new.purpose,
        creator.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn find(connection: &mut PgConnection, id: ChannelId) -> Result<Option<Channel>> {
    Ok(sqlx::query_as!(
        Channel,
        r#"select id, group_id as "group", name, purpose, archived_at from channels where id = $1"#,
        id.0
    )
    .fetch_optional(connection)
    .await?)
}

/// A channel, and how much of it a person wants to hear.
pub(super) async fn find_for(
    connection: &mut PgConnection,
    person: PersonId,
    id: ChannelId,
) -> Result<Option<(Channel, ChannelLevel)>> {
    let row = sqlx::query!(
        r#"select id, group_id as "group: GroupId", name, purpose, archived_at,
             coalesce(level, 'mine') as "level!: ChannelLevel"
           from channels
           left join channel_levels on channel_levels.channel_id = channels.id and channel_levels.person_id = $2
           where id = $1"#,
        id.0,
        person.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| {
        let channel =
            Channel { id, group: row.group, name: row.name, purpose: row.purpose, archived_at: row.archived_at };
        (channel, row.level)
    }))
}

pub(super) async fn list(connection: &mut PgConnection, group: GroupId) -> Result<Vec<Channel>> {
    Ok(sqlx::query_as!(
        Channel,
        r#"select id, group_id as "group", name, purpose, archived_at
           from channels
           where group_id = $1
           order by archived_at is not null, created_at, id"#,
        group.0
    )
    .fetch_all(connection)
    .await?)
}

pub(super) async fn update(connection: &mut PgConnection, id: ChannelId, new: &NewChannel) -> Result<()> {
    sqlx::query!("update channels set name = $2, purpose = $3 where id = $1", id.0, new.name, new.purpose)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether that changed anything.
pub(super) async fn set_archived(
    connection: &mut PgConnection,
    id: ChannelId,
    at: Option<DateTime<Utc>>,
) -> Result<bool> {
    let changed = sqlx::query!(
        "update channels set archived_at = $2 where id = $1 and (archived_at is null) <> ($2::timestamptz is null)",
        id.0,
        at,
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Whether that changed anything.
pub(super) async fn set_level(
    connection: &mut PgConnection,
    person: PersonId,
    channel: ChannelId,
    level: ChannelLevel,
) -> Result<bool> {
    let changed = sqlx::query!(
        "insert into channel_levels (person_id, channel_id, level)
         select $1, $2, $3
         where $3 <> coalesce((select level from channel_levels where person_id = $1 and channel_id = $2), 'mine')
         on conflict (person_id, channel_id) do update set level = excluded.level",
        person.0,
        channel.0,
        level.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}
