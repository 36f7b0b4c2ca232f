//! Meetings: one living object each, with one address and one thread.
//!
//! Animators schedule and change them; every member answers, and may change their answer; every reader of the group
//! reads them, but for drafts, which are the animators' with their threads.
//!
//! Events: `meeting.*`, `rsvp.set`, and `thread.*` for the thread. Tables: `meetings`, `agenda_items`, `rsvps`.
//!
//! Surprises: an instant is kept with the zone in which it was said, and told in it. A change raises the revision that
//! calendars compare.

mod access;
mod draft;
pub mod http;
mod ics;
mod store;

use sqlx::PgConnection;
use web::meetings::{Meeting, NextMeeting, Rsvp};
use words::{Answer, Event, Gate, MeetingId, MeetingState, PersonId, ThreadKind};

pub use access::{MeetingAccess, may_change, may_read};
pub use draft::{NewMeeting, Words};

use crate::{
    db::Tx,
    error::{Error, Result},
    groups::{MayAnimate, MayRead},
    http::Viewer,
    threads::{self, Home},
};

/// Schedules a meeting, with its thread.
pub async fn schedule(tx: &mut Tx, may: &MayAnimate, new: &NewMeeting) -> Result<MeetingId> {
    let (group, person, meeting, now) = (may.group(), may.person(), tx.fresh(), tx.now());
    tx.lock(group.into()).await?;
    let home = if new.is_draft() { Home::Draft(meeting) } else { Home::Meeting(meeting) };
    let thread = threads::hang(tx, group, person, home, Some(new.title()), ThreadKind::Message).await?;
    store::insert(tx.connection(), meeting, group, thread, person, new, now).await?;
    tx.record(Event::MeetingCreated { group, meeting }, Some(person)).await?;
    Ok(meeting)
}

/// Changes a meeting to what is given; calendars learn of it.
pub async fn change(tx: &mut Tx, access: &MeetingAccess, new: &NewMeeting) -> Result<()> {
    let (group, now) = (access.may().group(), tx.now());
    tx.lock(group.into()).await?;
    access.may().recheck(tx.connection()).await?.animate()?;
    store::update(tx.connection(), access.meeting(), new, now).await?;
    threads::set_draft(tx, access.may(), access.thread(), new.is_draft()).await?;
    tx.record(Event::MeetingUpdated { group, meeting: access.meeting() }, Some(access.may().person())).await?;
    Ok(())
}

/// Answers a meeting: one answer per person, which may be changed.
pub async fn answer(tx: &mut Tx, access: &MeetingAccess, answer: Answer, gate: Gate) -> Result<()> {
    let (group, person, meeting, now) = (access.may().group(), access.may().person(), access.meeting(), tx.now());
    tx.lock(group.into()).await?;
    let state = store::state_for(tx.connection(), meeting, person).await?.ok_or(Error::NotFound)?;
    if state != MeetingState::Convened {
        return Err(Error::Conflict("meeting_closed"));
    }
    if store::set_rsvp(tx.connection(), meeting, person, answer, gate, now).await? {
        tx.record(Event::RsvpSet { group, meeting, person }, Some(person)).await?;
    }
    Ok(())
}

/// The meetings of a group, as the viewer may see them; the next ones first, then the past ones.
pub async fn list(connection: &mut PgConnection, may: &MayRead) -> Result<Vec<Meeting>> {
    store::list(connection, may.person(), Some(may.group())).await
}

/// The meetings of all the viewer's groups.
pub async fn all(connection: &mut PgConnection, viewer: &Viewer) -> Result<Vec<Meeting>> {
    store::list(connection, viewer.id, None).await
}

/// One meeting, with the viewer's own answer.
pub async fn find(connection: &mut PgConnection, access: &MeetingAccess) -> Result<Meeting> {
    store::find(connection, access.meeting(), Some(access.may().person())).await?.ok_or(Error::NotFound)
}

/// A meeting as it is now, the same for every reader, for the fan-out.
pub async fn rendered(connection: &mut PgConnection, meeting: MeetingId) -> Result<Option<Meeting>> {
    store::find(connection, meeting, None).await
}

/// A person's answer as it is now, for the fan-out.
pub async fn rendered_rsvp(
    connection: &mut PgConnection,
    meeting: MeetingId,
    person: PersonId,
) -> Result<Option<Answer>> {
    store::rsvp(connection, meeting, person).await
}

/// Who answered what, by territory and name.
pub async fn rsvps(connection: &mut PgConnection, access: &MeetingAccess) -> Result<Vec<Rsvp>> {
    store::rsvps(connection, access.meeting()).await
}

/// The next convened meeting of the viewer's groups.
pub async fn next(
    connection: &mut PgConnection,
    viewer: &Viewer,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Option<NextMeeting>> {
    store::next(connection, viewer.id, now).await
}
