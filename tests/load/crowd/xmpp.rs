//! XMPP, as ejabberd speaks it on a plain socket: an anonymous session, rooms (XEP-0045).

use super::{Heard, Mark, Protocol, Unit, text};

const STREAM: &[u8] = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
    to='localhost' version='1.0'>";

const BIND: &[u8] = b"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";

/// How a room is spoken to.
pub(crate) struct Xmpp {
    /// The rooms of each seat, and whether it only posts.
    seats: Vec<(Vec<usize>, bool)>,
    /// The bytes of a body.
    pub(crate) body: usize,
    marks: text::Marks,
}

/// How far a session has come.
#[derive(Default)]
pub(crate) struct Memory {
    authenticated: bool,
    joined: usize,
}

impl Xmpp {
    pub(crate) fn new(seats: Vec<(Vec<usize>, bool)>, body: usize) -> Self {
        Self { seats, body, marks: text::Marks::new() }
    }

    fn presence(&self, who: usize, memory: &mut Memory, content: &[u8]) -> Heard {
        // Others' presences are not ours to count.
        if memchr::memmem::find(content, b"'110'").is_none() {
            return Heard::Nothing;
        }
        memory.joined += 1;
        if memory.joined == self.seats[who].0.len() { Heard::Ready } else { Heard::Nothing }
    }

    fn message(&self, who: usize, content: &[u8]) -> Heard {
        match self.marks.find(content) {
            // Who posts gets it back, once it is archived.
            Some(mark) if self.seats[who].1 && mark.author as usize == who => Heard::Acked(mark.number),
            Some(mark) if !self.seats[who].1 => Heard::Delivered(mark),
            // What others post, who posts oneself; and a room says its subject.
            _ => Heard::Nothing,
        }
    }
}

impl Protocol for Xmpp {
    type Memory = Memory;

    fn greet(&self, _: usize, _: &mut Memory, out: &mut Vec<u8>) {
        out.extend_from_slice(STREAM);
    }

    fn unit(&self, _: &Memory, bytes: &[u8]) -> Option<Unit> {
        let whole = |used| Some(Unit { used, content: (0, used), kind: 0 });
        let end = memchr::memchr(b'>', bytes)? + 1;
        let tag = &bytes[..end];
        // A prologue, the stream's own tag and an empty element end with it.
        if tag.starts_with(b"<?")
            || tag.starts_with(b"<stream:stream")
            || tag.starts_with(b"</")
            || tag.ends_with(b"/>")
        {
            return whole(end);
        }
        let name = tag.get(1..)?.split(|byte| matches!(byte, b' ' | b'>')).next()?;
        let closing = [b"</", name, b">"].concat();
        whole(end + memchr::memmem::find(&bytes[end..], &closing)? + closing.len())
    }

    fn hear(&self, who: usize, memory: &mut Memory, _: Unit, content: &[u8], out: &mut Vec<u8>) -> Heard {
        match content {
            stanza if stanza.starts_with(b"<message") => return self.message(who, content),
            stanza if stanza.starts_with(b"<presence") => return self.presence(who, memory, content),
            stanza if stanza.starts_with(b"<stream:features") && !memory.authenticated => {
                out.extend_from_slice(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>");
            }
            stanza if stanza.starts_with(b"<stream:features") => out.extend_from_slice(BIND),
            stanza if stanza.starts_with(b"<success") => {
                memory.authenticated = true;
                out.extend_from_slice(STREAM);
            }
            stanza if stanza.starts_with(b"<iq") => {
                for room in &self.seats[who].0 {
                    let join = format!(
                        "<presence to='room{room}@conference.localhost/m{who}'>\
                         <x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>"
                    );
                    out.extend_from_slice(join.as_bytes());
                }
            }
            stanza if stanza.starts_with(b"<?") || stanza.starts_with(b"<stream:stream") => {}
            // Whether the other side still waits: nothing answers nothing.
            stanza if stanza.starts_with(b"<r ") => {}
            _ => return Heard::Wrong(String::from_utf8_lossy(content).into_owned()),
        }
        Heard::Nothing
    }

    fn say(&self, who: usize, _: &mut Memory, number: u32, out: &mut Vec<u8>) {
        let room = self.seats[who].0.first().copied().unwrap_or_default();
        let head = format!("<message to='room{room}@conference.localhost' type='groupchat' id='{number}'><body>");
        out.extend_from_slice(head.as_bytes());
        text::write(Mark { author: u32::try_from(who).unwrap_or(u32::MAX), number }, self.body, out);
        out.extend_from_slice(b"</body></message>");
    }
}
