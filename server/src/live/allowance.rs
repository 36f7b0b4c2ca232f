//! How much of something one window of time takes: counted for a connection, or for a person who comes without one.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use words::PersonId;

use super::session::LIMITS;

/// The window in which commands are counted.
const WINDOW: Duration = Duration::from_secs(10);
/// How many requests about streams one window takes: a page asks twice for each of its streams, and again on a reset.
pub const FOLLOWS: usize = 4 * LIMITS.streams;
/// How often one window takes word that somebody writes: once a second, in whatever thread.
const TYPINGS: usize = 10;
/// From so many people on, those who have been quiet are forgotten.
const PEOPLE: usize = 1024;

/// How much of something one window takes.
#[derive(Debug)]
pub struct Allowance {
    most: usize,
    taken: VecDeque<Duration>,
}

/// What one asker may do in a window.
#[derive(Debug)]
pub struct Allowances {
    /// Commands.
    pub commands: Allowance,
    /// Requests about streams.
    pub follows: Allowance,
    /// Word that somebody writes.
    pub typings: Allowance,
}

/// The allowances of people who come without a connection: by poll.
#[derive(Debug)]
pub struct ByPerson {
    began: Instant,
    counted: bool,
    people: Mutex<HashMap<PersonId, Allowances>>,
}

impl Allowance {
    fn new(most: usize, counted: bool) -> Self {
        Self { most: if counted { most } else { usize::MAX }, taken: VecDeque::new() }
    }

    /// How long the next one must wait, if it must; else it is taken.
    pub fn wait(&mut self, now: Duration) -> Option<Duration> {
        while self.taken.front().is_some_and(|&first| now.saturating_sub(first) >= WINDOW) {
            self.taken.pop_front();
        }
        if self.taken.len() >= self.most {
            return self.taken.front().map(|&first| WINDOW.saturating_sub(now.saturating_sub(first)));
        }
        if self.most < usize::MAX {
            self.taken.push_back(now);
        }
        None
    }

    fn is_quiet(&self, now: Duration) -> bool {
        self.taken.back().is_none_or(|&last| now.saturating_sub(last) >= WINDOW)
    }
}

impl Allowances {
    /// Nothing taken yet; `counted` is whether anything is.
    pub fn new(counted: bool) -> Self {
        Self {
            commands: Allowance::new(LIMITS.commands_per_10s, counted),
            follows: Allowance::new(FOLLOWS, counted),
            typings: Allowance::new(TYPINGS, counted),
        }
    }
}

impl ByPerson {
    /// Nobody has taken anything yet; `counted` is whether anything is.
    pub fn new(counted: bool) -> Self {
        Self { began: Instant::now(), counted, people: Mutex::default() }
    }

    /// How long a person's next command must wait, if it must.
    pub fn command(&self, person: PersonId) -> Option<Duration> {
        self.of(person, |allowances, now| allowances.commands.wait(now))
    }

    /// How long a person's next request about a stream must wait, if it must.
    pub fn follow(&self, person: PersonId) -> Option<Duration> {
        self.of(person, |allowances, now| allowances.follows.wait(now))
    }

    fn of<T>(&self, person: PersonId, take: impl FnOnce(&mut Allowances, Duration) -> T) -> T {
        let now = self.began.elapsed();
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if people.len() >= PEOPLE {
            people.retain(|_, taken| !(taken.commands.is_quiet(now) && taken.follows.is_quiet(now)));
        }
        take(people.entry(person).or_insert_with(|| Allowances::new(self.counted)), now)
    }
}
