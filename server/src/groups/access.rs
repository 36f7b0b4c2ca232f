//! Proofs of what a person may do in a group. Only this file makes them, and verbs demand them (I16).

use sqlx::PgConnection;
use words::{GroupId, PersonId, Role};

use super::store;
use crate::{
    error::{Error, Result},
    http::Viewer,
};

/// The viewer is a present member of the group.
#[derive(Clone, Copy, Debug)]
pub struct MayRead {
    group: GroupId,
    person: PersonId,
    role: Role,
}

/// The viewer is a member of the group, and more than a guest.
#[derive(Clone, Copy, Debug)]
pub struct MayWrite(MayRead);

/// The viewer animates the group.
#[derive(Clone, Copy, Debug)]
pub struct MayAnimate(MayRead);

impl MayRead {
    /// The group.
    pub fn group(&self) -> GroupId {
        self.group
    }

    /// Who asks.
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// Their role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Asks again, after the group's row was locked: a proof made before it is only an early answer. The same viewer, with
    /// the role that they have now.
    pub async fn recheck(&self, connection: &mut PgConnection) -> Result<Self> {
        let role = store::role(connection, self.group, self.person).await?.ok_or(Error::NotFound)?;
        Ok(Self { role, ..*self })
    }

    /// The proof that the viewer may begin things here; guests may not.
    pub fn write(self) -> Result<MayWrite> {
        if self.role == Role::Guest { Err(Error::Forbidden) } else { Ok(MayWrite(self)) }
    }

    /// The proof that the viewer animates the group.
    pub fn animate(self) -> Result<MayAnimate> {
        if self.role == Role::Animator { Ok(MayAnimate(self)) } else { Err(Error::Forbidden) }
    }
}

impl MayWrite {
    /// Asks again, after the group's row was locked.
    pub async fn recheck(&self, connection: &mut PgConnection) -> Result<()> {
        self.0.recheck(connection).await?.write().map(drop)
    }

    /// The same as a reader.
    pub fn read(&self) -> &MayRead {
        &self.0
    }

    /// The group.
    pub fn group(&self) -> GroupId {
        self.0.group
    }

    /// Who asks.
    pub fn person(&self) -> PersonId {
        self.0.person
    }
}

impl MayAnimate {
    /// The same as a reader.
    pub fn read(&self) -> &MayRead {
        &self.0
    }

    /// The group.
    pub fn group(&self) -> GroupId {
        self.0.group
    }

    /// Who asks.
    pub fn person(&self) -> PersonId {
        self.0.person
    }

    /// Asks again, after the group's row was locked.
    pub async fn recheck(&self, connection: &mut PgConnection) -> Result<()> {
        self.0.recheck(connection).await?.animate().map(drop)
    }
}

/// Whether the viewer is a member; if not, the group does not exist for them.
pub async fn may_read(connection: &mut PgConnection, viewer: &Viewer, group: GroupId) -> Result<MayRead> {
    let role = store::role(connection, group, viewer.id).await?.ok_or(Error::NotFound)?;
    Ok(MayRead { group, person: viewer.id, role })
}

/// The same where a statement read their role beside a thing of the group: from their membership there that has not ended,
/// in whatever it was read with. For the proofs of the rooms above alone (`tests/it/floors.rs`).
pub fn may_read_as(person: PersonId, group: GroupId, role: Option<Role>) -> Result<MayRead> {
    Ok(MayRead { group, person, role: role.ok_or(Error::NotFound)? })
}

/// Whether the viewer may begin things in the group.
pub async fn may_write(connection: &mut PgConnection, viewer: &Viewer, group: GroupId) -> Result<MayWrite> {
    may_read(connection, viewer, group).await?.write()
}

/// Whether the viewer animates the group.
pub async fn may_animate(connection: &mut PgConnection, viewer: &Viewer, group: GroupId) -> Result<MayAnimate> {
    may_read(connection, viewer, group).await?.animate()
}
