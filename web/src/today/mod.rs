//! Today: what waits for the reader, then what is new in the network.

use askama::Template;
use chrono::{DateTime, Utc};
use words::{DocumentId, DocumentType, ThreadId};

use crate::{
    date,
    meetings::{MeetingCard, NextMeeting},
    notifications::Notification,
    page::Shell,
    people::{Author, first_name},
    threads::Thread,
};

/// The home page of whoever is signed in.
#[derive(Debug, Template)]
#[template(path = "today/page.html")]
pub struct TodayPage {
    /// The shell.
    pub shell: Shell,
    /// The time.
    pub now: DateTime<Utc>,
    /// When the reader was last here before this visit; none the first time.
    pub last_visit: Option<DateTime<Utc>>,
    /// The next meeting of the reader's groups.
    pub next_meeting: Option<NextMeeting>,
    /// What waits for the reader, the most pressing first.
    pub to_do: Vec<ToDo>,
    /// What happened since the last visit, the latest first.
    pub news: Vec<News>,
    /// The documents that are used most.
    pub useful: Vec<UsefulDocument>,
}

/// Something that waits for the reader.
#[derive(Clone, Debug)]
pub enum ToDo {
    /// They are told of a message, and have not seen it.
    Told(Notification),
    /// Somebody asks to join a group that they animate.
    JoinRequest {
        /// Who.
        name: String,
        /// The group's short address.
        slug: String,
        /// The group's name.
        group: String,
        /// When.
        at: DateTime<Utc>,
    },
}

/// Something new in the network.
#[derive(Clone, Debug)]
pub enum News {
    /// A thread where others wrote.
    Thread {
        /// The thread.
        id: ThreadId,
        /// Its title.
        title: String,
        /// Its channel's name.
        channel: String,
        /// How many of its messages are unread.
        unread: i32,
        /// Who wrote last.
        author: Author,
        /// What they said, in short; empty once removed.
        extract: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// A document that was shared.
    Document {
        /// The document.
        id: DocumentId,
        /// Its title.
        title: String,
        /// The name of its file and its weight in bytes; none for a link.
        file: Option<(String, i64)>,
        /// Who shared it.
        author: Author,
        /// When.
        at: DateTime<Utc>,
    },
    /// Somebody who joined.
    Arrival {
        /// Who, with their post and territory.
        person: Author,
        /// When.
        at: DateTime<Utc>,
    },
}

/// A document by its title.
#[derive(Clone, Debug)]
pub struct UsefulDocument {
    /// The document.
    pub id: DocumentId,
    /// Its title.
    pub title: String,
}

impl TodayPage {
    fn first_name(&self) -> &str {
        self.shell.nav.as_ref().map(|nav| first_name(&nav.name)).unwrap_or_default()
    }

    fn day(&self) -> String {
        date::heading(self.shell.text, self.now)
    }

    /// What waits and what is new, in one sentence.
    fn summary(&self) -> String {
        let text = self.shell.text;
        let Some(last_visit) = self.last_visit else { return text.get("today-first-visit") };
        let since = text.name("today-since", &date::short(text, last_visit, self.now));
        let waits = text.count("today-waits", self.to_do.len());
        format!("{since} {waits}, {}.", text.count("today-new-count", self.news.len()))
    }

    fn card<'a>(&'a self, meeting: &'a NextMeeting) -> MeetingCard<'a> {
        MeetingCard { text: self.shell.text, meeting }
    }

    fn title(&self, told: &Notification) -> String {
        Thread::title_of(told.kind, &told.title, self.shell.text)
    }

    fn when(&self, at: &DateTime<Utc>) -> String {
        date::brief(self.shell.text, *at, self.now)
    }

    fn weight(&self, size_bytes: i64) -> String {
        date::size(self.shell.text, size_bytes.unsigned_abs())
    }
}
