//! The log of a stream as the hub reads it.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;
use words::{
    EventKind, PersonId, StreamId, ThreadId,
    events::{EventRow, Recorded},
};

use super::store;
use crate::{db::Tx, error::Result};

/// How long events are kept: a day longer than replays reach, since nodes' clocks differ.
const KEPT: TimeDelta = TimeDelta::days(8);
/// How many are forgotten in one transaction.
const SWEPT: i64 = 10_000;

/// An event of the log. Its kind may be one that this build does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the stream, from 1, without holes.
    pub seq: i64,
    /// What happened.
    pub kind: Kind,
    /// What it happened to.
    pub subject: Uuid,
    /// The thread it belongs to, where it has one.
    pub thread: Option<ThreadId>,
    /// The person it is about, where the subject is not enough.
    pub person: Option<PersonId>,
    /// Who did it.
    pub actor: Option<PersonId>,
    /// When, by the clock of the process that wrote it.
    pub at: DateTime<Utc>,
}

/// The kind of an event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of the dictionary.
    Known(EventKind),
    /// One that a newer node wrote on the same schema (I20): its part of the page is asked for again.
    Newer(Box<str>),
}

/// Forgets some old events, never leaving a hole (I2), and answers whether there may be more.
pub async fn sweep(tx: &mut Tx) -> Result<bool> {
    let before = tx.now() - KEPT;
    let swept = store::sweep(tx.connection(), before, SWEPT).await?;
    Ok(i64::try_from(swept).is_ok_and(|swept| swept >= SWEPT))
}

impl Entry {
    /// The event as the rooms know it; none for a kind that this build does not know.
    pub fn recorded(&self, stream: StreamId) -> Option<Recorded> {
        let Kind::Known(kind) = self.kind else { return None };
        let row = EventRow { stream, kind, subject: self.subject, thread: self.thread, person: self.person };
        Some(Recorded { seq: self.seq, row, actor: self.actor, at: self.at })
    }

    /// The person whose membership ends with this event.
    pub fn removed(&self) -> Option<PersonId> {
        match self.kind {
            Kind::Known(EventKind::MemberRemoved) => self.person,
            _ => None,
        }
    }
}

impl Kind {
    /// The kind's name on the wire: `subject.past`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(kind) => kind.as_str(),
            Self::Newer(word) => word,
        }
    }

    /// The word for what the event's subject is. It is the first half of the kind, but where that half names a
    /// property of something that has an id.
    pub fn subject(&self) -> &str {
        match self {
            Self::Known(EventKind::ReactionSet) => "message",
            Self::Known(EventKind::RsvpSet) => "meeting",
            Self::Known(EventKind::ReadMoved) => "thread",
            Self::Known(EventKind::SettingsUpdated) => "user",
            kind => kind.as_str().split('.').next().unwrap_or_default(),
        }
    }
}

impl From<&str> for Kind {
    fn from(word: &str) -> Self {
        word.parse().map_or_else(|_| Self::Newer(word.into()), Self::Known)
    }
}
