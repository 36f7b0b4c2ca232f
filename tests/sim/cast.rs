//! Who and what there is in every simulated world, and how it is called on the wire.

use uuid::Uuid;
use words::{GroupId, MessageId, PersonId, StreamId, ThreadId};

pub(crate) const GROUPS: usize = 2;
/// Two in each group.
pub(crate) const THREADS: usize = 2 * GROUPS;
pub(crate) const PEOPLE: usize = 4;
/// One of each group, then one of each person.
pub(crate) const STREAMS: usize = GROUPS + PEOPLE;
pub(crate) const NODES: usize = 2;
/// Whose each client is: the first person has two.
pub(crate) const OWNERS: [usize; 5] = [0, 1, 2, 3, 0];
pub(crate) const CLIENTS: usize = OWNERS.len();
/// What somebody says under the id of a message that they did not write.
pub(crate) const FORGED: u32 = u32::MAX;

const STREAM: u128 = 0x0190_a000_0000_7000_8000_0000_0000_0100;
const THREAD: u128 = 0x0190_a000_0000_7000_8000_0000_0000_0200;
const MESSAGE: u128 = 0x0190_a000_0000_7000_8000_0001_0000_0000;

fn uuid(base: u128, number: usize) -> Uuid {
    Uuid::from_u128(base + number as u128)
}

fn number(base: u128, id: Uuid) -> usize {
    usize::try_from(id.as_u128().wrapping_sub(base)).unwrap_or(usize::MAX)
}

pub(crate) fn stream_id(stream: usize) -> StreamId {
    StreamId(uuid(STREAM, stream))
}

pub(crate) fn stream_of(id: StreamId) -> usize {
    number(STREAM, id.0)
}

/// The stream of what happens to a person alone.
pub(crate) fn own_stream(person: usize) -> usize {
    GROUPS + person
}

pub(crate) fn group_id(group: usize) -> GroupId {
    GroupId(stream_id(group).0)
}

pub(crate) fn person_id(person: usize) -> PersonId {
    PersonId(stream_id(own_stream(person)).0)
}

pub(crate) fn person_of(id: PersonId) -> usize {
    number(STREAM, id.0) - GROUPS
}

pub(crate) fn thread_id(thread: usize) -> ThreadId {
    ThreadId(uuid(THREAD, thread))
}

pub(crate) fn thread_of(id: ThreadId) -> usize {
    number(THREAD, id.0)
}

pub(crate) fn group_of(thread: usize) -> usize {
    thread / 2
}

pub(crate) fn message_id(message: usize) -> MessageId {
    MessageId(uuid(MESSAGE, message))
}

pub(crate) fn message_of(id: MessageId) -> usize {
    number(MESSAGE, id.0)
}

/// The actor of an event, which here names the event itself.
pub(crate) fn mark(event: usize) -> PersonId {
    PersonId(Uuid::from_u128(event as u128))
}

pub(crate) fn marked(actor: PersonId) -> usize {
    number(0, actor.0)
}
