//! Channels: an entry of the navigation, and the page that lists a channel's threads.

use chrono::{DateTime, Utc};
use serde::Serialize;
use words::{ChannelId, GroupId};

/// A channel. Serialised, it is the channel of the API.
#[derive(Clone, Debug, Serialize)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// The group it belongs to.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// When it was archived.
    pub archived_at: Option<DateTime<Utc>>,
}
