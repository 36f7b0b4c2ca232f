//! Push: what one is told reaches one's devices while no page is open, by Web Push (RFC 8030), and when it does not.
//!
//! A browser subscribes with the session that asks, and is told until that session ends. Each device is its holder's
//! alone: nobody else sees or tests it. At sending, rights and what was seen are read anew; what falls in quiet hours waits,
//! and is announced together when they end.
//!
//! Events: `settings.updated`. Tables: `push_keys`, `push_devices`, `pushes`, `quiet_hours`.
//!
//! Surprises: a row of `pushes` is written in the transaction that tells somebody (`reactions`), for the devices of that
//! moment. Nobody waits for a device here: one that is being removed meanwhile is passed over. What is sent twice, since
//! its answer was lost, replaces itself on the device.

mod endpoint;
pub mod http;
mod keys;
mod payload;
mod quiet;
mod sender;
mod store;
mod worker;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use web::push::{Device, QuietHours, Tested};
use words::{DeviceId, Event, NotificationId, PersonId, SessionId};

pub use endpoint::NewDevice;
pub use keys::Keys;
pub use sender::Sender;
pub use worker::{send_due, work};

use crate::{
    db::{Db, Tx},
    error::{Error, Result},
    http::{Credential, Viewer},
    people,
};

/// How many devices of a person are told.
const MOST: usize = 10;
/// How soon the same device may be tested again.
const TEST_PAUSE: TimeDelta = TimeDelta::seconds(10);

/// Which of one's devices are tested.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// Each of them.
    All,
    /// This one.
    One(DeviceId),
}

/// Puts what somebody is told among what is to be sent to each of their devices.
pub async fn enqueue(tx: &mut Tx, person: PersonId, notification: NotificationId) -> Result<()> {
    let now = tx.now();
    store::enqueue(tx.connection(), person, notification, now).await
}

/// The devices that one's sessions subscribed, the last one first.
pub async fn devices(connection: &mut PgConnection, viewer: &Viewer, now: DateTime<Utc>) -> Result<Vec<Device>> {
    let current = match viewer.credential {
        Credential::Session(session) => Some(session),
        Credential::Token(_) | Credential::Elsewhere => None,
    };
    let sessions = sessions(connection, viewer, now).await?;
    store::devices(connection, &sessions, current).await
}

/// The viewer's sessions that still hold: the devices of others are told nothing, and forgotten when that is noticed.
async fn sessions(connection: &mut PgConnection, viewer: &Viewer, now: DateTime<Utc>) -> Result<Vec<SessionId>> {
    Ok(people::sessions(connection, viewer, now).await?.into_iter().map(|session| session.id).collect())
}

/// Subscribes the browser that asks; what it had subscribed before, or somebody else with it, is replaced.
pub async fn subscribe(tx: &mut Tx, viewer: &Viewer, new: &NewDevice) -> Result<DeviceId> {
    // A program with a token has no session to end with.
    let Credential::Session(session) = viewer.credential else { return Err(Error::Forbidden) };
    let (id, now) = (tx.fresh(), tx.now());
    // Devices are locked before people, since who tells somebody never waits for a device.
    store::forget_elsewhere(tx.connection(), &new.endpoint, session).await?;
    let held = devices(tx.connection(), viewer, now).await?;
    if held.iter().filter(|device| !device.current).count() >= MOST {
        return Err(Error::Conflict("too_many_devices"));
    }
    let subscribed = store::upsert(tx.connection(), id, (viewer.id, session), new, now).await;
    let device = match subscribed {
        // Two that were sent at once: one of them holds.
        Err(error) if error.constraint() == Some("push_devices_endpoint") => return Err(Error::IdConflict),
        // The session has just ended.
        Err(error) if error.constraint() == Some("push_devices_session_id_fkey") => {
            return Err(Error::Unauthenticated);
        }
        other => other?,
    };
    changed(tx, viewer).await?;
    Ok(device)
}

/// Tells one of one's own devices nothing any more.
pub async fn unsubscribe(tx: &mut Tx, viewer: &Viewer, device: DeviceId) -> Result<()> {
    if !store::delete_of(tx.connection(), device, viewer.id).await? {
        return Err(Error::NotFound);
    }
    changed(tx, viewer).await
}

/// When one's devices show nothing.
pub async fn quiet_hours(connection: &mut PgConnection, viewer: &Viewer) -> Result<QuietHours> {
    Ok(store::quiet_hours(connection, viewer.id).await?.unwrap_or_default())
}

/// Chooses when one's devices show nothing.
pub async fn set_quiet_hours(tx: &mut Tx, viewer: &Viewer, chosen: QuietHours) -> Result<()> {
    if chosen.from == chosen.to {
        return Err(Error::field("to", "same_hour"));
    }
    store::set_quiet_hours(tx.connection(), viewer.id, chosen).await?;
    changed(tx, viewer).await
}

/// Sends a word to one of one's devices, or to each, at once and whatever the hour; answers what came of it. A device is
/// tested so often only.
pub async fn test(db: &Db, sender: &Sender, viewer: &Viewer, which: Which) -> Result<Tested> {
    let (reader, keys) = (viewer.clone(), keys::of(db).await?);
    let taken = db.write(move |tx| {
        Box::pin(async move {
            let now = tx.now();
            let sessions = sessions(tx.connection(), &reader, now).await?;
            let taken = store::take_for_test(tx.connection(), &sessions, which, now, now - TEST_PAUSE).await?;
            match which {
                _ if !taken.is_empty() => Ok(taken),
                Which::One(one) if !store::is_of(tx.connection(), one, &sessions).await? => Err(Error::NotFound),
                Which::All if devices(tx.connection(), &reader, now).await?.is_empty() => Ok(taken),
                _ => Err(Error::RateLimited { retry_after: TEST_PAUSE.to_std().unwrap_or_default() }),
            }
        })
    });
    let taken = taken.await?;
    worker::test(db, sender, &keys, viewer, taken).await
}

/// The other pages of one's own show it.
async fn changed(tx: &mut Tx, viewer: &Viewer) -> Result<()> {
    tx.record(Event::SettingsUpdated { person: viewer.id, renamed: false }, Some(viewer.id)).await?;
    Ok(())
}

/// Whether a device's session still holds, and for whom.
async fn holder(
    connection: &mut PgConnection,
    device: &store::Destination,
    now: DateTime<Utc>,
) -> Result<Option<Viewer>> {
    let Some(viewer) = people::viewer(connection, device.person).await? else { return Ok(None) };
    let session = Credential::Session(device.session);
    let ended = people::ended(connection, &[(session, viewer.locale)], now).await?;
    Ok(ended.is_empty().then_some(viewer))
}
