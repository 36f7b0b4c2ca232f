//! A model of the database: what a transaction decides under the lock of a stream, without the transaction.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;
use words::{Event, EventKind, PersonId};

use preau::live::log::{Entry, Kind};

use crate::{
    cast::{
        GROUPS, PEOPLE, STREAMS, THREADS, group_id, group_of, mark, marked, message_id, message_of, own_stream,
        person_id, person_of, stream_of, thread_id, thread_of,
    },
    history::{History, Mark, Written},
    shown::{Content, Said, Shown},
    twist::Twist,
};

/// A post as it is handed in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Post {
    pub(crate) message: usize,
    pub(crate) thread: usize,
    pub(crate) person: usize,
    /// What it says.
    pub(crate) body: u32,
    /// The client that wrote it, and its place among what that client wrote.
    pub(crate) client: usize,
    pub(crate) order: u64,
}

/// What became of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Done { message: usize, stream: usize, seq: i64, position: i32, duplicate: bool },
    NotFound,
    Forbidden,
    IdConflict,
    Archived,
    Unavailable,
}

/// An edit or a removal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) operation: usize,
    pub(crate) message: usize,
    pub(crate) person: usize,
    /// What it says instead; none of a removal.
    pub(crate) says: Option<u32>,
}

#[derive(Clone, Debug)]
struct Message {
    said: Said,
    author: usize,
    /// What it was posted with, and what it says now.
    posted: u32,
    says: u32,
    seq: i64,
}

/// All that a restore brings back.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) epoch: Uuid,
    /// How many restores there were: what a client saw belongs to one.
    pub(crate) generation: u32,
    logs: Vec<Vec<Entry>>,
    /// Where each present membership began.
    began: [[Option<i64>; PEOPLE]; GROUPS],
    messages: BTreeMap<usize, Message>,
    /// The last event of each subject of a stream: how new what is said of it is.
    changed: BTreeMap<(usize, Uuid), Mark>,
    last_position: [i32; THREADS],
    archived: [bool; THREADS],
    heavy: [bool; THREADS],
    read: [[i32; THREADS]; PEOPLE],
    operations: BTreeSet<usize>,
    /// The last order of each client and thread that was stored.
    orders: BTreeMap<(usize, usize), u64>,
    twist: Option<Twist>,
}

/// What a page holds: everything that a person sees, in one snapshot (I5).
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) epoch: Uuid,
    pub(crate) generation: u32,
    pub(crate) parts: Vec<Part>,
}

/// One stream of a page.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) stream: usize,
    pub(crate) seq: i64,
    pub(crate) tip: Mark,
    pub(crate) shown: Shown,
}

impl Store {
    pub(crate) fn new(twist: Option<Twist>) -> Self {
        Self {
            epoch: Uuid::from_u128(1),
            generation: 0,
            logs: vec![Vec::new(); STREAMS],
            began: [[None; PEOPLE]; GROUPS],
            messages: BTreeMap::new(),
            changed: BTreeMap::new(),
            last_position: [0; THREADS],
            archived: [false; THREADS],
            heavy: [false; THREADS],
            read: [[0; THREADS]; PEOPLE],
            operations: BTreeSet::new(),
            orders: BTreeMap::new(),
            twist,
        }
    }

    pub(crate) fn last(&self, stream: usize) -> i64 {
        i64::try_from(self.logs[stream].len()).unwrap_or(i64::MAX)
    }

    pub(crate) fn tip(&self, stream: usize) -> Mark {
        self.logs[stream].last().map_or(0, mark_of)
    }

    /// Where the present membership of a person began; who may not follow has none.
    pub(crate) fn may_follow(&self, stream: usize, person: usize) -> Option<i64> {
        if stream < GROUPS { self.began[stream][person] } else { (own_stream(person) == stream).then_some(1) }
    }

    pub(crate) fn is_member(&self, group: usize, person: usize) -> bool {
        self.began[group][person].is_some()
    }

    pub(crate) fn events(&self, stream: usize, after: i64, up_to: i64, most: usize) -> Vec<Entry> {
        let index = |seq: i64| usize::try_from(seq.max(0)).unwrap_or(usize::MAX).min(self.logs[stream].len());
        let (first, last) = (index(after), index(up_to));
        self.logs[stream].get(first..last.max(first)).unwrap_or_default().iter().take(most).cloned().collect()
    }

    /// The messages that are there, with their authors.
    pub(crate) fn messages(&self) -> impl Iterator<Item = (usize, usize, Said)> {
        self.messages.iter().map(|(&message, stored)| (message, stored.author, stored.said))
    }

    pub(crate) fn has(&self, message: usize) -> bool {
        self.messages.contains_key(&message)
    }

    pub(crate) fn last_position(&self, thread: usize) -> i32 {
        self.last_position[thread]
    }

    pub(crate) fn add(&mut self, history: &mut History, group: usize, person: usize, at: DateTime<Utc>) {
        if self.began[group][person].is_none() {
            let event = Event::MemberAdded { group: group_id(group), person: person_id(person) };
            self.began[group][person] = Some(self.last(group) + 1);
            self.append(history, event, at);
            self.append(history, Event::GroupJoined { person: person_id(person), group: group_id(group) }, at);
        }
    }

    pub(crate) fn remove(&mut self, history: &mut History, group: usize, person: usize, at: DateTime<Utc>) {
        if self.began[group][person].is_some() {
            self.append(history, Event::MemberRemoved { group: group_id(group), person: person_id(person) }, at);
            self.began[group][person] = None;
            self.append(history, Event::GroupLeft { person: person_id(person), group: group_id(group) }, at);
        }
    }

    pub(crate) fn archive(&mut self, history: &mut History, thread: usize, at: DateTime<Utc>) {
        self.archived[thread] = !self.archived[thread];
        self.touch(history, thread, 1, at);
    }

    /// Many events at once, of which some are long to tell.
    pub(crate) fn touch(&mut self, history: &mut History, thread: usize, times: usize, at: DateTime<Utc>) {
        for _ in 0..times {
            let event = Event::ThreadUpdated { group: group_id(group_of(thread)), thread: thread_id(thread) };
            self.append(history, event, at);
        }
    }

    /// A member is removed, and what the group talked of last reads otherwise at once.
    pub(crate) fn expel(&mut self, history: &mut History, group: usize, person: usize, at: DateTime<Utc>) {
        self.remove(history, group, person, at);
        for thread in (0..THREADS).filter(|&thread| group_of(thread) == group) {
            self.touch(history, thread, 1, at);
        }
        let here = self.messages.iter_mut().rev().filter(|(_, message)| group_of(message.said.thread) == group);
        let mut changed = Vec::new();
        for (&message, stored) in here.filter(|(_, message)| !message.said.gone).take(4) {
            stored.said.version += 1;
            changed.push((message, stored.said.thread));
        }
        for (message, thread) in changed {
            let (group, thread, message) = (group_id(group), thread_id(thread), message_id(message));
            self.append(history, Event::MessageEdited { group, thread, message }, at);
        }
    }

    pub(crate) fn make_heavy(&mut self, thread: usize) {
        self.heavy[thread] = !self.heavy[thread];
    }

    /// A message, once: no right, then duplicate, then archived.
    pub(crate) fn post(&mut self, history: &mut History, post: &Post, at: DateTime<Utc>) -> Verdict {
        let (thread, stream) = (post.thread, group_of(post.thread));
        if !self.is_member(stream, post.person) {
            return Verdict::NotFound;
        }
        let earlier = self.messages.get(&post.message).filter(|_| self.twist != Some(Twist::StoreTwice));
        if let Some(Message { said, author, posted, seq, .. }) = earlier {
            let same = (*author, said.thread, *posted) == (post.person, thread, post.body);
            let (message, seq, position) = (post.message, *seq, said.position);
            let done = Verdict::Done { message, stream, seq, position, duplicate: true };
            return if same { done } else { Verdict::IdConflict };
        }
        if self.archived[thread] {
            return Verdict::Archived;
        }
        self.last_position[thread] += 1;
        let position = self.last_position[thread];
        let said = Said { thread, position, version: 0, gone: false };
        let seq = self.last(stream) + 1;
        let message = Message { said, author: post.person, posted: post.body, says: post.body, seq };
        self.messages.insert(post.message, message);
        let (group, thread, message) = (group_id(stream), thread_id(thread), message_id(post.message));
        self.append(history, Event::MessageCreated { group, thread, message }, at);
        Verdict::Done { message: post.message, stream, seq, position, duplicate: false }
    }

    /// The order of what a client wrote in a thread, as it was stored. Whether it is kept (I7).
    pub(crate) fn keeps_order(&mut self, post: &Post) -> bool {
        let last = self.orders.entry((post.client, post.thread)).or_default();
        let keeps = post.order > *last;
        *last = post.order.max(*last);
        keeps
    }

    /// An edit or a removal, once; of what is so already, an ack and no event.
    pub(crate) fn change(&mut self, history: &mut History, change: &Change, at: DateTime<Utc>) -> Verdict {
        let Some(known) = self.messages.get(&change.message) else { return Verdict::NotFound };
        let Said { thread, position, gone, .. } = known.said;
        let (message, stream) = (change.message, group_of(thread));
        if !self.is_member(stream, change.person) {
            return Verdict::NotFound;
        }
        let already = Verdict::Done { message, stream, seq: self.last(stream), position, duplicate: true };
        if self.operations.contains(&change.operation) {
            return already;
        }
        if self.archived[thread] {
            return Verdict::Archived;
        }
        if known.author != change.person {
            return Verdict::Forbidden;
        }
        if gone && change.says.is_some() {
            return Verdict::NotFound;
        }
        if self.twist == Some(Twist::LoseChange) {
            return already;
        }
        let is_so = change.says.map_or(gone, |says| says == known.says);
        self.operations.insert(change.operation);
        history.did(change.operation, message);
        if is_so {
            return already;
        }
        if let Some(stored) = self.messages.get_mut(&message) {
            stored.said.version += 1;
            stored.said.gone = change.says.is_none();
            stored.says = change.says.unwrap_or_default();
        }
        let (group, thread, id) = (group_id(stream), thread_id(thread), message_id(message));
        let event = if change.says.is_none() {
            Event::MessageDeleted { group, thread, message: id }
        } else {
            Event::MessageEdited { group, thread, message: id }
        };
        let seq = self.append(history, event, at);
        Verdict::Done { message, stream, seq, position, duplicate: false }
    }

    /// Moves a read position forward; whether it moved.
    pub(crate) fn mark_read(
        &mut self,
        history: &mut History,
        person: usize,
        thread: usize,
        position: i32,
        at: DateTime<Utc>,
    ) -> bool {
        let position = position.min(self.last_position[thread]);
        let moves = self.is_member(group_of(thread), person) && position > self.read[person][thread];
        if moves {
            self.read[person][thread] = position;
            self.append(history, Event::ReadMoved { person: person_id(person), thread: thread_id(thread) }, at);
        }
        moves
    }

    /// What an event says now (I18), and as of when.
    pub(crate) fn content(&self, stream: usize, entry: &Entry) -> Content {
        let as_of = self.changed.get(&(stream, entry.subject)).copied();
        Content { as_of, ..self.said(stream, entry) }
    }

    fn said(&self, stream: usize, entry: &Entry) -> Content {
        let Kind::Known(kind) = entry.kind else { return Content { reload: true, ..Content::default() } };
        let thread = entry.thread.map(thread_of);
        let person = entry.person.map(person_of);
        match kind {
            EventKind::MemberAdded | EventKind::MemberRemoved => {
                let is = person.is_some_and(|person| self.is_member(stream, person));
                Content { person, is, ..Content::default() }
            }
            EventKind::MessageCreated | EventKind::MessageEdited | EventKind::MessageDeleted => {
                let message = message_of(words::MessageId(entry.subject));
                let Some(Message { said, .. }) = self.messages.get(&message) else {
                    return Content { reload: true, ..Content::default() };
                };
                let &Said { thread, position, version, gone } = said;
                let (message, thread) = (Some(message), Some(thread));
                Content { message, thread, position, version, gone, ..Content::default() }
            }
            EventKind::ReadMoved => {
                let (person, thread) = (person.unwrap_or_default(), thread.unwrap_or_default());
                Content { thread: Some(thread), position: self.read[person][thread], ..Content::default() }
            }
            EventKind::ThreadUpdated => {
                let thread = thread.unwrap_or_default();
                let body = " ".repeat(if self.heavy[thread] { 20_000 } else { 0 });
                Content { thread: Some(thread), is: self.archived[thread], body, ..Content::default() }
            }
            _ => Content { reload: true, ..Content::default() },
        }
    }

    /// All that a person sees now.
    pub(crate) fn page(&self, person: usize, epoch: Uuid) -> Page {
        let groups = (0..GROUPS).filter(|&group| self.is_member(group, person));
        let parts = groups.chain([own_stream(person)]).map(|stream| Part {
            stream,
            seq: self.last(stream),
            tip: self.tip(stream),
            shown: self.shown(stream, person),
        });
        Page { epoch, generation: self.generation, parts: parts.collect() }
    }

    pub(crate) fn shown(&self, stream: usize, person: usize) -> Shown {
        if stream >= GROUPS {
            return Shown { read: self.read[person], ..Shown::default() };
        }
        let mut shown = Shown::default();
        for thread in (0..THREADS).filter(|&thread| group_of(thread) == stream) {
            shown.archived[thread] = self.archived[thread];
            shown.last[thread] = self.last_position[thread];
        }
        let here = self.messages.iter().filter(|(_, message)| group_of(message.said.thread) == stream);
        shown.messages = here.map(|(&message, stored)| (message, stored.said)).collect();
        shown.members = (0..PEOPLE).filter(|&person| self.is_member(stream, person)).collect();
        shown
    }

    /// An earlier state is put back: another epoch, the same logs up to there.
    pub(crate) fn restore(&mut self, earlier: &Self) {
        let (epoch, generation) = (self.epoch.as_u128() + 1, self.generation + 1);
        *self = Self { epoch: Uuid::from_u128(epoch), generation, ..earlier.clone() };
    }

    fn append(&mut self, history: &mut History, event: Event, at: DateTime<Utc>) -> i64 {
        let row = event.row();
        let stream = stream_of(row.stream);
        let (seq, mark_here) = (self.last(stream) + 1, history.next());
        let creates = match event {
            Event::MessageCreated { message, .. } => {
                let message = message_of(message);
                self.messages.get(&message).map(|stored| (message, stored.said.position))
            }
            _ => None,
        };
        let audience = (0..PEOPLE).filter(|&person| self.may_follow(stream, person).is_some());
        let audience = audience.fold(0, |all, person| all | 1 << person);
        history.write(Written { stream, seq, before: self.tip(stream), audience, creates });
        self.changed.insert((stream, row.subject), mark_here);
        self.logs[stream].push(Entry {
            seq,
            kind: Kind::Known(row.kind),
            subject: row.subject,
            thread: row.thread,
            person: row.person,
            actor: Some(mark(mark_here)),
            at,
        });
        seq
    }
}

/// Which event an entry is.
pub(crate) fn mark_of(entry: &Entry) -> Mark {
    entry.actor.map_or(0, |actor: PersonId| marked(actor))
}
