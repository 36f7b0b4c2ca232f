//! Who asks to follow, until they are answered.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use words::PersonId;

use super::{
    Follower, Hub, Join, REPLAY, Todo,
    follower::{Place, Watched},
    window::Reach,
};
use crate::live::frame::Outcome;

/// Events older than this are not replayed.
const KEPT: TimeDelta = TimeDelta::days(7);

#[derive(Debug)]
pub(super) struct Joining {
    pub(super) join: Join,
    pub(super) watched: Watched,
    right: Right,
    /// An end of membership that was dispatched since they joined.
    removed: Option<i64>,
    /// The reading that they wait for: they know of events that the hub had not read.
    reading: Option<u64>,
    failed: bool,
}

#[derive(Clone, Copy, Debug)]
enum Right {
    Unasked,
    Asked,
    Known(Option<i64>),
}

/// What is to be done with somebody who asks.
enum Decision {
    Wait,
    Unavailable,
    Answer(Outcome),
    Follow { began: i64, next: i64, place: Place },
}

impl Joining {
    pub(super) fn new(join: Join, watched: Watched) -> Self {
        Self { join, watched, right: Right::Unasked, removed: None, reading: None, failed: false }
    }

    /// The same, of a log that starts anew.
    pub(super) fn afresh(self) -> Self {
        Self::new(self.join, self.watched)
    }

    pub(super) fn answered(&mut self, began: Option<&HashMap<PersonId, i64>>) {
        if matches!(self.right, Right::Asked) {
            match began {
                Some(began) => self.right = Right::Known(began.get(&self.join.person).copied()),
                None => self.failed = true,
            }
        }
    }

    pub(super) fn removed_at(&mut self, seq: i64) {
        self.removed = Some(seq);
    }

    pub(super) fn reading_failed(&mut self, ended: u64) {
        self.failed |= self.reading.is_some_and(|reading| reading <= ended);
    }

    pub(super) fn older_failed(&mut self) {
        self.failed |= matches!(self.right, Right::Known(Some(_)));
    }
}

impl Hub {
    /// Asks for the rights of everybody who joined since the last time, at once.
    pub(super) fn ask_rights(&mut self) {
        if self.under_way.rights || !std::mem::take(&mut self.unasked) {
            return;
        }
        let mut people = Vec::new();
        for joining in self.joining.values_mut().filter(|joining| matches!(joining.right, Right::Unasked)) {
            joining.right = Right::Asked;
            people.push(joining.join.person);
        }
        if !people.is_empty() {
            people.sort_unstable();
            people.dedup();
            self.under_way.rights = true;
            self.todo.push(Todo::Rights(people));
        }
    }

    /// Answers everybody of whom enough is known.
    pub(super) fn settle(&mut self, now: DateTime<Utc>) {
        if !std::mem::take(&mut self.learnt) {
            return;
        }
        let connections: Vec<_> = self.joining.keys().copied().collect();
        for connection in connections {
            let Some(mut joining) = self.joining.remove(&connection) else { continue };
            let (ticket, done) = (joining.join.ticket, self.window.done());
            match self.decide(&mut joining, now) {
                Decision::Wait => {
                    self.joining.insert(connection, joining);
                }
                Decision::Unavailable => {
                    self.todo.push(Todo::Unavailable { connection, ticket, locale: joining.join.locale });
                }
                Decision::Answer(outcome) => {
                    // A stranger learns nothing of a stream, not even whether there is one.
                    let seq = if outcome == Outcome::Denied { 0 } else { done };
                    self.todo.push(Todo::Answer { connection, ticket, seq, outcome, from: None });
                }
                Decision::Follow { began, next, place } => {
                    let Joining { join: Join { person, format, .. }, watched, .. } = joining;
                    let seq = done.max(next - 1);
                    let (outcome, from) = (Outcome::Ok, Some(next - 1));
                    self.todo.push(Todo::Answer { connection, ticket, seq, outcome, from });
                    if place == Place::Live {
                        self.todo.push(Todo::Live { connection, seq });
                    }
                    self.behind |= place == Place::Behind;
                    self.followers.insert(connection, Follower { person, began, format, watched, next, place });
                }
            }
        }
    }

    fn decide(&mut self, joining: &mut Joining, now: DateTime<Utc>) -> Decision {
        if joining.failed {
            return Decision::Unavailable;
        }
        let Right::Known(began) = joining.right else { return Decision::Wait };
        let Some(began) = began.filter(|&began| joining.removed.is_none_or(|removed| removed < began)) else {
            return Decision::Answer(Outcome::Denied);
        };
        let done = self.window.done();
        let Some((since, epoch)) = joining.join.since else {
            // What was said before the membership began is not told, even if the hub is only about to.
            return Decision::Follow { began, next: began.max(done + 1), place: Place::Live };
        };
        if epoch != Some(self.epoch) {
            return Decision::Answer(Outcome::Reset);
        }
        if since > self.window.fetched() {
            return self.await_reading(joining);
        }
        if since + 1 < began || since + REPLAY < done {
            return Decision::Answer(Outcome::Reset);
        }
        if since >= done {
            return Decision::Follow { began, next: since + 1, place: Place::Live };
        }
        self.decide_replay(began, since, now)
    }

    /// Somebody has applied more than the hub has read: it reads, and either they were ahead of us or of the log.
    fn await_reading(&mut self, joining: &mut Joining) -> Decision {
        let reading = *joining.reading.get_or_insert_with(|| {
            self.reading.asked = true;
            self.reading.begun + 1
        });
        if self.reading.ended < reading { Decision::Wait } else { Decision::Answer(Outcome::Reset) }
    }

    fn decide_replay(&mut self, began: i64, since: i64, now: DateTime<Utc>) -> Decision {
        match self.window.reach(since) {
            Reach::Lost => Decision::Answer(Outcome::Reset),
            Reach::Older { up_to } => {
                if !self.under_way.older {
                    self.under_way.older = true;
                    self.todo.push(Todo::Older { after: since, up_to });
                }
                Decision::Wait
            }
            Reach::Held => {
                let is_old = self.window.held(since + 1).is_none_or(|first| first.at < now - KEPT);
                if is_old {
                    return Decision::Answer(Outcome::Reset);
                }
                Decision::Follow { began, next: since + 1, place: Place::Behind }
            }
        }
    }
}
