//! Posting: one queue for the pages' forms, the API and the sockets.

use words::GroupId;

use super::{Post, Verdict, commit};
use crate::{
    db::Db,
    error::{Error, Result},
    live::batch::Batches,
};

/// Where posts are handed in.
#[derive(Clone, Debug)]
pub struct Poster {
    db: Db,
    batches: Batches<GroupId, Post, Verdict>,
}

/// A post that was handed in, and whose verdict is on its way.
#[derive(Debug)]
pub struct Posted(Option<tokio::sync::oneshot::Receiver<Verdict>>);

impl Poster {
    /// A poster that commits to this database.
    pub fn new(db: Db) -> Self {
        Self { db, batches: Batches::default() }
    }

    /// Hands in a post: posts of a group are committed in the order in which they were handed in.
    pub fn submit(&self, post: Post) -> Posted {
        let db = self.db.clone();
        Posted(self.batches.submit(post.group(), post, move |posts| {
            let db = db.clone();
            async move { commit(&db, posts).await }
        }))
    }

    /// Hands in a post and waits for its verdict.
    pub async fn post(&self, post: Post) -> Verdict {
        self.submit(post).verdict().await
    }
}

impl Posted {
    /// The verdict, once the commit returned. A commit whose answer was lost is `unavailable`: the same id tells.
    pub async fn verdict(self) -> Result<super::Ack> {
        match self.0 {
            Some(verdict) => verdict.await.unwrap_or(Err(Error::Unavailable)),
            None => Err(Error::Unavailable),
        }
    }
}
