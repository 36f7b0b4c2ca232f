//! The hub's promises, over written cases and over seeded random schedules.

use std::collections::BTreeMap;

use chrono::DateTime;
use uuid::Uuid;
use words::{Event, EventKind, GroupId, MessageId, PersonId, StreamId, ThreadId, events::Recorded};

use super::{ConnectionId, Format, Hub, Join, Outcome, REPLAY, Todo};

const EPOCH: Uuid = Uuid::from_u128(7);

fn group() -> GroupId {
    GroupId(Uuid::from_u128(1))
}

fn said(seq: i64) -> Recorded {
    let thread = ThreadId(Uuid::from_u128(2));
    recorded(seq, Event::MessageCreated { group: group(), thread, message: MessageId(Uuid::from_u128(100)) })
}

fn removed(seq: i64, person: PersonId) -> Recorded {
    recorded(seq, Event::MemberRemoved { group: group(), person })
}

fn recorded(seq: i64, event: Event) -> Recorded {
    Recorded { seq, row: event.row(), actor: None, at: DateTime::UNIX_EPOCH }
}

fn hub(delivered: i64) -> Hub {
    Hub::new(StreamId::from(group()), EPOCH, delivered)
}

fn join(connection: ConnectionId, since: Option<(i64, Option<Uuid>)>) -> Join {
    Join { connection, person: person(connection), format: Format::Json, id: Some(1), since }
}

fn person(connection: ConnectionId) -> PersonId {
    PersonId(Uuid::from_u128(u128::from(connection) + 1000))
}

fn outcome(todo: &[Todo]) -> Option<Outcome> {
    match todo.first() {
        Some(Todo::Answer { outcome, .. }) => Some(*outcome),
        _ => None,
    }
}

#[test]
fn one_resumes_where_one_was_or_is_told_to_fetch_again() {
    let since = |seq, epoch| Some((seq, epoch));
    let cases = [
        (since(10, Some(EPOCH)), Outcome::Ok),
        (since(8, Some(EPOCH)), Outcome::Ok),
        (None, Outcome::Ok),
        // Without an epoch, with another one, ahead of the log, before the membership: fetch again.
        (since(10, None), Outcome::Reset),
        (since(10, Some(Uuid::from_u128(8))), Outcome::Reset),
        (since(11, Some(EPOCH)), Outcome::Reset),
        (since(3, Some(EPOCH)), Outcome::Reset),
    ];
    for (since, expected) in cases {
        let mut hub = hub(10);
        let todo = hub.join(&join(1, since), Some(5));
        assert_eq!(outcome(&todo), Some(expected), "{since:?}");
        assert_eq!(hub.is_idle(), expected != Outcome::Ok, "a reset leaves the stream unfollowed: {since:?}");
    }
    let far = hub(REPLAY + 20).join(&join(1, since(10, Some(EPOCH))), Some(1));
    assert_eq!(outcome(&far), Some(Outcome::Reset), "a replay has a bound");
}

#[test]
fn a_stranger_is_denied_and_follows_nothing() {
    let mut hub = hub(10);
    assert_eq!(outcome(&hub.join(&join(1, None), None)), Some(Outcome::Denied));
    assert!(matches!(&hub.fetched(vec![said(11)])[..], [Todo::Dispatch { to, .. }] if to.is_empty()));
}

#[test]
fn who_is_removed_gets_that_event_last() {
    let mut hub = hub(0);
    hub.join(&join(1, None), Some(0));
    hub.join(&join(2, None), Some(0));
    let todo = hub.fetched(vec![said(1), removed(2, person(1)), said(3)]);
    let reached = |todo: &Todo| match todo {
        Todo::Dispatch { event, to } => Some((event.seq, to.iter().map(|(id, _)| *id).collect::<Vec<_>>())),
        _ => None,
    };
    assert_eq!(todo.iter().filter_map(reached).collect::<Vec<_>>(), [(1, vec![1, 2]), (2, vec![1, 2]), (3, vec![2])]);
    assert_eq!(todo[2], Todo::Answer { connection: 1, id: None, seq: 2, outcome: Outcome::Denied });
}

#[test]
fn a_hole_is_seen_and_nothing_after_it_is_sent() {
    let mut hub = hub(4);
    hub.join(&join(1, None), Some(0));
    assert_eq!(hub.fetched(vec![said(6)]), [Todo::Gap { expected: 5, found: 6 }]);
    assert_eq!(hub.delivered(), 4);
}

/// A small generator: the same seed gives the same schedule.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// A log, its members, and what each connection has applied: the model that the hub is held against.
#[derive(Default)]
struct World {
    log: Vec<Recorded>,
    applied: BTreeMap<ConnectionId, i64>,
    out: BTreeMap<ConnectionId, i64>,
    members: BTreeMap<ConnectionId, i64>,
}

impl World {
    fn carry_out(&mut self, todo: Vec<Todo>, seed: u64) {
        for step in todo {
            match step {
                Todo::Answer { connection, seq, outcome: Outcome::Ok, .. } => {
                    self.applied.entry(connection).or_insert(seq);
                }
                Todo::Answer { connection, outcome: Outcome::Denied | Outcome::Reset, .. } => {
                    self.applied.remove(&connection);
                }
                Todo::Replay { connection, after, up_to, .. } => {
                    self.applied.insert(connection, after);
                    for seq in after + 1..=up_to {
                        self.apply(connection, seq, seed);
                    }
                }
                Todo::Dispatch { event, to } => {
                    for (connection, _) in to {
                        self.apply(connection, event.seq, seed);
                    }
                }
                Todo::Gap { .. } => panic!("the log has no hole: seed {seed}"),
            }
        }
    }

    fn apply(&mut self, connection: ConnectionId, seq: i64, seed: u64) {
        let applied = self.applied.get_mut(&connection).unwrap_or_else(|| panic!("{connection} follows: seed {seed}"));
        assert_eq!(seq, *applied + 1, "contiguous for {connection}: seed {seed}");
        assert!(self.out.get(&connection).is_none_or(|&out| seq <= out), "nothing after a removal: seed {seed}");
        *applied = seq;
    }

    fn append(&mut self, event: Event) -> i64 {
        let seq = i64::try_from(self.log.len()).unwrap() + 1;
        self.log.push(recorded(seq, event));
        seq
    }
}

#[test]
fn over_random_schedules_everybody_gets_a_contiguous_log_and_nobody_more_than_theirs() {
    for seed in 0..2000 {
        let (mut dice, mut world, mut hub) = (Dice(seed), World::default(), hub(0));
        for connection in 0..4 {
            world.members.insert(connection, 0);
        }
        for _ in 0..60 {
            let connection = dice.roll(4);
            match dice.roll(6) {
                0 | 1 => {
                    let event = said(1).row.thread.map(|thread| Event::MessageCreated {
                        group: group(),
                        thread,
                        message: MessageId(Uuid::from_u128(9)),
                    });
                    world.append(event.unwrap());
                }
                2 => {
                    // The driver catches up before it asks for the right, as `hubs` does.
                    let todo = hub.fetched(world.log.clone());
                    world.carry_out(todo, seed);
                    let since = world.applied.get(&connection).map(|&seq| (seq, Some(EPOCH)));
                    let began = world.members.get(&connection).copied();
                    let todo = hub.join(&join(connection, since), began);
                    world.carry_out(todo, seed);
                }
                3 => {
                    hub.leave(connection);
                }
                4 if world.members.remove(&connection).is_some() => {
                    let out = world.append(Event::MemberRemoved { group: group(), person: person(connection) });
                    world.out.insert(connection, out);
                }
                // A stale read of the log repeats what was delivered.
                _ => {
                    let from = usize::try_from(dice.roll(5)).unwrap();
                    let log = world
                        .log
                        .get(world.log.len().saturating_sub(from).min(usize::try_from(hub.delivered()).unwrap())..);
                    let todo = hub.fetched(log.unwrap().to_vec());
                    world.carry_out(todo, seed);
                }
            }
        }
        let todo = hub.fetched(world.log.clone());
        world.carry_out(todo, seed);
        assert_eq!(hub.delivered(), i64::try_from(world.log.len()).unwrap(), "seed {seed}");
        for (connection, follower) in &hub.followers {
            assert_eq!(world.applied[connection], hub.delivered(), "{connection} has all: seed {seed}");
            assert!(world.members.contains_key(connection), "{follower:?} is a member: seed {seed}");
        }
    }
}

#[test]
fn the_removal_of_another_puts_nobody_else_out() {
    let mut hub = hub(0);
    hub.join(&join(1, None), Some(0));
    assert_eq!(removed(1, person(9)).row.kind, EventKind::MemberRemoved);
    let todo = hub.fetched(vec![removed(1, person(9)), said(2)]);
    assert!(!todo.iter().any(|step| matches!(step, Todo::Answer { .. })));
    assert!(!hub.is_idle());
}
