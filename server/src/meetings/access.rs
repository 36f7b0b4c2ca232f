//! Who may read and change a meeting.

use sqlx::PgConnection;
use words::{MeetingId, MeetingState, Role, ThreadId};

use super::store;
use crate::{
    error::{Error, Result},
    groups::{self, MayRead},
    http::Viewer,
};

/// The viewer may read this meeting.
#[derive(Clone, Copy, Debug)]
pub struct MeetingAccess {
    may: MayRead,
    meeting: MeetingId,
    thread: ThreadId,
}

impl MeetingAccess {
    /// The right in its group.
    pub fn may(&self) -> &MayRead {
        &self.may
    }

    /// The meeting.
    pub fn meeting(&self) -> MeetingId {
        self.meeting
    }

    /// Its thread.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Whether the viewer may change it.
    pub fn changeable(&self) -> bool {
        self.may.role() == Role::Animator
    }
}

/// Whether the viewer may read the meeting; if not, it does not exist for them. A draft is its animators'.
pub async fn may_read(connection: &mut PgConnection, viewer: &Viewer, meeting: MeetingId) -> Result<MeetingAccess> {
    let place = store::place(connection, meeting).await?.ok_or(Error::NotFound)?;
    let may = groups::may_read(connection, viewer, place.group).await?;
    if place.state == MeetingState::Draft && may.role() != Role::Animator {
        return Err(Error::NotFound);
    }
    Ok(MeetingAccess { may, meeting, thread: place.thread })
}

/// Whether the viewer may change the meeting.
pub async fn may_change(connection: &mut PgConnection, viewer: &Viewer, meeting: MeetingId) -> Result<MeetingAccess> {
    let access = may_read(connection, viewer, meeting).await?;
    if access.changeable() { Ok(access) } else { Err(Error::Forbidden) }
}
