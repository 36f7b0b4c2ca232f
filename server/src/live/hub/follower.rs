//! One follower: the next sequence that it is given.

use std::collections::HashSet;

use axum::extract::ws::Utf8Bytes;
use words::{PersonId, ThreadId};

use super::{Format, Variant};
use crate::live::log::Entry;

/// How many bytes of a replay one connection is given before its queue must have emptied a little.
const BURST_BYTES: usize = 256 << 10;

#[derive(Debug)]
pub(super) struct Follower {
    pub(super) person: PersonId,
    /// Where the membership by which it follows began.
    pub(super) began: i64,
    pub(super) format: Format,
    pub(super) watched: HashSet<ThreadId>,
    /// The sequence of the next event that it is given.
    pub(super) next: i64,
    pub(super) place: Place,
}

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

impl Follower {
    /// Whether it is given the event of `seq`, or will be once those before are.
    pub(super) fn awaits(&self, seq: i64) -> bool {
        self.place == Place::Live && self.next <= seq
    }

    pub(super) fn has_room(&mut self) {
        if self.place == Place::Full {
            self.place = Place::Behind;
        }
    }

    pub(super) fn variant(&self, entry: &Entry) -> Variant {
        match self.format {
            Format::Json => Variant::Json,
            Format::Html(locale) => {
                Variant::Html { locale, watched: entry.thread.is_some_and(|thread| self.watched.contains(&thread)) }
            }
        }
    }

    /// The bytes of an event that is dispatched now, if it is this follower's turn.
    pub(super) fn take(&mut self, entry: &Entry, forms: &[(Variant, Utf8Bytes)]) -> Option<Utf8Bytes> {
        if self.place != Place::Live || self.next != entry.seq {
            return None;
        }
        let variant = self.variant(entry);
        let (_, bytes) = forms.iter().find(|(printed, _)| *printed == variant)?;
        self.next += 1;
        Some(bytes.clone())
    }

    /// How much of a replay may be handed on at once.
    pub(super) fn burst() -> usize {
        BURST_BYTES
    }
}
