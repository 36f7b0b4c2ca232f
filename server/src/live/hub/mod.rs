//! What one followed stream owes its followers, without I/O.
//!
//! The hub takes in what its driver learnt and answers what to do. Everything goes through it in one order, so a right
//! that was read after a follower joined the queue cannot be older than the events that follower is given (I8).

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;
use words::{EventKind, Locale, PersonId, StreamId, ThreadId, events::Recorded};

use super::frame::Outcome;

/// A replay of more events than this is a reset.
pub const REPLAY: i64 = 500;

/// Names a connection of this process.
pub type ConnectionId = u64;

/// How a follower wants events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    /// As data.
    Json,
    /// As fragments in a language.
    Html(Locale),
}

/// The form of an event that some followers share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Variant {
    /// As data.
    Json,
    /// As fragments: of the thread itself for who watches it, else of its row.
    Html {
        /// The language.
        locale: Locale,
        /// Whether the thread is watched.
        watched: bool,
    },
}

/// Somebody who asks to follow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Join {
    /// Through which connection.
    pub connection: ConnectionId,
    /// Who.
    pub person: PersonId,
    /// How.
    pub format: Format,
    /// The number of the request.
    pub id: Option<i64>,
    /// The last sequence that they applied, with the epoch in which they did.
    pub since: Option<(i64, Option<Uuid>)>,
}

/// What the driver is to do, in order.
#[derive(Clone, PartialEq, Debug)]
pub enum Todo {
    /// Tell a connection how its request was answered.
    Answer {
        /// Whom.
        connection: ConnectionId,
        /// The number of the request; none for who is put out.
        id: Option<i64>,
        /// The stream's sequence.
        seq: i64,
        /// How.
        outcome: Outcome,
    },
    /// Send the events after one sequence up to another to one connection, then say that the replay is over.
    Replay {
        /// Whom.
        connection: ConnectionId,
        /// How.
        format: Format,
        /// After which.
        after: i64,
        /// Up to which.
        up_to: i64,
    },
    /// Send an event to connections, each in its form.
    Dispatch {
        /// What.
        event: Recorded,
        /// To whom, in which form.
        to: Vec<(ConnectionId, Variant)>,
    },
    /// The log has a hole: count it, and read again.
    Gap {
        /// What was expected.
        expected: i64,
        /// What came.
        found: i64,
    },
}

#[derive(Debug)]
struct Follower {
    person: PersonId,
    format: Format,
    watched: HashSet<ThreadId>,
}

/// One followed stream.
#[derive(Debug)]
pub struct Hub {
    stream: StreamId,
    epoch: Uuid,
    delivered: i64,
    followers: BTreeMap<ConnectionId, Follower>,
}

impl Hub {
    /// A hub that has delivered up to `delivered`, to nobody yet.
    pub fn new(stream: StreamId, epoch: Uuid, delivered: i64) -> Self {
        Self { stream, epoch, delivered, followers: BTreeMap::new() }
    }

    /// The last sequence that was dispatched.
    pub fn delivered(&self) -> i64 {
        self.delivered
    }

    /// Whether nobody follows.
    pub fn is_idle(&self) -> bool {
        self.followers.is_empty()
    }

    /// Somebody asks to follow; `began` is where their present membership began, read after everything that was
    /// dispatched so far. A second request of a connection replaces its first.
    pub fn join(&mut self, join: &Join, began: Option<i64>) -> Vec<Todo> {
        let Join { connection, person, format, id, since } = *join;
        let watched = self.followers.remove(&connection).map(|follower| follower.watched).unwrap_or_default();
        let answer = |outcome| Todo::Answer { connection, id, seq: self.delivered, outcome };
        let Some(began) = began else { return vec![answer(Outcome::Denied)] };
        let mut todo = Vec::new();
        if let Some((since, epoch)) = since {
            let replayable = epoch == Some(self.epoch)
                && since <= self.delivered
                && since + REPLAY >= self.delivered
                && since + 1 >= began;
            if !replayable {
                return vec![answer(Outcome::Reset)];
            }
            todo.push(answer(Outcome::Ok));
            todo.push(Todo::Replay { connection, format, after: since, up_to: self.delivered });
        } else {
            todo.push(answer(Outcome::Ok));
        }
        self.followers.insert(connection, Follower { person, format, watched });
        todo
    }

    /// A connection follows no more.
    pub fn leave(&mut self, connection: ConnectionId) {
        self.followers.remove(&connection);
    }

    /// A connection wants the fragments of these threads.
    pub fn watch(&mut self, connection: ConnectionId, threads: HashSet<ThreadId>) {
        if let Some(follower) = self.followers.get_mut(&connection) {
            follower.watched = threads;
        }
    }

    /// Events were read, after those delivered. What was delivered before is passed over; a hole stops at it.
    pub fn fetched(&mut self, events: Vec<Recorded>) -> Vec<Todo> {
        let mut todo = Vec::new();
        for event in events {
            if event.seq <= self.delivered {
                continue;
            }
            if event.seq != self.delivered + 1 {
                todo.push(Todo::Gap { expected: self.delivered + 1, found: event.seq });
                break;
            }
            self.delivered = event.seq;
            let to =
                self.followers.iter().map(|(&id, follower)| (id, variant(follower.format, &follower.watched, &event)));
            todo.push(Todo::Dispatch { event, to: to.collect() });
            if event.row.kind == EventKind::MemberRemoved {
                self.put_out(&event, &mut todo);
            }
        }
        todo
    }

    /// The form in which a connection gets an event; a replay has no watched threads but its own.
    pub fn variant(&self, connection: ConnectionId, event: &Recorded) -> Option<Variant> {
        let follower = self.followers.get(&connection)?;
        Some(variant(follower.format, &follower.watched, event))
    }

    /// The stream.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// Who was removed gets nothing after the event that says so.
    fn put_out(&mut self, event: &Recorded, todo: &mut Vec<Todo>) {
        let seq = self.delivered;
        self.followers.retain(|&connection, follower| {
            let stays = Some(follower.person) != event.row.person;
            if !stays {
                todo.push(Todo::Answer { connection, id: None, seq, outcome: Outcome::Denied });
            }
            stays
        });
    }
}

fn variant(format: Format, watched: &HashSet<ThreadId>, event: &Recorded) -> Variant {
    match format {
        Format::Json => Variant::Json,
        Format::Html(locale) => {
            Variant::Html { locale, watched: event.row.thread.is_some_and(|thread| watched.contains(&thread)) }
        }
    }
}

#[cfg(test)]
mod tests;
