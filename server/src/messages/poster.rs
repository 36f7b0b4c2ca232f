//! Posting: one queue for the pages' forms, the API and the sockets.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use words::{GroupId, PersonId, ThreadId};

use super::{Draft, Post, Verdict, commit, mentions};
use crate::{
    batch::{Batches, Metrics},
    db::{self, Db},
    error::{Error, Result},
    http::Viewer,
    threads::{self, MayPost},
};

/// How many early rights are remembered; one more, and all are asked anew.
const REMEMBERED: usize = 10_000;

/// Where posts are handed in.
#[derive(Clone, Debug)]
pub struct Poster {
    db: Db,
    batches: Batches<GroupId, Post, Verdict>,
    remembered: Remembered,
}

/// Early rights that were asked before. None of them lets anything through: the right is asked again under the lock
/// of the group's stream, and whoever is refused there is asked about anew the next time.
#[derive(Clone, Debug, Default)]
struct Remembered(Arc<Mutex<HashMap<(PersonId, ThreadId), MayPost>>>);

/// A post that was handed in, and whose verdict is on its way.
#[derive(Debug)]
pub struct Posted {
    verdict: Option<tokio::sync::oneshot::Receiver<Verdict>>,
    may: MayPost,
    remembered: Remembered,
}

impl Poster {
    /// A poster that commits to this database.
    pub fn new(db: Db) -> Self {
        Self { db, batches: Batches::default(), remembered: Remembered::default() }
    }

    /// What was batched.
    pub fn batches(&self) -> &Metrics {
        self.batches.metrics()
    }

    /// Whether the viewer may post in a thread, as an early answer: who posts there again is not asked about each time.
    pub async fn may_post(&self, viewer: &Viewer, thread: ThreadId) -> Result<MayPost> {
        if let Some(may) = self.remembered.of(viewer.id, thread) {
            return Ok(may);
        }
        let may = db::promptly(async {
            let mut connection = self.db.lend().await?;
            threads::may_post(&mut connection, viewer, thread).await
        })
        .await?;
        self.remembered.keep(may);
        Ok(may)
    }

    /// A draft with what it names, as it is to be posted: who names nobody waits for nothing.
    pub async fn addressed(&self, may: &MayPost, draft: Draft) -> Result<Draft> {
        if !draft.body().contains('@') {
            return Ok(draft);
        }
        db::promptly(async {
            let mut connection = self.db.lend().await?;
            mentions::address(&mut connection, may.group(), draft).await
        })
        .await
    }

    /// Hands in a post: posts of a group are committed in the order in which they were handed in.
    pub fn submit(&self, post: Post) -> Posted {
        let (db, may) = (self.db.clone(), *post.may());
        let verdict = self.batches.submit(post.group(), post, move |posts| {
            let db = db.clone();
            async move { commit(&db, posts).await }
        });
        Posted { verdict, may, remembered: self.remembered.clone() }
    }

    /// Hands in a post and waits for its verdict.
    pub async fn post(&self, post: Post) -> Verdict {
        self.submit(post).verdict().await
    }
}

impl Posted {
    /// The verdict, once the commit returned. A commit whose answer was lost is `unavailable`: the same id tells.
    pub async fn verdict(self) -> Verdict {
        let verdict = match self.verdict {
            Some(verdict) => verdict.await.unwrap_or(Err(Error::Unavailable)),
            None => Err(Error::Unavailable),
        };
        if verdict.is_err() {
            self.remembered.forget(self.may);
        }
        verdict
    }
}

impl Remembered {
    fn of(&self, person: PersonId, thread: ThreadId) -> Option<MayPost> {
        self.lock().get(&(person, thread)).copied()
    }

    fn keep(&self, may: MayPost) {
        let mut remembered = self.lock();
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert((may.person(), may.thread()), may);
    }

    fn forget(&self, may: MayPost) {
        self.lock().remove(&(may.person(), may.thread()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(PersonId, ThreadId), MayPost>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
