//! Frames of RFC 6455, as a client reads and writes them.

use super::Unit;

/// The opcodes.
pub(crate) const TEXT: u8 = 1;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
const PONG: u8 = 10;

/// Asks for the upgrade.
pub(crate) fn upgrade(path: &str, headers: &str, out: &mut Vec<u8>) {
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    );
    out.extend_from_slice(head.as_bytes());
}

/// The head of the answer.
pub(crate) fn head(bytes: &[u8]) -> Option<Unit> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    Some(Unit { used: end, content: (0, end), kind: 0 })
}

/// A frame of a server: unmasked.
pub(crate) fn frame(bytes: &[u8]) -> Option<Unit> {
    let (&first, &second) = (bytes.first()?, bytes.get(1)?);
    let (from, length) = match second & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, usize::from(short)),
    };
    let to = from + length;
    (bytes.len() >= to).then_some(Unit { used: to, content: (from, to), kind: first & 0x0f })
}

/// Writes a frame of a client: masked with nothing, which costs nobody anything.
pub(crate) fn write(kind: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(0x80 | kind);
    match content.len() {
        short @ ..126 => out.push(0x80 | u8::try_from(short).unwrap_or(0)),
        long @ ..65536 => {
            out.push(0x80 | 0x7e);
            out.extend_from_slice(&u16::try_from(long).unwrap_or(0).to_be_bytes());
        }
        longer => {
            out.push(0x80 | 0x7f);
            out.extend_from_slice(&(longer as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(content);
}

/// Answers a ping.
pub(crate) fn pong(content: &[u8], out: &mut Vec<u8>) {
    write(PONG, content, out);
}
