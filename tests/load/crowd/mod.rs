//! Many connections on one thread, so that it is the servers that are measured: the same readers and the same checks
//! for Préau, its peers and the bare limits.
//!
//! A read takes all that a socket holds, units are found in place, and what is checked of a delivery is its mark: who
//! wrote it and the how manieth of theirs it is.

pub(crate) mod bare;
mod connection;
mod ledger;
pub(crate) mod preau;
pub(crate) mod socketio;
pub(crate) mod text;
mod websocket;
pub(crate) mod ws;
pub(crate) mod xmpp;

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use mio::{Events, Poll, Token};

pub(crate) use ledger::{Faults, Round};
use {connection::Connection, ledger::Ledger};

/// The longest that a crowd waits for something to happen.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many connections are opened at once.
const AT_ONCE: usize = 64;
/// How often other crowds are looked after while one waits for what is late: well within a heartbeat.
const OTHERS: Duration = Duration::from_secs(5);
/// When who was refused tries again: what the server asks for.
const RETRY: Duration = Duration::from_secs(2);
/// What one read takes at most, in bytes.
const BUFFER: usize = 512 << 10;

/// Whose a message is, and which of theirs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Mark {
    pub(crate) author: u32,
    pub(crate) number: u32,
}

/// What a unit of the protocol told.
#[derive(Debug)]
pub(crate) enum Heard {
    Nothing,
    /// The connection may be used.
    Ready,
    Delivered(Mark),
    /// A message of this connection, by its number, is kept.
    Acked(u32),
    /// The server has no room now: the connection is tried again.
    Refused,
    /// The server broke its own rules, or ours.
    Wrong(String),
}

/// The first whole unit of what was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit {
    /// Its length with whatever frames it.
    pub(crate) used: usize,
    /// Where its content begins and ends.
    pub(crate) content: (usize, usize),
    /// Its kind, where the framing has kinds.
    pub(crate) kind: u8,
}

/// How a server is spoken to.
pub(crate) trait Protocol {
    /// What is remembered of a connection.
    type Memory: Default;
    /// What is said first, once the connection stands.
    fn greet(&self, who: usize, memory: &mut Self::Memory, out: &mut Vec<u8>);
    /// Finds the first whole unit.
    fn unit(&self, memory: &Self::Memory, bytes: &[u8]) -> Option<Unit>;
    /// Takes a unit.
    fn hear(&self, who: usize, memory: &mut Self::Memory, unit: Unit, content: &[u8], out: &mut Vec<u8>) -> Heard;
    /// What is kept of a connection that was refused.
    fn retry(&self, _: Self::Memory) -> Self::Memory {
        Self::Memory::default()
    }
    /// What is kept of a connection that is gone, for the next one of the same member.
    fn resume(&self, _: Self::Memory) -> Self::Memory {
        Self::Memory::default()
    }
    /// Posts a message.
    fn say(&self, who: usize, memory: &mut Self::Memory, number: u32, out: &mut Vec<u8>);
}

/// What a connection is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    /// Whether it posts. Speakers come first among the seats, so that a seat's number is its author's.
    pub(crate) speaks: bool,
    /// Whether it gets what is posted to its channel.
    pub(crate) listens: bool,
    /// Its channel.
    pub(crate) channel: usize,
}

/// When a speaker goes on to the next message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// So many are under way: neither acked nor with their last reader.
    Delivered(u32),
    /// So many are not acked.
    Acked(u32),
    /// So many a second, come what may.
    PerSecond(u32),
    /// So many at once, and no more.
    Once(u32),
}

/// The connections to one server.
pub(crate) struct Crowd<P: Protocol> {
    protocol: P,
    poll: Poll,
    connections: Vec<Connection<P::Memory>>,
    ledger: Ledger,
    ready: usize,
    /// When the first connection stood.
    first: Option<Instant>,
    /// Who was refused, and when they try again; and how many were.
    refused: Vec<(usize, Instant)>,
    refusals: usize,
    buffer: Vec<u8>,
}

impl<P: Protocol> Crowd<P> {
    /// Connects everybody, and waits until the last is ready.
    pub(crate) fn connect(address: SocketAddr, protocol: P, seats: &[Seat]) -> Result<Self> {
        let mut crowd = Self {
            protocol,
            poll: Poll::new()?,
            connections: Vec::with_capacity(seats.len()),
            ledger: Ledger::new(seats),
            ready: 0,
            first: None,
            refused: Vec::new(),
            refusals: 0,
            buffer: vec![0; BUFFER],
        };
        crowd.gather(address, seats.iter().map(|_| P::Memory::default()), AT_ONCE)?;
        crowd.ledger.check()?;
        Ok(crowd)
    }

    /// Connects everybody again, all at once, where the server is now; each goes on from what it remembers. How long it
    /// took, from the first connection that stood to the last that is ready.
    pub(crate) fn again(mut self, address: SocketAddr) -> Result<(Self, Duration)> {
        let connections = std::mem::take(&mut self.connections);
        let memories = connections.into_iter().map(|connection| self.protocol.resume(connection.memory));
        let memories: Vec<_> = memories.collect();
        (self.poll, self.ready, self.first, self.refusals) = (Poll::new()?, 0, None, 0);
        self.ledger.forgive();
        self.gather(address, memories.into_iter(), usize::MAX)?;
        let took = self.first.context("somebody was first")?.elapsed();
        self.ledger.check()?;
        Ok((self, took))
    }

    /// Opens so many connections at once, until the last is ready.
    fn gather(
        &mut self,
        address: SocketAddr,
        memories: impl ExactSizeIterator<Item = P::Memory>,
        at_once: usize,
    ) -> Result<()> {
        let (all, mut memories) = (memories.len(), memories.fuse());
        let mut seen = (Instant::now(), 0);
        while self.ready < all {
            while self.connections.len() - self.ready < at_once
                && let Some(memory) = memories.next()
            {
                let token = Token(self.connections.len());
                self.connections.push(Connection::open(address, self.poll.registry(), token, memory)?);
                // The first are answered while the last are opened.
                if token.0 % 64 == 63 {
                    self.turn(Duration::ZERO)?;
                }
            }
            self.turn(Duration::from_millis(100))?;
            self.try_again(address)?;
            self.ledger.check()?;
            if self.ready > seen.1 {
                seen = (Instant::now(), self.ready);
            }
            ensure!(seen.0.elapsed() < PATIENCE, "{} of {all} are connected: {:?}", self.ready, self.faults());
        }
        Ok(())
    }

    /// Has the system hold so little for each connection, as on a thin line.
    pub(crate) fn narrow(&self, bytes: usize) -> Result<()> {
        self.connections.iter().try_for_each(|connection| connection.narrow(bytes))
    }

    /// Opens the connections anew that were refused a while ago.
    fn try_again(&mut self, address: SocketAddr) -> Result<()> {
        let now = Instant::now();
        let (due, later) = std::mem::take(&mut self.refused).into_iter().partition(|&(_, at)| at <= now);
        self.refused = later;
        for (who, _) in due {
            let memory = self.protocol.retry(std::mem::take(&mut self.connections[who].memory));
            self.connections[who] = Connection::open(address, self.poll.registry(), Token(who), memory)?;
        }
        Ok(())
    }

    /// How many connections were refused while everybody came.
    pub(crate) fn refusals(&self) -> usize {
        self.refusals
    }

    /// How the server is spoken to.
    pub(crate) fn protocol_mut(&mut self) -> &mut P {
        &mut self.protocol
    }

    /// Answers what the server asks, for so long, while nobody posts.
    pub(crate) fn idle(&mut self, lasting: Duration) -> Result<()> {
        let until = Instant::now() + lasting;
        loop {
            self.turn(until.saturating_duration_since(Instant::now()))?;
            if Instant::now() >= until {
                return Ok(());
            }
        }
    }

    /// Posts at a pace for so long, and waits until everything has arrived.
    pub(crate) fn talk(&mut self, pace: Pace, lasting: Duration) -> Result<Round> {
        self.talk_while(pace, lasting, &mut || Ok(()))
    }

    /// The same, and looks after others from time to time while it waits.
    pub(crate) fn talk_while(
        &mut self,
        pace: Pace,
        lasting: Duration,
        others: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Round> {
        let began = Instant::now();
        let until = began + lasting;
        let mut looked = until;
        self.ledger.begin(began);
        loop {
            let now = Instant::now();
            if now.saturating_duration_since(looked) > OTHERS {
                others()?;
                looked = now;
            }
            let next = if now < until { self.post(pace, began, now).min(until) } else { now + PATIENCE };
            if now >= until && (self.ledger.is_settled() || self.ledger.is_stuck(now, PATIENCE)) {
                return Ok(self.ledger.end(began));
            }
            self.turn(next.saturating_duration_since(now).min(PATIENCE / 10))?;
        }
    }

    /// Posts at a pace until somebody says stop, and waits for nothing then.
    pub(crate) fn talk_until(&mut self, pace: Pace, stop: &AtomicBool) -> Result<()> {
        let began = Instant::now();
        self.ledger.begin(began);
        while !stop.load(Ordering::Relaxed) {
            self.post(pace, began, Instant::now());
            self.turn(Duration::from_millis(5))?;
        }
        Ok(())
    }

    /// What is remembered of each connection.
    pub(crate) fn memories(&self) -> impl Iterator<Item = &P::Memory> {
        self.connections.iter().map(|connection| &connection.memory)
    }

    /// Every message that was posted: whether it was acked, and whether anybody got it.
    pub(crate) fn flights(&self) -> impl Iterator<Item = (Mark, bool, bool)> {
        self.ledger.flights()
    }

    /// The bytes that were read since the last round of talk, or since everybody came back.
    pub(crate) fn bytes(&self) -> u64 {
        self.ledger.bytes()
    }

    /// What went wrong since the crowd came together.
    pub(crate) fn faults(&self) -> Faults {
        self.ledger.faults()
    }

    /// Posts what is due; when to look again.
    fn post(&mut self, pace: Pace, began: Instant, now: Instant) -> Instant {
        let mut next = now + PATIENCE;
        for who in 0..self.ledger.speakers() {
            loop {
                let due = self.ledger.due(who, pace, began, now);
                let Some(due) = due.filter(|&due| due <= now) else {
                    next = due.map_or(next, |due| next.min(due));
                    break;
                };
                let number = self.ledger.posted(who, due, now);
                let connection = &mut self.connections[who];
                self.protocol.say(who, &mut connection.memory, number, &mut connection.out);
            }
            self.connections[who].write();
        }
        next
    }

    /// Waits for the sockets once, and takes what they hold.
    fn turn(&mut self, wait: Duration) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        // A timeout is rounded up to whole milliseconds, which an open loop would show.
        let wait = if wait < Duration::from_millis(1) { Duration::ZERO } else { wait };
        if let Err(error) = self.poll.poll(&mut events, Some(wait)) {
            ensure!(error.kind() == std::io::ErrorKind::Interrupted, error);
        }
        for event in &events {
            let who = event.token().0;
            if event.is_writable() {
                self.writable(who)?;
            }
            if event.is_readable() {
                self.readable(who)?;
            }
        }
        Ok(())
    }

    fn writable(&mut self, who: usize) -> Result<()> {
        let connection = &mut self.connections[who];
        if !connection.greeted {
            if connection.is_connecting()? {
                return Ok(());
            }
            connection.greeted = true;
            self.first.get_or_insert_with(Instant::now);
            self.protocol.greet(who, &mut connection.memory, &mut connection.out);
        }
        connection.write();
        Ok(())
    }

    fn readable(&mut self, who: usize) -> Result<()> {
        let connection = &mut self.connections[who];
        loop {
            let Some(read) = connection.read(&mut self.buffer)? else {
                if self.refused.iter().all(|&(refused, _)| refused != who) {
                    self.ledger.cut(who);
                }
                return Ok(());
            };
            let now = Instant::now();
            self.ledger.read(read.fresh);
            let mut at = 0;
            while let Some(unit) = self.protocol.unit(&connection.memory, &self.buffer[at..read.held]) {
                let content = &self.buffer[at + unit.content.0..at + unit.content.1];
                at += unit.used;
                match self.protocol.hear(who, &mut connection.memory, unit, content, &mut connection.out) {
                    Heard::Nothing => {}
                    Heard::Ready => self.ready += 1,
                    Heard::Delivered(mark) => self.ledger.delivered(who, mark, now),
                    Heard::Acked(number) => self.ledger.acked(who, number, now),
                    Heard::Refused => {
                        self.refusals += 1;
                        self.refused.push((who, now + RETRY));
                    }
                    Heard::Wrong(what) => self.ledger.wrong(what),
                }
            }
            if at == 0 && read.held == self.buffer.len() {
                bail!("a unit is longer than {BUFFER} bytes");
            }
            connection.keep(&self.buffer[at..read.held]);
            connection.write();
            if read.drained {
                return Ok(());
            }
        }
    }
}
