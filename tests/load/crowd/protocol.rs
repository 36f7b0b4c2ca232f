//! What a crowd and the way it speaks to a server tell each other.

/// Whose a message is, and which of theirs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Mark {
    pub(crate) author: u32,
    pub(crate) number: u32,
}

/// What a unit of the protocol told.
#[derive(Debug)]
pub(crate) enum Heard {
    Nothing,
    /// The connection may be used.
    Ready,
    Delivered(Mark),
    /// A message of this connection, by its number, is kept.
    Acked(u32),
    /// The server has no room now: the connection is tried again.
    Refused,
    /// The server broke its own rules, or ours.
    Wrong(String),
}

/// The first whole unit of what was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit {
    /// Its length with whatever frames it.
    pub(crate) used: usize,
    /// Where its content begins and ends.
    pub(crate) content: (usize, usize),
    /// Its kind, where the framing has kinds.
    pub(crate) kind: u8,
}

/// How a server is spoken to.
pub(crate) trait Protocol {
    /// What is remembered of a connection.
    type Memory: Default;
    /// What is said first, once the connection stands.
    fn greet(&self, who: usize, memory: &mut Self::Memory, out: &mut Vec<u8>);
    /// Finds the first whole unit.
    fn unit(&self, memory: &Self::Memory, bytes: &[u8]) -> Option<Unit>;
    /// Takes a unit.
    fn hear(&self, who: usize, memory: &mut Self::Memory, unit: Unit, content: &[u8], out: &mut Vec<u8>) -> Heard;
    /// What is kept of a connection that was refused.
    fn retry(&self, _: Self::Memory) -> Self::Memory {
        Self::Memory::default()
    }
    /// What is kept of a connection that is gone, for the next one of the same member.
    fn resume(&self, _: Self::Memory) -> Self::Memory {
        Self::Memory::default()
    }
    /// Posts a message.
    fn say(&self, who: usize, memory: &mut Self::Memory, number: u32, out: &mut Vec<u8>);
}

/// What a connection is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    /// Whether it posts. Speakers come first among the seats, so that a seat's number is its author's.
    pub(crate) speaks: bool,
    /// Whether it gets what is posted to its channel.
    pub(crate) listens: bool,
    /// Its channel.
    pub(crate) channel: usize,
}

/// When a speaker goes on to the next message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// So many are under way: neither acked nor with their last reader.
    Delivered(u32),
    /// So many are not acked.
    Acked(u32),
    /// So many a second, come what may.
    PerSecond(u32),
    /// So many at once, and no more.
    Once(u32),
}
