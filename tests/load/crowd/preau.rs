//! Members of Préau: by their session, over `preau.v1.json`.

use std::cell::OnceCell;

use uuid::Uuid;

use super::{Heard, Mark, Protocol, Unit, text, websocket};

/// The bytes of what is written.
pub(crate) const BODY: usize = 300;

/// Who connects, and what for.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// The secret of the session.
    pub(crate) session: String,
    /// The streams to follow.
    pub(crate) streams: Vec<Uuid>,
    /// Where to post.
    pub(crate) thread: Uuid,
}

/// How Préau is spoken to.
pub(crate) struct Preau {
    origin: String,
    members: Vec<Member>,
    marks: text::Marks,
    /// What every cursor belongs to, as the first answer says it.
    epoch: OnceCell<String>,
}

/// What a connection remembers.
#[derive(Default)]
pub(crate) struct Memory {
    upgraded: bool,
    /// Whether a right ended: nothing may come any more.
    pub(crate) denied: bool,
    /// Whether it was there before, and goes on from where it was.
    resumes: bool,
    /// How many streams are followed.
    followed: usize,
    /// Up to where each was applied.
    applied: Vec<u64>,
    /// How often too much was missed, and it went on from where the stream was.
    pub(crate) resets: u64,
    /// How often it was told that somebody writes, and in how many bytes.
    pub(crate) typings: u64,
    pub(crate) typing_bytes: u64,
}

impl Preau {
    pub(crate) fn new(origin: &str, members: Vec<Member>) -> Self {
        Self { origin: origin.to_owned(), members, marks: text::Marks::new(), epoch: OnceCell::new() }
    }

    /// Says that somebody writes.
    pub(crate) fn typing(&self, who: usize, out: &mut Vec<u8>) {
        let frame = format!(r#"{{"type":"typing","thread":"{}"}}"#, self.members[who].thread);
        websocket::write(websocket::TEXT, frame.as_bytes(), out);
    }

    /// Says how far somebody has read.
    pub(crate) fn read(&self, who: usize, position: u64, out: &mut Vec<u8>) {
        let frame = format!(r#"{{"type":"read","thread":"{}","position":{position}}}"#, self.members[who].thread);
        websocket::write(websocket::TEXT, frame.as_bytes(), out);
    }

    /// A stream that cannot be followed for now is asked for again, by a connection of its own.
    fn refused(memory: &Memory, content: &[u8]) -> Heard {
        let unavailable = memchr::memmem::find(content, b"\"unavailable\"").is_some();
        if unavailable && memory.followed < memory.applied.len() {
            return Heard::Refused;
        }
        Heard::Wrong(String::from_utf8_lossy(content).into_owned())
    }

    /// Everything that came must be the next of its stream.
    fn event(&self, who: usize, memory: &mut Memory, content: &[u8]) -> Heard {
        let (Some(stream), Some(seq)) = (self.stream(who, content), seq(content)) else {
            return Heard::Wrong(String::from_utf8_lossy(content).into_owned());
        };
        let applied = &mut memory.applied[stream];
        if memory.denied || seq != *applied + 1 {
            return Heard::Wrong(format!("event {seq} after {applied}"));
        }
        *applied = seq;
        self.marks.find(content).map_or(Heard::Nothing, Heard::Delivered)
    }

    fn stream(&self, who: usize, content: &[u8]) -> Option<usize> {
        let streams = &self.members[who].streams;
        if streams.len() == 1 {
            return Some(0);
        }
        let at = memchr::memmem::find(content, b"\"stream\":\"")? + 10;
        let stream = std::str::from_utf8(content.get(at..at + 36)?).ok()?.parse::<Uuid>().ok()?;
        streams.iter().position(|&followed| followed == stream)
    }

    /// A stream is followed from now on; who resumes waits for what was missed.
    fn subscribed(&self, who: usize, memory: &mut Memory, content: &[u8], out: &mut Vec<u8>) -> Heard {
        let says = |result: &[u8]| memchr::memmem::find(content, result).is_some();
        let (Some(stream), Some(seq)) = (self.stream(who, content), seq(content)) else {
            return Heard::Wrong(String::from_utf8_lossy(content).into_owned());
        };
        if says(b"\"result\":\"denied\"") && memory.followed == memory.applied.len() {
            memory.denied = true;
            return Heard::Nothing;
        }
        if says(b"\"result\":\"ok\"") {
            if memory.resumes {
                return Heard::Nothing;
            }
            self.epoch.get_or_init(|| epoch(content).unwrap_or_default());
            memory.applied[stream] = seq;
            return memory.follows();
        }
        if memory.resumes && says(b"\"result\":\"reset\"") {
            // Too much was missed: what would be fetched again stands there, and is followed from there.
            memory.resets += 1;
            memory.applied[stream] = seq;
            self.subscribe(who, memory, stream, out);
            return Heard::Nothing;
        }
        Heard::Wrong(String::from_utf8_lossy(content).into_owned())
    }

    /// What was missed is there: nothing less.
    fn live(&self, who: usize, memory: &mut Memory, content: &[u8]) -> Heard {
        match (self.stream(who, content), seq(content)) {
            _ if !memory.resumes => Heard::Nothing,
            (Some(stream), Some(seq)) if memory.applied[stream] == seq => memory.follows(),
            _ => Heard::Wrong(String::from_utf8_lossy(content).into_owned()),
        }
    }

    fn subscribe(&self, who: usize, memory: &Memory, stream: usize, out: &mut Vec<u8>) {
        let (id, applied) = (self.members[who].streams[stream], memory.applied[stream]);
        let frame = match self.epoch.get() {
            Some(epoch) if memory.resumes => {
                format!(r#"{{"type":"subscribe","stream":"{id}","since":{applied},"epoch":"{epoch}"}}"#)
            }
            _ => format!(r#"{{"type":"subscribe","stream":"{id}"}}"#),
        };
        websocket::write(websocket::TEXT, frame.as_bytes(), out);
    }
}

impl Memory {
    /// Up to where the only stream was applied.
    pub(crate) fn applied(&self) -> u64 {
        self.applied.first().copied().unwrap_or_default()
    }

    /// Up to where each stream was applied.
    pub(crate) fn positions(&self) -> &[u64] {
        &self.applied
    }

    fn follows(&mut self) -> Heard {
        self.followed += 1;
        if self.followed == self.applied.len() { Heard::Ready } else { Heard::Nothing }
    }
}

impl Protocol for Preau {
    type Memory = Memory;

    fn greet(&self, who: usize, memory: &mut Memory, out: &mut Vec<u8>) {
        let member = &self.members[who];
        memory.applied.resize(member.streams.len(), 0);
        let headers = format!(
            "origin: {}\r\ncookie: session={}\r\nsec-websocket-protocol: preau.v1.json\r\n",
            self.origin, member.session
        );
        websocket::upgrade("/live", &headers, out);
    }

    fn unit(&self, memory: &Memory, bytes: &[u8]) -> Option<Unit> {
        match memory.upgraded {
            true => websocket::frame(bytes),
            // The rest of a refusal is no frame.
            false if !bytes.starts_with(b"HTTP/1.1 101") => {
                websocket::head(bytes).map(|unit| Unit { used: bytes.len(), ..unit })
            }
            false => websocket::head(bytes),
        }
    }

    fn hear(&self, who: usize, memory: &mut Memory, unit: Unit, content: &[u8], out: &mut Vec<u8>) -> Heard {
        let wrong = || Heard::Wrong(String::from_utf8_lossy(content).into_owned());
        match unit.kind {
            0 if content.starts_with(b"HTTP/1.1 101") => {
                memory.upgraded = true;
                for stream in 0..memory.applied.len() {
                    self.subscribe(who, memory, stream, out);
                }
                if memory.applied.is_empty() { Heard::Ready } else { Heard::Nothing }
            }
            0 if content.starts_with(b"HTTP/1.1 503") => Heard::Refused,
            websocket::TEXT => match content.strip_prefix(br#"{"type":""#) {
                Some(rest) if rest.starts_with(b"event\"") => self.event(who, memory, content),
                Some(rest) if rest.starts_with(b"ack\"") => acked(rest).map_or_else(wrong, Heard::Acked),
                Some(rest) if rest.starts_with(b"subscribed\"") => self.subscribed(who, memory, content, out),
                Some(rest) if rest.starts_with(b"live\"") => self.live(who, memory, content),
                Some(rest) if rest.starts_with(b"ephemeral\"") && !memory.denied => {
                    memory.typings += 1;
                    memory.typing_bytes += unit.used as u64;
                    Heard::Nothing
                }
                Some(rest) if rest.starts_with(b"ephemeral\"") => wrong(),
                Some(rest) if rest.starts_with(b"error\"") => Self::refused(memory, content),
                _ => Heard::Nothing,
            },
            websocket::PING => {
                websocket::pong(content, out);
                Heard::Nothing
            }
            // Who reads too slowly is cut, which the ledger counts.
            websocket::CLOSE if content.starts_with(&4108_u16.to_be_bytes()) => Heard::Nothing,
            _ => wrong(),
        }
    }

    fn retry(&self, memory: Memory) -> Memory {
        Memory { upgraded: false, followed: 0, ..memory }
    }

    fn resume(&self, memory: Memory) -> Memory {
        Memory { resumes: true, upgraded: false, denied: false, followed: 0, ..memory }
    }

    fn say(&self, who: usize, _: &mut Memory, number: u32, out: &mut Vec<u8>) {
        let mut frame = Vec::with_capacity(BODY + 200);
        let thread = self.members[who].thread;
        let id = Uuid::now_v7();
        frame.extend_from_slice(
            format!(r#"{{"type":"send","id":{number},"message":{{"id":"{id}","thread":"{thread}","body":""#).as_bytes(),
        );
        text::write(Mark { author: u32::try_from(who).unwrap_or(u32::MAX), number }, BODY, &mut frame);
        frame.extend_from_slice(br#""}}"#);
        websocket::write(websocket::TEXT, &frame, out);
    }
}

fn seq(content: &[u8]) -> Option<u64> {
    text::number(&content[memchr::memmem::find(content, b"\"seq\":")? + 6..])
}

fn epoch(content: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(content, b"\"epoch\":\"")? + 9;
    Some(String::from_utf8_lossy(content.get(at..at + 36)?).into_owned())
}

fn acked(content: &[u8]) -> Option<u32> {
    let number = text::number(&content[memchr::memmem::find(content, b"\"id\":")? + 5..])?;
    u32::try_from(number).ok()
}
