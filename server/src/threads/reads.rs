//! What sockets say that was read: many people's positions, one transaction, a verdict for each.
//!
//! Each socket gathers what its reader read for a second; what comes of others meanwhile is moved with it.

use std::collections::HashSet;

use words::{PersonId, ThreadId};

use super::positions::{ReadBy, mark_all_read, mark_read_together};
use crate::{
    batch::Batches,
    db::Db,
    error::{Error, Result},
    http::Viewer,
};

/// Where read positions are handed in.
#[derive(Clone, Debug)]
pub struct Reads {
    db: Db,
    batches: Batches<(), ReadBy, Verdict>,
}

/// What became of a person's positions in a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Moved,
    /// Somebody else writes on the person's stream, or the batch failed: they are to be moved alone.
    Alone,
    /// The database takes nothing for now.
    Later,
}

impl Reads {
    /// Where they are handed in that are kept in this database.
    pub fn new(db: Db) -> Self {
        Self { db, batches: Batches::default() }
    }

    /// Moves the viewer's read positions forward, together. What may not be read any more is passed over; answers what could
    /// not be moved and may be another time: all, or nothing. Whoever does not wait for it may find it not moved.
    pub async fn mark(&self, viewer: Viewer, positions: Vec<(ThreadId, i32)>) -> Vec<(ThreadId, i32)> {
        let db = self.db.clone();
        let commit = move |reads: Vec<ReadBy>| commit(db.clone(), reads);
        let verdict = match self.batches.submit((), (viewer.id, positions.clone()), commit) {
            Some(verdict) => verdict.await.unwrap_or(Verdict::Later),
            None => Verdict::Later,
        };
        match verdict {
            Verdict::Moved => Vec::new(),
            Verdict::Later => positions,
            Verdict::Alone => self.mark_alone(viewer, positions).await,
        }
    }

    async fn mark_alone(&self, viewer: Viewer, positions: Vec<(ThreadId, i32)>) -> Vec<(ThreadId, i32)> {
        let read = positions.clone();
        let moved = self.db.write(move |tx| Box::pin(async move { mark_all_read(tx, &viewer, &read).await }));
        match moved.await {
            Ok(()) | Err(Error::NotFound) => Vec::new(),
            Err(error) => {
                tracing::debug!(%error, "read positions were not moved");
                positions
            }
        }
    }
}

async fn commit(db: Db, reads: Vec<ReadBy>) -> Vec<Verdict> {
    let people: Vec<_> = reads.iter().map(|(person, _)| *person).collect();
    let moved: Result<HashSet<PersonId>> =
        db.write(move |tx| Box::pin(async move { mark_read_together(tx, &reads).await })).await;
    if let Err(error) = &moved {
        tracing::warn!(%error, people = people.len(), "what was read was not moved together");
    }
    let verdict = |person: PersonId| match &moved {
        Ok(moved) if moved.contains(&person) => Verdict::Moved,
        Err(Error::Unavailable) => Verdict::Later,
        Ok(_) | Err(_) => Verdict::Alone,
    };
    people.into_iter().map(verdict).collect()
}
