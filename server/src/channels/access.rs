//! Who may read a channel: the readers of its group.

use sqlx::PgConnection;
use web::channels::Channel;
use words::ChannelId;

use super::store;
use crate::{
    error::{Error, Result},
    groups::{self, MayRead},
    http::Viewer,
};

/// The viewer may read this channel.
#[derive(Clone, Debug)]
pub struct ChannelAccess {
    may: MayRead,
    channel: Channel,
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
}

/// Whether the viewer may read the channel; if not, it does not exist for them.
pub async fn may_read(connection: &mut PgConnection, viewer: &Viewer, channel: ChannelId) -> Result<ChannelAccess> {
    let channel = store::find(connection, channel).await?.ok_or(Error::NotFound)?;
    let may = groups::may_read(connection, viewer, channel.group).await?;
    Ok(ChannelAccess { may, channel })
}
