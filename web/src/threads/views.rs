//! The panes: a channel's list of threads, and the open one beside it.

use std::sync::Arc;

use askama::Template;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use words::{ChannelLevel, PersonId, Role, ThreadFilter, ThreadId, ThreadKind, ThreadLevel, ThreadStatus};

use super::Thread;
use crate::{
    Text,
    channels::Channel,
    conversations::{ConversationList, Conversations},
    date,
    messages::{Composer, Message, MessageView, PendingMessage},
    page::{Faults, Shell},
    people::first_name,
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
    /// Whether it is the open one; a fragment does not know.
    pub current: bool,
}

impl askama::filters::HtmlSafe for ThreadRow<'_> {}

impl ThreadRow<'_> {
    fn title(&self) -> String {
        self.thread.shown_title(self.text)
    }

    /// How many messages are unread; in a fragment, which all readers share, the script finds it again.
    fn unread(&self) -> i32 {
        self.thread.unread()
    }

    fn when(&self) -> String {
        date::brief(self.text, self.thread.active_at, self.now)
    }
}

impl Thread {
    /// How many messages its reader has not read.
    pub fn unread(&self) -> i32 {
        self.read.map_or(0, |read| (self.last_position - read).max(0))
    }

    /// Its title; the standing thread and one whose first message was removed have a general one.
    pub fn shown_title(&self, text: Text) -> String {
        Self::title_of(self.kind, &self.title, text)
    }

    /// The title of a thread of which no more is known.
    pub fn title_of(kind: ThreadKind, title: &str, text: Text) -> String {
        match (kind, title) {
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
    /// The reader's conversations, beside one of them.
    pub conversations: Option<Conversations>,
    /// The channel's threads.
    pub list: ThreadList,
    /// How much of the channel the reader wants to hear.
    pub level: ChannelLevel,
    /// The open thread.
    pub open: Option<OpenThread>,
    /// A thread being written, if the reader may open one.
    pub draft: Option<NewThreadForm>,
    /// Whether the reader animates the channel's group.
    pub animates: bool,
    /// The time.
    pub now: DateTime<Utc>,
}

/// A page of a channel's threads.
#[derive(Debug, Default)]
pub struct ThreadList {
    /// Which threads; all of them if none is named.
    pub filter: Option<ThreadFilter>,
    /// Those that are pinned, where the list begins.
    pub pinned: Vec<Thread>,
    /// The others, the last active first.
    pub threads: Vec<Thread>,
    /// The place before which there is more.
    pub newer: Option<String>,
    /// The place after which there is more.
    pub older: Option<String>,
}

/// Another thread that a thread goes on from, or goes on in.
#[derive(Clone, Debug)]
pub struct Tie {
    /// The other thread.
    pub thread: ThreadId,
    /// What it is called.
    pub title: String,
}

/// The thread that is read.
#[derive(Debug)]
pub struct OpenThread {
    /// The thread.
    pub thread: Thread,
    /// Its messages that are shown, ascending and without holes.
    pub messages: Arc<[Message]>,
    /// Those that are pinned, the last pinned first.
    pub pinned: Vec<Message>,
    /// The thread that it was split from.
    pub continues: Option<Tie>,
    /// The thread that its messages were moved to.
    pub continued_in: Option<Tie>,
    /// How many people can read an answer.
    pub audience: i64,
    /// Where the reader answers.
    pub composer: Composer,
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
    fn row<'a>(&'a self, thread: &'a Thread) -> ThreadRow<'a> {
        let current = self.open.as_ref().is_some_and(|open| open.thread.id == thread.id);
        ThreadRow { text: self.shell.text, thread, now: self.now, current }
    }

    fn view<'a>(&'a self, message: &'a Message) -> MessageView<'a> {
        MessageView { text: self.shell.text, message }
    }

    fn beside(&self) -> Option<ConversationList<'_>> {
        let open = self.open.as_ref().map(|open| open.thread.id);
        let conversations = self.conversations.as_ref()?;
        Some(ConversationList { text: self.shell.text, conversations, open, beside: true, now: self.now })
    }

    fn channel_id(&self) -> Option<words::ChannelId> {
        self.channel.as_ref().map(|channel| channel.id)
    }

    /// The id that live rows are put under: that of a list which is the beginning of all.
    fn list_id(&self) -> Option<String> {
        self.channel_id().filter(|_| self.list.is_whole()).map(crate::paths::threads_id)
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
        read_positions(self.list.all())
    }
}

/// How far the reader is in each of some threads, as a JSON object by thread, for the script.
pub fn read_positions<'t>(threads: impl Iterator<Item = &'t Thread>) -> String {
    let positions: serde_json::Map<_, _> =
        threads.map(|thread| (thread.id.to_string(), thread.read.unwrap_or(0).into())).collect();
    serde_json::Value::Object(positions).to_string()
}

impl ThreadList {
    /// Every thread that is shown.
    fn all(&self) -> impl Iterator<Item = &Thread> {
        self.pinned.iter().chain(&self.threads)
    }

    /// Whether it begins with the last active of all threads.
    fn is_whole(&self) -> bool {
        self.filter() == ThreadFilter::All && self.newer.is_none()
    }

    fn filter(&self) -> ThreadFilter {
        self.filter.unwrap_or(ThreadFilter::All)
    }

    fn place(&self, channel: &words::ChannelId, name: &str, place: &str) -> String {
        crate::paths::channel_list(*channel, self.filter(), Some((name, place)))
    }
}

/// How many messages are asked for at once.
const PAGE: i32 = 50;

impl OpenThread {
    /// How far the reader was when the page was asked for.
    fn read(&self) -> i32 {
        self.thread.read.unwrap_or(0)
    }

    fn first(&self) -> i32 {
        self.messages.first().map_or(1, |message| message.position)
    }

    fn last(&self) -> i32 {
        self.messages.last().map_or(0, |message| message.position)
    }

    /// Whether the last message of all is shown: what comes is put after it then.
    fn is_at_end(&self) -> bool {
        self.last() >= self.thread.last_position
    }

    /// How many messages follow what is shown.
    fn beyond(&self) -> i32 {
        (self.thread.last_position - self.last()).max(0)
    }

    fn earlier(&self) -> Option<String> {
        let first = self.first();
        (first > 1).then(|| crate::paths::thread_between(self.thread.id, (first - PAGE).max(1), first - 1))
    }

    fn later(&self) -> Option<String> {
        let last = self.last();
        (!self.is_at_end()).then(|| crate::paths::thread_between(self.thread.id, last + 1, last + PAGE))
    }

    fn latest(&self) -> String {
        crate::paths::thread_from(self.thread.id, (self.thread.last_position - PAGE + 1).max(1))
    }

    fn has_new(&self, reader: Option<&PersonId>) -> bool {
        self.messages.iter().any(|message| self.new_from(message, reader))
    }

    fn pinned_place(message: &Message) -> String {
        crate::paths::message_at(message.thread, message.position, message.id)
    }

    fn is_conversation(&self) -> bool {
        self.thread.kind == ThreadKind::Conversation
    }

    fn writable(&self) -> bool {
        !self.archived && !self.thread.closed
    }

    /// The heading that stands before a message: that of its day, when the message before is of another.
    fn day_before(&self, index: usize, text: Text) -> Option<(String, String)> {
        let day = |message: &Message| date::day(message.created_at);
        let message = self.messages.get(index)?;
        let before = index.checked_sub(1).and_then(|before| self.messages.get(before)).map(day);
        (before != Some(day(message))).then(|| (day(message).to_string(), date::heading(text, message.created_at)))
    }

    /// Whether what the reader has not read begins with this message.
    fn new_from(&self, message: &Message, reader: Option<&PersonId>) -> bool {
        message.position == self.read() + 1 && self.read() > 0 && reader != Some(&message.author.id)
    }

    /// How many people can read what the reader answers.
    fn readers(&self, text: Text) -> String {
        if self.is_conversation() {
            return text.count("conversation-audience", self.audience - 1);
        }
        text.count("composer-audience", self.audience)
    }

    /// Whom the reader answers: the last who wrote, but themselves, by their first names.
    fn answered(&self, text: Text, reader: Option<&PersonId>) -> String {
        let mut names: Vec<(PersonId, &str)> = Vec::new();
        for author in self.messages.iter().rev().map(|message| &message.author) {
            if names.len() < MOST_ANSWERED && reader != Some(&author.id) && names.iter().all(|(id, _)| *id != author.id)
            {
                names.push((author.id, first_name(&author.name)));
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
