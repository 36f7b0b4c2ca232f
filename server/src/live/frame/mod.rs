//! The frames of the wire format v1: what clients may say, and what we say. The format is public:
//! `tests/it/golden` holds every frame, written by hand from the format's description.

use axum::extract::ws::Utf8Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;
use uuid::Uuid;
use words::{ChannelId, FileId, MessageId, OperationId, PersonId, ReactionName, StreamId, ThreadId, ThreadKind};

use super::{hub::Variant, log::Entry};

/// How many threads of a stream a connection may watch.
pub const WATCHED: usize = 100;

/// What a client says.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants and fields are those of the public format")]
pub enum ClientFrame {
    Subscribe {
        id: Option<i64>,
        stream: StreamId,
        #[serde(default, deserialize_with = "natural")]
        since: Option<i64>,
        epoch: Option<Uuid>,
    },
    Watch {
        stream: StreamId,
        #[serde(deserialize_with = "few")]
        threads: Vec<ThreadId>,
    },
    Unsubscribe {
        stream: StreamId,
    },
    Open {
        id: Option<i64>,
        thread: OpenThread,
        message: FirstMessage,
    },
    Send {
        id: Option<i64>,
        message: NewMessage,
    },
    Edit {
        id: Option<i64>,
        op: OperationId,
        message: MessageId,
        body: String,
    },
    Delete {
        id: Option<i64>,
        op: OperationId,
        message: MessageId,
    },
    React {
        id: Option<i64>,
        op: OperationId,
        message: MessageId,
        name: ReactionName,
        on: bool,
    },
    Read {
        thread: ThreadId,
        #[serde(deserialize_with = "position")]
        position: i32,
    },
    Typing {
        thread: ThreadId,
    },
    Ping,
}

/// The thread of an `open`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields are those of the public format")]
pub struct OpenThread {
    pub id: Option<ThreadId>,
    pub channel: ChannelId,
    pub title: Option<String>,
    pub kind: Option<ThreadKind>,
}

/// The message of an `open`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields are those of the public format")]
pub struct FirstMessage {
    pub id: Option<MessageId>,
    pub body: String,
}

/// The message of a `send`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields are those of the public format")]
pub struct NewMessage {
    pub id: MessageId,
    pub thread: ThreadId,
    pub body: String,
    #[serde(default)]
    pub attachments: Vec<FileId>,
}

/// Why a text is no frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Not JSON, or not an object: the connection ends.
    NotJson,
    /// A type that we do not know, with the number of the request.
    Unknown(Option<i64>),
    /// A field that is missing or is not as it must be.
    Invalid(Option<i64>),
}

/// The types that we know.
const TYPES: [&str; 11] =
    ["subscribe", "watch", "unsubscribe", "open", "send", "edit", "delete", "react", "read", "typing", "ping"];

/// Reads a frame. Unknown fields are ignored: they are a later version's.
pub fn parse(text: &str) -> Result<ClientFrame, Fault> {
    let value: Value = serde_json::from_str(text).map_err(|_| Fault::NotJson)?;
    let Value::Object(fields) = &value else { return Err(Fault::NotJson) };
    let id = fields.get("id").and_then(Value::as_i64);
    let known = fields.get("type").and_then(Value::as_str).is_some_and(|kind| TYPES.contains(&kind));
    if !known {
        return Err(Fault::Unknown(id));
    }
    serde_json::from_value(value).map_err(|_| Fault::Invalid(id))
}

fn natural<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::deserialize(deserializer)? {
        Some(sequence) if sequence < 0 => Err(D::Error::custom("a sequence is not negative")),
        sequence => Ok(sequence),
    }
}

fn position<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    match i32::deserialize(deserializer)? {
        position if position < 0 => Err(D::Error::custom("a position is not negative")),
        position => Ok(position),
    }
}

fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ThreadId>, D::Error> {
    let threads = Vec::deserialize(deserializer)?;
    if threads.len() > WATCHED { Err(D::Error::custom("too many threads")) } else { Ok(threads) }
}

/// How a subscription was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Events follow.
    Ok,
    /// Fetch again, then subscribe again.
    Reset,
    /// Not a member, or no such stream.
    Denied,
}

/// What we say.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants and fields are those of the public format")]
pub enum ServerFrame<'a> {
    Welcome {
        version: u32,
        connection: Uuid,
        build: &'a str,
        heartbeat_ms: u64,
        limits: Limits,
        now: String,
    },
    Subscribed {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<i64>,
        stream: StreamId,
        epoch: Uuid,
        seq: i64,
        result: Outcome,
    },
    Live {
        stream: StreamId,
        seq: i64,
    },
    Ack {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<i64>,
        message: MessageId,
        stream: StreamId,
        seq: i64,
        position: i32,
        duplicate: bool,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<i64>,
        code: &'a str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    Positions {
        streams: serde_json::Map<String, Value>,
    },
    /// What passes: it is not in the log, and over by time alone.
    Ephemeral {
        stream: StreamId,
        kind: &'a str,
        thread: ThreadId,
        by: Somebody<'a>,
        ttl_ms: i64,
    },
    Pong,
    Bye {
        after_ms: u64,
    },
}

/// Who an ephemeral is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields are those of the public format")]
pub struct Somebody<'a> {
    pub id: PersonId,
    pub name: &'a str,
}

/// What a client may send and follow, as `welcome` says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields are those of the public format")]
pub struct Limits {
    pub frame_bytes: usize,
    pub body_characters: usize,
    pub replay_events: i64,
    pub streams: usize,
    pub commands_per_10s: usize,
}

/// What an event says beside its place in the log.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// For API clients: what `GET` of the subject answers now.
    Json {
        /// The subject.
        data: Value,
    },
    /// For browsers: what to change in the page.
    Html {
        /// Where.
        #[serde(flatten)]
        change: Change,
        /// What else.
        also: Vec<Change>,
        /// Values that no fragment can hold, since they are the reader's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<Value>,
    },
}

impl Content {
    /// What is said of an event that this build cannot show, or not to this reader: fetch the part. Every page has the
    /// target.
    pub fn unknown(variant: Variant) -> Self {
        match variant {
            Variant::Json | Variant::Withheld { html: false } => Self::Json { data: Value::Null },
            Variant::Html { .. } | Variant::Withheld { html: true } => {
                let change = Change { target: "content".to_owned(), action: Action::Reload, html: String::new() };
                Self::Html { change, also: Vec::new(), data: None }
            }
        }
    }
}

/// A change of a page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// A DOM id; a page without it is left alone.
    pub target: String,
    /// What is done there.
    pub action: Action,
    /// The fragment.
    pub html: String,
}

/// What is done at the target of a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are those of the public format")]
pub enum Action {
    Append,
    Prepend,
    Replace,
    Remove,
    Reload,
}

#[derive(Serialize)]
struct Event<'a> {
    r#type: &'static str,
    stream: StreamId,
    seq: i64,
    kind: &'a str,
    at: String,
    by: Option<PersonId>,
    thread: Option<ThreadId>,
    subject: Subject<'a>,
    #[serde(flatten)]
    content: &'a Content,
}

#[derive(Serialize)]
struct Subject<'a> {
    r#type: &'a str,
    id: Uuid,
}

/// The bytes of a frame.
pub fn print(frame: &ServerFrame<'_>) -> Utf8Bytes {
    text(frame)
}

/// The bytes of an event's frame: made once, and shared by every socket that gets it.
pub fn print_event(stream: StreamId, entry: &Entry, content: &Content) -> Utf8Bytes {
    text(&Event {
        r#type: "event",
        stream,
        seq: entry.seq,
        kind: entry.kind.as_str(),
        at: instant(entry.at),
        by: entry.actor,
        thread: entry.thread,
        subject: Subject { r#type: entry.kind.subject(), id: entry.subject },
        content,
    })
}

/// An instant as the wire writes it (RFC 3339, UTC).
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn text(frame: &impl Serialize) -> Utf8Bytes {
    serde_json::to_string(frame).expect("frames hold strings, numbers and maps with string keys").into()
}

#[cfg(test)]
pub(super) mod tests;
