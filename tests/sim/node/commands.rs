//! The commands of a node: each is judged, takes its place in a batch, and is answered once it is committed.

use axum::extract::ws::Utf8Bytes;
use chrono::{DateTime, Utc};
use web::Text;
use words::Locale;

use preau::{
    error::Error,
    live::{
        frame::{self, ClientFrame, ServerFrame},
        hub::ConnectionId,
        session::{self, id_of},
    },
};

use super::Node;
use crate::{
    cast::{FORGED, group_of, message_id, message_of, stream_id, thread_of},
    figures::Figure,
    ground::{Author, Ground},
    store::{Change, Post, Verdict},
    twist::Twist,
};

/// A post that waits for its verdict.
#[derive(Clone, Debug)]
pub(super) struct Item {
    post: Post,
    connection: ConnectionId,
    slot: u64,
    id: Option<i64>,
    /// The twist answered it already.
    acked: bool,
}

/// A batch in flight.
#[derive(Debug)]
pub(super) struct Commit {
    group: usize,
    items: Vec<Item>,
    verdicts: Option<Vec<Verdict>>,
}

impl Node {
    /// The command that is being handed in goes on: it is judged, or takes its place in a batch.
    pub(super) fn run(&mut self, id: ConnectionId, ground: &mut Ground) -> bool {
        let reached = self.known.reach(ground);
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        if connection.is_blocked() {
            return false;
        }
        let Some(command) = connection.beginning.take() else { return false };
        let slot = connection.slot();
        let (person, asked) = (connection.person, id_of(&command));
        let at = ground.clock(self.known.clock);
        let verdict = match command {
            ClientFrame::Send { message, .. } => {
                let (thread, body) = (thread_of(message.thread), message.body.parse().unwrap_or_default());
                let message = message_of(message.id);
                let Some(&Author { client, order, .. }) = ground.authors.get(&message) else { return false };
                if !reached {
                    Verdict::Unavailable
                } else if !ground.store.is_member(group_of(thread), person) {
                    Verdict::NotFound
                } else {
                    let post = Post { message, thread, person, body, client, order };
                    self.submit(Item { post, connection: id, slot, id: asked, acked: false }, ground);
                    return true;
                }
            }
            _ if !reached => Verdict::Unavailable,
            ClientFrame::Edit { op, message, body, .. } => {
                let says = Some(body.parse().unwrap_or_default());
                change(&Change { operation: number_of(op), message: message_of(message), person, says }, at, ground)
            }
            ClientFrame::Delete { op, message, .. } => {
                let (operation, message) = (number_of(op), message_of(message));
                change(&Change { operation, message, person, says: None }, at, ground)
            }
            _ => Verdict::NotFound,
        };
        let frame = answered(asked, verdict, ground);
        self.answer(id, slot, frame);
        true
    }

    fn answer(&mut self, id: ConnectionId, slot: u64, frame: Utf8Bytes) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.answer(slot, frame);
        }
    }

    fn submit(&mut self, mut item: Item, ground: &mut Ground) {
        let group = group_of(item.post.thread);
        if ground.has(Twist::AckEarly) {
            let (message, seq) = (item.post.message, ground.store.last(group) + 1);
            let position = ground.store.last_position(item.post.thread) + 1;
            let done = Verdict::Done { message, stream: group, seq, position, duplicate: false };
            let frame = answered(item.id, done, ground);
            self.answer(item.connection, item.slot, frame);
            item.acked = true;
        }
        match self.batchers[group].push(item) {
            Ok(Some(items)) => self.commits.push(Commit { group, items, verdicts: None }),
            Ok(None) => {}
            Err(item) => {
                let frame = answered(item.id, Verdict::Unavailable, ground);
                self.answer(item.connection, item.slot, frame);
            }
        }
    }

    pub(crate) fn is_committing(&self) -> bool {
        !self.commits.is_empty()
    }

    /// A batch commits or fails, or its end comes back; whether there was one.
    pub(crate) fn commit_turn(&mut self, ground: &mut Ground) -> bool {
        if self.commits.is_empty() {
            return false;
        }
        let index = ground.dice.roll(self.commits.len());
        if self.commits[index].verdicts.is_none() {
            let reached = self.known.reach(ground);
            let verdicts = self.commit(&self.commits[index].items, reached, ground);
            self.commits[index].verdicts = Some(verdicts);
            return true;
        }
        let Commit { group, items, verdicts } = self.commits.swap_remove(index);
        if items.len() > 1 {
            ground.count(Figure::Batches);
        }
        let mut ids: Vec<_> = items.iter().map(|item| item.id).collect();
        if ground.has(Twist::MixAcks) {
            ids.rotate_left(1);
        }
        for ((item, id), verdict) in items.into_iter().zip(ids).zip(verdicts.into_iter().flatten()) {
            if !item.acked {
                let frame = answered(id, verdict, ground);
                self.answer(item.connection, item.slot, frame);
            }
        }
        if let Some(items) = self.batchers[group].finished() {
            self.commits.push(Commit { group, items, verdicts: None });
        }
        true
    }

    fn commit(&self, items: &[Item], reached: bool, ground: &mut Ground) -> Vec<Verdict> {
        let nobody_knows = |items: &[Item]| items.iter().map(|_| Verdict::Unavailable).collect();
        if !reached || ground.fails(4) {
            ground.count(Figure::FailedCommits);
            return nobody_knows(items);
        }
        let (before, at) = (ground.lasts(), ground.clock(self.known.clock));
        let mut verdicts = Vec::new();
        for item in items {
            let had = ground.store.has(item.post.message);
            let verdict = ground.store.post(&mut ground.history, &item.post, at);
            if matches!(verdict, Verdict::Done { duplicate: false, .. }) {
                stored(&item.post, had, ground);
            }
            verdicts.push(verdict);
        }
        if ground.fails(4) {
            ground.count(Figure::LostAnswers);
            return nobody_knows(items);
        }
        ground.hint(before);
        verdicts
    }
}

/// What must hold of a message that was stored now.
fn stored(post: &Post, had: bool, ground: &mut Ground) {
    ground.count(Figure::Commits);
    ground.check(!had, || format!("I1: {post:?} is stored twice"));
    // Somebody else's words under its id, once a restore has lost it, have no place among its author's.
    let is_own = post.body != FORGED && ground.authors.get(&post.message).is_some_and(|author| !author.asked);
    if is_own {
        let keeps = ground.store.keeps_order(post);
        ground.check(keeps, || format!("I7: {post:?} is overtaken"));
    }
}

/// A transaction of its own, that may fail before its commit or lose its answer after it.
fn change(change: &Change, at: DateTime<Utc>, ground: &mut Ground) -> Verdict {
    if ground.fails(4) {
        ground.count(Figure::FailedCommits);
        return Verdict::Unavailable;
    }
    let before = ground.lasts();
    let is_first = !ground.history.has_done(change.operation, change.message);
    let verdict = ground.store.change(&mut ground.history, change, at);
    match verdict {
        Verdict::Done { duplicate: false, .. } => ground.count(Figure::Edits),
        Verdict::Done { .. } if is_first => ground.count(Figure::Unchanged),
        _ => {}
    }
    if ground.fails(4) {
        ground.count(Figure::LostAnswers);
        return Verdict::Unavailable;
    }
    ground.hint(before);
    verdict
}

fn number_of(operation: words::OperationId) -> usize {
    usize::try_from(operation.0.as_u128() & 0xffff_ffff).unwrap_or_default()
}

/// The frame that answers a command. An ack says only what was committed (I1).
fn answered(id: Option<i64>, verdict: Verdict, ground: &mut Ground) -> Utf8Bytes {
    let error = match verdict {
        Verdict::Done { message, stream, seq, position, duplicate } => {
            ground.count(if duplicate { Figure::Duplicates } else { Figure::Acks });
            let (message, stream) = (message_id(message), stream_id(stream));
            return frame::print(&ServerFrame::Ack { id, message, stream, seq, position, duplicate });
        }
        Verdict::NotFound => Error::NotFound,
        Verdict::IdConflict => Error::IdConflict,
        Verdict::Forbidden => Error::Forbidden,
        Verdict::Archived => Error::Archived,
        Verdict::Unavailable => Error::Unavailable,
    };
    ground.count(match verdict {
        Verdict::Unavailable => Figure::Unavailable,
        Verdict::IdConflict => Figure::Conflicts,
        _ => Figure::Refusals,
    });
    session::refusal(id, &error, Text::of(Locale::Fr))
}
