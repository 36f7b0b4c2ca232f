//! What was posted, acked and delivered: rates, times, and whatever was lost, repeated or out of order.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{Mark, Pace, Seat};

/// What one round of talk came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Round {
    pub(crate) elapsed: Duration,
    pub(crate) acks: u64,
    pub(crate) deliveries: u64,
    /// The bytes that were read.
    pub(crate) bytes: u64,
    /// From when a message was due to its ack.
    pub(crate) ack: Vec<Duration>,
    /// From when a message was due to its last reader.
    pub(crate) last: Vec<Duration>,
}

/// What must be nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) lost: u64,
    pub(crate) duplicated: u64,
    pub(crate) reordered: u64,
    /// The channels whose readers do not agree on the order.
    pub(crate) disordered: u64,
    pub(crate) cut: u64,
    /// What the server said that it should not have.
    pub(crate) wrong: Vec<String>,
    /// All acks since the beginning.
    pub(crate) acks: u64,
}

struct Flight {
    due: Instant,
    acked: bool,
    remaining: u32,
}

struct Speaker {
    channel: usize,
    flights: Vec<Flight>,
    /// How many are not acked, and how many are neither acked nor delivered to the last reader.
    unacked: u32,
    open: u32,
    /// How many were posted before this round.
    before: u32,
}

impl Speaker {
    /// How many were posted in this round.
    fn posted(&self) -> u32 {
        u32::try_from(self.flights.len()).unwrap_or(u32::MAX) - self.before
    }
}

#[derive(Default)]
struct Reader {
    channel: usize,
    listens: bool,
    /// The next number of each author.
    expected: Vec<u32>,
    count: u64,
    /// What tells one order from another.
    order: u64,
    cut: bool,
}

pub(super) struct Ledger {
    speakers: Vec<Speaker>,
    readers: Vec<Reader>,
    listeners: HashMap<usize, u32>,
    round: Round,
    faults: Faults,
    moved: Instant,
}

impl Ledger {
    pub(super) fn new(seats: &[Seat]) -> Self {
        let speakers: Vec<_> = seats
            .iter()
            .take_while(|seat| seat.speaks)
            .map(|seat| Speaker { channel: seat.channel, flights: Vec::new(), unacked: 0, open: 0, before: 0 })
            .collect();
        let readers = seats.iter().map(|seat| Reader {
            channel: seat.channel,
            listens: seat.listens,
            expected: if seat.listens { vec![0; speakers.len()] } else { Vec::new() },
            ..Reader::default()
        });
        let mut listeners = HashMap::new();
        for seat in seats.iter().filter(|seat| seat.listens) {
            *listeners.entry(seat.channel).or_default() += 1;
        }
        Self {
            readers: readers.collect(),
            speakers,
            listeners,
            round: Round::default(),
            faults: Faults::default(),
            moved: Instant::now(),
        }
    }

    pub(super) fn speakers(&self) -> usize {
        self.speakers.len()
    }

    pub(super) fn begin(&mut self, now: Instant) {
        self.round = Round::default();
        self.moved = now;
        for speaker in &mut self.speakers {
            speaker.before = u32::try_from(speaker.flights.len()).unwrap_or(u32::MAX);
        }
    }

    pub(super) fn end(&mut self, began: Instant) -> Round {
        let mut round = std::mem::take(&mut self.round);
        // What nobody waits for is not part of the rate.
        round.elapsed = self.moved.saturating_duration_since(began);
        round
    }

    /// When the speaker's next message is due; none while others must end first.
    pub(super) fn due(&self, who: usize, pace: Pace, began: Instant, now: Instant) -> Option<Instant> {
        let speaker = &self.speakers[who];
        match pace {
            Pace::Delivered(window) => (speaker.open < window).then_some(now),
            Pace::Acked(window) => (speaker.unacked < window).then_some(now),
            Pace::PerSecond(rate) => Some(began + Duration::from_secs(1) * speaker.posted() / rate),
            Pace::Once(all) => (speaker.posted() < all).then_some(now),
        }
    }

    pub(super) fn posted(&mut self, who: usize, due: Instant, now: Instant) -> u32 {
        self.moved = now;
        let speaker = &mut self.speakers[who];
        let number = u32::try_from(speaker.flights.len()).unwrap_or(u32::MAX);
        let remaining = self.listeners.get(&speaker.channel).copied().unwrap_or_default();
        speaker.flights.push(Flight { due, acked: false, remaining });
        speaker.unacked += 1;
        speaker.open += 1;
        number
    }

    pub(super) fn read(&mut self, bytes: usize) {
        self.round.bytes += bytes as u64;
    }

    pub(super) fn bytes(&self) -> u64 {
        self.round.bytes
    }

    pub(super) fn acked(&mut self, who: usize, number: u32, now: Instant) {
        let speaker = &mut self.speakers[who];
        let Some(flight) = speaker.flights.get_mut(number as usize).filter(|flight| !flight.acked) else {
            return self.wrong(format!("an ack of {number}, which nobody waits for"));
        };
        flight.acked = true;
        speaker.unacked -= 1;
        if flight.remaining == 0 {
            speaker.open -= 1;
        }
        self.round.ack.push(now.saturating_duration_since(flight.due));
        self.round.acks += 1;
        self.faults.acks += 1;
        self.moved = now;
    }

    pub(super) fn delivered(&mut self, who: usize, Mark { author, number }: Mark, now: Instant) {
        self.moved = now;
        if self.speakers.is_empty() {
            // Others post; their own crowd looks at the order.
            self.round.deliveries += 1;
            return;
        }
        let (reader, author) = (&mut self.readers[who], author as usize);
        let Some(flight) = self.speakers.get_mut(author).and_then(|speaker| speaker.flights.get_mut(number as usize))
        else {
            return self.wrong(format!("{author}'s message {number} was never posted"));
        };
        let Some(expected) = reader.expected.get_mut(author) else {
            return self.wrong("a delivery to who does not listen".to_owned());
        };
        self.round.deliveries += 1;
        reader.count += 1;
        let mark = (author as u64) << 32 | u64::from(number);
        reader.order = (reader.order ^ mark).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17);
        match number.cmp(expected) {
            std::cmp::Ordering::Equal => *expected += 1,
            std::cmp::Ordering::Greater => {
                // What was passed over is lost, until it comes late.
                self.faults.lost += u64::from(number - *expected);
                *expected = number + 1;
            }
            std::cmp::Ordering::Less if self.faults.lost > 0 => {
                self.faults.lost -= 1;
                self.faults.reordered += 1;
            }
            std::cmp::Ordering::Less => {
                self.faults.duplicated += 1;
                return;
            }
        }
        flight.remaining = flight.remaining.saturating_sub(1);
        if flight.remaining == 0 {
            let took = now.saturating_duration_since(flight.due);
            let acked = flight.acked;
            self.round.last.push(took);
            if acked {
                self.speakers[author].open -= 1;
            }
        }
    }

    pub(super) fn wrong(&mut self, what: String) {
        if self.faults.wrong.len() < 10 {
            self.faults.wrong.push(what);
        }
    }

    /// Whether somebody was told what they should not have been: waiting makes that no better.
    pub(super) fn is_wrong(&self) -> bool {
        !self.faults.wrong.is_empty()
    }

    pub(super) fn cut(&mut self, who: usize) {
        if !std::mem::replace(&mut self.readers[who].cut, true) {
            self.faults.cut += 1;
        }
    }

    pub(super) fn flights(&self) -> impl Iterator<Item = (Mark, bool, bool)> {
        let listeners = |speaker: &Speaker| self.listeners.get(&speaker.channel).copied().unwrap_or_default();
        self.speakers.iter().zip(0..).flat_map(move |(speaker, author)| {
            speaker.flights.iter().zip(0..).map(move |(flight, number)| {
                (Mark { author, number }, flight.acked, flight.remaining < listeners(speaker))
            })
        })
    }

    /// Everybody was cut on purpose, and begins anew.
    pub(super) fn forgive(&mut self) {
        (self.faults.cut, self.round) = (0, Round::default());
        for reader in &mut self.readers {
            reader.cut = false;
        }
    }

    /// Whether everything posted is acked and with its last reader.
    pub(super) fn is_settled(&self) -> bool {
        self.speakers.iter().all(|speaker| speaker.open == 0 && speaker.unacked == 0)
    }

    /// Whether nothing has moved for so long.
    pub(super) fn is_stuck(&self, now: Instant, patience: Duration) -> bool {
        now.saturating_duration_since(self.moved) > patience
    }

    /// Nothing may have gone wrong so far.
    pub(super) fn check(&self) -> Result<()> {
        ensure!(self.faults.wrong.is_empty() && self.faults.cut == 0, "{:?}", self.faults);
        Ok(())
    }

    pub(super) fn faults(&self) -> Faults {
        let mut faults = self.faults.clone();
        let mut orders: HashMap<usize, HashSet<(u64, u64)>> = HashMap::new();
        for reader in self.readers.iter().filter(|reader| reader.listens) {
            orders.entry(reader.channel).or_default().insert((reader.count, reader.order));
            for (speaker, &expected) in self.speakers.iter().zip(&reader.expected) {
                if speaker.channel == reader.channel {
                    faults.lost += speaker.flights.len() as u64 - u64::from(expected);
                }
            }
        }
        faults.disordered = orders.values().filter(|orders| orders.len() > 1).count() as u64;
        faults
    }
}

impl Faults {
    /// Whether there are none.
    pub(crate) fn are_none(&self) -> bool {
        let Self { lost, duplicated, reordered, disordered, cut, wrong, acks: _ } = self;
        lost + duplicated + reordered + disordered + cut == 0 && wrong.is_empty()
    }
}
