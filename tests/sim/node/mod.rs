//! A node: its hubs, its connections, and its share of the commits.

mod commands;

use std::{
    collections::{BTreeMap, HashSet},
    rc::Rc,
    time::Duration,
};

use words::{Locale, StreamId, ThreadId};

use preau::{
    batch::Batcher,
    live::{
        hub::{ConnectionId, Join},
        session::{Action, Close},
    },
};

use crate::{
    cast::{GROUPS, STREAMS, person_id, stream_of, thread_of},
    connection::Connection,
    figures::Figure,
    ground::Ground,
    hubbed::{Hubbed, Request},
    known::Known,
    twist::Twist,
};
use commands::{Commit, Item};

/// How often a node looks where its streams end.
const POLL: Duration = Duration::from_secs(1);
/// How often it looks for sessions that have ended.
const SESSIONS: Duration = Duration::from_millis(500);
/// How long a drain waits for what is under way.
const DRAINING: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) known: Known,
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    /// Refuses sockets and stops by itself, since then.
    pub(crate) draining: Option<Duration>,
    hubs: BTreeMap<usize, Hubbed>,
    batchers: [Batcher<Item>; GROUPS],
    commits: Vec<Commit>,
    polled: Duration,
    /// Where the streams ended when that was looked at; not told to the hubs yet.
    looked: Option<[i64; STREAMS]>,
    sessions_looked: Duration,
}

impl Node {
    pub(crate) fn new(now: Duration, clock: i64) -> Self {
        Self {
            known: Known::new(clock),
            connections: BTreeMap::new(),
            draining: None,
            hubs: BTreeMap::new(),
            batchers: Default::default(),
            commits: Vec::new(),
            polled: now,
            looked: None,
            sessions_looked: now,
        }
    }

    pub(crate) fn hint(&mut self, stream: usize, seq: i64) {
        if let Some(hub) = self.hubs.get_mut(&stream) {
            hub.hint(seq);
        }
    }

    /// One of the hubs does one thing; whether it did.
    pub(crate) fn hub_turn(&mut self, ground: &mut Ground) -> bool {
        if self.hubs.is_empty() {
            return false;
        }
        let index = ground.dice.roll(self.hubs.len());
        let known = &mut self.known;
        self.hubs.values_mut().nth(index).is_some_and(|hub| hub.turn(known, ground))
    }

    /// Every hub does what it can; whether any did.
    pub(crate) fn hub_turns(&mut self, ground: &mut Ground) -> bool {
        let known = &mut self.known;
        self.hubs.values_mut().map(|hub| hub.turn(known, ground)).filter(|&moved| moved).count() > 0
    }

    /// A connection does one thing; whether it did.
    pub(crate) fn connection_turn(&mut self, id: ConnectionId, ground: &mut Ground) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        if connection.queue.is_cut() && connection.close.is_none() {
            connection.close = Some(Close::Slow);
        }
        if connection.close.is_some() {
            self.end(id, ground);
            return true;
        }
        if !connection.draining {
            connection.start_turns(ground);
        }
        if let Some(positions) = connection.session.due_reads() {
            self.mark_read(id, positions, ground);
        }
        let first = ground.dice.roll(4);
        (first..first + 4).any(|kind| match kind % 4 {
            0 => self.write(id, ground),
            1 => self.read(id, ground),
            2 => self.run(id, ground),
            _ => self.pass_on(id, ground),
        })
    }

    fn write(&mut self, id: ConnectionId, ground: &mut Ground) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        let (left, moved) = connection.write(ground.now, ground);
        let left: Vec<_> = left.into_iter().filter(|stream| connection.held.remove(stream)).collect();
        for stream in left {
            self.let_go(stream);
        }
        moved
    }

    fn read(&mut self, id: ConnectionId, ground: &mut Ground) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        if connection.is_blocked() || connection.draining {
            return false;
        }
        let Some(actions) = connection.read(ground.now) else { return false };
        self.act(id, actions, ground);
        true
    }

    fn pass_on(&mut self, id: ConnectionId, ground: &mut Ground) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        !connection.is_blocked() && connection.pass_on(ground)
    }

    pub(crate) fn act(&mut self, id: ConnectionId, actions: Vec<Action>, ground: &mut Ground) {
        for action in actions {
            let Some(connection) = self.connections.get_mut(&id) else { return };
            match action {
                Action::Send(frame) => connection.push(&frame, ground),
                // Who is there answers.
                Action::Ping if connection.broken || connection.down.len() > 8 => {}
                Action::Ping => {
                    let age = connection.age(ground.now);
                    connection.session.heard(age);
                }
                Action::Join { ticket, stream, since, watched } => {
                    let believes = ground.has(Twist::BelieveEpoch);
                    let epoch = self.known.epoch.filter(|_| believes);
                    let since = since.map(|(since, asked)| (since, epoch.or(asked)));
                    let (person, format) = (person_id(connection.person), connection.format);
                    let join = Join { connection: id, person, format, locale: Locale::Fr, ticket, since };
                    let queue = Rc::clone(&connection.queue);
                    self.hold(id, stream).ask(Request::Join(join, HashSet::from_iter(watched), queue));
                }
                Action::Leave(stream) => {
                    let stream = stream_of(stream);
                    if connection.held.remove(&stream) {
                        self.leave(id, stream);
                    }
                }
                Action::Watch(stream, threads) => {
                    let stream = stream_of(stream);
                    if connection.held.contains(&stream)
                        && let Some(hub) = self.hubs.get_mut(&stream)
                    {
                        hub.ask(Request::Watch(id, HashSet::from_iter(threads)));
                    }
                }
                Action::Typing(_) => {}
                Action::Close(close) => {
                    if close == Close::Heartbeat {
                        ground.count(Figure::Heartbeats);
                    }
                    connection.close = Some(close);
                }
            }
        }
    }

    /// The hub of a stream, held by a connection.
    fn hold(&mut self, id: ConnectionId, stream: StreamId) -> &mut Hubbed {
        let stream = stream_of(stream);
        let hub = self.hubs.entry(stream).or_insert_with(|| Hubbed::new(stream));
        if self.connections.get_mut(&id).is_some_and(|connection| connection.held.insert(stream)) {
            hub.holders += 1;
        }
        hub
    }

    fn leave(&mut self, id: ConnectionId, stream: usize) {
        if let Some(hub) = self.hubs.get_mut(&stream) {
            hub.ask(Request::Leave(id));
        }
        self.let_go(stream);
    }

    fn let_go(&mut self, stream: usize) {
        if let Some(hub) = self.hubs.get_mut(&stream) {
            hub.holders -= 1;
            if hub.holders == 0 {
                self.hubs.remove(&stream);
            }
        }
    }

    /// A connection ends: what is queued goes nowhere.
    fn end(&mut self, id: ConnectionId, ground: &mut Ground) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.queue.cut();
        let (held, positions) = (std::mem::take(&mut connection.held), connection.session.all_reads());
        ground.note(|| format!("connection {id} ends: {:?}", connection.close));
        self.mark_read(id, positions, ground);
        for stream in held {
            self.leave(id, stream);
        }
        self.connections.remove(&id);
    }

    /// Moves read positions; while the database is away they stay where they are, and are tried again.
    fn mark_read(&mut self, id: ConnectionId, positions: Vec<(ThreadId, i32)>, ground: &mut Ground) {
        let (reached, at) = (self.known.reach(ground), ground.clock(self.known.clock));
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if !reached {
            let age = connection.age(ground.now);
            return connection.session.unmoved(positions, age);
        }
        let before = ground.lasts();
        for (thread, position) in positions {
            if ground.store.mark_read(&mut ground.history, connection.person, thread_of(thread), position, at) {
                ground.count(Figure::Reads);
            }
        }
        ground.hint(before);
    }

    /// What a node does by the clock: polls, looks for ended sessions, asks whether its clients are there.
    pub(crate) fn tick(&mut self, ground: &mut Ground) {
        let now = ground.now;
        if now.saturating_sub(self.polled) >= POLL {
            self.polled = now;
            self.look(ground);
        }
        if now.saturating_sub(self.sessions_looked) >= SESSIONS {
            self.sessions_looked = now;
            self.end_sessions(ground);
        }
        let ids: Vec<_> = self.connections.keys().copied().collect();
        for id in ids {
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            let actions = connection.tick(now);
            self.act(id, actions, ground);
        }
        let late = self.draining.is_some_and(|since| now.saturating_sub(since) >= DRAINING);
        for connection in self.connections.values_mut().filter(|connection| connection.draining) {
            if late
                || (connection.under_way.is_empty() && connection.beginning.is_none() && connection.queue.is_empty())
            {
                connection.close = Some(Close::Draining);
            }
        }
    }

    fn look(&mut self, ground: &mut Ground) {
        if ground.has(Twist::NoPoll) {
            return;
        }
        let failed = !self.known.reach(ground);
        if !failed {
            self.looked = Some(ground.lasts());
            if self.known.failed {
                self.known.epoch = Some(ground.store.epoch);
            }
        }
        self.known.failed = failed;
    }

    /// What was looked at is told to the hubs; whether there was anything.
    pub(crate) fn poll_turn(&mut self) -> bool {
        let Some(lasts) = self.looked.take() else { return false };
        for (&stream, hub) in &mut self.hubs {
            hub.poll(lasts[stream]);
        }
        !self.hubs.is_empty()
    }

    fn end_sessions(&mut self, ground: &mut Ground) {
        if self.known.reach(ground) {
            for connection in self.connections.values_mut().filter(|one| ground.sessions[one.signed_in]) {
                connection.close = Some(Close::SessionEnded);
            }
        }
    }
}
