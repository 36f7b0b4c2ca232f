//! A message: the partial that a page and the live stream both print, and the JSON that the API answers.

mod composer;

use askama::Template;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use words::{ChannelId, DocumentId, FileId, MessageId, PersonId, ReactionName, ThreadId};

pub use composer::{AttachedFile, Completion, Composer, EditForm, Suggestion};

use crate::{
    SafeHtml, Text, date,
    page::{Faults, Shell},
    people::Author,
};

/// A message. What it shows is the same for every reader (style rule 33). Serialised, it is the message of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reaction {
    /// Which.
    pub name: ReactionName,
    /// Who, in order of giving.
    pub users: Vec<PersonId>,
}

/// A message, printed: the partial that pages and the live stream share. It depends on nothing of its reader.
#[derive(Debug, Template)]
#[template(path = "messages/message.html")]
pub struct MessageView<'a> {
    /// The reader's texts.
    pub text: Text,
    /// The message.
    pub message: &'a Message,
}

impl askama::filters::HtmlSafe for MessageView<'_> {}

impl MessageView<'_> {
    fn day(&self) -> String {
        date::day(self.message.created_at).to_string()
    }

    fn heading(&self) -> String {
        date::heading(self.text, self.message.created_at)
    }

    fn hour(&self) -> String {
        date::hour(self.text, self.message.created_at, date::NETWORK_ZONE)
    }
}

impl Attachment {
    /// What stands on its picture: the end of its name, at most four letters.
    pub fn extension(&self) -> String {
        extension(&self.name)
    }

    /// Its weight in words.
    pub fn size(&self, text: &Text) -> String {
        date::size(*text, self.size_bytes.unsigned_abs())
    }
}

/// What stands on a file's picture: the end of its name, at most four letters.
pub fn extension(name: &str) -> String {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    if end.is_empty() || end.len() > 4 || !end.chars().all(|c| c.is_ascii_alphanumeric()) {
        return "?".to_owned();
    }
    end.to_uppercase()
}

/// A message of the reader that is not sent yet, for the script to fill in.
#[derive(Debug, Template)]
#[template(source = "{{ self.view() }}", ext = "html")]
pub struct PendingMessage {
    text: Text,
    message: Message,
}

impl askama::filters::HtmlSafe for PendingMessage {}

impl PendingMessage {
    /// An empty message of whoever reads the page, at the end of a thread.
    pub fn of(shell: &Shell, thread: ThreadId, now: DateTime<Utc>) -> Self {
        let (id, name) = shell
            .nav
            .as_ref()
            .map_or_else(|| (PersonId(Uuid::nil()), String::new()), |nav| (nav.person, nav.name.clone()));
        let message = Message {
            id: MessageId(Uuid::nil()),
            thread,
            channel: None,
            position: 0,
            author: Author { id, name, territory: shell.territory(), post: None },
            body: Some(String::new()),
            html: Some(SafeHtml::sanitised(String::new())),
            attachments: Vec::new(),
            reactions: Vec::new(),
            created_at: now,
            edited_at: None,
            deleted_at: None,
        };
        Self { text: shell.text, message }
    }

    fn view(&self) -> MessageView<'_> {
        MessageView { text: self.text, message: &self.message }
    }
}

/// What the reader may do with a message: a page of its own, since a shared partial cannot know.
#[derive(Debug, Template)]
#[template(path = "messages/actions.html")]
pub struct ActionsPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The message.
    pub message: Message,
    /// Who reads.
    pub reader: PersonId,
    /// Whether they wrote it.
    pub own: bool,
    /// Whether they may remove it.
    pub removable: bool,
    /// The body, as typed.
    pub body: String,
}

impl ActionsPage {
    fn view(&self) -> MessageView<'_> {
        MessageView { text: self.shell.text, message: &self.message }
    }

    fn day(&self) -> String {
        date::heading(self.shell.text, self.message.created_at)
    }

    fn given(&self, name: ReactionName) -> bool {
        self.message.reactions.iter().any(|reaction| reaction.name == name && reaction.users.contains(&self.reader))
    }
}
