//! Who may read, edit and remove a message.

use sqlx::PgConnection;
use words::{GroupId, MessageId, PersonId, Role, ThreadId};

use super::{Ack, store};
use crate::{
    error::{Error, Result},
    groups::MayRead,
    http::Viewer,
    threads,
};

/// The viewer may read this message; more is asked again under the lock of its group's stream.
#[derive(Clone, Copy, Debug)]
pub struct MessageAccess {
    may: MayRead,
    message: MessageId,
    thread: ThreadId,
    position: i32,
    author: PersonId,
}

impl MessageAccess {
    /// The right in its group.
    pub fn may(&self) -> &MayRead {
        &self.may
    }

    /// The message.
    pub fn message(&self) -> MessageId {
        self.message
    }

    /// Its thread.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Its group.
    pub fn group(&self) -> GroupId {
        self.may.group()
    }

    /// Who asks.
    pub fn person(&self) -> PersonId {
        self.may.person()
    }

    /// Its position there.
    pub fn position(&self) -> i32 {
        self.position
    }

    /// Whether the asker wrote it.
    pub fn own(&self) -> bool {
        self.author == self.may.person()
    }

    /// Whether its thread begins with it.
    pub fn is_first(&self) -> bool {
        self.position == 1
    }

    /// Whether the asker may remove it: its author, or an animator.
    pub fn removable(&self) -> bool {
        self.own() || self.may.role() == Role::Animator
    }

    pub(super) fn ack(&self, seq: i64, duplicate: bool) -> Ack {
        Ack { message: self.message, thread: self.thread, seq, position: self.position, duplicate }
    }

    /// The right to read, asked again after the group's stream was locked, and what the message is now.
    pub(super) async fn recheck(&self, connection: &mut PgConnection) -> Result<store::Present> {
        store::present(connection, self.message, self.person()).await?.ok_or(Error::NotFound)
    }
}

/// Whether the viewer may read the message; if not, it does not exist for them.
pub async fn may_read(connection: &mut PgConnection, viewer: &Viewer, message: MessageId) -> Result<MessageAccess> {
    let place = store::place(connection, message).await?.ok_or(Error::NotFound)?;
    let may = *threads::may_read(connection, viewer, place.thread).await?.may();
    Ok(MessageAccess { may, message, thread: place.thread, position: place.position, author: place.author })
}
