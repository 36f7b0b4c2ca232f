//! socket.io, over WebSocket alone (Engine.IO 4).

use super::{Heard, Mark, Protocol, Unit, preau::BODY, text, websocket};

/// How socket.io is spoken to.
pub(crate) struct SocketIo {
    /// The channels of each seat, and whether it only posts.
    seats: Vec<(Vec<usize>, bool)>,
    marks: text::Marks,
    /// The last message that everybody has, and how many they miss.
    missing: Option<(u64, u32)>,
}

/// What a connection remembers.
#[derive(Default)]
pub(crate) struct Memory {
    upgraded: bool,
    /// How many messages came.
    heard: u32,
}

impl SocketIo {
    pub(crate) fn new(seats: Vec<(Vec<usize>, bool)>) -> Self {
        Self { seats, marks: text::Marks::new(), missing: None }
    }

    /// Who connects from now on asks for what is after this message: so many.
    pub(crate) fn resume_from(&mut self, last: u64, missed: u32) {
        self.missing = Some((last, missed));
    }

    fn join(&self, who: usize, out: &mut Vec<u8>) {
        let channels = &self.seats[who].0;
        let since =
            self.missing.map_or(String::new(), |(last, _)| format!(r#","since":{:?}"#, vec![last; channels.len()]));
        websocket::write(websocket::TEXT, format!(r#"420["join",{{"channels":{channels:?}{since}}}]"#).as_bytes(), out);
    }

    /// Whether everything that was missed came before the join was answered.
    fn joined(&self, memory: &Memory) -> Heard {
        match self.missing {
            Some((_, missed)) if memory.heard != missed => Heard::Wrong(format!("{} of {missed} came", memory.heard)),
            _ => Heard::Ready,
        }
    }
}

impl Protocol for SocketIo {
    type Memory = Memory;

    fn greet(&self, _: usize, _: &mut Memory, out: &mut Vec<u8>) {
        websocket::upgrade("/socket.io/?EIO=4&transport=websocket", "", out);
    }

    fn unit(&self, memory: &Memory, bytes: &[u8]) -> Option<Unit> {
        if memory.upgraded { websocket::frame(bytes) } else { websocket::head(bytes) }
    }

    fn hear(&self, who: usize, memory: &mut Memory, unit: Unit, content: &[u8], out: &mut Vec<u8>) -> Heard {
        let speaks = self.seats[who].1;
        match (unit.kind, content) {
            (0, head) if head.starts_with(b"HTTP/1.1 101") => memory.upgraded = true,
            (websocket::TEXT, [b'0', ..]) => websocket::write(websocket::TEXT, b"40", out),
            (websocket::TEXT, [b'2', ..]) => websocket::write(websocket::TEXT, b"3", out),
            (websocket::TEXT, [b'4', b'0', ..]) if speaks => return Heard::Ready,
            (websocket::TEXT, [b'4', b'0', ..]) => self.join(who, out),
            (websocket::TEXT, [b'4', b'2', ..]) => {
                memory.heard += 1;
                return self.marks.find(content).map_or(Heard::Nothing, Heard::Delivered);
            }
            (websocket::TEXT, [b'4', b'3', rest @ ..]) => {
                let number = text::number(rest).and_then(|number| u32::try_from(number).ok());
                return match number {
                    Some(number) if speaks => Heard::Acked(number),
                    _ => self.joined(memory),
                };
            }
            (websocket::PING, _) => websocket::pong(content, out),
            _ => return Heard::Wrong(String::from_utf8_lossy(content).into_owned()),
        }
        Heard::Nothing
    }

    fn say(&self, who: usize, _: &mut Memory, number: u32, out: &mut Vec<u8>) {
        let channel = self.seats[who].0.first().copied().unwrap_or_default();
        let mut frame = format!(r#"42{number}["send",{{"channel":{channel},"author":{who},"body":""#).into_bytes();
        text::write(Mark { author: u32::try_from(who).unwrap_or(u32::MAX), number }, BODY, &mut frame);
        frame.extend_from_slice(br#""}]"#);
        websocket::write(websocket::TEXT, &frame, out);
    }
}
