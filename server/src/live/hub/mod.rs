//! What one followed stream owes its followers, without I/O.
//!
//! The driver tells the hub what it learnt and carries out what [`Hub::advance`] answers. Reading and printing take
//! time, and meanwhile the hub goes on: nobody waits for somebody else's replay. Four things keep the promises:
//!
//! - a follower has one number, the next sequence that it is given, and is given nothing else: no hole, nothing twice;
//! - a right is asked after its asker has joined, and an end of membership that is dispatched before the answer is
//!   noted against it: a right that is older than that end counts for nothing (I8);
//! - an event is printed once for each form that somebody wants, and the same bytes go to all of them;
//! - it is printed as its subject is now, which may be what became of it after somebody's membership ended. So each
//!   printing looks afterwards whose has, and who is known to be out gets their last places in the log without content.

mod follower;
mod join;
mod learnt;
mod replay;
mod share;
#[cfg(test)]
mod tests;
mod todo;
mod typing;
mod window;

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::extract::ws::Utf8Bytes;
use chrono::{DateTime, Utc};
use litemap::LiteMap;
use uuid::Uuid;
use words::{EventKind, Locale, PersonId, ThreadId};

use super::{
    frame::Outcome,
    log::{Entry, Kind},
};
use crate::faults::bug;
use follower::{Follower, Place};
use join::Joining;
pub use learnt::Learnt;
use share::Shares;
pub use todo::Todo;
use typing::Typists;
pub use typing::{Shown, TTL, Typing};
use window::{Next, Window, length};

/// A replay of more events than this is a reset.
pub const REPLAY: i64 = 500;
/// How many events one query reads.
pub const READ: i64 = 500;
/// How many events are printed at once.
const PRINTED: usize = 32;

/// Names a connection of this process.
pub type ConnectionId = u64;

/// How a follower wants events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    /// As data.
    Json,
    /// As fragments in a language.
    Html(Locale),
}

/// The form of an event that some followers share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Variant {
    /// As data.
    Json,
    /// As fragments: of the thread itself for who watches it, else of its row.
    Html {
        /// The language.
        locale: Locale,
        /// Whether the thread is watched.
        watched: bool,
    },
    /// As a place in the log and nothing else, in frames of the one kind or the other.
    Withheld {
        /// Whether the reader is a page.
        html: bool,
    },
}

/// One request to follow, among those of its connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    /// Ours: which answer is whose.
    pub number: u32,
    /// The client's own, echoed.
    pub id: Option<i64>,
}

/// Somebody who asks to follow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Join {
    /// Through which connection.
    pub connection: ConnectionId,
    /// Who.
    pub person: PersonId,
    /// How.
    pub format: Format,
    /// The language of what they are told of failures.
    pub locale: Locale,
    /// The request.
    pub ticket: Ticket,
    /// The last sequence that they applied, with the epoch in which they did.
    pub since: Option<(i64, Option<Uuid>)>,
}

/// Which followers something is printed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pass {
    /// Who is up to date.
    New,
    /// Who catches up.
    Replay,
}

/// An event, and the forms in which it is wanted.
#[derive(Clone, PartialEq, Debug)]
pub struct Wanted {
    /// What.
    pub entry: Entry,
    /// In which forms.
    pub variants: Vec<Variant>,
}

/// An event's bytes in some forms; none where it could not be printed now.
#[derive(Clone, PartialEq, Debug)]
pub struct Printed {
    /// Which.
    pub seq: i64,
    /// In which forms.
    pub forms: Vec<(Variant, Option<Utf8Bytes>)>,
}

impl Printed {
    /// The same event, which could not be printed for now in any form.
    #[must_use]
    pub fn unavailable(self) -> Self {
        Self { forms: self.forms.into_iter().map(|(variant, _)| (variant, None)).collect(), ..self }
    }

    fn form(&self, variant: Variant) -> Option<&str> {
        let printed = self.forms.iter().find(|(printed, _)| *printed == variant);
        printed.and_then(|(_, bytes)| bytes.as_ref()).map(Utf8Bytes::as_str)
    }
}

/// What is wrong with a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// It has a hole.
    Gap {
        /// What was expected.
        expected: i64,
        /// What came.
        found: i64,
    },
    /// It ends earlier than it did: another database, or a restore.
    Shorter,
}

/// What becomes of what is under way when a log was read anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Afterwards {
    /// It goes on: nothing was wrong.
    GoOn,
    /// It is to be dropped: the hub began again.
    BeginAgain,
}

/// One followed stream.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what is to be looked at, so that nothing else is")]
pub struct Hub {
    epoch: Uuid,
    window: Window,
    /// There are many hundred thousand in a process: a list without holes.
    followers: LiteMap<ConnectionId, Follower>,
    joining: BTreeMap<ConnectionId, Joining>,
    /// Memberships that are known to end, and where: in events that wait, or that are not read yet.
    ends: Vec<(PersonId, i64)>,
    typists: Typists,
    /// Somebody joined whose right was not asked yet.
    unasked: bool,
    /// Something was learnt for which somebody who joins may have waited.
    learnt: bool,
    /// Somebody follows who is not up to date.
    behind: bool,
    hinted: i64,
    /// What was dispatched or fetched at the last poll: a log that ends before it has become shorter.
    seen: i64,
    reading: Reading,
    under_way: UnderWay,
    /// Something could not be printed: it is tried again at the next wake-up.
    stalled: bool,
    broken: Option<Broken>,
    todo: Vec<Todo>,
}

#[derive(Debug, Default)]
struct Reading {
    /// There is more to read.
    wanted: bool,
    /// Somebody who joins knows of more.
    asked: bool,
    begun: u64,
    ended: u64,
}

/// What the driver was asked and has not answered yet: one of each at a time.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent questions, each asked or not")]
struct UnderWay {
    rights: bool,
    older: bool,
    new: bool,
    replay: bool,
}

impl Hub {
    /// A hub of a log that ends at `last`, which it gives to nobody: followers are told what comes later.
    pub fn new(epoch: Uuid, last: i64) -> Self {
        Self {
            epoch,
            window: Window::new(last),
            followers: LiteMap::new(),
            joining: BTreeMap::new(),
            ends: Vec::new(),
            typists: Typists::default(),
            unasked: false,
            learnt: false,
            behind: false,
            hinted: 0,
            seen: 0,
            reading: Reading::default(),
            under_way: UnderWay::default(),
            stalled: false,
            broken: None,
            todo: Vec::new(),
        }
    }

    /// The epoch of the log.
    pub fn epoch(&self) -> Uuid {
        self.epoch
    }

    /// Somebody asks to follow. A second request of a connection replaces its first, and keeps what it watches.
    pub fn join(&mut self, join: Join) {
        let connection = join.connection;
        let follower = self.followers.remove(&connection).map(|follower| follower.watched);
        let earlier = self.joining.remove(&connection).map(|joining| joining.watched);
        self.joining.insert(connection, Joining::new(join, follower.or(earlier).unwrap_or_default()));
        self.unasked = true;
    }

    /// A connection follows no more.
    pub fn leave(&mut self, connection: ConnectionId) {
        self.followers.remove(&connection);
        self.joining.remove(&connection);
    }

    /// A connection wants the fragments of these threads.
    pub fn watch(&mut self, connection: ConnectionId, threads: HashSet<ThreadId>) {
        if let Some(follower) = self.followers.get_mut(&connection) {
            follower.watched = threads.into();
        } else if let Some(joining) = self.joining.get_mut(&connection) {
            joining.watched = threads.into();
        }
    }

    /// Somebody says that the log goes up to `seq`. Only ever the cause of one reading, so that a false hint is
    /// harmless (I11).
    pub fn hinted(&mut self, seq: i64) {
        self.stalled = false;
        bug!("believe_hints" => self.believe(seq));
        if seq > self.window.fetched() {
            self.hinted = self.hinted.max(seq);
            self.reading.wanted = true;
        }
    }

    /// Begins again where a hint of long before says that the log ends: what the bug `believe_hints` does.
    #[cfg(feature = "faults")]
    fn believe(&mut self, seq: i64) {
        if self.window.go_back(seq) {
            self.reading.wanted = true;
            self.followers.iter_mut().for_each(|(_, follower)| follower.next = follower.next.min(seq + 1));
        }
    }

    /// The log was seen to end at `last`, some time after the previous poll.
    pub fn polled(&mut self, last: i64) {
        self.hinted(last);
        if last < self.seen {
            self.broken(Broken::Shorter);
        }
        self.seen = self.window.fetched();
    }

    /// The rights that were asked: where each present membership began.
    fn rights(&mut self, began: Option<&HashMap<PersonId, i64>>) {
        self.under_way.rights = false;
        self.learnt = true;
        for joining in self.joining.values_mut() {
            joining.answered(began);
        }
    }

    /// The events after the last fetched one; none if they could not be read, which the next poll tries again.
    fn fetched(&mut self, entries: Option<Vec<Entry>>) {
        self.reading.ended = self.reading.begun;
        self.learnt = true;
        let Some(entries) = entries else {
            for joining in self.joining.values_mut() {
                joining.reading_failed(self.reading.ended);
            }
            return;
        };
        let full = i64::try_from(entries.len()).is_ok_and(|read| read >= READ);
        self.end(entries.iter().filter_map(|entry| Some((entry.removed()?, entry.seq))));
        if let Err(gap) = self.window.append(entries) {
            return self.broken(gap);
        }
        self.reading.wanted = full || (self.reading.wanted && self.hinted > self.window.fetched());
    }

    /// The older events that were asked; none if they could not be read.
    fn older(&mut self, after: i64, up_to: i64, entries: Option<Vec<Entry>>) {
        self.under_way.older = false;
        self.learnt = true;
        match entries {
            Some(entries) => self.window.prepend(after, up_to, entries),
            None => self.joining.values_mut().for_each(Joining::older_failed),
        }
    }

    /// What was asked to be printed, and the memberships that had ended when its subjects were read.
    fn printed(&mut self, pass: Pass, printed: Vec<Printed>, ends: &[(PersonId, i64)]) {
        self.end(ends.iter().copied());
        self.stalled |= printed.iter().flat_map(|event| &event.forms).any(|(_, bytes)| bytes.is_none());
        match pass {
            Pass::New => {
                self.under_way.new = false;
                self.window.keep(printed);
            }
            Pass::Replay => {
                self.under_way.replay = false;
                self.hand_on(&printed);
            }
        }
    }

    /// A connection's queue has emptied a little.
    fn room(&mut self, connection: ConnectionId) {
        if let Some(follower) = self.followers.get_mut(&connection) {
            follower.has_room();
        }
    }

    /// The epoch and the end of the log, read anew. If it is another log, or has a hole, the hub begins again: everybody
    /// is told to fetch, who was joining is asked about again, and whatever was under way must not be answered any more.
    fn reread(&mut self, epoch: Uuid, last: i64) -> Afterwards {
        let broken = self.broken.take();
        let same = epoch == self.epoch && last >= self.window.fetched();
        if same && !matches!(broken, Some(Broken::Gap { .. })) {
            return Afterwards::GoOn;
        }
        for (connection, _) in std::mem::take(&mut self.followers) {
            self.todo.push(Todo::Out { connection, seq: last, outcome: Outcome::Reset });
        }
        let joining = std::mem::take(&mut self.joining);
        let todo = std::mem::take(&mut self.todo);
        *self = Self { todo, ..Self::new(epoch, last) };
        for joining in joining.into_values() {
            self.joining.insert(joining.join.connection, joining.afresh());
            self.unasked = true;
        }
        Afterwards::BeginAgain
    }

    /// Goes as far as what is known allows, and answers what to do.
    pub fn advance(&mut self, now: DateTime<Utc>) -> Vec<Todo> {
        if self.broken.is_none() {
            self.settle(now);
            self.dispatch();
            self.replay();
            self.ask_typists(now);
            self.ask_rights();
            self.read();
        }
        bug!("out_of_order_dispatch" => self.todo.iter_mut().for_each(Todo::turn_round));
        std::mem::take(&mut self.todo)
    }

    fn broken(&mut self, how: Broken) {
        if self.broken.is_none() {
            self.broken = Some(how);
            self.todo.push(Todo::Reread(how));
        }
    }

    fn read(&mut self) {
        let idle = self.reading.begun == self.reading.ended;
        if idle && (self.reading.asked || self.reading.wanted) && self.window.has_space() {
            (self.reading.asked, self.reading.wanted) = (false, false);
            self.reading.begun += 1;
            self.todo.push(Todo::Read { after: self.window.fetched() });
        }
    }

    /// Gives everybody who is up to date the next events, in order, as far as they are printed.
    fn dispatch(&mut self) {
        while self.window.next().is_some() {
            let run: Vec<_> = self.window.run(PRINTED).collect();
            let shares = share::shares(live(&self.followers), &entries(&run), &self.ends);
            let is_printed = |&index: &usize| {
                share::variants(&shares, index).into_iter().all(|variant| run[index].form(variant).is_some())
            };
            match (0..run.len()).take_while(is_printed).count() {
                0 => return self.print_new(),
                printed => self.give_out(&shares, printed),
            }
        }
    }

    /// Gives out the next events, which are printed in every form that somebody wants.
    fn give_out(&mut self, shares: &Shares, printed: usize) {
        let run: Vec<_> = std::iter::from_fn(|| self.window.dispatched()).take(printed).collect();
        let Some(last) = run.last() else { return };
        for (forms, connections) in shares {
            let wanted = run.iter().enumerate().filter_map(|(index, next)| next.form(forms.variant(index)?));
            let frames: Vec<_> = wanted.map(Utf8Bytes::as_str).collect();
            let mut rest = &frames[..];
            while !rest.is_empty() {
                let chunk = share::burst(rest);
                let seq = last.entry.seq - length(rest.len()) + 1;
                rest = &rest[chunk.frames()..];
                let seqs = seq..=last.entry.seq - length(rest.len());
                self.todo.push(Todo::Events { pass: Pass::New, connections: connections.clone(), seqs, chunk });
            }
        }
        for (_, follower) in &mut self.followers {
            follower.told(last.entry.seq);
        }
        for entry in run.iter().map(|next| &next.entry) {
            self.said(entry);
        }
        let done = last.entry.seq;
        self.ends.retain(|&(_, end)| end > done);
        if let Some(person) = last.entry.removed() {
            bug!("skip_revocation" => return);
            self.put_out(person, done);
        }
    }

    /// Who has said what they were writing writes no more.
    fn said(&mut self, entry: &Entry) {
        if entry.kind == Kind::Known(EventKind::MessageCreated)
            && let (Some(thread), Some(person)) = (entry.thread, entry.actor)
        {
            self.typists.forget(|typing| typing == Typing { thread, person });
        }
    }

    /// Notes where memberships end.
    fn end(&mut self, ends: impl Iterator<Item = (PersonId, i64)>) {
        let done = self.window.done();
        for end in ends.filter(|&(_, seq)| seq > done) {
            if !self.ends.contains(&end) {
                self.ends.push(end);
            }
        }
    }

    fn print_new(&mut self) {
        if self.under_way.new || self.stalled {
            return;
        }
        let waiting: Vec<_> = self.window.waiting().take(PRINTED).collect();
        let shares = share::shares(live(&self.followers), &entries(&waiting), &self.ends);
        let wanted = waiting.iter().enumerate().filter_map(|(index, next)| {
            let mut variants = share::variants(&shares, index);
            variants.retain(|&variant| next.form(variant).is_none());
            (!variants.is_empty()).then(|| Wanted { entry: next.entry.clone(), variants })
        });
        let wanted: Vec<_> = wanted.collect();
        self.under_way.new = true;
        self.todo.push(Todo::Print(Pass::New, wanted));
    }

    /// Who is removed gets nothing after the event that says so, unless they follow by a membership that is newer than
    /// this end of one; who is only joining must show such a one.
    fn put_out(&mut self, person: PersonId, seq: i64) {
        self.followers.retain(|&connection, follower| {
            let stays = follower.person != person || follower.began > seq;
            if !stays {
                self.todo.push(Todo::Out { connection, seq, outcome: Outcome::Denied });
            }
            stays
        });
        self.typists.forget(|typing| typing.person == person);
        for joining in self.joining.values_mut().filter(|joining| joining.join.person == person) {
            joining.removed_at(seq);
        }
    }
}

/// The followers who are up to date.
fn live(followers: &LiteMap<ConnectionId, Follower>) -> impl Iterator<Item = (&ConnectionId, &Follower)> {
    followers.iter().filter(|(_, follower)| follower.place == Place::Live)
}

fn entries<'n>(events: &[&'n Next]) -> Vec<&'n Entry> {
    events.iter().map(|next| &next.entry).collect()
}
