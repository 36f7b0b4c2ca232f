//! Who is connected: counted for each person and in all, and ended with what they proved who they are with (I8).

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use uuid::Uuid;
use words::{Locale, PersonId};

use super::{ending::Ending, hub::ConnectionId, session::Close};
use crate::http::{Credential, Viewer};

/// How many connections a person may have.
const OF_A_PERSON: usize = 10;

static CONNECTION: AtomicU64 = AtomicU64::new(1);

/// The connections of this process.
#[derive(Clone, Debug)]
pub struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    count: usize,
    people: HashMap<PersonId, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    id: ConnectionId,
    credential: Credential,
    /// The language in which it is spoken to.
    locale: Locale,
    tab: Option<Uuid>,
    ending: Arc<Ending>,
}

/// Why a connection is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Full {
    /// The person has as many as they may have.
    Person,
    /// The process has.
    Process,
}

/// A registered connection; dropped, it is forgotten.
#[derive(Debug)]
pub struct Registered {
    connections: Connections,
    person: PersonId,
    id: ConnectionId,
    ending: Arc<Ending>,
}

impl Connections {
    /// None yet, and at most so many.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Shared { most, held: Mutex::default() }))
    }

    /// Whether a person may open one more. The connection that a browser's tab had gives way to its next one.
    pub fn has_room(&self, person: PersonId, tab: Option<Uuid>) -> bool {
        self.lock().of(person, tab) < OF_A_PERSON
    }

    /// Notes a connection. One that the same tab of the same person had is replaced.
    pub fn register(&self, viewer: &Viewer, tab: Option<Uuid>) -> Result<Registered, Full> {
        let id = CONNECTION.fetch_add(1, Ordering::Relaxed);
        let ending = Arc::new(Ending::default());
        let mut held = self.lock();
        if held.of(viewer.id, tab) >= OF_A_PERSON {
            return Err(Full::Person);
        }
        if held.count >= self.0.most {
            return Err(Full::Process);
        }
        held.count += 1;
        // Most people have one.
        let entries = held.people.entry(viewer.id).or_insert_with(|| Vec::with_capacity(1));
        entries.iter().filter(|entry| entry.is_of(tab)).for_each(|entry| entry.ending.reach(Close::Replaced));
        let (credential, locale) = (viewer.credential, viewer.locale);
        entries.push(Entry { id, credential, locale, tab, ending: Arc::clone(&ending) });
        Ok(Registered { connections: self.clone(), person: viewer.id, id, ending })
    }

    /// How many connections there are.
    pub fn count(&self) -> usize {
        self.lock().count
    }

    /// What the connections here rest on, and the languages in which they are spoken to.
    pub fn credentials(&self) -> Vec<(Credential, Locale)> {
        self.lock().people.values().flatten().map(Entry::rests_on).collect()
    }

    /// Closes the connections that do not go on as they are, with the reason.
    pub fn end(&self, ended: &HashMap<(Credential, Locale), Close>) {
        if ended.is_empty() {
            return;
        }
        for entry in self.lock().people.values().flatten() {
            if let Some(&close) = ended.get(&entry.rests_on()) {
                entry.ending.reach(close);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// How many connections a person has beside those of this tab.
    fn of(&self, person: PersonId, tab: Option<Uuid>) -> usize {
        self.people.get(&person).map_or(0, |entries| entries.iter().filter(|entry| !entry.is_of(tab)).count())
    }
}

impl Entry {
    fn rests_on(&self) -> (Credential, Locale) {
        (self.credential, self.locale)
    }

    fn is_of(&self, tab: Option<Uuid>) -> bool {
        tab.is_some() && self.tab == tab
    }
}

impl Registered {
    /// Names the connection.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// What ends it.
    pub fn ending(&self) -> Arc<Ending> {
        Arc::clone(&self.ending)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut held = self.connections.lock();
        let Some(entries) = held.people.get_mut(&self.person) else { return };
        entries.retain(|entry| entry.id != self.id);
        if entries.is_empty() {
            held.people.remove(&self.person);
        }
        held.count -= 1;
    }
}
