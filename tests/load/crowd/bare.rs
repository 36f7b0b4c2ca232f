//! The limits: what is posted is what everybody gets, byte for byte, over TCP alone or in WebSocket frames.

use super::{Heard, Mark, Protocol, Unit, text, websocket};

/// How the limits are spoken to. A payload is `m` and a message, or `a` and the number of what was taken.
pub(crate) struct Bare {
    framing: Framing,
    /// The bytes of a delivery, framing included.
    weight: usize,
    marks: text::Marks,
    speakers: usize,
}

/// What stands around a payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    /// Its length, in four bytes.
    Length,
    /// A WebSocket frame.
    WebSocket,
}

impl Bare {
    pub(crate) fn new(framing: Framing, weight: usize, speakers: usize) -> Self {
        Self { framing, weight, marks: text::Marks::new(), speakers }
    }

    fn write(&self, payload: &[u8], out: &mut Vec<u8>) {
        match self.framing {
            Framing::Length => {
                out.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
                out.extend_from_slice(payload);
            }
            Framing::WebSocket => websocket::write(websocket::TEXT, payload, out),
        }
    }
}

impl Protocol for Bare {
    /// Whether the upgrade was answered.
    type Memory = bool;

    fn greet(&self, who: usize, memory: &mut bool, out: &mut Vec<u8>) {
        match self.framing {
            // A first payload says who it is that connects, and is answered.
            Framing::Length => {
                *memory = true;
                self.write(if who < self.speakers { b"s" } else { b"r" }, out);
            }
            Framing::WebSocket => websocket::upgrade(if who < self.speakers { "/s" } else { "/r" }, "", out),
        }
    }

    fn unit(&self, memory: &bool, bytes: &[u8]) -> Option<Unit> {
        match self.framing {
            Framing::WebSocket if !memory => websocket::head(bytes),
            Framing::WebSocket => websocket::frame(bytes),
            Framing::Length => {
                let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
                (bytes.len() >= length + 4).then_some(Unit { used: length + 4, content: (4, length + 4), kind: 1 })
            }
        }
    }

    fn hear(&self, _: usize, memory: &mut bool, _: Unit, content: &[u8], _: &mut Vec<u8>) -> Heard {
        match content.first() {
            Some(b'm') => self.marks.find(content).map_or(Heard::Nothing, Heard::Delivered),
            Some(b'a') => text::number(&content[1..])
                .and_then(|number| u32::try_from(number).ok())
                .map_or(Heard::Nothing, Heard::Acked),
            // The upgrade, or who one is, was understood.
            Some(b'H' | b'w') => {
                *memory = true;
                Heard::Ready
            }
            _ => Heard::Wrong(String::from_utf8_lossy(content).into_owned()),
        }
    }

    fn say(&self, who: usize, _: &mut bool, number: u32, out: &mut Vec<u8>) {
        let mut payload = vec![b'm'];
        let mark = Mark { author: u32::try_from(who).unwrap_or(u32::MAX), number };
        text::write(mark, self.weight - 5, &mut payload);
        self.write(&payload, out);
    }
}
