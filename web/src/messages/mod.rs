//! A message: the partial that a page and the live stream both print, and the JSON that the API answers.

use chrono::{DateTime, Utc};
use serde::Serialize;
use words::{ChannelId, DocumentId, FileId, MessageId, PersonId, ReactionName, ThreadId};

use crate::{SafeHtml, people::Author};

/// A message. What it shows is the same for every reader (style rule 33). Serialised, it is the message of the API.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The thread it belongs to.
    pub thread: ThreadId,
    /// The channel of that thread; null for the thread of a meeting or a document.
    pub channel: Option<ChannelId>,
    /// Its place in the thread, from 1.
    pub position: i32,
    /// Who wrote it.
    pub author: Author,
    /// What they typed, in Markdown; null once removed.
    pub body: Option<String>,
    /// The same as sanitised HTML; null once removed.
    pub html: Option<SafeHtml>,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// Who reacted, by reaction; a reaction of nobody is absent.
    pub reactions: Vec<Reaction>,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it was last edited.
    pub edited_at: Option<DateTime<Utc>>,
    /// When it was removed.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// A file of a message, and the document that it became in the library.
#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    /// The file.
    pub id: FileId,
    /// Its document.
    pub document: DocumentId,
    /// Its name.
    pub name: String,
    /// Its weight in bytes.
    pub size_bytes: i64,
    /// Its sniffed media type.
    pub media_type: String,
}

/// One of the three reactions, and who gave it.
#[derive(Clone, Debug, Serialize)]
pub struct Reaction {
    /// Which.
    pub name: ReactionName,
    /// Who, in order of giving.
    pub users: Vec<PersonId>,
}
