//! The part of a log that a hub holds: events already dispatched, for replays, and events to dispatch.

use std::collections::VecDeque;

use axum::extract::ws::Utf8Bytes;

use super::{Broken, Printed, READ, Variant};
use crate::{faults::bug, live::log::Entry};

/// How many dispatched events are held: more than a replay, for what comes while it is handed on.
const HELD: usize = 600;

/// An event to dispatch, and the forms of it that are printed.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) entry: Entry,
    pub(super) forms: Vec<(Variant, Utf8Bytes)>,
}

impl Next {
    /// The event's bytes in a form, if it is printed.
    pub(super) fn form(&self, variant: Variant) -> Option<&Utf8Bytes> {
        self.forms.iter().find(|(printed, _)| *printed == variant).map(|(_, bytes)| bytes)
    }
}

#[derive(Debug)]
pub(super) struct Window {
    done: i64,
    held: VecDeque<Entry>,
    waiting: VecDeque<Next>,
    /// Up to here the log itself holds nothing any more.
    lost: i64,
}

/// Whether a replay can begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    Held,
    /// Older events must be read first.
    Older {
        up_to: i64,
    },
    Lost,
}

impl Window {
    pub(super) fn new(last: i64) -> Self {
        Self { done: last, held: VecDeque::new(), waiting: VecDeque::new(), lost: 0 }
    }

    /// The last sequence that was dispatched.
    pub(super) fn done(&self) -> i64 {
        self.done
    }

    /// The last sequence that was read.
    pub(super) fn fetched(&self) -> i64 {
        self.done + length(self.waiting.len())
    }

    pub(super) fn has_space(&self) -> bool {
        length(self.waiting.len()) < READ
    }

    /// The next event to dispatch.
    pub(super) fn next(&self) -> Option<&Next> {
        self.waiting.front()
    }

    /// The next events to dispatch together, at most so many: up to an end of a membership, which is somebody's last.
    pub(super) fn run(&self, most: usize) -> impl Iterator<Item = &Next> {
        let end = self.waiting.iter().take(most).position(|next| next.entry.removed().is_some());
        self.waiting.iter().take(end.map_or(most, |end| end + 1))
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &Next> {
        self.waiting.iter()
    }

    /// Takes what was read, in order. What is known is passed over; a hole is an error.
    pub(super) fn append(&mut self, entries: Vec<Entry>) -> Result<(), Broken> {
        for entry in entries {
            let expected = self.fetched() + 1;
            if entry.seq > expected {
                return Err(Broken::Gap { expected, found: entry.seq });
            }
            if entry.seq == expected {
                self.waiting.push_back(Next { entry, forms: Vec::new() });
            }
        }
        Ok(())
    }

    /// Keeps what was printed with the events that wait.
    pub(super) fn keep(&mut self, printed: Vec<Printed>) {
        for Printed { seq, forms } in printed {
            let waiting = usize::try_from(seq - self.done - 1).ok().and_then(|index| self.waiting.get_mut(index));
            if let Some(next) = waiting {
                next.forms.extend(forms.into_iter().filter_map(|(variant, bytes)| Some((variant, bytes?))));
            }
        }
    }

    /// The next event is dispatched now.
    pub(super) fn dispatched(&mut self) -> Option<Next> {
        let next = self.waiting.pop_front()?;
        self.done = next.entry.seq;
        self.held.push_back(next.entry.clone());
        if self.held.len() > HELD {
            self.held.pop_front();
        }
        // An event without a form is given to nobody.
        bug!("id_cursor" => if self.holds_a_newer_id(&next.entry) {
            return Some(Next { forms: Vec::new(), ..next });
        });
        Some(next)
    }

    /// Whether what follows `since` can be replayed.
    pub(super) fn reach(&self, since: i64) -> Reach {
        let up_to = self.floor();
        if since >= up_to {
            Reach::Held
        } else if since < self.lost {
            Reach::Lost
        } else {
            Reach::Older { up_to }
        }
    }

    /// Takes older events that were read. Only what joins what is held is of use: the window may have moved.
    pub(super) fn prepend(&mut self, after: i64, up_to: i64, entries: Vec<Entry>) {
        if up_to != self.floor() {
            return;
        }
        for entry in entries.into_iter().rev() {
            if entry.seq != self.floor() {
                break;
            }
            self.held.push_front(entry);
        }
        if self.floor() > after {
            self.lost = self.floor();
        }
    }

    /// Whether a message with a newer id than this one's was dispatched just before: what the bug `id_cursor` asks.
    #[cfg(feature = "faults")]
    pub(super) fn holds_a_newer_id(&self, entry: &Entry) -> bool {
        let mut earlier = self.held.iter().rev().skip(1).filter(|held| held.kind == entry.kind);
        entry.kind.as_str() == "message.created" && earlier.any(|held| held.subject > entry.subject)
    }

    /// Takes what was dispatched after a sequence of long before for what is still to come: what the bug `believe_hints`
    /// does.
    #[cfg(feature = "faults")]
    pub(super) fn go_back(&mut self, seq: i64) -> bool {
        const LONG: i64 = 8;
        if seq + LONG >= self.done || seq < self.floor() {
            return false;
        }
        while self.done > seq {
            self.held.pop_back();
            self.done -= 1;
        }
        self.waiting.clear();
        true
    }

    /// The dispatched event of `seq`, if it is held.
    pub(super) fn held(&self, seq: i64) -> Option<&Entry> {
        usize::try_from(seq - self.floor() - 1).ok().and_then(|index| self.held.get(index))
    }

    /// Everything after this, up to what was dispatched, is held.
    fn floor(&self) -> i64 {
        self.done - length(self.held.len())
    }
}

/// A length as a distance between sequences.
pub(super) fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
