//! Who writes in which thread: told as it passes, kept here for seconds and nowhere else, and gone by time alone (I12).
//!
//! A page names two people and says "several" of three, so three of a thread are told of, however many write: what each
//! follower is told does not grow with the thread. It goes out at most once a second, the same bytes to all who are told
//! the same, and who still writes is told of again only when what was told is half over.

use std::collections::{BTreeMap, HashSet};

use axum::extract::ws::Utf8Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use words::{PersonId, ThreadId};

use super::{ConnectionId, Follower, Hub, Todo, follower::Place};
use crate::live::wire::Chunk;

/// How long it holds that somebody writes. Longer than what passes between two tellings: [`AGAIN`], the 3 s between two
/// words of a client, and the second between two rounds.
pub const TTL: TimeDelta = TimeDelta::milliseconds(8000);
/// Who was told of so long ago, and writes still, is told of again.
const AGAIN: TimeDelta = TimeDelta::milliseconds(4000);
/// How many of a thread are told of.
const OF_A_THREAD: usize = 3;
/// In how many threads at once somebody is believed to write.
const OF_A_PERSON: usize = 3;
/// How many of a stream are told of: a bit each, of those of one round.
const OF_A_STREAM: usize = u32::BITS as usize;
/// How many may wait for their round.
const WAITING: usize = 256;

/// Somebody who writes in a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Typing {
    /// Where.
    pub thread: ThreadId,
    /// Who.
    pub person: PersonId,
}

/// What is told of those who write and chose to show it, and who of the listeners chose to see it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Shown {
    /// A frame each.
    pub frames: Vec<(Typing, Utf8Bytes)>,
    /// To whom.
    pub listeners: HashSet<PersonId>,
}

/// Where somebody said that they write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Origin {
    Here,
    /// On another node.
    Elsewhere,
}

/// Those who write.
#[derive(Debug, Default)]
pub(super) struct Typists {
    /// Who said so since the last round.
    waiting: Vec<(Typing, Origin)>,
    /// Who is being asked about.
    asked: Vec<Typing>,
    /// Who was told of, and when.
    told: Vec<(Typing, DateTime<Utc>)>,
    /// Whether a round is not over.
    busy: bool,
}

impl Typists {
    fn note(&mut self, typing: Typing, origin: Origin) {
        if self.waiting.len() < WAITING && !self.waiting.contains(&(typing, origin)) {
            self.waiting.push((typing, origin));
        }
    }

    /// Begins a round with those of whom there is something to tell; answers which of them said so here.
    fn next_round(&mut self, now: DateTime<Utc>) -> Option<Vec<Typing>> {
        if self.busy || self.waiting.is_empty() {
            return None;
        }
        let mut here = Vec::new();
        // A clock that was set back ends it early.
        self.told.retain(|&(_, at)| (TimeDelta::zero()..TTL).contains(&(now - at)));
        for (typing, origin) in std::mem::take(&mut self.waiting) {
            if let Some((_, at)) = self.told.iter_mut().find(|(told, _)| *told == typing) {
                if now - *at < AGAIN {
                    continue;
                }
                *at = now;
            } else if self.has_place(typing) {
                self.told.push((typing, now));
            } else {
                continue;
            }
            self.asked.push(typing);
            if origin == Origin::Here {
                here.push(typing);
            }
        }
        self.busy = !self.asked.is_empty();
        self.busy.then_some(here)
    }

    fn has_place(&self, Typing { thread, person }: Typing) -> bool {
        let of_thread = self.told.iter().filter(|(told, _)| told.thread == thread).count();
        let of_person = self.told.iter().filter(|(told, _)| told.person == person).count();
        self.told.len() < OF_A_STREAM && of_thread < OF_A_THREAD && of_person < OF_A_PERSON
    }

    /// Forgets some.
    pub(super) fn forget(&mut self, is_over: impl Fn(Typing) -> bool) {
        self.waiting.retain(|&(typing, _)| !is_over(typing));
        self.asked.retain(|&typing| !is_over(typing));
        self.told.retain(|&(typing, _)| !is_over(typing));
    }
}

impl Hub {
    /// A connection says that its person writes in a thread. Who does not follow is not heard.
    pub fn typing(&mut self, connection: ConnectionId, thread: ThreadId) {
        if let Some(&Follower { person, .. }) = self.followers.get(&connection) {
            self.typists.note(Typing { thread, person }, Origin::Here);
        }
    }

    /// Another node says that somebody writes. It is believed no more than a follower: the database is asked of both.
    pub fn typing_elsewhere(&mut self, typing: Typing) {
        self.typists.note(typing, Origin::Elsewhere);
    }

    /// Asks who of those who write chose to show it, and who might be told.
    pub(super) fn ask_typists(&mut self, now: DateTime<Utc>) {
        let Some(here) = self.typists.next_round(now) else { return };
        let asked = &self.typists.asked;
        let hears = |follower: &&Follower| {
            asked.iter().any(|typing| typing.person != follower.person && follower.hears(typing.thread))
        };
        let mut listeners: Vec<_> = self.followers.values().filter(hears).map(|follower| follower.person).collect();
        listeners.sort_unstable();
        listeners.dedup();
        self.todo.push(Todo::Typists { typing: asked.clone(), here, listeners });
    }

    /// What was asked of those who write. Who follows is looked at now: whoever was put out meanwhile is told nothing,
    /// and nothing is told of them (I8).
    pub(super) fn typists(&mut self, shown: &Shown) {
        let asked = std::mem::take(&mut self.typists.asked);
        let frames: Vec<_> = shown.frames.iter().filter(|(typing, _)| asked.contains(typing)).collect();
        // Who does not show it takes nobody's place.
        self.typists.forget(|typing| asked.contains(&typing) && !frames.iter().any(|(shown, _)| *shown == typing));
        let mut shares: BTreeMap<u32, Vec<ConnectionId>> = BTreeMap::new();
        for (&connection, follower) in &self.followers {
            let is_leaving = self.ends.iter().any(|&(person, end)| person == follower.person && end >= follower.began);
            if follower.place != Place::Live || is_leaving || !shown.listeners.contains(&follower.person) {
                continue;
            }
            let told = frames
                .iter()
                .enumerate()
                .filter(|(_, (typing, _))| typing.person != follower.person && follower.hears(typing.thread));
            let wanted = told.fold(0, |wanted, (index, _)| wanted | 1 << index);
            if wanted != 0 {
                shares.entry(wanted).or_default().push(connection);
            }
        }
        for (wanted, connections) in shares {
            let frames = frames.iter().enumerate().filter(|(index, _)| (wanted >> index) & 1 == 1);
            let chunk = Chunk::texts(frames.map(|(_, (_, frame))| frame.as_str()));
            self.todo.push(Todo::Pass { connections, chunk });
        }
        self.todo.push(Todo::Rest);
    }

    /// A round is over, and a second has passed.
    pub(super) fn rested(&mut self) {
        self.typists.busy = false;
    }
}
