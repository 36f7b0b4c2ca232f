//! What a hub asks of whoever drives it.

use std::ops::RangeInclusive;

use words::{Locale, PersonId};

use super::{Broken, ConnectionId, Pass, Ticket, Typing, Wanted};
#[cfg(doc)]
use super::{Learnt, READ};
use crate::live::{frame::Outcome, wire::Chunk};

/// What the driver is to do, in order.
#[derive(Clone, PartialEq, Debug)]
pub enum Todo {
    /// Read the rights of these people, then tell [`Learnt::Rights`].
    Rights(Vec<PersonId>),
    /// Read the events after this one, at most [`READ`], then tell [`Learnt::Events`].
    Read {
        /// After which.
        after: i64,
    },
    /// Read the older events between these, then tell [`Learnt::Older`].
    Older {
        /// After which.
        after: i64,
        /// Up to which.
        up_to: i64,
    },
    /// Print, then tell [`Learnt::Printed`].
    Print(Pass, Vec<Wanted>),
    /// Tell [`Learnt::Room`] once the connection's queue has emptied a little.
    AwaitRoom(ConnectionId),
    /// Tell a connection how its request was answered.
    Answer {
        /// Whom.
        connection: ConnectionId,
        /// The request.
        ticket: Ticket,
        /// The stream's sequence.
        seq: i64,
        /// How.
        outcome: Outcome,
        /// The last sequence that a new follower is taken to have; none for who does not follow.
        from: Option<i64>,
    },
    /// Tell a connection that its request cannot be answered now.
    Unavailable {
        /// Whom.
        connection: ConnectionId,
        /// The request.
        ticket: Ticket,
        /// The language of whoever asks.
        locale: Locale,
    },
    /// Tell a connection that it follows no more, though it did not ask.
    Out {
        /// Whom.
        connection: ConnectionId,
        /// The stream's sequence.
        seq: i64,
        /// Why.
        outcome: Outcome,
    },
    /// Give connections events: the same bytes to all of them.
    Events {
        /// Whether they are new, or somebody catches up.
        pass: Pass,
        /// Whom.
        connections: Vec<ConnectionId>,
        /// Which.
        seqs: RangeInclusive<i64>,
        /// Their frames.
        chunk: Chunk,
    },
    /// Tell a connection that its replay is over.
    Live {
        /// Whom.
        connection: ConnectionId,
        /// Where it stands.
        seq: i64,
    },
    /// Find out who of these chose to show that they write, and who of the listeners to see it, then tell
    /// [`Learnt::Typists`].
    Typists {
        /// Who writes.
        typing: Vec<Typing>,
        /// Which of them said so on this node: others are told of these.
        here: Vec<Typing>,
        /// Who might be told.
        listeners: Vec<PersonId>,
    },
    /// Tell connections what passes: lost where it would have to wait.
    Pass {
        /// Whom.
        connections: Vec<ConnectionId>,
        /// What.
        chunk: Chunk,
    },
    /// Tell [`Learnt::Rested`] after a second.
    Rest,
    /// The log is not what it was: count it, read epoch and end anew, then tell [`Learnt::Origin`].
    Reread(Broken),
}

#[cfg(feature = "faults")]
impl Todo {
    /// Puts the events of a chunk in the opposite order: what the bug `out_of_order_dispatch` does.
    pub(super) fn turn_round(&mut self) {
        if let Self::Events { chunk, .. } = self {
            let texts: Vec<_> = chunk.said().map(str::to_owned).collect();
            *chunk = Chunk::texts(texts.iter().rev().map(String::as_str));
        }
    }
}
