//! Conversations: their list, and the form that begins one.

use askama::Template;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use words::{GroupId, PersonId, ThreadId};

use crate::{
    Text, date,
    groups::Log,
    page::{Faults, Shell},
    people::Author,
};

/// What a few people say to each other alone, as one of them sees it. Serialised, it is the conversation of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Conversation {
    /// The group that it is.
    pub id: GroupId,
    /// The log that tells what happens in it.
    #[serde(flatten)]
    pub log: Log,
    /// Its thread.
    pub thread: ThreadId,
    /// The names of the others, also of those who have left it.
    pub name: String,
    /// The others.
    pub people: Vec<PersonId>,
    /// The position of its last message.
    pub last_position: i32,
    /// How far the reader has read.
    pub read: i32,
    /// Whether the reader wants to hear nothing of it.
    pub muted: bool,
    /// The last message, if there is one.
    #[serde(skip)]
    pub latest: Option<Latest>,
    /// When it was said; when the conversation was begun, before.
    pub active_at: DateTime<Utc>,
}

/// The last message of a conversation.
#[derive(Clone, Debug)]
pub struct Latest {
    /// The first name of who wrote it.
    pub author: String,
    /// Whether that is the reader.
    pub own: bool,
    /// What it says, in short; nothing if it was removed.
    pub extract: Option<String>,
}

/// Some of one's conversations, the last active first.
#[derive(Clone, Debug)]
pub struct Conversations {
    /// The conversations.
    pub rows: Vec<Conversation>,
    /// Whether others were active after them.
    pub has_newer: bool,
    /// Where those begin that are older, if there are.
    pub older: Option<String>,
}

/// The list of one's conversations: beside an open one, and on their own page.
#[derive(Debug, Template)]
#[template(path = "conversations/list.html")]
pub struct ConversationList<'a> {
    /// The reader's texts.
    pub text: Text,
    /// The conversations.
    pub conversations: &'a Conversations,
    /// The one that is open.
    pub open: Option<ThreadId>,
    /// Whether something stands beside it that heads the page.
    pub beside: bool,
    /// The time.
    pub now: DateTime<Utc>,
}

/// One's conversations, and perhaps the form that begins one.
#[derive(Debug, Template)]
#[template(path = "conversations/page.html")]
pub struct ConversationsPage {
    /// The shell.
    pub shell: Shell,
    /// The conversations.
    pub conversations: Conversations,
    /// A conversation that is being begun.
    pub beginning: Option<Beginning>,
    /// The time.
    pub now: DateTime<Utc>,
}

/// A conversation that is being begun.
#[derive(Debug)]
pub struct Beginning {
    /// What was refused.
    pub faults: Faults,
    /// Who is offered, those chosen first.
    pub people: Vec<Author>,
    /// Who is chosen.
    pub chosen: Vec<PersonId>,
    /// Whom the reader looks for, as typed.
    pub who: String,
}

impl askama::filters::HtmlSafe for ConversationList<'_> {}

impl ConversationList<'_> {
    fn when(&self, conversation: &Conversation) -> String {
        date::brief(self.text, conversation.active_at, self.now)
    }

    /// Whether it holds something that is not read: who has it open is reading it.
    fn is_unread(&self, conversation: &Conversation) -> bool {
        conversation.unread() > 0 && !self.is_open(conversation)
    }

    fn is_open(&self, conversation: &Conversation) -> bool {
        self.open == Some(conversation.thread)
    }
}

impl Conversation {
    /// How many messages the reader has not read; none of what they mute.
    pub fn unread(&self) -> i32 {
        if self.muted { 0 } else { (self.last_position - self.read).max(0) }
    }

    /// What stands in its circle: the letters of the other, or how many they are.
    pub fn initials(&self) -> String {
        match self.people.len() {
            0 | 1 => crate::people::initials(&self.name),
            others => others.to_string(),
        }
    }
}

impl ConversationsPage {
    fn list(&self) -> ConversationList<'_> {
        let beside = self.beginning.is_some();
        ConversationList {
            text: self.shell.text,
            conversations: &self.conversations,
            open: None,
            beside,
            now: self.now,
        }
    }
}

impl Beginning {
    fn is_chosen(&self, person: &PersonId) -> bool {
        self.chosen.contains(person)
    }

    /// What is known of somebody: their territory or their post.
    fn known(person: &Author, text: Text) -> String {
        match (&person.territory, person.post) {
            (Some(territory), _) => territory.name.clone(),
            (None, Some(post)) => text.word("post", post),
            (None, None) => String::new(),
        }
    }
}
