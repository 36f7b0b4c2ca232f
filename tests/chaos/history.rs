//! What happened in a run, a line each: what was asked and answered, what was heard, which faults were made, and at the
//! end what the database and fresh pages hold. The checker reads nothing else.
//!
//! How far somebody has read is told of in four ways: they say it (`Marking`), an answer tells it (`Marked`), an event tells
//! it (`Moved`), and in the end it was said so often that it must hold (`Owed`).

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    path::Path,
    time::Instant,
};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Who did or heard something: a number for each actor of a run; a person has one for each session.
pub(crate) type Who = u32;

/// A line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    /// When, in microseconds since the run began.
    pub(crate) at_us: u64,
    /// Who.
    pub(crate) who: Who,
    /// What.
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum What {
    /// A half begins, in which each of these kinds of faults must be made.
    Half { needs: Vec<String> },
    /// An actor is this person, in this part.
    Actor { person: Uuid, part: String },
    /// Something is asked; asked again, it is the same `op`.
    Invoke { op: Uuid, verb: Verb, message: Uuid, stream: Uuid, thread: Uuid },
    /// It is done.
    Ok { op: Uuid, seq: i64, position: Option<i32>, duplicate: bool },
    /// It is refused, for good.
    Fail { op: Uuid, code: String },
    /// Nobody knows: no answer came.
    Info { op: Uuid },
    /// A stream is followed from a sequence on, on a new subscription.
    Subscribed { stream: Uuid, since: i64 },
    /// An event was heard; `digest` is that of [`digest`].
    Recv { stream: Uuid, seq: i64, digest: u64 },
    /// What was heard is not of the wire format.
    Malformed { heard: String },
    /// The head of a stream was read, having been asked for at a time.
    Read { stream: Uuid, seq: i64, asked_us: u64 },
    /// Somebody says how far a thread was read.
    Marking { thread: Uuid, position: i64 },
    /// How far a thread was read, as an answer tells that was asked for at a time.
    Marked { thread: Uuid, position: i64, asked_us: u64 },
    /// How far a thread was read, as an event tells.
    Moved { thread: Uuid, position: i64 },
    /// How far a thread must be read at the end: it was said over and over, when nothing was wrong any more.
    Owed { thread: Uuid, position: i64 },
    /// A file was taken; `digest` is that of its bytes.
    Uploaded { file: Uuid, digest: u64 },
    /// A file was refused.
    FileRefused { status: u16 },
    /// The actor's session was ended, and that was acknowledged.
    Ended,
    /// The actor's connection is gone, or refused.
    Gone { code: Option<u16> },
    /// A fault was made, that lasts until.
    Fault { kind: String, until_us: u64 },
    /// A node was killed at a point, or its time was stopped there.
    Met { place: String, kills: bool },
    /// A kind of fault cannot be made here.
    Impossible { kind: String, why: String },
    /// A node ended, and nobody ended it: while it started or later, and whether it said why and gave up in good order.
    Died { how: String, starting: bool, gave_up: bool },
    /// The last fault is over.
    Healed,
    /// After the healing, this long until all of a stream was applied; none if it never was.
    Caught { stream: Uuid, ms: Option<u64> },
    /// Once all was quiet, this long until the page of a browser was as a fresh one.
    PageCaught { ms: u64 },
    /// An event of the log, as the database holds it at the end.
    Log {
        stream: Uuid,
        seq: i64,
        kind: String,
        subject: Uuid,
        thread: Option<Uuid>,
        person: Option<Uuid>,
        actor: Option<Uuid>,
        digest: u64,
    },
    /// Where a stream stands at the end.
    Stream { stream: Uuid, last_seq: i64 },
    /// A message, as the database holds it at the end.
    Stored { message: Uuid, thread: Uuid, position: i32 },
    /// How far somebody has read a thread, as the database holds it at the end.
    Position { person: Uuid, thread: Uuid, position: i64 },
    /// A file that the database names at the end, and the digest of the bytes that are there, if they are.
    File { file: Uuid, digest: Option<u64> },
    /// After a sweep in a later time: how many files are named, how many of these have no bytes, how many bytes have no
    /// name, and how many uploads never ended.
    Swept { files: u64, without_bytes: u64, without_name: u64, unended: u64 },
    /// A thing as it was after all events, and as it is when fetched afresh.
    Compared { form: Form, subject: String, live: u64, fresh: u64 },
    /// How much is unread, as it is shown and as the log says it.
    Unread { person: Uuid, thread: Uuid, shown: i64, counted: i64 },
    /// A mention, and how many notifications and mails it made.
    Mention { person: Uuid, message: Uuid, notifications: u32, mails: u32, owed: u32 },
    /// The resident memory of a node.
    Memory { kib: u64 },
    /// From a message's writing to its event in a reader's hands, its wait in the outbox and every try included; with or
    /// without slow readers about; each round is timed in both ways.
    Delivered { ms: u64, slow: bool, round: u32 },
    /// A counter of a node that must stay 0.
    Counter { name: String, value: u64 },
    /// How often a node's log tells of a panic, and the first time.
    Panics { count: u64, first: Option<String> },
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verb {
    /// A new message.
    Send,
    /// Other words.
    Edit,
    /// Its removal.
    Delete,
    /// A reaction.
    React,
}

/// In which form a thing is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// The data of events.
    Json,
    /// The fragments of events.
    Html,
    /// The page of a browser.
    Dom,
}

impl Verb {
    /// The kind of the event that it makes.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Send => "message.created",
            Self::Edit => "message.edited",
            Self::Delete => "message.deleted",
            Self::React => "reaction.set",
        }
    }
}

/// What an event says beside its place, in 64 bits: equal in the log and at every follower.
pub(crate) fn digest(kind: &str, subject: &str, thread: Option<&str>, by: Option<&str>, at: &str) -> u64 {
    digest_of(&(kind, subject, thread, by, at))
}

/// Any value, in 64 bits.
pub(crate) fn digest_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Where actors write.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    lines: mpsc::UnboundedSender<Line>,
    began: Instant,
}

impl Recorder {
    /// A recorder and where its lines come out.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Line>) {
        let (lines, out) = mpsc::unbounded_channel();
        (Self { lines, began: Instant::now() }, out)
    }

    /// The time of the run, in microseconds.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Notes what happens now.
    pub(crate) fn note(&self, who: Who, what: What) {
        self.note_at(self.now_us(), who, what);
    }

    /// Notes a fault that began then and is over now.
    pub(crate) fn fault(&self, began_us: u64, kind: &str) {
        self.note_at(began_us, 0, What::Fault { kind: kind.to_owned(), until_us: self.now_us() });
    }

    fn note_at(&self, at_us: u64, who: Who, what: What) {
        // Nobody collects any more once the run is over.
        drop(self.lines.send(Line { at_us, who, what }));
    }
}

/// Writes a history as JSON lines.
pub(crate) fn save(path: &Path, lines: &[Line]) -> Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for line in lines {
        serde_json::to_writer(&mut file, line)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}

/// Reads a history that was saved.
pub(crate) fn load(path: &Path) -> Result<Vec<Line>> {
    std::fs::read_to_string(path)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
