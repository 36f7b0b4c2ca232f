//! The client, without I/O and without a clock of its own: what a stream's frames ask for, and what of one's own
//! messages is to be sent when. The browser's `web/src/live/reducer.ts` behaves alike: both are held against
//! `tests/it/golden/reducer.json`.

use std::{collections::BTreeMap, time::Duration};

use words::{MessageId, ThreadId};

/// More early events than this are not kept: the subscription that was asked for brings them again.
pub const EARLY: usize = 64;
/// After so long without an ack, a message is sent again over the next connection.
pub const ACK: Duration = Duration::from_secs(10);
/// Older than this, a message is not sent any more without its author being asked.
pub const STALE: Duration = Duration::from_mins(10);

/// How far one stream was applied, and what came too early.
#[derive(Clone, Debug)]
pub struct Stream<E> {
    applied: i64,
    early: BTreeMap<i64, E>,
    /// The subscription that was asked for and is not answered: it brings whatever is missing.
    asked: Option<i64>,
}

/// What an event that came asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken<E> {
    /// The events to apply now, in order.
    pub apply: Vec<E>,
    /// Whether there is a gap that a new subscription must heal.
    pub again: bool,
}

impl<E> Stream<E> {
    /// A stream of which everything up to a sequence was applied: that of a snapshot.
    pub fn new(applied: i64) -> Self {
        Self { applied, early: BTreeMap::new(), asked: None }
    }

    /// The last sequence that was applied.
    pub fn applied(&self) -> i64 {
        self.applied
    }

    /// How many events wait for those before them.
    pub fn early(&self) -> usize {
        self.early.len()
    }

    /// An event came.
    pub fn take(&mut self, seq: i64, event: E) -> Taken<E> {
        let mut apply = Vec::new();
        if seq <= self.applied {
            return Taken { apply, again: false };
        }
        if seq == self.applied + 1 || self.early.len() < EARLY {
            self.early.insert(seq, event);
        }
        while let Some(next) = self.early.remove(&(self.applied + 1)) {
            self.applied += 1;
            apply.push(next);
        }
        let again = apply.is_empty() && self.asked.is_none();
        Taken { apply, again }
    }

    /// A subscription from here is asked for, by that number: what came early comes again.
    pub fn asked(&mut self, request: i64) {
        self.early.clear();
        self.asked = Some(request);
    }

    /// A `subscribed` came: the answer to a request, or without one the news that the stream is not followed any more.
    /// Whether it counts: what is said of an earlier subscription than the one that is asked for does not.
    pub fn answered(&mut self, request: Option<i64>) -> bool {
        let counts = request == self.asked;
        if counts {
            self.asked = None;
        }
        counts
    }

    /// The server says where the stream stands: behind it, something was lost.
    pub fn is_behind(&self, seq: i64) -> bool {
        seq > self.applied
    }
}

/// What somebody wrote and does not know to be stored: in order, one at a time for each thread. Times are those of
/// the author's own clock, which may be put back: what waits for it is then due, since sending twice is harmless.
#[derive(Clone, Debug)]
pub struct Outbox<M> {
    threads: BTreeMap<ThreadId, Vec<Waiting<M>>>,
    /// The number of the present connection.
    connection: u64,
}

/// A message that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting<M> {
    /// Its id, the same at each attempt: it is stored once.
    pub id: MessageId,
    /// What it says.
    pub message: M,
    /// When it was written.
    pub written: Duration,
    attempt: Attempt,
}

/// Where the attempts to send a message stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Attempt {
    None,
    Sent { connection: u64, at: Duration },
    Unknown { at: Duration, wait: Duration },
}

impl<M> Default for Outbox<M> {
    fn default() -> Self {
        Self { threads: BTreeMap::new(), connection: 0 }
    }
}

impl<M: Clone> Outbox<M> {
    /// Keeps a message, before the first attempt to send it.
    pub fn write(&mut self, thread: ThreadId, id: MessageId, message: M, now: Duration) {
        let waiting = Waiting { id, message, written: now, attempt: Attempt::None };
        self.threads.entry(thread).or_default().push(waiting);
    }

    /// A new connection: whatever was sent over an earlier one may be sent again.
    pub fn connected(&mut self) {
        self.connection += 1;
    }

    /// The messages to send now over the present connection: the first of each thread, unless it is on its way.
    pub fn due(&mut self, now: Duration) -> Vec<(ThreadId, Waiting<M>)> {
        let connection = self.connection;
        let firsts = self.threads.iter_mut().filter_map(|(&thread, waiting)| Some((thread, waiting.first_mut()?)));
        let due = firsts.filter(|(_, first)| first.may_be_sent(connection, now));
        due.map(|(thread, first)| {
            first.attempt = Attempt::Sent { connection, at: now };
            (thread, first.clone())
        })
        .collect()
    }

    /// Whether something was sent over the present connection so long ago that only another one can tell.
    pub fn is_overdue(&self, now: Duration) -> bool {
        self.waiting().any(|(_, waiting)| match waiting.attempt {
            Attempt::Sent { connection, at } => connection == self.connection && is_over(at, ACK, now),
            _ => false,
        })
    }

    /// A message is stored: its ack came, or its event. Whether it was waiting: the other of the two may have come.
    pub fn stored(&mut self, id: MessageId) -> bool {
        self.remove(id).is_some()
    }

    /// A message is refused for good.
    pub fn refused(&mut self, id: MessageId) -> Option<Waiting<M>> {
        self.remove(id)
    }

    /// It is not known whether a message is stored: it is sent again after a while.
    pub fn unknown(&mut self, id: MessageId, now: Duration, wait: Duration) {
        let mut waiting = self.threads.values_mut().flatten();
        if let Some(waiting) = waiting.find(|waiting| waiting.id == id) {
            waiting.attempt = Attempt::Unknown { at: now, wait };
        }
    }

    /// Takes out what is too old to be sent without asking, but for what is on its way.
    pub fn take_stale(&mut self, now: Duration) -> Vec<(ThreadId, Waiting<M>)> {
        let connection = self.connection;
        let mut stale = Vec::new();
        for (&thread, waiting) in &mut self.threads {
            let old = |waiting: &mut Waiting<M>| {
                now.saturating_sub(waiting.written) >= STALE && !waiting.is_on_its_way(connection)
            };
            stale.extend(waiting.extract_if(.., old).map(|waiting| (thread, waiting)));
        }
        self.threads.retain(|_, waiting| !waiting.is_empty());
        stale
    }

    /// Everything that waits, in order within each thread.
    pub fn waiting(&self) -> impl Iterator<Item = (ThreadId, &Waiting<M>)> {
        self.threads.iter().flat_map(|(&thread, waiting)| waiting.iter().map(move |waiting| (thread, waiting)))
    }

    fn remove(&mut self, id: MessageId) -> Option<Waiting<M>> {
        let mut found = None;
        self.threads.retain(|_, waiting| {
            let index = waiting.iter().position(|waiting| waiting.id == id);
            found = index.map(|index| waiting.remove(index)).or(found.take());
            !waiting.is_empty()
        });
        found
    }
}

impl<M> Waiting<M> {
    fn may_be_sent(&self, connection: u64, now: Duration) -> bool {
        let fresh = now.saturating_sub(self.written) < STALE;
        fresh
            && match self.attempt {
                Attempt::None => true,
                Attempt::Sent { connection: earlier, .. } => earlier != connection,
                Attempt::Unknown { at, wait } => is_over(at, wait, now),
            }
    }

    fn is_on_its_way(&self, connection: u64) -> bool {
        matches!(self.attempt, Attempt::Sent { connection: present, .. } if present == connection)
    }
}

/// Whether a wait is over, or the clock was put back so that nobody knows.
fn is_over(since: Duration, wait: Duration, now: Duration) -> bool {
    now.checked_sub(since).is_none_or(|passed| passed >= wait)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use uuid::Uuid;

    use super::{ACK, Duration, EARLY, MessageId, Outbox, STALE, Stream, Taken, ThreadId};

    const VECTORS: &str = include_str!("../it/golden/reducer.json");

    fn step(stream: &mut Stream<i64>, step: &Value, name: &str) {
        if let Some(seq) = step["take"].as_i64() {
            let apply = serde_json::from_value(step["apply"].clone()).unwrap();
            let expected = Taken { apply, again: step["again"].as_bool().unwrap() };
            assert_eq!(stream.take(seq, seq), expected, "{name}: {step}");
        } else if let Some(seq) = step["positions"].as_i64() {
            assert_eq!(Some(stream.is_behind(seq)), step["behind"].as_bool(), "{name}: {step}");
        } else if let Some(request) = step["asked"].as_i64() {
            stream.asked(request);
        } else {
            assert_eq!(Some(stream.answered(step["answered"].as_i64())), step["counts"].as_bool(), "{name}: {step}");
        }
    }

    #[test]
    fn the_native_client_behaves_as_the_browsers() {
        let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
        assert!(vectors.len() >= 7);
        for vector in vectors {
            let mut stream = Stream::new(vector["applied"].as_i64().unwrap());
            for each in vector["steps"].as_array().unwrap() {
                step(&mut stream, each, vector["name"].as_str().unwrap());
            }
        }
    }

    #[test]
    fn what_comes_early_has_a_bound() {
        let mut stream = Stream::new(0);
        stream.asked(1);
        assert!((2..500).all(|seq| stream.take(seq, ()) == Taken { apply: Vec::new(), again: false }));
        assert_eq!(stream.early(), EARLY);
        assert_eq!(stream.take(1, ()).apply.len(), 1 + EARLY, "however full, the next one has a place");
    }

    fn thread(number: u128) -> ThreadId {
        ThreadId(Uuid::from_u128(number))
    }

    fn id(number: u128) -> MessageId {
        MessageId(Uuid::from_u128(number))
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// What is due, as the numbers of the messages.
    fn due(outbox: &mut Outbox<()>, now: Duration) -> Vec<u128> {
        outbox.due(now).into_iter().map(|(_, waiting)| waiting.id.0.as_u128()).collect()
    }

    fn outbox(messages: &[(u128, u128)]) -> Outbox<()> {
        let mut outbox = Outbox::default();
        for &(in_thread, message) in messages {
            outbox.write(thread(in_thread), id(message), (), Duration::ZERO);
        }
        outbox.connected();
        outbox
    }

    #[test]
    fn a_thread_has_one_message_on_its_way_and_the_first_goes_first() {
        let mut outbox = outbox(&[(1, 11), (1, 12), (2, 21)]);
        assert_eq!(due(&mut outbox, Duration::ZERO), [11, 21]);
        assert_eq!(due(&mut outbox, seconds(5)), [0; 0]);
        assert!(outbox.stored(id(11)));
        assert_eq!(due(&mut outbox, seconds(5)), [12]);
    }

    #[test]
    fn an_ack_and_an_event_come_in_either_order_and_count_once() {
        let mut outbox = outbox(&[(1, 11), (1, 12)]);
        due(&mut outbox, Duration::ZERO);
        assert!(outbox.stored(id(11)), "by the event");
        assert!(!outbox.stored(id(11)), "by the ack");
        assert_eq!(outbox.waiting().count(), 1);
    }

    #[test]
    fn without_an_ack_the_same_id_goes_over_the_next_connection() {
        let mut outbox = outbox(&[(1, 11), (1, 12)]);
        due(&mut outbox, seconds(1));
        assert!(!outbox.is_overdue(seconds(10)));
        assert!(outbox.is_overdue(seconds(1) + ACK));
        assert_eq!(due(&mut outbox, seconds(20)), [0; 0], "not over this one");
        outbox.connected();
        assert!(!outbox.is_overdue(seconds(20)));
        assert_eq!(due(&mut outbox, seconds(20)), [11]);
    }

    #[test]
    fn what_is_not_known_is_sent_again_after_a_while_and_what_is_refused_is_given_back() {
        let mut outbox = outbox(&[(1, 11), (1, 12)]);
        due(&mut outbox, Duration::ZERO);
        outbox.unknown(id(11), Duration::ZERO, seconds(2));
        assert_eq!(due(&mut outbox, seconds(1)), [0; 0]);
        assert_eq!(due(&mut outbox, seconds(2)), [11]);
        assert_eq!(outbox.refused(id(11)).map(|waiting| waiting.id), Some(id(11)));
        assert_eq!(due(&mut outbox, seconds(2)), [12]);
    }

    #[test]
    fn a_clock_that_is_put_back_holds_nothing_up() {
        let mut outbox = Outbox::default();
        outbox.write(thread(1), id(11), (), seconds(7200));
        outbox.write(thread(2), id(21), (), seconds(7200));
        outbox.connected();
        assert_eq!(due(&mut outbox, seconds(7200)), [11, 21]);
        outbox.unknown(id(21), seconds(7200), seconds(2));
        assert!(outbox.is_overdue(seconds(3600)));
        assert_eq!(due(&mut outbox, seconds(3600)), [21]);
    }

    #[test]
    fn what_is_older_than_ten_minutes_asks_unless_it_is_on_its_way() {
        let mut outbox = outbox(&[(1, 11), (1, 12)]);
        due(&mut outbox, Duration::ZERO);
        outbox.write(thread(2), id(21), (), seconds(1));
        let stale = |outbox: &mut Outbox<()>, now| -> Vec<u128> {
            outbox.take_stale(now).into_iter().map(|(_, waiting)| waiting.id.0.as_u128()).collect()
        };
        assert_eq!(stale(&mut outbox, STALE), [12]);
        outbox.connected();
        assert_eq!(due(&mut outbox, STALE), [21], "what is stale is not sent");
        assert_eq!(stale(&mut outbox, STALE), [11]);
        assert_eq!(outbox.waiting().count(), 1);
    }
}
