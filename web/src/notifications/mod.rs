//! The inbox: what one is told, and why; and the threads that one follows, unread first.

use askama::Template;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use words::{ChannelId, MessageId, NotificationId, NotificationReason, ThreadId, ThreadKind, ThreadLevel};

use crate::{
    date,
    page::Shell,
    paths,
    people::Author,
    threads::{Thread, ThreadRow, read_positions},
};

/// What a person is told of a message, and why. Serialised, it is the notification of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// Why they are told.
    pub reason: NotificationReason,
    /// The message.
    pub message: MessageId,
    /// Its position in its thread.
    pub position: i32,
    /// Its thread.
    pub thread: ThreadId,
    /// What the thread is for.
    #[serde(skip)]
    pub kind: ThreadKind,
    /// The thread's title, given or taken from its first line.
    pub title: String,
    /// The channel of the thread, and its name.
    #[serde(skip)]
    pub channel: Option<(ChannelId, String)>,
    /// Who wrote the message.
    pub author: Author,
    /// What it says, in short.
    pub extract: String,
    /// How much of the thread they hear.
    #[serde(skip)]
    pub level: ThreadLevel,
    /// When they were told.
    pub created_at: DateTime<Utc>,
    /// Whether they opened it, or read the thread so far.
    pub seen: bool,
}

impl Notification {
    /// Where it leads.
    pub fn place(&self) -> String {
        paths::message_at(self.thread, self.position, self.message)
    }
}

/// A notification that was not seen, for the bell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unseen {
    /// The notification.
    pub id: NotificationId,
    /// The thread of its message.
    pub thread: ThreadId,
    /// The message's position there: who reads so far has seen it. None for what was read before: it is to be opened.
    pub position: Option<i32>,
}

/// The times at which one may ask to be reminded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemindIn {
    /// In an hour.
    Hour,
    /// Tomorrow morning.
    Tomorrow,
    /// On Monday morning.
    Monday,
    /// In a week, in the morning.
    Week,
}

impl RemindIn {
    /// Every one, the soonest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Tomorrow, Self::Monday, Self::Week];

    /// The word of the form and of the locales' keys.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Tomorrow => "tomorrow",
            Self::Monday => "monday",
            Self::Week => "week",
        }
    }
}

/// What one is told, and what one follows.
#[derive(Debug, Template)]
#[template(path = "notifications/page.html")]
pub struct InboxPage {
    /// The shell.
    pub shell: Shell,
    /// What one is told, the last first.
    pub notifications: Vec<Notification>,
    /// The threads that one follows.
    pub inbox: Vec<Thread>,
    /// The time.
    pub now: DateTime<Utc>,
}

/// What one is told of one thread, together.
struct Told<'n> {
    thread: ThreadId,
    title: String,
    channel: Option<&'n str>,
    level: ThreadLevel,
    notifications: Vec<&'n Notification>,
}

impl InboxPage {
    /// By thread, in the order of the last thing told of each.
    fn told(&self) -> Vec<Told<'_>> {
        let mut told: Vec<Told<'_>> = Vec::new();
        for notification in &self.notifications {
            if let Some(known) = told.iter_mut().find(|told| told.thread == notification.thread) {
                known.notifications.push(notification);
                continue;
            }
            told.push(Told {
                thread: notification.thread,
                title: Thread::title_of(notification.kind, &notification.title, self.shell.text),
                channel: notification.channel.as_ref().map(|(_, name)| name.as_str()),
                level: notification.level,
                notifications: vec![notification],
            });
        }
        told
    }

    fn has_unseen(&self) -> bool {
        self.notifications.iter().any(|notification| !notification.seen)
    }

    fn when(&self, notification: &Notification) -> String {
        date::brief(self.shell.text, notification.created_at, self.now)
    }

    fn row<'a>(&'a self, thread: &'a Thread) -> ThreadRow<'a> {
        ThreadRow { text: self.shell.text, thread, now: self.now, current: false }
    }

    fn unread(&self) -> usize {
        self.inbox.iter().filter(|thread| thread.unread() > 0).count()
    }

    fn read_positions(&self) -> String {
        read_positions(self.inbox.iter())
    }

    /// The threads that are shown, each with its last position.
    fn shown(&self) -> String {
        let shown = self.inbox.iter().filter(|thread| thread.unread() > 0);
        shown.map(|thread| format!("{}:{}", thread.id, thread.last_position)).collect::<Vec<_>>().join(" ")
    }
}
