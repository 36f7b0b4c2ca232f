//! One follower: the next sequence that it is given.

use std::collections::HashSet;

use words::{PersonId, ThreadId};

use super::Format;

#[derive(Debug)]
pub(super) struct Follower {
    pub(super) person: PersonId,
    /// Where the membership by which it follows began.
    pub(super) began: i64,
    pub(super) format: Format,
    pub(super) watched: Watched,
    /// The sequence of the next event that it is given.
    pub(super) next: i64,
    pub(super) place: Place,
}

/// The threads whose fragments somebody wants: most want none, few want many. In their order.
#[derive(Debug, Default)]
pub(super) struct Watched(Box<[ThreadId]>);

/// Where a follower stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// Up to date: given each event as it is dispatched.
    Live,
    /// Behind, with room in its queue.
    Behind,
    /// Behind, its queue is emptying.
    Full,
}

impl From<HashSet<ThreadId>> for Watched {
    fn from(threads: HashSet<ThreadId>) -> Self {
        let mut threads: Box<[_]> = threads.into_iter().collect();
        threads.sort_unstable();
        Self(threads)
    }
}

impl Watched {
    pub(super) fn contains(&self, thread: ThreadId) -> bool {
        self.0.binary_search(&thread).is_ok()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Follower {
    /// Whether they are told who writes in a thread: the one that is on the page, or any for a program that names none.
    pub(super) fn hears(&self, thread: ThreadId) -> bool {
        self.watched.contains(thread) || (self.format == Format::Json && self.watched.is_empty())
    }

    pub(super) fn has_room(&mut self) {
        if self.place == Place::Full {
            self.place = Place::Behind;
        }
    }

    /// Events up to there were given out to who is up to date.
    pub(super) fn told(&mut self, seq: i64) {
        if self.place == Place::Live && self.next <= seq {
            self.next = seq + 1;
        }
    }
}
