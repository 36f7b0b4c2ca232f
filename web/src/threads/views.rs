//! The panes: a channel's list of threads, and the open one beside it.

use askama::Template;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use words::{PersonId, Role, ThreadId, ThreadKind, ThreadStatus};

use super::Thread;
use crate::{
    Text,
    channels::Channel,
    date,
    messages::{Composer, Message, MessageView, PendingMessage},
    page::{Faults, Shell},
};

/// Of how many people it is said that one answers them.
const MOST_ANSWERED: usize = 3;

/// The row of a thread in its channel's list: a partial that pages and the live stream share.
#[derive(Debug, Template)]
#[template(path = "threads/row.html")]
pub struct ThreadRow<'a> {
    /// The reader's texts.
    pub text: Text,
    /// The thread.
    pub thread: &'a Thread,
    /// The time, for dates that are near it.
    pub now: DateTime<Utc>,
    /// How far the reader is: given with a page, and found again by the script in a fragment.
    pub read: Option<i32>,
    /// Whether it is the open one; a fragment does not know.
    pub current: bool,
}

impl askama::filters::HtmlSafe for ThreadRow<'_> {}

impl ThreadRow<'_> {
    fn title(&self) -> String {
        self.thread.shown_title(self.text)
    }

    fn unread(&self) -> i32 {
        self.read.map_or(0, |read| (self.thread.last_position - read).max(0))
    }

    fn when(&self) -> String {
        date::brief(self.text, self.thread.active_at, self.now)
    }
}

impl Thread {
    /// Its title; the standing thread and one whose first message was removed have a general one.
    pub fn shown_title(&self, text: Text) -> String {
        match (self.kind, self.title.as_str()) {
            (ThreadKind::Standing, _) => text.get("thread-standing"),
            (_, "") => text.get("thread-untitled"),
            (_, title) => title.to_owned(),
        }
    }
}

/// A channel, or one of its threads beside its list.
#[derive(Debug, Template)]
#[template(path = "threads/panes.html")]
pub struct PanesPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The channel; none for the thread of a meeting.
    pub channel: Option<Channel>,
    /// The channel's threads, with how far the reader is in each.
    pub threads: Vec<(Thread, i32)>,
    /// The open thread.
    pub open: Option<OpenThread>,
    /// A thread being written, if the reader may open one.
    pub draft: Option<NewThreadForm>,
    /// Whether the reader animates the channel's group.
    pub animates: bool,
    /// The time.
    pub now: DateTime<Utc>,
}

/// The thread that is read.
#[derive(Debug)]
pub struct OpenThread {
    /// The thread.
    pub thread: Thread,
    /// Its messages, ascending.
    pub messages: Vec<Message>,
    /// The position to ask further back from.
    pub before: Option<i32>,
    /// How far the reader was when the page was asked for.
    pub read: i32,
    /// How many people can read an answer.
    pub audience: i64,
    /// Where the reader answers.
    pub composer: Composer,
    /// Its title as it was given or is being given; empty without one.
    pub title: String,
    /// Whether its channel is archived.
    pub archived: bool,
    /// Whether the reader shows that they write, and sees that others do.
    pub typing: bool,
    /// Whether the reader may name it anew and say that its question is answered.
    pub changeable: bool,
}

/// A thread being written.
#[derive(Debug)]
pub struct NewThreadForm {
    /// The reader's role, which says what kinds they may open.
    pub role: Role,
    /// The id of the thread.
    pub thread_id: Uuid,
    /// The title, as typed.
    pub title: String,
    /// What it is for, as chosen.
    pub kind: ThreadKind,
    /// Where its first message is written.
    pub composer: Composer,
    /// Whether the form is what the reader came for, rather than beside the list.
    pub asked: bool,
}

impl PanesPage {
    fn row<'a>(&'a self, thread: &'a Thread, read: &'a i32) -> ThreadRow<'a> {
        let current = self.open.as_ref().is_some_and(|open| open.thread.id == thread.id);
        ThreadRow { text: self.shell.text, thread, now: self.now, read: Some(*read), current }
    }

    fn view<'a>(&'a self, message: &'a Message) -> MessageView<'a> {
        MessageView { text: self.shell.text, message }
    }

    /// What the script shows of a message until it comes back: the same file, with nothing said yet.
    fn pending(&self, open: &OpenThread) -> PendingMessage {
        PendingMessage::of(&self.shell, open.thread.id, self.now)
    }

    fn title(&self, thread: &Thread) -> String {
        thread.shown_title(self.shell.text)
    }

    fn panes_open(&self) -> bool {
        self.open.is_some() || self.draft.as_ref().is_some_and(|draft| draft.asked)
    }

    /// How far the reader is in each listed thread, for the script.
    fn read_positions(&self) -> String {
        let positions: serde_json::Map<_, _> =
            self.threads.iter().map(|(thread, read)| (thread.id.to_string(), (*read).into())).collect();
        serde_json::Value::Object(positions).to_string()
    }
}

impl OpenThread {
    /// The heading that stands before a message: that of its day, when the message before is of another.
    fn day_before(&self, index: usize, text: Text) -> Option<(String, String)> {
        let day = |message: &Message| date::day(message.created_at);
        let message = self.messages.get(index)?;
        let before = index.checked_sub(1).and_then(|before| self.messages.get(before)).map(day);
        (before != Some(day(message))).then(|| (day(message).to_string(), date::heading(text, message.created_at)))
    }

    /// Whether what the reader has not read begins with this message.
    fn new_from(&self, message: &Message, reader: Option<&PersonId>) -> bool {
        message.position == self.read + 1 && self.read > 0 && reader != Some(&message.author.id)
    }

    /// Whom the reader answers: the last who wrote, but themselves, by their first names.
    fn answered(&self, text: Text, reader: Option<&PersonId>) -> String {
        let mut names: Vec<(PersonId, &str)> = Vec::new();
        for author in self.messages.iter().rev().map(|message| &message.author) {
            if names.len() < MOST_ANSWERED && reader != Some(&author.id) && names.iter().all(|(id, _)| *id != author.id)
            {
                names.push((author.id, author.name.split(' ').next().unwrap_or_default()));
            }
        }
        let names: Vec<_> = names.iter().rev().map(|(_, name)| *name).collect();
        let sentence = match names.len() {
            0 => return String::new(),
            1 => text.get("composer-to-one"),
            2 => text.get("composer-to-two"),
            _ => text.get("composer-to-three"),
        };
        let parts = ["{a}", "{b}", "{c}"].into_iter().zip(names);
        parts.fold(sentence, |sentence, (place, name)| sentence.replacen(place, name, 1))
    }

    /// The thread's id, for the script.
    pub fn id(&self) -> ThreadId {
        self.thread.id
    }
}
