//! The SQL of push. Devices are locked before what waits for them, and neither is ever waited for by who tells somebody.

use chrono::{DateTime, NaiveTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::push::{Device, QuietHours};
use words::{DeviceId, NotificationId, PersonId, SessionId};

use super::{NewDevice, Which};
use crate::error::Result;

/// A device, and how it is reached.
#[derive(Clone)]
pub(super) struct Destination {
    pub(super) id: DeviceId,
    pub(super) person: PersonId,
    pub(super) session: SessionId,
    pub(super) endpoint: String,
    pub(super) p256dh: Vec<u8>,
    pub(super) auth: Vec<u8>,
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Destination({})", self.id)
    }
}

/// A message that this node is to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claimed {
    pub(super) device: DeviceId,
    pub(super) notification: NotificationId,
    /// Whether it waited for the end of quiet hours.
    pub(super) held: bool,
    /// How often it was tried, this time included.
    pub(super) attempts: i16,
}

pub(super) async fn private_key(connection: &mut PgConnection) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!("select private_key from push_keys").fetch_optional(connection).await?)
}

/// Keeps a key, unless there is one; answers the one that is kept.
pub(super) async fn keep_private_key(connection: &mut PgConnection, key: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>> {
    sqlx::query!("insert into push_keys (private_key, created_at) values ($1, $2) on conflict do nothing", key, now)
        .execute(&mut *connection)
        .await?;
    Ok(sqlx::query_scalar!("select private_key from push_keys").fetch_one(connection).await?)
}

/// Puts a notification among what waits for each device of a person, but for those that are being removed just now. What
/// waits already waits once.
pub(super) async fn enqueue(
    connection: &mut PgConnection,
    person: PersonId,
    notification: NotificationId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with held as (
           select id from push_devices where person_id = $1 for key share skip locked
         )
         insert into pushes (device_id, notification_id, due_at) select id, $2, $3 from held
         on conflict do nothing",
        person.0,
        notification.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The devices of these sessions, and which is that of the current one; the last one first.
pub(super) async fn devices(
    connection: &mut PgConnection,
    sessions: &[SessionId],
    current: Option<SessionId>,
) -> Result<Vec<Device>> {
    Ok(sqlx::query_as!(
        Device,
        r#"select
             push_devices.id as "id: DeviceId", sessions.user_agent as browser,
             coalesce(session_id = $2, false) as "current!", push_devices.created_at, used_at
           from push_devices join sessions on sessions.id = session_id
           where session_id = any($1)
           order by push_devices.created_at desc, push_devices.id"#,
        &ids(sessions),
        current.map(|session| session.0),
    )
    .fetch_all(connection)
    .await?)
}

/// Whether a device is that of one of these sessions.
pub(super) async fn is_of(connection: &mut PgConnection, id: DeviceId, sessions: &[SessionId]) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from push_devices where id = $1 and session_id = any($2)) as "is!""#,
        id.0,
        &ids(sessions),
    )
    .fetch_one(connection)
    .await?)
}

/// A browser that somebody else signs in with tells them nothing any more.
pub(super) async fn forget_elsewhere(connection: &mut PgConnection, endpoint: &str, session: SessionId) -> Result<()> {
    sqlx::query!("delete from push_devices where endpoint = $1 and session_id <> $2", endpoint, session.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn upsert(
    connection: &mut PgConnection,
    id: DeviceId,
    (person, session): (PersonId, SessionId),
    new: &NewDevice,
    now: DateTime<Utc>,
) -> Result<DeviceId> {
    Ok(sqlx::query_scalar!(
        r#"insert into push_devices (id, person_id, session_id, endpoint, p256dh, auth, created_at)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (session_id) do update
           set endpoint = excluded.endpoint, p256dh = excluded.p256dh, auth = excluded.auth, failures = 0
           returning id as "id: DeviceId""#,
        id.0,
        person.0,
        session.0,
        new.endpoint,
        new.p256dh,
        new.auth,
        now,
    )
    .fetch_one(connection)
    .await?)
}

/// Forgets a device of a person; answers whether there was such a one.
pub(super) async fn delete_of(connection: &mut PgConnection, id: DeviceId, person: PersonId) -> Result<bool> {
    let deleted = sqlx::query!("delete from push_devices where id = $1 and person_id = $2", id.0, person.0)
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Forgets a device, if it is there.
pub(super) async fn delete(connection: &mut PgConnection, id: DeviceId) -> Result<()> {
    sqlx::query!("delete from push_devices where id = $1", id.0).execute(connection).await?;
    Ok(())
}

pub(super) async fn find(connection: &mut PgConnection, id: DeviceId) -> Result<Option<Destination>> {
    Ok(sqlx::query_as!(
        Destination,
        r#"select id, person_id as person, session_id as session, endpoint, p256dh, auth
           from push_devices where id = $1"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?)
}

/// Takes the devices of these sessions, or one of them, that were not tested since.
pub(super) async fn take_for_test(
    connection: &mut PgConnection,
    sessions: &[SessionId],
    which: Which,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<Vec<Destination>> {
    Ok(sqlx::query_as!(
        Destination,
        "with taken as (
           select id from push_devices
           where session_id = any($1) and ($2::uuid is null or id = $2) and (tested_at is null or tested_at <= $4)
           for no key update skip locked
         )
         update push_devices set tested_at = $3
         from taken where push_devices.id = taken.id
         returning push_devices.id, person_id as person, session_id as session, endpoint, p256dh, auth",
        &ids(sessions),
        match which {
            Which::All => None,
            Which::One(device) => Some(device.0),
        },
        now,
        since,
    )
    .fetch_all(connection)
    .await?)
}

/// Takes what is due for some devices, which no other node takes from at the same time.
pub(super) async fn claim(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    (devices, messages): (i64, i64),
) -> Result<Vec<Claimed>> {
    Ok(sqlx::query_as!(
        Claimed,
        r#"with due as (
             select device_id as id, min(due_at) as due_at
             from pushes where due_at <= $1
             group by device_id
             order by min(due_at)
             limit $3
           ), devices as (
             select id from push_devices where id in (select id from due) for no key update skip locked
           ), taken as (
             select device_id, notification_id
             from pushes join devices on devices.id = device_id
             where pushes.due_at <= $1
             order by pushes.due_at
             limit $4
             for update of pushes skip locked
           )
           update pushes set due_at = $2, attempts = least(attempts + 1, 1000)
           from taken
           where pushes.device_id = taken.device_id and pushes.notification_id = taken.notification_id
           returning
             pushes.device_id as "device: DeviceId",
             pushes.notification_id as "notification: NotificationId", held, attempts"#,
        now,
        until,
        devices,
        messages,
    )
    .fetch_all(connection)
    .await?)
}

/// Locks a device, so that nobody else touches what waits for it; answers whether it is there.
async fn lock(connection: &mut PgConnection, id: DeviceId) -> Result<bool> {
    let locked =
        sqlx::query_scalar!(r#"select true as "there!" from push_devices where id = $1 for no key update"#, id.0);
    Ok(locked.fetch_optional(connection).await?.is_some())
}

/// Forgets what waited: it is said, or has nothing to say any more.
pub(super) async fn settle(
    connection: &mut PgConnection,
    id: DeviceId,
    notifications: &[NotificationId],
) -> Result<()> {
    if notifications.is_empty() || !lock(connection, id).await? {
        return Ok(());
    }
    let notifications: Vec<_> = notifications.iter().map(|notification| notification.0).collect();
    sqlx::query!("delete from pushes where device_id = $1 and notification_id = any($2)", id.0, &notifications)
        .execute(connection)
        .await?;
    Ok(())
}

/// Lets what is due wait: its service takes it later.
pub(super) async fn postpone(
    connection: &mut PgConnection,
    id: DeviceId,
    notifications: &[NotificationId],
    until: DateTime<Utc>,
) -> Result<()> {
    if !lock(connection, id).await? {
        return Ok(());
    }
    let notifications: Vec<_> = notifications.iter().map(|notification| notification.0).collect();
    sqlx::query!(
        "update pushes set due_at = $3 where device_id = $1 and notification_id = any($2)",
        id.0,
        &notifications,
        until,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets what is due wait in quiet hours, which is no try.
pub(super) async fn hold(
    connection: &mut PgConnection,
    id: DeviceId,
    notifications: &[NotificationId],
    until: DateTime<Utc>,
) -> Result<()> {
    if !lock(connection, id).await? {
        return Ok(());
    }
    let notifications: Vec<_> = notifications.iter().map(|notification| notification.0).collect();
    sqlx::query!(
        "update pushes set due_at = $3, held = true, attempts = 0
         where device_id = $1 and notification_id = any($2)",
        id.0,
        &notifications,
        until,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn note_accepted(connection: &mut PgConnection, id: DeviceId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update push_devices set used_at = $2, failures = 0 where id = $1", id.0, now)
        .execute(connection)
        .await?;
    Ok(())
}

/// How many requests in a row its service has not taken by now; nothing if the device has gone.
pub(super) async fn note_failure(connection: &mut PgConnection, id: DeviceId) -> Result<Option<i16>> {
    Ok(sqlx::query_scalar!("update push_devices set failures = failures + 1 where id = $1 returning failures", id.0)
        .fetch_optional(connection)
        .await?)
}

pub(super) async fn quiet_hours(connection: &mut PgConnection, person: PersonId) -> Result<Option<QuietHours>> {
    Ok(sqlx::query_as!(
        QuietHours,
        r#"select
             enabled, begins_at as "from: NaiveTime", ends_at as "to: NaiveTime", weekends, holidays
           from quiet_hours where person_id = $1"#,
        person.0,
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn set_quiet_hours(connection: &mut PgConnection, person: PersonId, chosen: QuietHours) -> Result<()> {
    sqlx::query!(
        "insert into quiet_hours (person_id, enabled, begins_at, ends_at, weekends, holidays)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (person_id) do update
         set enabled = excluded.enabled, begins_at = excluded.begins_at, ends_at = excluded.ends_at,
           weekends = excluded.weekends, holidays = excluded.holidays",
        person.0,
        chosen.enabled,
        chosen.from,
        chosen.to,
        chosen.weekends,
        chosen.holidays,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn ids(sessions: &[SessionId]) -> Vec<Uuid> {
    sessions.iter().map(|session| session.0).collect()
}
