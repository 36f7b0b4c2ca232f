//! What a page shows of a stream: the same for who fetched it now and for who applied every event since (I4).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{cast::THREADS, history::Mark};

/// What is shown of one stream; of a person's own, the groups and what is read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) messages: BTreeMap<usize, Said>,
    pub(crate) members: BTreeSet<usize>,
    pub(crate) archived: [bool; THREADS],
    pub(crate) read: [i32; THREADS],
    /// The last position of each thread, as a counter beside the rows shows it.
    pub(crate) last: [i32; THREADS],
}

/// A message as it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Said {
    pub(crate) thread: usize,
    pub(crate) position: i32,
    pub(crate) version: u32,
    pub(crate) gone: bool,
}

/// What an event says of its subject: as it is now, never as it was.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Content {
    /// The last event of the subject when it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<Mark>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thread: Option<usize>,
    pub(crate) position: i32,
    pub(crate) version: u32,
    pub(crate) gone: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<usize>,
    /// Whether the person is a member, or the thread archived.
    pub(crate) is: bool,
    /// Whether the page is to be fetched.
    pub(crate) reload: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) body: String,
}

impl Shown {
    /// Shows what an event says; twice is as good as once.
    pub(crate) fn apply(&mut self, content: &Content) {
        let &Content { thread, position, version, gone, is, .. } = content;
        if let (Some(message), Some(thread)) = (content.message, thread) {
            self.messages.insert(message, Said { thread, position, version, gone });
            self.last[thread] = self.last[thread].max(position);
        } else if let Some(person) = content.person {
            if is {
                self.members.insert(person);
            } else {
                self.members.remove(&person);
            }
        } else if let Some(thread) = thread {
            self.read[thread] = position;
            self.archived[thread] = is;
        }
    }

    /// How many messages of a thread are not read.
    pub(crate) fn unread(&self, own: &Self, thread: usize) -> i32 {
        self.last[thread] - own.read[thread]
    }
}
