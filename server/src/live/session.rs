//! One connection, without I/O: what a frame or the passing of time asks for.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use uuid::Uuid;
use words::{StreamId, ThreadId};

use super::frame::{self, ClientFrame, Fault, Limits, ServerFrame};
use axum::extract::ws::Utf8Bytes;

/// How often we ask whether the other side is there.
pub const HEARTBEAT: Duration = Duration::from_secs(25);
/// A connection from which nothing was heard for so long is dead.
const DEAD: Duration = Duration::from_mins(1);
/// How often a client is told where its streams stand.
const POSITIONS: Duration = Duration::from_secs(30);
/// The window in which commands are counted.
const WINDOW: Duration = Duration::from_secs(10);

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
    Slow = 4108,
    Heartbeat = 4109,
    BadFrame = 4500,
    SessionEnded = 4501,
}

/// What the driver is to do, in order.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Send a frame.
    Send(Utf8Bytes),
    /// Ask whether the other side is there.
    Ping,
    /// Tell where the followed streams stand.
    Positions,
    /// Follow a stream.
    Join {
        /// The number of the request.
        id: Option<i64>,
        /// Which.
        stream: StreamId,
        /// From where.
        since: Option<(i64, Option<Uuid>)>,
    },
    /// Follow a stream no more.
    Leave(StreamId),
    /// Want the fragments of these threads.
    Watch(StreamId, Vec<ThreadId>),
    /// Do what a command says, and answer it in its turn.
    Run(ClientFrame),
    /// Close.
    Close(Close),
}

/// One connection. Times are since it began.
#[derive(Debug, Default)]
pub struct Session {
    counted: bool,
    streams: HashSet<StreamId>,
    commands: VecDeque<Duration>,
    heard: Duration,
    asked: Duration,
    told: Duration,
}

impl Session {
    /// A connection that just began; `counted` is whether its commands are.
    pub fn new(counted: bool) -> Self {
        Self { counted, ..Self::default() }
    }

    /// The streams that it follows, or asked to.
    pub fn streams(&self) -> &HashSet<StreamId> {
        &self.streams
    }

    /// Something was heard, if only an answer to our ping.
    pub fn heard(&mut self, now: Duration) {
        self.heard = now;
    }

    /// A text came.
    pub fn frame(&mut self, text: &str, now: Duration) -> Vec<Action> {
        self.heard = now;
        let frame = match frame::parse(text) {
            Ok(frame) => frame,
            Err(Fault::NotJson) => return vec![Action::Close(Close::BadFrame)],
            Err(Fault::Unknown(id)) => return vec![error(id, "bad_frame", "this type of frame is not known")],
            Err(Fault::Invalid(id)) => return vec![error(id, "invalid", "a field is missing or malformed")],
        };
        if frame == ClientFrame::Ping {
            return vec![Action::Send(frame::print(&ServerFrame::Pong))];
        }
        if let Some(wait) = self.wait(now) {
            let retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
            let (id, message) = (id_of(&frame), "too many commands");
            let refusal = ServerFrame::Error { id, code: "rate_limited", message, retry_after_ms };
            return vec![Action::Send(frame::print(&refusal))];
        }
        self.take(frame)
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Duration) -> Vec<Action> {
        if now.saturating_sub(self.heard) >= DEAD {
            return vec![Action::Close(Close::Heartbeat)];
        }
        let mut actions = Vec::new();
        if now.saturating_sub(self.asked) >= HEARTBEAT {
            self.asked = now;
            actions.push(Action::Ping);
        }
        if now.saturating_sub(self.told) >= POSITIONS && !self.streams.is_empty() {
            self.told = now;
            actions.push(Action::Positions);
        }
        actions
    }

    fn take(&mut self, frame: ClientFrame) -> Vec<Action> {
        match frame {
            ClientFrame::Subscribe { id, stream, since, epoch } => {
                if !self.streams.contains(&stream) && self.streams.len() >= LIMITS.streams {
                    return vec![error(id, "invalid", "too many streams")];
                }
                self.streams.insert(stream);
                vec![Action::Join { id, stream, since: since.map(|since| (since, epoch)) }]
            }
            ClientFrame::Unsubscribe { stream } => {
                self.streams.remove(&stream);
                vec![Action::Leave(stream)]
            }
            ClientFrame::Watch { stream, threads } => vec![Action::Watch(stream, threads)],
            ClientFrame::Typing { .. } => Vec::new(),
            command => vec![Action::Run(command)],
        }
    }

    /// How long the next command must wait, if it must; else it is counted.
    fn wait(&mut self, now: Duration) -> Option<Duration> {
        if !self.counted {
            return None;
        }
        while self.commands.front().is_some_and(|&first| now.saturating_sub(first) >= WINDOW) {
            self.commands.pop_front();
        }
        if self.commands.len() >= LIMITS.commands_per_10s {
            return self.commands.front().map(|&first| WINDOW.saturating_sub(now.saturating_sub(first)));
        }
        self.commands.push_back(now);
        None
    }
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

fn error(id: Option<i64>, code: &str, message: &str) -> Action {
    Action::Send(frame::print(&ServerFrame::Error { id, code, message, retry_after_ms: None }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Action, Close, LIMITS, Session};

    const STREAM: &str = "00000000-0000-7000-8000-000000000001";

    fn sent(actions: &[Action]) -> String {
        match actions {
            [Action::Send(text)] => text.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_json_ends_the_connection_and_a_bad_frame_does_not() {
        let mut session = Session::new(true);
        assert_eq!(session.frame("hello", Duration::ZERO), [Action::Close(Close::BadFrame)]);
        assert_eq!(session.frame("[1]", Duration::ZERO), [Action::Close(Close::BadFrame)]);
        let unknown = session.frame(r#"{"type":"dance","id":9}"#, Duration::ZERO);
        assert_eq!(
            sent(&unknown),
            r#"{"type":"error","id":9,"code":"bad_frame","message":"this type of frame is not known"}"#
        );
        let invalid = session.frame(r#"{"type":"send","id":3,"message":{"id":"x"}}"#, Duration::ZERO);
        assert_eq!(
            sent(&invalid),
            r#"{"type":"error","id":3,"code":"invalid","message":"a field is missing or malformed"}"#
        );
    }

    #[test]
    fn the_sixty_first_command_in_ten_seconds_waits_and_a_ping_never_does() {
        let mut session = Session::new(true);
        let read = format!(r#"{{"type":"read","thread":"{STREAM}","position":1}}"#);
        for _ in 0..LIMITS.commands_per_10s {
            assert!(matches!(session.frame(&read, Duration::from_secs(1))[..], [Action::Run(_)]));
        }
        let refused = sent(&session.frame(&read, Duration::from_secs(4)));
        assert!(
            refused.contains(r#""code":"rate_limited""#) && refused.contains(r#""retry_after_ms":7000"#),
            "{refused}"
        );
        assert_eq!(sent(&session.frame(r#"{"type":"ping"}"#, Duration::from_secs(4))), r#"{"type":"pong"}"#);
        assert!(matches!(session.frame(&read, Duration::from_secs(11))[..], [Action::Run(_)]));
    }

    #[test]
    fn a_silent_connection_is_asked_and_then_closed() {
        let mut session = Session::new(true);
        assert_eq!(session.tick(Duration::from_secs(24)), []);
        assert_eq!(session.tick(Duration::from_secs(25)), [Action::Ping]);
        session.heard(Duration::from_secs(26));
        assert_eq!(session.tick(Duration::from_mins(1)), [Action::Ping]);
        assert_eq!(session.tick(Duration::from_secs(86)), [Action::Close(Close::Heartbeat)]);
    }

    #[test]
    fn streams_have_a_bound() {
        let mut session = Session::new(false);
        for number in 0..LIMITS.streams {
            let stream = uuid::Uuid::from_u128(number as u128 + 1);
            let frame = format!(r#"{{"type":"subscribe","id":1,"stream":"{stream}"}}"#);
            assert!(matches!(session.frame(&frame, Duration::ZERO)[..], [Action::Join { .. }]));
        }
        let more = session
            .frame(r#"{"type":"subscribe","id":2,"stream":"00000000-0000-7000-8000-0000000000ff"}"#, Duration::ZERO);
        assert!(sent(&more).contains("too many streams"));
    }
}
