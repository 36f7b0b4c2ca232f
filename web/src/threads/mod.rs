//! Threads: the row of a list, and the header of the open one.

mod actions;
mod views;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use words::{ChannelId, DocumentId, MeetingId, ThreadId, ThreadKind, ThreadLevel, ThreadStatus};

pub use actions::{Former, ThreadActionsPage, ThreadMayDo};
pub use views::{NewThreadForm, OpenThread, PanesPage, ThreadList, ThreadRow, Tie, read_positions};

use crate::people::Author;

/// A thread. Serialised, it is the thread of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Thread {
    /// Its id.
    pub id: ThreadId,
    /// The channel it hangs on, if it does.
    pub channel: Option<ChannelId>,
    /// The document it hangs on, if it does.
    pub document: Option<DocumentId>,
    /// The meeting it hangs on, if it does.
    pub meeting: Option<MeetingId>,
    /// Its title, given or taken from its first line.
    pub title: String,
    /// What it is for.
    pub kind: ThreadKind,
    /// Where it stands, if it is a question.
    pub status: Option<ThreadStatus>,
    /// The position of its last message; 0 while it has none.
    pub last_position: i32,
    /// Whether it stands on top of its channel's list.
    pub pinned: bool,
    /// Whether nobody posts there any more.
    pub closed: bool,
    /// The position of the message that answers the question, once it is resolved by one.
    pub answer: Option<i32>,
    /// The name of who opened it.
    #[serde(skip)]
    pub opened_by: String,
    /// Its last message, in short.
    #[serde(skip)]
    pub latest: Option<Latest>,
    /// When it last received a message.
    #[serde(skip)]
    pub active_at: DateTime<Utc>,
    /// How far its reader is; none in what all readers share.
    #[serde(skip)]
    pub read: Option<i32>,
    /// How much of it its reader hears.
    #[serde(skip)]
    pub level: ThreadLevel,
}

/// The last message of a thread, in short.
#[derive(Clone, Debug)]
pub struct Latest {
    /// Who wrote it.
    pub author: Author,
    /// Its first 140 characters as plain text; empty once removed.
    pub extract: String,
    /// Whether it was removed.
    pub removed: bool,
}
