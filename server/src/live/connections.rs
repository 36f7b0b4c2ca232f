//! Who is connected: counted for each person, and ended with their session (I8).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;
use words::{PersonId, SessionId};

use super::hub::ConnectionId;
use crate::http::{Credential, Viewer};

/// How many connections a person may have.
const OF_A_PERSON: usize = 10;

/// The connections of this process.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<Mutex<HashMap<ConnectionId, Entry>>>);

#[derive(Debug)]
struct Entry {
    person: PersonId,
    session: Option<SessionId>,
    ended: CancellationToken,
}

/// A registered connection; dropped, it is forgotten.
#[derive(Debug)]
pub struct Registered {
    connections: Connections,
    id: ConnectionId,
    ended: CancellationToken,
}

impl Connections {
    /// Whether a person may open one more.
    pub fn has_room(&self, person: PersonId) -> bool {
        self.lock().values().filter(|entry| entry.person == person).count() < OF_A_PERSON
    }

    /// Notes a connection; none if the person has too many.
    pub fn register(&self, id: ConnectionId, viewer: &Viewer) -> Option<Registered> {
        let session = match viewer.credential {
            Credential::Session(session) => Some(session),
            Credential::Token => None,
        };
        let ended = CancellationToken::new();
        let mut entries = self.lock();
        if entries.values().filter(|entry| entry.person == viewer.id).count() >= OF_A_PERSON {
            return None;
        }
        entries.insert(id, Entry { person: viewer.id, session, ended: ended.clone() });
        Some(Registered { connections: self.clone(), id, ended })
    }

    /// The sessions that have a connection here.
    pub fn sessions(&self) -> Vec<SessionId> {
        self.lock().values().filter_map(|entry| entry.session).collect()
    }

    /// Closes the connections of sessions that have ended.
    pub fn end(&self, sessions: &[SessionId]) {
        let entries = self.lock();
        let of_ended =
            entries.values().filter(|entry| entry.session.is_some_and(|session| sessions.contains(&session)));
        of_ended.for_each(|entry| entry.ended.cancel());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registered {
    /// Ends when the connection's session does.
    pub fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.id);
    }
}
