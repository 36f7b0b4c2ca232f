//! Seeded random schedules: everything that takes time ends in any order, early or late, with what was true when it
//! was asked or when it was answered.

use std::collections::{BTreeMap, HashMap};

use words::{Event, MessageId, PersonId};

use super::{
    Afterwards, Broken, ConnectionId, EPOCH, Hub, Outcome, Pass, Printed, READ, THREAD, Todo, Variant, Wanted, entry,
    from, group, join, now, person, print, short,
};
use crate::live::log::Entry;

const CONNECTIONS: u64 = 4;

/// A small generator: the same seed gives the same schedule.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.roll(length as u64)).unwrap()
    }
}

/// Something that the hub asked and that is not answered yet, with what a prompt answer would be.
struct Asked {
    todo: Todo,
    began: HashMap<PersonId, i64>,
    length: i64,
}

/// A log, its memberships, and what each connection has applied: the model that the hub is held against.
struct World {
    seed: u64,
    dice: Dice,
    hub: Hub,
    log: Vec<Entry>,
    began: HashMap<PersonId, i64>,
    /// All memberships there ever were: person, first and last sequence.
    memberships: Vec<(PersonId, i64, i64)>,
    asked: Vec<Asked>,
    applied: BTreeMap<ConnectionId, i64>,
    events: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            seed,
            dice: Dice(seed),
            hub: Hub::new(EPOCH, 0),
            log: Vec::new(),
            began: HashMap::new(),
            memberships: Vec::new(),
            asked: Vec::new(),
            applied: BTreeMap::new(),
            events: 0,
        };
        for connection in 0..CONNECTIONS {
            world.add(person(connection));
        }
        world
    }

    fn length(&self) -> i64 {
        i64::try_from(self.log.len()).unwrap()
    }

    fn append(&mut self, event: Event) -> i64 {
        let seq = self.length() + 1;
        self.log.push(entry(seq, event));
        if self.dice.roll(3) > 0 {
            self.hub.hinted(seq);
        }
        seq
    }

    fn add(&mut self, person: PersonId) {
        if !self.began.contains_key(&person) {
            let seq = self.append(Event::MemberAdded { group: group(), person });
            self.began.insert(person, seq);
            self.memberships.push((person, seq, i64::MAX));
        }
    }

    fn remove(&mut self, person: PersonId) {
        if self.began.remove(&person).is_some() {
            let seq = self.append(Event::MemberRemoved { group: group(), person });
            let present = self.memberships.iter_mut().rev().find(|membership| membership.0 == person);
            present.unwrap().2 = seq;
        }
    }

    fn step(&mut self) {
        let connection = self.dice.roll(CONNECTIONS);
        match self.dice.roll(12) {
            0..=2 => {
                let message = MessageId(uuid::Uuid::from_u128(9));
                self.append(Event::MessageCreated { group: group(), thread: THREAD, message });
            }
            3 | 4 => {
                let since = self.applied.get(&connection).copied().filter(|_| self.dice.roll(4) > 0);
                self.hub.join(join(connection, since.and_then(from)));
            }
            5 if self.dice.roll(3) == 0 => {
                self.hub.leave(connection);
            }
            6 if self.dice.roll(2) == 0 => self.remove(person(connection)),
            7 => self.add(person(connection)),
            8 => self.hub.polled(self.length()),
            9 => self.hub.hinted(i64::try_from(self.dice.roll(40)).unwrap()),
            _ => self.answer_one(),
        }
        self.go();
    }

    fn go(&mut self) {
        for todo in self.hub.advance(now()) {
            match todo {
                Todo::Answer { connection, outcome: Outcome::Ok, from, .. } => {
                    self.applied.insert(connection, from.unwrap());
                }
                Todo::Answer { connection, .. } | Todo::Out { connection, .. } => {
                    self.applied.remove(&connection);
                }
                Todo::Events { connections, seqs, chunk, .. } => {
                    for &connection in &connections {
                        seqs.clone().zip(chunk.said()).for_each(|(seq, text)| self.apply(connection, seq, text));
                    }
                }
                Todo::Live { connection, seq } => {
                    assert_eq!(self.applied.get(&connection), Some(&seq), "live when caught up: seed {}", self.seed);
                }
                Todo::Unavailable { .. } => {}
                Todo::Reread(broken @ Broken::Gap { .. }) => panic!("no hole: {broken:?}, seed {}", self.seed),
                todo => self.asked.push(Asked { todo, began: self.began.clone(), length: self.length() }),
            }
        }
    }

    fn apply(&mut self, connection: ConnectionId, seq: i64, text: &str) {
        let seed = self.seed;
        let Some(applied) = self.applied.get_mut(&connection) else {
            panic!("{connection} follows: seed {seed}");
        };
        assert_eq!(seq, *applied + 1, "contiguous for {connection}: seed {seed}");
        *applied = seq;
        let during = |&(member, first, last): &_| member == person(connection) && first <= seq && seq <= last;
        let Some(&(_, _, last)) = self.memberships.iter().find(|&membership| during(membership)) else {
            panic!("{seq} is none of {connection}'s: seed {seed}");
        };
        // A subject is read as it is at some length of the log: its reader must have been a member then.
        let read_at: Option<i64> = text.rsplit_once('@').map(|(_, length)| length.parse().unwrap());
        assert!(seq == last || read_at.is_none_or(|at| at < last), "{text} is newer than {last}: seed {seed}");
        self.events += 1;
    }

    /// Answers something that was asked: the oldest or any other, promptly or late, rarely not at all.
    fn answer_one(&mut self) {
        if self.asked.is_empty() {
            return;
        }
        let index = self.dice.index(self.asked.len());
        let asked = self.asked.swap_remove(index);
        let prompt = self.dice.roll(2) == 0;
        let fails = self.dice.roll(8) == 0;
        self.answer(asked, prompt, fails);
    }

    fn answer(&mut self, Asked { todo, began, length }: Asked, prompt: bool, fails: bool) {
        let length = if prompt { length } else { self.length() };
        let began = if prompt { &began } else { &self.began };
        match todo {
            Todo::Rights(_) => self.hub.rights((!fails).then_some(began)),
            Todo::Read { after } => self.hub.fetched((!fails).then(|| self.slice(after, length))),
            Todo::Older { after, up_to } => {
                self.hub.older(after, up_to, (!fails).then(|| self.slice(after, up_to)));
            }
            Todo::Print(pass, wanted) => {
                let mut printed: Vec<Printed> = wanted.iter().map(|wanted| read_at(wanted, length)).collect();
                let after = wanted.last().map_or(0, |wanted| wanted.entry.seq);
                let ends: Vec<_> = self.log.iter().filter(|entry| entry.seq > after).collect();
                let ends: Vec<_> = ends.iter().filter_map(|entry| Some((entry.removed()?, entry.seq))).collect();
                if fails && let Some(form) = printed.last_mut().and_then(|last| last.forms.first_mut()) {
                    form.1 = None;
                }
                assert!(pass == Pass::Replay || !printed.is_empty(), "seed {}", self.seed);
                self.hub.printed(pass, printed, &ends);
            }
            Todo::AwaitRoom(connection) => self.hub.room(connection),
            Todo::Reread(_) => {
                if self.hub.reread(EPOCH, self.length()) == Afterwards::BeginAgain {
                    self.asked.clear();
                }
            }
            told => panic!("{} is no question: seed {}", short(&told), self.seed),
        }
    }

    fn slice(&self, after: i64, up_to: i64) -> Vec<Entry> {
        let within = |entry: &&Entry| entry.seq > after && entry.seq <= up_to;
        self.log.iter().filter(within).take(READ.try_into().unwrap()).cloned().collect()
    }

    /// Everything is answered and polled until nothing moves any more.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            self.hub.polled(self.length());
            self.go();
            if self.asked.is_empty() {
                return;
            }
            while let Some(asked) = self.asked.pop() {
                self.answer(asked, false, false);
                self.go();
            }
        }
        panic!("the hub never rests: seed {}", self.seed);
    }
}

/// An event in its forms, as its subject is when the log has that length.
fn read_at(wanted: &Wanted, length: i64) -> Printed {
    let mut printed = print(wanted);
    for (variant, bytes) in &mut printed.forms {
        if let (false, Some(bytes)) = (matches!(variant, Variant::Withheld { .. }), bytes) {
            *bytes = format!("{} @{length}", bytes.as_str()).into();
        }
    }
    printed
}

#[test]
fn everybody_gets_a_contiguous_log_and_nobody_more_than_theirs() {
    let mut events = 0;
    for seed in 0..3000 {
        let mut world = World::new(seed);
        for _ in 0..120 {
            world.step();
        }
        world.settle();
        let followers: Vec<_> = world.hub.followers.keys().copied().collect();
        for connection in followers {
            assert_eq!(world.applied[&connection], world.length(), "{connection} has all: seed {seed}");
            assert!(world.began.contains_key(&person(connection)), "{connection} is a member: seed {seed}");
        }
        assert!(world.hub.joining.is_empty(), "everybody was answered: seed {seed}");
        events += world.events;
    }
    assert!(events > 30_000, "the schedules reach something: {events}");
}
