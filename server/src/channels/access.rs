//! Who may read a channel, the readers of its group, and who may change it, the group's animators.

use sqlx::PgConnection;
use web::channels::Channel;
use words::{ChannelId, ChannelLevel, GroupId, PersonId};

use super::store;
use crate::{
    error::{Error, Result},
    groups::{self, MayAnimate, MayRead},
    http::Viewer,
};

/// The viewer may read this channel.
#[derive(Clone, Debug)]
pub struct ChannelAccess {
    may: MayRead,
    channel: Channel,
    level: ChannelLevel,
}

/// The viewer may change this channel.
#[derive(Clone, Copy, Debug)]
pub struct MayChange {
    may: MayAnimate,
    channel: ChannelId,
}

impl MayChange {
    /// The channel.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Its group.
    pub fn group(&self) -> GroupId {
        self.may.group()
    }

    /// Who asks.
    pub fn person(&self) -> PersonId {
        self.may.person()
    }

    /// Asks again, after the group's row was locked.
    pub(super) async fn recheck(&self, connection: &mut PgConnection) -> Result<()> {
        self.may.recheck(connection).await
    }
}

impl ChannelAccess {
    /// The right in its group.
    pub fn may(&self) -> &MayRead {
        &self.may
    }

    /// The channel.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// How much of it the viewer wants to hear: of what they take part in, unless they said otherwise.
    pub fn level(&self) -> ChannelLevel {
        self.level
    }
}

/// Whether the viewer may read the channel; if not, it does not exist for them.
pub async fn may_read(connection: &mut PgConnection, viewer: &Viewer, channel: ChannelId) -> Result<ChannelAccess> {
    let (channel, level) = store::find_for(connection, viewer.id, channel).await?.ok_or(Error::NotFound)?;
    let may = groups::may_read(connection, viewer, channel.group).await?;
    Ok(ChannelAccess { may, channel, level })
}

/// The same for who was let in to its group, where a statement read the channel beside what hangs on it. For the proofs of
/// the rooms above alone (`tests/it/floors.rs`).
pub fn may_read_as(may: MayRead, channel: Channel, level: ChannelLevel) -> Result<ChannelAccess> {
    if channel.group == may.group() { Ok(ChannelAccess { may, channel, level }) } else { Err(Error::NotFound) }
}

/// Whether the viewer may change the channel.
pub async fn may_change(connection: &mut PgConnection, viewer: &Viewer, channel: ChannelId) -> Result<MayChange> {
    let access = may_read(connection, viewer, channel).await?;
    Ok(MayChange { may: access.may().animate()?, channel })
}
