//! The peer of node's `ws`: who connects says what it follows.

use super::{Heard, Protocol, Unit, websocket};

/// How it is spoken to: everybody follows these channels.
pub(crate) struct Ws {
    pub(crate) channels: Vec<usize>,
}

impl Protocol for Ws {
    /// Whether the upgrade was answered.
    type Memory = bool;

    fn greet(&self, _: usize, _: &mut bool, out: &mut Vec<u8>) {
        websocket::upgrade("/", "", out);
    }

    fn unit(&self, upgraded: &bool, bytes: &[u8]) -> Option<Unit> {
        if *upgraded { websocket::frame(bytes) } else { websocket::head(bytes) }
    }

    fn hear(&self, _: usize, upgraded: &mut bool, unit: Unit, content: &[u8], out: &mut Vec<u8>) -> Heard {
        match unit.kind {
            0 if content.starts_with(b"HTTP/1.1 101") => {
                *upgraded = true;
                let frame = format!(r#"{{"subscribe":{:?}}}"#, self.channels);
                websocket::write(websocket::TEXT, frame.as_bytes(), out);
                Heard::Nothing
            }
            websocket::TEXT => Heard::Ready,
            _ => Heard::Wrong(String::from_utf8_lossy(content).into_owned()),
        }
    }

    fn say(&self, _: usize, _: &mut bool, _: u32, _: &mut Vec<u8>) {}
}
