//! Who may take a preview away.

use sqlx::PgConnection;
use words::{GroupId, MessageId, PersonId, Role, ThreadId};

use crate::{
    error::{Error, Result},
    http::Viewer,
    messages::{self, MessageAccess},
};

/// The viewer may take away what a message's links show: its author and the group's animators may.
#[derive(Clone, Copy, Debug)]
pub struct MayUnpreview(MessageAccess);

impl MayUnpreview {
    /// The message.
    pub fn message(&self) -> MessageId {
        self.0.message()
    }

    /// Its position in its thread.
    pub fn position(&self) -> i32 {
        self.0.position()
    }

    /// Its thread.
    pub fn thread(&self) -> ThreadId {
        self.0.thread()
    }

    /// Its group.
    pub fn group(&self) -> GroupId {
        self.0.group()
    }

    /// Who asks.
    pub fn person(&self) -> PersonId {
        self.0.person()
    }

    /// Asks again, after the group's stream was locked.
    pub(super) async fn recheck(&self, connection: &mut PgConnection) -> Result<()> {
        let role = messages::writing_role(connection, &self.0).await?;
        allowed(&self.0, role)
    }
}

/// Whether the viewer may take away what the message's links show.
pub async fn may_unpreview(connection: &mut PgConnection, viewer: &Viewer, message: MessageId) -> Result<MayUnpreview> {
    let access = messages::may_read(connection, viewer, message).await?;
    allowed(&access, access.may().role())?;
    Ok(MayUnpreview(access))
}

fn allowed(access: &MessageAccess, role: Role) -> Result<()> {
    if access.own() || role == Role::Animator { Ok(()) } else { Err(Error::Forbidden) }
}
