//! Many connections on one thread, so that it is the servers that are measured: the same readers and the same checks
//! for Préau, its peers and the bare limits.
//!
//! A read takes all that a socket holds, units are found in place, and what is checked of a delivery is its mark: who
//! wrote it and the how manieth of theirs it is.

pub(crate) mod bare;
mod connection;
mod ledger;
pub(crate) mod preau;
mod protocol;
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
pub(crate) use protocol::{Heard, Mark, Pace, Protocol, Seat, Unit};
use {connection::Connection, ledger::Ledger};

/// The longest that a crowd waits for something to happen.
const PATIENCE: Duration = Duration::from_mins(1);
/// The longest that everybody may take to connect, and to come back at once.
const GATHERING: Duration = Duration::from_mins(3);
const STORM: Duration = Duration::from_mins(1);
/// How many connections are opened at once.
const AT_ONCE: usize = 64;
/// How often other crowds are looked after while one waits for what is late: well within a heartbeat.
const OTHERS: Duration = Duration::from_secs(5);
/// When who was refused tries again: what the server asks for.
const RETRY: Duration = Duration::from_secs(2);
/// What one read takes at most, in bytes.
const BUFFER: usize = 512 << 10;

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
        crowd.gather(address, seats.iter().map(|_| P::Memory::default()), AT_ONCE, GATHERING)?;
        ensure!(crowd.ready == seats.len(), "{} of {} are connected", crowd.ready, seats.len());
        Ok(crowd)
    }

    /// Connects everybody again, all at once, where the server is now; each goes on from what it remembers. How long it
    /// took, from the first connection that stood to the last that is ready; who is not ready after a minute is left out.
    pub(crate) fn again(mut self, address: SocketAddr) -> Result<(Self, Duration)> {
        let connections = std::mem::take(&mut self.connections);
        let memories = connections.into_iter().map(|connection| self.protocol.resume(connection.memory));
        let memories: Vec<_> = memories.collect();
        (self.poll, self.ready, self.first, self.refusals) = (Poll::new()?, 0, None, 0);
        self.ledger.forgive();
        self.gather(address, memories.into_iter(), usize::MAX, STORM)?;
        let took = self.first.context("somebody was first")?.elapsed();
        self.ledger.check()?;
        Ok((self, took))
    }

    /// Opens so many connections at once, until the last is ready or it has lasted too long.
    fn gather(
        &mut self,
        address: SocketAddr,
        memories: impl ExactSizeIterator<Item = P::Memory>,
        at_once: usize,
        most: Duration,
    ) -> Result<()> {
        let (all, mut memories) = (memories.len(), memories.fuse());
        let began = Instant::now();
        while self.ready < all && began.elapsed() < most {
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
        }
        Ok(())
    }

    /// Has the system hold so little for each connection, as on a thin line.
    pub(crate) fn narrow(&self, bytes: usize) -> Result<()> {
        self.connections.iter().try_for_each(|connection| connection.narrow(bytes))
    }

    /// Whoever has no room now comes back later.
    fn refuse(&mut self, who: usize) {
        self.connections[who].refused = true;
        self.refusals += 1;
        self.refused.push((who, Instant::now() + RETRY));
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

    /// Has somebody say something that is no message, if they are there.
    pub(crate) fn say_beside(&mut self, who: usize, say: impl FnOnce(&P, &mut Vec<u8>)) {
        let connection = &mut self.connections[who];
        if connection.ready {
            say(&self.protocol, &mut connection.out);
            connection.write();
        }
    }

    /// Somebody's connection is gone without a word, and they come back with another from where they were.
    pub(crate) fn come_back(&mut self, who: usize, address: SocketAddr) -> Result<()> {
        let memory = std::mem::take(&mut self.connections[who].memory);
        let memory = self.protocol.resume(memory);
        let connection = Connection::open(address, self.poll.registry(), Token(who), memory)?;
        self.ready -= usize::from(std::mem::replace(&mut self.connections[who], connection).ready);
        Ok(())
    }

    /// How many are ready.
    pub(crate) fn ready(&self) -> usize {
        self.ready
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
            let is_over = self.ledger.is_settled() || self.ledger.is_wrong() || self.ledger.is_stuck(now, PATIENCE);
            if now >= until && is_over {
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
                self.readable(who, event.is_read_closed())?;
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

    /// Reads all there is: of who is cut also the end, which comes behind what they did not read.
    fn readable(&mut self, who: usize, is_cut: bool) -> Result<()> {
        let connection = &mut self.connections[who];
        if connection.refused {
            return Ok(());
        }
        loop {
            let Some(read) = connection.read(&mut self.buffer)? else {
                if connection.ready {
                    self.ledger.cut(who);
                } else {
                    self.refuse(who);
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
                    Heard::Ready => {
                        connection.ready = true;
                        self.ready += 1;
                    }
                    Heard::Delivered(mark) => self.ledger.delivered(who, mark, now),
                    Heard::Acked(number) => self.ledger.acked(who, number, now),
                    Heard::Refused => {
                        self.refuse(who);
                        return Ok(());
                    }
                    Heard::Wrong(what) => self.ledger.wrong(what),
                }
            }
            if at == 0 && read.held == self.buffer.len() {
                bail!("a unit is longer than {BUFFER} bytes");
            }
            connection.keep(&self.buffer[at..read.held]);
            connection.write();
            if read.drained && !(is_cut && read.fresh > 0) {
                return Ok(());
            }
        }
    }
}
