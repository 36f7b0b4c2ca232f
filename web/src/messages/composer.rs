//! Where people write: the form of an answer, of a thread that is opened, and of a message that is put otherwise.

use askama::Template;
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;
use words::{FileId, GroupId, MessageId};

use crate::{SafeHtml, Text, date, page::Faults};

/// What a form in which one writes holds.
#[derive(Debug)]
pub struct Composer {
    /// The address of the place where one writes, under which its draft and its completion are.
    pub address: String,
    /// The group that will read it, and has its files.
    pub group: GroupId,
    /// The id of the message that the form would send, so that sending it twice posts it once.
    pub message_id: Uuid,
    /// What was typed, or kept of it.
    pub body: String,
    /// When what it shows was kept; none for what was just typed.
    pub kept_at: Option<DateTime<Utc>>,
    /// Whether the Enter key sends.
    pub enter_sends: bool,
    /// What is attached so far.
    pub files: Vec<AttachedFile>,
    /// How it will look, for who asked to see it.
    pub preview: Option<SafeHtml>,
}

/// A file that goes with a message which is not sent yet.
#[derive(Clone, Debug)]
pub struct AttachedFile {
    /// Its id.
    pub id: FileId,
    /// Its name.
    pub name: String,
    /// Its weight in bytes.
    pub size_bytes: u64,
}

impl Composer {
    /// When what it shows was kept, as the API says it; empty for what was just typed.
    pub fn kept(&self) -> String {
        self.kept_at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default()
    }
}

impl AttachedFile {
    /// Its weight in words.
    pub fn size(&self, text: &Text) -> String {
        date::size(*text, self.size_bytes)
    }
}

/// The form that puts a message otherwise, where the message stands.
#[derive(Debug, Template)]
#[template(path = "messages/edit.html")]
pub struct EditForm {
    /// The reader's texts.
    pub text: Text,
    /// The message.
    pub message: MessageId,
    /// What it says.
    pub composer: Composer,
    /// What was refused: nothing yet, and what is, the script says beside it.
    pub faults: Faults,
}

impl askama::filters::HtmlSafe for EditForm {}

/// What begins like what somebody types after `@` or `#`.
#[derive(Debug, Template)]
#[template(path = "messages/completion.html")]
pub struct Completion {
    /// The reader's texts.
    pub text: Text,
    /// What is offered, the likeliest first.
    pub suggestions: Vec<Suggestion>,
}

impl askama::filters::HtmlSafe for Completion {}

/// One thing that may be named.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// What is put into the text.
    pub inserted: String,
    /// Its name.
    pub name: String,
    /// What tells it from others.
    pub detail: String,
}
