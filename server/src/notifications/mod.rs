//! Notifications: what is told to one person, and why; and the inbox, which is what they follow.
//!
//! Who is named in a message, themselves or by their territory or a channel, is told of it, and so is who asked the
//! question that it answers; an announcement is told to its whole group, and what is said in a conversation to all who
//! are in it; one is reminded of what one asked to be, and
//! animators are shown what is reported to them. What one follows is in one's inbox, unread
//! first: that is derived from how far one has read, and written nowhere.
//!
//! Events: `notification.*` on the person's own stream. Tables: `notifications`, `reminders`, and its cursors in
//! `consumers`.
//!
//! Surprises: they are made by a reader of the log, after the commit of what they tell of, once each (I13). What is told
//! is seen once the thread was read so far, without anything being written.

mod consume;
pub mod http;
mod reminders;
mod store;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use web::notifications::{Notification, Unseen};
use words::{Event, MessageId, NotificationId, NotificationReason, PersonId, ThreadId};

pub use consume::{catch_up, work};
pub use reminders::{Due, remind, tell_due};

use crate::{
    db::Tx,
    error::{Error, Result},
    http::Viewer,
};

/// How many unseen ones are counted: more is many.
const MOST_UNSEEN: i64 = 100;

/// A page of one's notifications.
#[derive(Clone, Copy, Debug)]
pub struct NotificationPage {
    /// The last one of the page before, with when it was made.
    pub after: Option<(DateTime<Utc>, NotificationId)>,
    /// How many at most.
    pub limit: i64,
}

/// One's notifications, the last first, of what one may read now.
pub async fn list(connection: &mut PgConnection, viewer: &Viewer, page: NotificationPage) -> Result<Vec<Notification>> {
    store::list(connection, viewer.id, page).await
}

/// Those that one has not seen, as far as they are counted.
pub async fn unseen(connection: &mut PgConnection, viewer: &Viewer) -> Result<Vec<Unseen>> {
    store::unseen(connection, viewer.id, MOST_UNSEEN).await
}

/// Those of these that one has not seen and may read now, the last first.
pub async fn waiting(
    connection: &mut PgConnection,
    viewer: &Viewer,
    ids: &[NotificationId],
) -> Result<Vec<Notification>> {
    store::waiting(connection, viewer.id, ids).await
}

/// One notification as it is now, for the fan-out: on its person's own stream.
pub async fn rendered(connection: &mut PgConnection, id: NotificationId) -> Result<Option<Notification>> {
    store::find(connection, id).await
}

/// Tells somebody of a message, once for each reason. To be called by ascending person.
pub async fn tell(tx: &mut Tx, person: PersonId, message: MessageId, reason: NotificationReason) -> Result<()> {
    tx.lock(person.into()).await?;
    let (id, now) = (tx.fresh(), tx.now());
    if store::insert(tx.connection(), id, person, message, reason, now).await? {
        tx.record(Event::NotificationCreated { person, notification: id }, None).await?;
    }
    Ok(())
}

/// Tells somebody of a message, also if they were told before. To be called by ascending person.
async fn tell_again(tx: &mut Tx, person: PersonId, message: MessageId, reason: NotificationReason) -> Result<()> {
    tx.lock(person.into()).await?;
    let (id, now) = (tx.fresh(), tx.now());
    let notification = store::renew(tx.connection(), id, person, message, reason, now).await?;
    tx.record(Event::NotificationCreated { person, notification }, None).await?;
    Ok(())
}

/// Notes that one has seen a notification.
pub async fn see(tx: &mut Tx, viewer: &Viewer, id: NotificationId) -> Result<()> {
    tx.lock(viewer.id.into()).await?;
    let now = tx.now();
    match store::mark_seen(tx.connection(), viewer.id, Some(id), now).await?.pop() {
        Some(notification) => {
            tx.record(Event::NotificationSeen { person: viewer.id, notification }, Some(viewer.id)).await?;
            Ok(())
        }
        // Seen before, or nobody's.
        None if store::is_of(tx.connection(), viewer.id, id).await? => Ok(()),
        None => Err(Error::NotFound),
    }
}

/// Notes that one has seen all that one was told.
pub async fn see_all(tx: &mut Tx, viewer: &Viewer) -> Result<()> {
    tx.lock(viewer.id.into()).await?;
    let now = tx.now();
    for notification in store::mark_seen(tx.connection(), viewer.id, None, now).await? {
        tx.record(Event::NotificationSeen { person: viewer.id, notification }, Some(viewer.id)).await?;
    }
    Ok(())
}

/// The threads that one follows, of oneself or by their channel's level, those with something unread first.
pub async fn inbox(connection: &mut PgConnection, viewer: &Viewer, limit: i64) -> Result<Vec<ThreadId>> {
    store::inbox(connection, viewer.id, limit).await
}
