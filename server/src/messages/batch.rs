//! The group commit: many posts of one group, one transaction, a verdict for each.
//!
//! Under the lock of the group's stream, and in statements of their own: what is known of each item, then verdicts by
//! [`judge`], which does no I/O, then one writable CTE for all that were accepted.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use words::{GroupId, MessageId, ThreadId};

use super::{Ack, Draft, store};
use crate::{
    db::{Db, Tx},
    documents,
    error::{Error, Result},
    faults::{bug, point},
    threads::MayPost,
};

/// A message on its way: the early right, and what is said.
#[derive(Clone, Debug)]
pub struct Post {
    may: MayPost,
    draft: Draft,
}

/// What became of a post.
pub type Verdict = Result<Ack>;

/// What is decided of an item before anything is written.
#[derive(Debug)]
enum Judgement {
    Accept { seq: i64, position: i32 },
    Duplicate { seq: i64, position: i32 },
    Refuse(Error),
}

impl Post {
    /// A post of a checked draft by who may post.
    pub fn new(may: MayPost, draft: Draft) -> Self {
        Self { may, draft }
    }

    /// The group whose stream it joins.
    pub fn group(&self) -> GroupId {
        self.may.group()
    }

    pub(super) fn may(&self) -> &MayPost {
        &self.may
    }

    pub(super) fn draft(&self) -> &Draft {
        &self.draft
    }

    /// A keyed hash of what was first sent: author, thread, body, files (I1).
    fn fingerprint(&self, key: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        // Twice the key, around the content: HMAC's shape, without its padding; the key's length is fixed.
        hash.update(key);
        hash.update(self.may.person().0.as_bytes());
        hash.update(self.may.thread().0.as_bytes());
        hash.update(u64::try_from(self.draft.body().len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(self.draft.body());
        for file in self.draft.attachments() {
            hash.update(file.0.as_bytes());
        }
        hash.update(key);
        hash.finalize().into()
    }
}

/// Commits posts of one group together. If that fails as a whole, each is tried alone, so that one bad item never fails
/// its neighbours.
pub async fn commit(db: &Db, posts: Vec<Post>) -> Vec<Verdict> {
    match commit_together(db, posts.clone()).await {
        Ok(verdicts) => verdicts,
        Err(error) if posts.len() == 1 => vec![Err(error)],
        Err(Error::Unavailable) => posts.iter().map(|_| Err(Error::Unavailable)).collect(),
        Err(error) => {
            tracing::warn!(%error, posts = posts.len(), "a batch failed as a whole and is tried one by one");
            let mut verdicts = Vec::with_capacity(posts.len());
            for post in posts {
                let alone = commit_together(db, vec![post]).await;
                verdicts.push(alone.and_then(|mut verdicts| verdicts.pop().unwrap_or(Err(Error::Unavailable))));
            }
            verdicts
        }
    }
}

/// One post, in a transaction that somebody else commits; the group's stream must be locked or be lockable here.
pub(super) async fn post(tx: &mut Tx, post: &Post) -> Verdict {
    write(tx, std::slice::from_ref(post)).await?.pop().unwrap_or(Err(Error::Unavailable))
}

async fn commit_together(db: &Db, posts: Vec<Post>) -> Result<Vec<Verdict>> {
    bug!("ack_before_commit" => return commit_late(db, posts).await);
    db.write(move |tx| {
        Box::pin(async move {
            bug!("no_unique_id" => return write_again(tx, &posts).await);
            write(tx, &posts).await
        })
    })
    .await
}

async fn write(tx: &mut Tx, posts: &[Post]) -> Result<Vec<Verdict>> {
    let Some(group) = posts.first().map(Post::group) else { return Ok(Vec::new()) };
    let last_seq = tx.lock(group.into()).await?;
    let known = store::known(tx.connection(), group, posts).await?;
    let mut files = HashMap::new();
    for (index, post) in posts.iter().enumerate().filter(|(_, post)| !post.draft.attachments().is_empty()) {
        let check = documents::attachable(tx.connection(), group, post.may.person(), post.draft.attachments()).await?;
        files.insert(index, check);
    }
    let fingerprints: Vec<_> = posts.iter().zip(&known).map(|(post, known)| post.fingerprint(&known.key)).collect();
    let judgements = judge(posts, &known, &fingerprints, &files, last_seq);
    let accepted: Vec<_> = posts
        .iter()
        .zip(&known)
        .zip(&fingerprints)
        .zip(&judgements)
        .filter_map(|(((post, known), fingerprint), judgement)| match *judgement {
            Judgement::Accept { seq, position } => {
                Some(store::Accepted { post, assignment: known.assignment, fingerprint, seq, position })
            }
            _ => None,
        })
        .collect();
    if let Some(last) = accepted.last().map(|accepted| accepted.seq) {
        let now = tx.now();
        store::insert(tx.connection(), group, &accepted, last, now).await?;
        tx.hint(group.into(), last);
        point!("after_insert");
        let named =
            |post: &Post| post.draft.mentions().iter().map(|&named| (post.draft.id(), named)).collect::<Vec<_>>();
        let mentions: Vec<_> = accepted.iter().flat_map(|accepted| named(accepted.post)).collect();
        if !mentions.is_empty() {
            store::insert_mentions(tx.connection(), &mentions).await?;
        }
        for accepted in accepted.iter().filter(|accepted| !accepted.post.draft.attachments().is_empty()) {
            attach(tx, accepted.post).await?;
        }
    }
    Ok(judgements.into_iter().zip(posts).map(|(judgement, post)| verdict(judgement, post)).collect())
}

/// Answers before the commit: what the bug `ack_before_commit` does.
#[cfg(feature = "faults")]
async fn commit_late(db: &Db, posts: Vec<Post>) -> Result<Vec<Verdict>> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    let written = db.write(move |tx| {
        Box::pin(async move {
            let verdicts = write(tx, &posts).await;
            let failed = verdicts.is_err();
            drop(answer.send(verdicts));
            crate::faults::late().await;
            if failed { Err(Error::Unavailable) } else { Ok(()) }
        })
    });
    tokio::select! {
        answered = answered => answered.unwrap_or(Err(Error::Unavailable)),
        written = written => written.and(Err(Error::Unavailable)),
    }
}

/// Writes what was sent again under new ids, and answers by the old ones: what the bug `no_unique_id` does.
#[cfg(feature = "faults")]
async fn write_again(tx: &mut Tx, posts: &[Post]) -> Result<Vec<Verdict>> {
    let mut renamed = posts.to_vec();
    for post in &mut renamed {
        if store::exists(tx.connection(), post.draft.id()).await? {
            post.draft = post.draft.clone().with_id(tx.fresh());
        }
    }
    let verdicts = write(tx, &renamed).await?;
    let named = |(verdict, post): (Verdict, &Post)| verdict.map(|ack| Ack { message: post.draft.id(), ..ack });
    Ok(verdicts.into_iter().zip(posts).map(named).collect())
}

/// Files the message's files in the library, and names them.
async fn attach(tx: &mut Tx, post: &Post) -> Result<()> {
    for &file in post.draft.attachments() {
        documents::file_away(tx, post.may.group(), post.may.person(), file).await?;
    }
    store::insert_attachments(tx.connection(), post.draft.id(), post.draft.attachments()).await
}

/// The verdict of each post, in order: no right to read, then duplicate, archived, the rest. Accepted ones take the
/// sequences after `last_seq` and the positions after their thread's last.
fn judge(
    posts: &[Post],
    known: &[store::Known],
    fingerprints: &[[u8; 32]],
    files: &HashMap<usize, bool>,
    last_seq: i64,
) -> Vec<Judgement> {
    let mut seq = last_seq;
    let mut positions: HashMap<ThreadId, i32> = HashMap::new();
    let mut accepted: HashMap<MessageId, (usize, i64, i32)> = HashMap::new();
    let mut judgements = Vec::with_capacity(posts.len());
    for (index, (post, known)) in posts.iter().zip(known).enumerate() {
        let id = post.draft.id();
        let earlier = known
            .first
            .as_ref()
            .map(|first| (first.fingerprint == fingerprints[index], first.seq, first.position))
            .or_else(|| {
                accepted.get(&id).map(|&(at, seq, position)| (fingerprints[at] == fingerprints[index], seq, position))
            });
        let judgement = match earlier {
            _ if !known.member || !known.in_group => Judgement::Refuse(Error::NotFound),
            Some((true, seq, position)) => Judgement::Duplicate { seq, position },
            Some((false, ..)) => Judgement::Refuse(Error::IdConflict),
            None if known.archived => Judgement::Refuse(Error::Archived),
            None if files.get(&index) == Some(&false) => Judgement::Refuse(Error::field("attachments", "unknown")),
            None => {
                seq += 1;
                let position = positions.entry(post.may.thread()).or_insert(known.last_position);
                *position += 1;
                accepted.insert(id, (index, seq, *position));
                Judgement::Accept { seq, position: *position }
            }
        };
        judgements.push(judgement);
    }
    judgements
}

fn verdict(judgement: Judgement, post: &Post) -> Verdict {
    let ack = |seq, position, duplicate| Ack {
        message: post.draft.id(),
        thread: post.may.thread(),
        seq,
        position,
        duplicate,
    };
    match judgement {
        Judgement::Accept { seq, position } => Ok(ack(seq, position, false)),
        Judgement::Duplicate { seq, position } => Ok(ack(seq, position, true)),
        Judgement::Refuse(error) => Err(error),
    }
}
