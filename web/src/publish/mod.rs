//! Publishing: what one wants to do, then where.

use askama::Template;
use serde::Deserialize;
use words::{ChannelId, MeetingId, ThreadKind};

use crate::page::Shell;

/// What somebody wants to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Ask the network.
    Ask,
    /// Share a document.
    Share,
    /// Tell an experience.
    Tell,
    /// Announce something.
    Announce,
    /// Propose something for the next meeting.
    Propose,
}

impl Intent {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Ask, Self::Share, Self::Tell, Self::Announce, Self::Propose];

    /// The word of addresses and of the locales' keys.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Share => "share",
            Self::Tell => "tell",
            Self::Announce => "announce",
            Self::Propose => "propose",
        }
    }

    /// The kind of the thread that it opens.
    pub fn kind(self) -> ThreadKind {
        match self {
            Self::Ask => ThreadKind::Question,
            Self::Tell => ThreadKind::Experience,
            Self::Announce => ThreadKind::Announcement,
            Self::Share | Self::Propose => ThreadKind::Message,
        }
    }
}

/// A group in which one may write.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its short address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its channels.
    pub channels: Vec<(ChannelId, String)>,
}

/// The page that asks what one wants to do, and where.
#[derive(Debug, Template)]
#[template(path = "publish/page.html")]
pub struct PublishPage {
    /// The shell.
    pub shell: Shell,
    /// What, once it was said.
    pub intent: Option<Intent>,
    /// What was written already.
    pub body: String,
    /// Where.
    pub places: Vec<Place>,
    /// The next meeting.
    pub meeting: Option<(MeetingId, String)>,
}

impl PublishPage {
    fn is(&self, intent: Intent) -> bool {
        self.intent == Some(intent)
    }

    /// Whether what is wanted is written in a channel.
    fn is_written(&self) -> bool {
        matches!(self.intent, Some(Intent::Ask | Intent::Tell | Intent::Announce))
    }
}
