//! One connection, without I/O: what a frame or the passing of time asks for, and in which turn commands are run.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use uuid::Uuid;
use web::Text;
use words::{StreamId, ThreadId};

use super::{
    allowance::Allowances,
    by_stream::{ByStream, OfStream},
    frame::{self, ClientFrame, Fault, Limits, ServerFrame},
    hub::Ticket,
    outbox::Standing,
};
use crate::{error::Error, faults::bug, http::problem};

/// How often we ask whether the other side is there.
pub const HEARTBEAT: Duration = Duration::from_secs(25);
/// A connection from which nothing was heard for so long is dead.
const DEAD: Duration = Duration::from_mins(1);
/// How often a client is told where its streams stand.
const POSITIONS: Duration = Duration::from_secs(30);
/// How many commands of one connection may be under way at once.
const UNDER_WAY: usize = 64;
/// How many frames may wait for their turn before no more are read.
const TURNS: usize = 64;
/// How long a read position waits for others to be moved with it.
const READ_TOGETHER: Duration = Duration::from_secs(1);
/// How long read positions that could not be moved wait until they are tried again.
const READ_AGAIN: Duration = Duration::from_secs(5);
/// How many threads may have a read position to move before it is moved at once; and of how many one that could not be
/// moved is kept.
const READS: usize = 64;

/// What clients may send and follow.
pub const LIMITS: Limits = Limits {
    frame_bytes: 64 << 10,
    body_characters: 20_000,
    replay_events: super::hub::REPLAY,
    streams: 300,
    commands_per_10s: 60,
};

/// Why a connection is closed: the codes of the public format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are those of the public format")]
pub enum Close {
    Draining = 4100,
    StateTooOld = 4101,
    Slow = 4108,
    Heartbeat = 4109,
    Overloaded = 4113,
    Replaced = 4114,
    BadFrame = 4500,
    SessionEnded = 4501,
    Forbidden = 4503,
}

/// What the driver is to do, in order.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Send a frame.
    Send(Utf8Bytes),
    /// Ask whether the other side is there.
    Ping,
    /// Follow a stream.
    Join {
        /// The request.
        ticket: Ticket,
        /// Which.
        stream: StreamId,
        /// From where.
        since: Option<(i64, Option<Uuid>)>,
        /// The threads whose fragments are wanted.
        watched: Vec<ThreadId>,
    },
    /// Follow a stream no more.
    Leave(StreamId),
    /// Want the fragments of these threads.
    Watch(StreamId, Vec<ThreadId>),
    /// Tell who follows the thread's stream that the person writes in it.
    Typing(ThreadId),
    /// Close.
    Close(Close),
}

/// What waits for its turn, in the order in which it came.
#[derive(Clone, PartialEq, Debug)]
pub enum Turn {
    /// Do what a command says.
    Run(ClientFrame),
    /// Say why it is not done.
    Refuse(Utf8Bytes),
}

/// One connection. Times are since it began.
#[derive(Debug)]
pub struct Session {
    text: Text,
    allowances: Allowances,
    streams: ByStream<Follow>,
    /// What was last said to be watched, also of streams that are not followed yet.
    watched: HashMap<StreamId, Vec<ThreadId>>,
    requests: u32,
    turns: VecDeque<Turn>,
    /// The furthest position that was read of each thread, and is not moved yet.
    reads: HashMap<ThreadId, i32>,
    reads_due: bool,
    /// When they are to be moved.
    reads_at: Duration,
    heard: Duration,
    asked: Duration,
    told: Duration,
}

/// A stream that is followed, or was asked for: 32 bytes, since there are as many of these as connections follow streams.
#[derive(Clone, Copy, Debug)]
struct Follow {
    stream: StreamId,
    /// The latest request.
    number: u32,
    /// Whether that was answered.
    is_answered: bool,
    /// The last sequence that was sent since.
    at: i64,
}

impl OfStream for Follow {
    fn stream(&self) -> StreamId {
        self.stream
    }
}

impl Session {
    /// A connection that just began, of a reader of this language; `counted` is whether its rates are.
    pub fn new(text: Text, counted: bool) -> Self {
        Self {
            text,
            allowances: Allowances::new(counted),
            streams: ByStream::default(),
            watched: HashMap::new(),
            requests: 0,
            turns: VecDeque::new(),
            reads: HashMap::new(),
            reads_due: false,
            reads_at: Duration::ZERO,
            heard: Duration::ZERO,
            asked: Duration::ZERO,
            told: Duration::ZERO,
        }
    }

    /// Something was heard, if only an answer to our ping.
    pub fn heard(&mut self, now: Duration) {
        self.heard = now;
    }

    /// A text came.
    pub fn frame(&mut self, text: &str, now: Duration) -> Vec<Action> {
        self.heard = now;
        match frame::parse(text) {
            Ok(ClientFrame::Ping) => vec![Action::Send(frame::print(&ServerFrame::Pong))],
            // One too many is lost: there is no answer to it, and the next one tells the same.
            Ok(ClientFrame::Typing { thread }) => match self.allowances.typings.wait(now) {
                Some(_) => Vec::new(),
                None => vec![Action::Typing(thread)],
            },
            Ok(
                frame @ (ClientFrame::Subscribe { .. } | ClientFrame::Unsubscribe { .. } | ClientFrame::Watch { .. }),
            ) => match self.allowances.follows.wait(now) {
                Some(wait) => vec![Action::Send(self.refusal(id_of(&frame), &limited(wait)))],
                None => self.follow(frame),
            },
            Ok(command) => {
                match (self.allowances.commands.wait(now), command) {
                    (Some(wait), command) => {
                        self.turns.push_back(Turn::Refuse(self.refusal(id_of(&command), &limited(wait))));
                    }
                    (None, ClientFrame::Read { thread, position }) => self.read(thread, position),
                    (None, command) => self.turns.push_back(Turn::Run(command)),
                }
                Vec::new()
            }
            Err(Fault::NotJson) => vec![Action::Close(Close::BadFrame)],
            Err(Fault::Unknown(id)) => self.refuse(id, &Error::BadRequest("frame")),
            Err(Fault::Invalid(id)) => self.refuse(id, &Error::Invalid(Vec::new())),
        }
    }

    /// The next command to begin, when one may. `beginning` is whether another is only being handed in, `under_way` how
    /// many are not answered yet. Sends follow each other without waiting for their commits, which share one; whatever
    /// else sees what was done before it.
    pub fn turn(&mut self, beginning: bool, under_way: usize) -> Option<Turn> {
        let may_begin = match self.turns.front()? {
            Turn::Run(ClientFrame::Send { .. }) | Turn::Refuse(_) => under_way < UNDER_WAY,
            Turn::Run(_) => under_way == 0,
        };
        (may_begin && !beginning).then(|| self.turns.pop_front()).flatten()
    }

    /// Whether more frames may be read: else the other side waits.
    pub fn reads_on(&self) -> bool {
        self.turns.len() < TURNS && self.reads.len() < 2 * READS
    }

    /// The read positions to move now, if some are due: at most a second after they were told.
    pub fn due_reads(&mut self) -> Option<Vec<(ThreadId, i32)>> {
        self.reads_due.then(|| self.all_reads())
    }

    /// The read positions to move before the connection ends.
    pub fn all_reads(&mut self) -> Vec<(ThreadId, i32)> {
        self.reads_due = false;
        self.reads.drain().collect()
    }

    /// Read positions could not be moved: they are tried again, with what is read meanwhile. Of more threads than are
    /// kept the rest is let go, and is new to its reader until it is read again.
    pub fn unmoved(&mut self, positions: Vec<(ThreadId, i32)>, now: Duration) {
        if positions.is_empty() {
            return;
        }
        for (thread, position) in positions {
            if self.reads.len() < READS || self.reads.contains_key(&thread) {
                let read = self.reads.entry(thread).or_default();
                *read = position.max(*read);
            }
        }
        self.reads_at = now + READ_AGAIN;
    }

    /// A frame that tells where a stream stands is sent. Answers the stream if it is not followed any more.
    pub fn sent(&mut self, standing: Standing) -> Option<StreamId> {
        match standing {
            Standing::Same | Standing::Passing => None,
            Standing::At(stream, seq) => {
                if let Some(Follow { at, is_answered: true, .. }) = self.streams.get_mut(stream) {
                    *at = seq;
                }
                None
            }
            Standing::Answered { stream, number, from } => {
                let follow = self.streams.get_mut(stream).filter(|follow| follow.number == number)?;
                match from {
                    Some(from) => {
                        (follow.at, follow.is_answered) = (from, true);
                        None
                    }
                    None => Some(self.forget(stream)),
                }
            }
            Standing::Out(stream) => {
                let was_followed = self.streams.get_mut(stream).is_some_and(|follow| follow.is_answered);
                was_followed.then(|| self.forget(stream))
            }
        }
    }

    /// When the passing of time asks for something next.
    pub fn due(&self) -> Duration {
        // Those that are due wait for others that are being moved, and for no time.
        let reads = if self.reads.is_empty() || self.reads_due { Duration::MAX } else { self.reads_at };
        reads.min(self.heard + DEAD).min(self.asked + HEARTBEAT).min(self.told + POSITIONS)
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Duration) -> Vec<Action> {
        if now.saturating_sub(self.heard) >= DEAD {
            return vec![Action::Close(Close::Heartbeat)];
        }
        self.reads_due |= !self.reads.is_empty() && now >= self.reads_at;
        let mut actions = Vec::new();
        if now.saturating_sub(self.asked) >= HEARTBEAT {
            self.asked = now;
            actions.push(Action::Ping);
        }
        if now.saturating_sub(self.told) >= POSITIONS {
            self.told = now;
            actions.extend(self.positions().map(Action::Send));
        }
        actions
    }

    /// Where the followed streams stand: what was sent of them, and nothing of any other.
    fn positions(&self) -> Option<Utf8Bytes> {
        let followed = self.streams.iter().filter(|follow| follow.is_answered);
        let streams: serde_json::Map<_, _> =
            followed.map(|follow| (follow.stream.to_string(), follow.at.into())).collect();
        (!streams.is_empty()).then(|| frame::print(&ServerFrame::Positions { streams }))
    }

    fn follow(&mut self, frame: ClientFrame) -> Vec<Action> {
        match frame {
            ClientFrame::Subscribe { id, stream, since, epoch } => {
                if !self.streams.contains(stream) && self.streams.len() >= LIMITS.streams {
                    let error = Error::field("stream", "too_many");
                    return vec![Action::Send(self.refusal(id, &error))];
                }
                self.requests += 1;
                let number = self.requests;
                self.streams.insert(Follow { stream, number, is_answered: false, at: 0 });
                let watched = self.watched.get(&stream).cloned().unwrap_or_default();
                let (ticket, since) = (Ticket { number, id }, since.map(|since| (since, epoch)));
                vec![Action::Join { ticket, stream, since, watched }]
            }
            ClientFrame::Unsubscribe { stream } => {
                self.watched.remove(&stream);
                self.streams.remove(stream).map(|_| Action::Leave(stream)).into_iter().collect()
            }
            ClientFrame::Watch { stream, threads } => self.watch(stream, threads),
            _ => Vec::new(),
        }
    }

    /// Said before the stream is followed, it holds from the first event of the replay on.
    fn watch(&mut self, stream: StreamId, threads: Vec<ThreadId>) -> Vec<Action> {
        if !self.watched.contains_key(&stream) && self.watched.len() >= LIMITS.streams {
            return vec![Action::Send(self.refusal(None, &Error::field("stream", "too_many")))];
        }
        self.watched.insert(stream, threads.clone());
        if self.streams.contains(stream) { vec![Action::Watch(stream, threads)] } else { Vec::new() }
    }

    fn read(&mut self, thread: ThreadId, position: i32) {
        if self.reads.is_empty() {
            self.reads_at = self.heard + READ_TOGETHER;
        }
        let read = self.reads.entry(thread).or_default();
        *read = position.max(*read);
        bug!("read_goes_back" => *read = position);
        self.reads_due |= self.reads.len() >= READS;
    }

    fn forget(&mut self, stream: StreamId) -> StreamId {
        self.streams.remove(stream);
        stream
    }

    /// A frame that was not understood is answered in its turn.
    fn refuse(&mut self, id: Option<i64>, error: &Error) -> Vec<Action> {
        let refusal = self.refusal(id, error);
        self.turns.push_back(Turn::Refuse(refusal));
        Vec::new()
    }

    fn refusal(&self, id: Option<i64>, error: &Error) -> Utf8Bytes {
        refusal(id, error, self.text)
    }
}

/// The frame that says why something was not done. The socket has no word for our own faults: the same command may be
/// sent again.
pub fn refusal(id: Option<i64>, error: &Error, text: Text) -> Utf8Bytes {
    let code = match error.code() {
        "internal" => "unavailable",
        "bad_request" => "bad_frame",
        code => code,
    };
    let retry_after_ms = match error {
        Error::RateLimited { retry_after } => Some(u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX)),
        _ if code == "unavailable" => Some(1000),
        _ => None,
    };
    frame::print(&ServerFrame::Error { id, code, message: &problem::sentence(error, text), retry_after_ms })
}

/// The number of a request.
pub fn id_of(frame: &ClientFrame) -> Option<i64> {
    match frame {
        ClientFrame::Subscribe { id, .. }
        | ClientFrame::Open { id, .. }
        | ClientFrame::Send { id, .. }
        | ClientFrame::Edit { id, .. }
        | ClientFrame::Delete { id, .. }
        | ClientFrame::React { id, .. } => *id,
        _ => None,
    }
}

fn limited(retry_after: Duration) -> Error {
    Error::RateLimited { retry_after }
}

#[cfg(test)]
mod tests;
