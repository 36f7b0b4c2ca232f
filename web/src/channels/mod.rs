//! Channels: what one is, and the form that changes it. Its page is that of its threads.

use askama::Template;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use words::{ChannelId, GroupId};

use crate::page::{Faults, Shell, etag};

/// A channel. Serialised, it is the channel of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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

impl Channel {
    /// What its form shows, in short.
    pub fn etag(&self) -> String {
        etag(&[&self.name, &self.purpose])
    }
}

/// The form in which a channel is changed.
#[derive(Debug, Template)]
#[template(path = "channels/form.html")]
pub struct ChannelFormPage {
    /// The shell, with the page's heading for its title.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The channel.
    pub channel: Channel,
    /// Its name, as typed.
    pub name: String,
    /// Its purpose, as typed.
    pub purpose: String,
}
