//! An author: writes into an outbox, sends what is due over a socket, and sends it again by the same id until the server
//! tells what became of it.

use std::{collections::VecDeque, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::reducer::Outbox;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use uuid::Uuid;
use words::{MessageId, ThreadId};

use super::{Phase, Signals, backoff};
use crate::{
    cast::{Part, Room},
    history::{Verb, What},
    proxy::{Fate, Towards},
    wire::{Heard, JSON, Unopened, Wire},
};

/// How long an ack is waited for before the connection is given up.
const ACK: Duration = Duration::from_millis(2500);
/// How long a lost ack is on its way.
const LOST: Duration = Duration::from_millis(300);
/// Whom authors name in some of their messages: somebody who is in every room for the whole of a run.
pub(crate) const NAMED: &str = "Lambin";
/// How many of their messages do.
const NAMING: f64 = 0.1;
/// How much somebody writes before their browser crashes.
const FULL: usize = 12;

/// Which author crashes now: its number among them, and a count.
pub(crate) type Crash = watch::Receiver<(usize, u32)>;

/// An author.
#[derive(Debug)]
pub(crate) struct Author {
    part: Part,
    room: Room,
    thread: Uuid,
    signals: Signals,
    think: Duration,
    number: usize,
    crash: Crash,
    /// Where the outbox is kept when the client crashes.
    dump: PathBuf,
    rng: StdRng,
    began: Instant,
    outbox: Outbox<Entry>,
    wire: Option<Wire>,
    failures: u32,
    requests: i64,
    own: VecDeque<Uuid>,
    reacted: Option<Uuid>,
}

/// What waits in the outbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    op: Uuid,
    verb: Verb,
    message: Uuid,
    body: String,
}

/// What came of a try.
enum Outcome {
    Stored,
    Refused,
    Unknown,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Wire({})", self.local)
    }
}

impl Author {
    /// The author of that number, who writes in a thread of a room and thinks for so long between two messages.
    pub(crate) fn new(
        part: Part,
        room: &Room,
        number: usize,
        (signals, crash): (Signals, Crash),
        (think, dump): (Duration, PathBuf),
    ) -> Self {
        let thread = room.threads[number % room.threads.len()];
        Self {
            rng: StdRng::seed_from_u64(u64::from(part.who)),
            part,
            room: room.clone(),
            thread,
            signals,
            think,
            number,
            crash,
            dump,
            began: Instant::now(),
            outbox: Outbox::default(),
            wire: None,
            failures: 0,
            requests: 0,
            own: VecDeque::new(),
            reacted: None,
        }
    }

    /// Writes and sends until the storm is over and the outbox empty.
    pub(crate) async fn act(mut self) -> Result<()> {
        loop {
            let draining = match self.signals.phase() {
                Phase::Storm => false,
                Phase::Drain => true,
                Phase::Done => return Ok(()),
            };
            if self.crash.has_changed().unwrap_or(false) && self.crash.borrow_and_update().0 == self.number {
                self.crash_and_return()?;
            }
            let due = self.outbox.due(self.began.elapsed());
            if let Some((_, waiting)) = due.into_iter().next() {
                self.send(waiting.message).await;
            } else if self.outbox.waiting().next().is_some() {
                self.signals.rest(Duration::from_millis(20)).await;
            } else if draining {
                return Ok(());
            } else {
                self.signals.rest(self.think).await;
                self.write();
            }
        }
    }

    /// Writes a message, and now and then something about an earlier one.
    fn write(&mut self) {
        let message = Uuid::now_v7();
        let named = if self.rng.random_bool(NAMING) { format!(", @{NAMED}") } else { String::new() };
        let body = format!("Message {message} à {}{named}", self.part.recorder.now_us());
        self.keep(Entry { op: message, verb: Verb::Send, message, body });
        let earlier = self.own.back().copied();
        if let Some(message) = earlier.filter(|_| self.rng.random_bool(0.25)) {
            let op = Uuid::now_v7();
            self.keep(Entry { op, verb: Verb::Edit, message, body: format!("Corrigé {op}") });
        }
        if self.own.len() > 8 && self.rng.random_bool(0.1) {
            let removed = self.own.pop_front().unwrap_or_default();
            self.keep(Entry { op: Uuid::now_v7(), verb: Verb::Delete, message: removed, body: String::new() });
        }
        let latest = *self.signals.latest.borrow();
        if let Some((stream, message)) = latest.filter(|_| self.rng.random_bool(0.3))
            && stream == self.room.stream
            && self.reacted.replace(message) != Some(message)
        {
            self.keep(Entry { op: Uuid::now_v7(), verb: Verb::React, message, body: String::new() });
        }
    }

    fn keep(&mut self, entry: Entry) {
        self.outbox.write(ThreadId(self.thread), MessageId(entry.op), entry, self.began.elapsed());
    }

    /// The client writes more than it can send, dies, and comes back with what it had kept.
    fn crash_and_return(&mut self) -> Result<()> {
        while self.outbox.waiting().count() < FULL {
            self.write();
        }
        let kept: Vec<&Entry> = self.outbox.waiting().map(|(_, waiting)| &waiting.message).collect();
        std::fs::write(&self.dump, serde_json::to_vec(&kept)?)?;
        self.wire = None;
        self.outbox = Outbox::default();
        let kept: Vec<Entry> =
            serde_json::from_slice(&std::fs::read(&self.dump)?).context("an outbox that was kept")?;
        for entry in kept {
            self.keep(entry);
        }
        let now = self.part.recorder.now_us();
        self.part.note(What::Fault { kind: "client_crash".to_owned(), until_us: now });
        Ok(())
    }

    async fn send(&mut self, entry: Entry) {
        let Entry { op, verb, message, ref body } = entry;
        match self.attempt(&entry).await {
            Outcome::Stored => {
                self.failures = 0;
                self.outbox.stored(MessageId(op));
                if verb == Verb::Send {
                    // What is edited or removed tells nobody again, or nobody any more.
                    if body.contains('@') {
                        self.signals.tell_named(message);
                    } else {
                        self.own.push_back(message);
                    }
                    self.signals.latest.send_replace(Some((self.room.stream, message)));
                }
            }
            Outcome::Refused => {
                self.outbox.refused(MessageId(op));
            }
            Outcome::Unknown => {
                self.part.note(What::Info { op });
                self.wire = None;
                self.failures += 1;
                let pause = backoff(self.failures);
                self.outbox.unknown(MessageId(op), self.began.elapsed(), pause);
                sleep(pause).await;
            }
        }
    }

    /// Asks once, over the present connection or a new one.
    async fn attempt(&mut self, entry: &Entry) -> Outcome {
        let (stream, thread) = (self.room.stream, self.thread);
        let Entry { op, verb, message, .. } = *entry;
        let connected = self.connect().await;
        // What did not leave was asked for all the same: the order of the outbox is that of its first tries.
        self.part.note(What::Invoke { op, verb, message, stream, thread });
        let Some(mut wire) = connected else { return Outcome::Unknown };
        self.requests += 1;
        let id = self.requests;
        if self.signals.loses_an_ack() {
            let fate = Fate::Swallow { towards: Towards::Client, until: Instant::now() + LOST };
            if self.part.network.befall(wire.local, fate) {
                let now = self.part.recorder.now_us();
                self.part.note(What::Fault { kind: "lost_ack".to_owned(), until_us: now });
            } else {
                self.signals.lose_an_ack();
            }
        }
        if !wire.say(&frame(entry, id, thread)).await {
            return Outcome::Unknown;
        }
        let deadline = Instant::now() + ACK;
        loop {
            let Heard::Frame(heard) = self.part.hear(&mut wire, deadline).await else { return Outcome::Unknown };
            if heard["id"] != id {
                continue;
            }
            self.wire = Some(wire);
            return self.answered(entry, &heard);
        }
    }

    fn answered(&self, entry: &Entry, heard: &Value) -> Outcome {
        let op = entry.op;
        if heard["type"] == "ack" {
            let position = heard["position"].as_i64().and_then(|position| i32::try_from(position).ok());
            let (seq, duplicate) = (heard["seq"].as_i64().unwrap_or_default(), heard["duplicate"] == true);
            self.part.note(What::Ok { op, seq, position, duplicate });
            return Outcome::Stored;
        }
        match heard["code"].as_str().unwrap_or_default() {
            "unavailable" | "rate_limited" => Outcome::Unknown,
            code => {
                self.part.note(What::Fail { op, code: code.to_owned() });
                Outcome::Refused
            }
        }
    }

    async fn connect(&mut self) -> Option<Wire> {
        if let Some(wire) = self.wire.take() {
            return Some(wire);
        }
        let opened = self.part.connect(JSON).await;
        if let Err(Unopened::Refused(code)) = opened {
            self.part.note(What::Gone { code: Some(code) });
        }
        let wire = opened.ok()?;
        self.outbox.connected();
        Some(wire)
    }
}

/// The frame that asks for it.
fn frame(entry: &Entry, id: i64, thread: Uuid) -> Value {
    let Entry { op, verb, message, body } = entry;
    match verb {
        Verb::Send => json!({ "type": "send", "id": id, "message": { "id": message, "thread": thread, "body": body } }),
        Verb::Edit => json!({ "type": "edit", "id": id, "op": op, "message": message, "body": body }),
        Verb::Delete => json!({ "type": "delete", "id": id, "op": op, "message": message }),
        Verb::React => {
            json!({ "type": "react", "id": id, "op": op, "message": message, "name": "thanks", "on": true })
        }
    }
}
