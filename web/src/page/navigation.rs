//! The navigation of pages: where the reader can go, and what is unread there.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use askama::Template;
use uuid::Uuid;
use words::{ChannelId, GroupId, PersonId, ThreadId};

use crate::{Text, notifications::Unseen};

/// The navigation, and what the live client needs to follow the reader's streams.
#[derive(Clone, Debug)]
pub struct Nav {
    /// The reader.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The department of their territory, which colours their avatar.
    pub department: Option<String>,
    /// Their groups, each with its channels.
    pub menu: Menu,
    /// Those of their conversations that hold something unread.
    pub conversations: Vec<ThreadId>,
    /// What the reader was told and has not seen.
    pub unseen: Vec<Unseen>,
    /// The threads that the reader muted: nothing of them is counted.
    pub muted: Vec<ThreadId>,
    /// The instance's epoch.
    pub epoch: Uuid,
    /// Each stream with its sequence, read in the page's snapshot.
    pub streams: Vec<(Uuid, i64)>,
    /// What the page shows, for `aria-current`.
    pub current: Current,
}

/// Somebody's groups with their channels. It is the greater part of what a page weighs where there are many, and the same
/// on all of them: copies share what it was rendered to.
#[derive(Clone)]
pub struct Menu(Arc<Entries>);

struct Entries {
    groups: Vec<NavGroup>,
    text: Text,
    html: OnceLock<String>,
}

/// A group of the navigation.
#[derive(Clone, Debug)]
pub struct NavGroup {
    /// The group.
    pub id: GroupId,
    /// Its short address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its channels.
    pub channels: Vec<NavChannel>,
}

/// A channel of the navigation.
#[derive(Clone, Debug)]
pub struct NavChannel {
    /// The channel.
    pub id: ChannelId,
    /// Its name.
    pub name: String,
    /// Whether the reader wants to hear nothing of it: nothing is counted then.
    pub silent: bool,
    /// Its threads that hold something unread.
    pub unread: Vec<ThreadId>,
}

/// Where in the house a page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Current {
    /// None of the sections below.
    #[default]
    Elsewhere,
    /// Today.
    Home,
    /// What one is told, and what one follows.
    Inbox,
    /// What the reader says to a few others alone.
    Conversations,
    /// The groups.
    Groups,
    /// A channel, or one of its threads.
    Channel(ChannelId),
    /// The meetings.
    Meetings,
    /// The library.
    Documents,
    /// The directory.
    People,
}

impl Nav {
    /// The streams and their sequences, as the live client reads them.
    pub fn streams_json(&self) -> String {
        let streams: serde_json::Map<_, _> =
            self.streams.iter().map(|(stream, seq)| (stream.to_string(), (*seq).into())).collect();
        serde_json::Value::Object(streams).to_string()
    }

    /// What is not seen, as the script reads it.
    pub fn unseen_notifications(&self) -> String {
        let one = |unseen: &Unseen| {
            format!("{}:{}:{}", unseen.id, unseen.thread, unseen.position.map(|at| at.to_string()).unwrap_or_default())
        };
        self.unseen.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// The muted threads, as the script reads them.
    pub fn muted_threads(&self) -> String {
        listed(&self.muted)
    }

    /// The conversations that hold something unread, as the script reads them.
    pub fn unread_conversations(&self) -> String {
        listed(&self.conversations)
    }

    /// The letters of the reader's avatar.
    pub fn initials(&self) -> String {
        crate::people::initials(&self.name)
    }

    /// Whether a section is the current one.
    pub fn is(&self, section: Current) -> bool {
        self.current == section
    }

    /// Whether the page is of the groups and what is said in them.
    pub fn is_talk(&self) -> bool {
        matches!(self.current, Current::Groups | Current::Conversations | Current::Channel(_))
    }

    /// The menu, with the channel marked that the page shows.
    pub fn marked_menu(&self) -> MarkedMenu<'_> {
        let html = self.menu.html();
        let Current::Channel(channel) = self.current else { return MarkedMenu(html, None) };
        let channel = format!("data-channel=\"{channel}\"");
        match html.find(&channel) {
            Some(at) => MarkedMenu(&html[..at], Some(&html[at..])),
            None => MarkedMenu(html, None),
        }
    }
}

/// What a menu was rendered to, before and after the place of the mark.
pub struct MarkedMenu<'m>(&'m str, Option<&'m str>);

impl askama::filters::HtmlSafe for MarkedMenu<'_> {}

impl fmt::Display for MarkedMenu<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)?;
        match self.1 {
            Some(after) => write!(f, "aria-current=\"page\" {after}"),
            None => Ok(()),
        }
    }
}

impl Menu {
    /// A menu of these groups, in the reader's words.
    pub fn new(groups: Vec<NavGroup>, text: Text) -> Self {
        Self(Arc::new(Entries { groups, text, html: OnceLock::new() }))
    }

    /// The groups.
    pub fn groups(&self) -> &[NavGroup] {
        &self.0.groups
    }

    fn html(&self) -> &str {
        let Entries { groups, text, html } = &*self.0;
        // What is written to a string fails only where a template would.
        html.get_or_init(|| MenuView { groups, text: *text }.render().unwrap_or_default())
    }
}

/// What it was rendered to follows from what it holds.
impl fmt::Debug for Menu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Menu").field(&self.0.groups).field(&self.0.text).finish()
    }
}

#[derive(Template)]
#[template(path = "page/menu.html")]
struct MenuView<'m> {
    groups: &'m [NavGroup],
    text: Text,
}

impl NavChannel {
    /// The unread threads, as the script reads them.
    pub fn unread_threads(&self) -> String {
        listed(&self.unread)
    }
}

/// Threads, as the script reads them: each by the last part of its id. It is made at random (RFC 9562, 5.7), and of 48
/// bits: of a thousand threads, no two share it but once in half a billion times.
fn listed(threads: &[ThreadId]) -> String {
    let mut list = String::with_capacity(threads.len() * 13);
    for thread in threads {
        if !list.is_empty() {
            list.push(' ');
        }
        list.push_str(&thread.to_string()[24..]);
    }
    list
}
