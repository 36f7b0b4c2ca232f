//! Frames as they go over the wire: encoded once, and shared by every socket that gets them (RFC 6455, section 5.2).

use bytes::{BufMut, Bytes, BytesMut};

/// The first byte of a frame that is a whole message, less its opcode.
const WHOLE: u8 = 0x80;
const TEXT: u8 = WHOLE | 0x1;
const CLOSE: u8 = WHOLE | 0x8;
const PING: u8 = WHOLE | 0x9;
/// The longest payload whose length is the second byte itself; else that byte says how many bytes after it are.
const SHORT: u8 = 125;
const TWO_BYTES: u8 = 126;
const EIGHT_BYTES: u8 = 127;
/// The longest header of a frame that is not masked.
const HEADER: usize = 10;

/// Whole frames, one after the other, in one piece of memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    bytes: Bytes,
    frames: usize,
}

impl Chunk {
    /// One text.
    pub fn text(text: &str) -> Self {
        Self::texts([text])
    }

    /// Texts, a frame each.
    pub fn texts<'t>(texts: impl IntoIterator<Item = &'t str> + Clone) -> Self {
        let size = texts.clone().into_iter().map(|text| HEADER + text.len()).sum();
        let (mut bytes, mut frames) = (BytesMut::with_capacity(size), 0);
        for text in texts {
            encode(&mut bytes, TEXT, text.as_bytes());
            frames += 1;
        }
        Self { bytes: bytes.freeze(), frames }
    }

    /// The question whether the other side is there.
    pub fn ping() -> Self {
        Self { bytes: Bytes::from_static(&[PING, 0]), frames: 1 }
    }

    /// The end, and why.
    pub fn close(code: u16) -> Self {
        let mut bytes = BytesMut::with_capacity(4);
        encode(&mut bytes, CLOSE, &code.to_be_bytes());
        Self { bytes: bytes.freeze(), frames: 1 }
    }

    /// A frame that is encoded already.
    pub fn encoded(frame: &[u8]) -> Self {
        Self { bytes: Bytes::copy_from_slice(frame), frames: 1 }
    }

    /// The bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// How many frames it holds.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// What its texts say, in order.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        let mut rest = &self.bytes[..];
        std::iter::from_fn(move || {
            let (kind, header, length) = decode(rest)?;
            let payload = rest.get(header..header + length)?;
            rest = &rest[header + length..];
            Some((kind, payload))
        })
        .filter(|&(kind, _)| kind == TEXT)
        .filter_map(|(_, payload)| std::str::from_utf8(payload).ok())
    }

    /// What is left of the frame of which the byte at `written` is to come; nothing where a frame begins.
    #[must_use]
    pub fn rest_of_frame(&self, written: usize) -> Self {
        let mut end = 0;
        while end < written
            && let Some((_, header, length)) = decode(&self.bytes[end..])
        {
            end += header + length;
        }
        Self { bytes: self.bytes.slice(written..end.max(written)), frames: 1 }
    }
}

fn encode(bytes: &mut BytesMut, kind: u8, payload: &[u8]) {
    bytes.put_u8(kind);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ 0..=SHORT), _) => bytes.put_u8(length),
        (_, Ok(length)) => {
            bytes.put_u8(TWO_BYTES);
            bytes.put_u16(length);
        }
        _ => {
            bytes.put_u8(EIGHT_BYTES);
            bytes.put_u64(payload.len() as u64);
        }
    }
    bytes.put_slice(payload);
}

/// The first byte of a frame, and the lengths of its header and of its payload.
fn decode(frame: &[u8]) -> Option<(u8, usize, usize)> {
    let (&kind, rest) = frame.split_first()?;
    let (&length, rest) = rest.split_first()?;
    match length {
        EIGHT_BYTES => Some((kind, HEADER, usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?)),
        TWO_BYTES => Some((kind, 4, usize::from(u16::from_be_bytes(*rest.first_chunk()?)))),
        length => Some((kind, 2, usize::from(length))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tungstenite::protocol::{Message, Role, WebSocket};

    use super::Chunk;

    fn texts() -> Vec<String> {
        let mut texts: Vec<_> = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000].map(|length| "x".repeat(length)).into();
        texts.push("préau".to_owned());
        texts
    }

    #[test]
    fn a_client_reads_what_was_encoded() {
        let texts = texts();
        let chunk = Chunk::texts(texts.iter().map(String::as_str));
        let mut all = chunk.bytes().to_vec();
        all.extend_from_slice(Chunk::ping().bytes());
        all.extend_from_slice(Chunk::close(4108).bytes());
        let mut client = WebSocket::from_raw_socket(Cursor::new(all), Role::Client, None);
        for text in &texts {
            assert_eq!(client.read().unwrap(), Message::text(text));
        }
        assert!(matches!(client.read().unwrap(), Message::Ping(payload) if payload.is_empty()));
        let Message::Close(Some(close)) = client.read().unwrap() else { panic!("the close follows") };
        assert_eq!(u16::from(close.code), 4108);
    }

    #[test]
    fn a_chunk_tells_what_it_says() {
        let texts = texts();
        let chunk = Chunk::texts(texts.iter().map(String::as_str));
        assert!(chunk.said().eq(texts.iter().map(String::as_str)));
        assert_eq!(chunk.frames(), texts.len());
        assert_eq!(Chunk::close(4100).said().count(), 0);
    }

    #[test]
    fn what_is_left_of_a_frame_ends_where_the_next_begins() {
        let chunk = Chunk::texts(["abc", "defg"]);
        assert_eq!(chunk.bytes().len(), 5 + 6);
        let left: Vec<_> = (0..=11).map(|written| chunk.rest_of_frame(written).bytes().len()).collect();
        assert_eq!(left, [0, 4, 3, 2, 1, 0, 5, 4, 3, 2, 1, 0]);
    }
}
