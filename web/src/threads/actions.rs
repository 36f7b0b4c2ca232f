//! What the reader may do with a thread: a page of its own.

use askama::Template;
use chrono::{DateTime, Utc};
use words::{ChannelId, GroupId, ThreadId, ThreadLevel, ThreadStatus};

use super::Thread;
use crate::{
    date,
    page::{Faults, Shell},
};

/// What the reader may do with a thread.
#[derive(Debug, Template)]
#[template(path = "threads/actions.html")]
pub struct ThreadActionsPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The thread.
    pub thread: Thread,
    /// What they may do.
    pub may: ThreadMayDo,
    /// Its title as it was given or is being given; empty without one.
    pub title: String,
    /// What it was called before, the last first.
    pub former: Vec<Former>,
    /// The channels that it may be moved to.
    pub channels: Vec<(ChannelId, String)>,
    /// The conversation that it is, if the reader may leave it.
    pub leave: Option<GroupId>,
    /// The threads that it may be merged into.
    pub others: Vec<(ThreadId, String)>,
}

/// What the reader may do with a thread, beside hearing of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadMayDo {
    /// They may name it anew, close it, and say that its question is answered.
    pub change: bool,
    /// They may pin it, move it and merge it.
    pub arrange: bool,
}

/// What a thread was called once.
#[derive(Clone, Debug)]
pub struct Former {
    /// The title; empty where the first line stood for it.
    pub title: String,
    /// Who called it otherwise.
    pub changed_by: String,
    /// Until when it was called so.
    pub until_at: DateTime<Utc>,
}

impl ThreadActionsPage {
    fn shown_title(&self) -> String {
        self.thread.shown_title(self.shell.text)
    }

    fn until(&self, former: &Former) -> String {
        let date = date::exact(self.shell.text, former.until_at);
        let (name, title) = (former.changed_by.as_str(), self.former_title(former));
        let arguments = [("title", title.into()), ("name", name.into()), ("date", date.into())];
        self.shell.text.with("thread-former-title", &arguments)
    }

    fn former_title(&self, former: &Former) -> String {
        if former.title.is_empty() { self.shell.text.get("thread-without-title") } else { former.title.clone() }
    }
}
