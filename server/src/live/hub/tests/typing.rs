//! Who writes is told to who chose to see it, watches the thread and follows by right; few, seldom, and not for long.

use std::collections::HashSet;

use axum::extract::ws::Utf8Bytes;

use super::*;
use crate::live::hub::{Shown, TTL, Typing};

const OTHER: ThreadId = ThreadId(Uuid::from_u128(3));

fn typing(connection: ConnectionId, thread: ThreadId) -> Typing {
    Typing { thread, person: person(connection) }
}

/// A hub that everybody of these follows, who all chose to show that they write.
struct Room {
    hub: Hub,
    now: DateTime<Utc>,
    willing: HashSet<PersonId>,
    /// Who was told of whom, since the last look.
    told: Vec<(ConnectionId, String)>,
    /// Of whom other nodes are told.
    passed_on: Vec<Typing>,
    questions: usize,
}

impl Room {
    fn with(followers: &[(ConnectionId, Format)]) -> Self {
        let mut hub = Hub::new(EPOCH, 10);
        for &(connection, format) in followers {
            hub.join(Join { format, ..join(connection, None) });
        }
        let willing: HashSet<_> = (0..10).map(person).collect();
        let mut room = Self { hub, now: now(), willing, told: Vec::new(), passed_on: Vec::new(), questions: 0 };
        room.go();
        room
    }

    fn programs(count: u64) -> Self {
        let followers: Vec<_> = (1..=count).map(|connection| (connection, Format::Json)).collect();
        Self::with(&followers)
    }

    /// Does what the hub asks; a round is over when somebody lets it be.
    fn go(&mut self) {
        loop {
            let todo = self.hub.advance(self.now);
            if todo.is_empty() {
                return;
            }
            for todo in todo {
                self.answer(todo);
            }
        }
    }

    fn answer(&mut self, todo: Todo) {
        match todo {
            Todo::Rights(people) => self.hub.rights(Some(&people.into_iter().map(|person| (person, 0)).collect())),
            Todo::Print(pass, wanted) => self.hub.printed(pass, wanted.iter().map(print).collect(), &[]),
            Todo::Typists { typing, here, listeners } => {
                self.questions += 1;
                self.passed_on.extend(here);
                let shown = self.shown(&typing, listeners);
                self.hub.typists(&shown);
            }
            Todo::Pass { connections, chunk } => {
                for text in chunk.said() {
                    self.told.extend(connections.iter().map(|&connection| (connection, text.to_owned())));
                }
            }
            _ => {}
        }
    }

    /// What the database says.
    fn shown(&self, typing: &[Typing], listeners: Vec<PersonId>) -> Shown {
        let is_willing = |typing: &&Typing| self.willing.contains(&typing.person);
        let frames = typing.iter().filter(is_willing).map(|&typing| (typing, frame(typing)));
        let listeners = listeners.into_iter().filter(|listener| self.willing.contains(listener)).collect();
        Shown { frames: frames.collect(), listeners }
    }

    fn types(&mut self, connection: ConnectionId, thread: ThreadId) {
        self.hub.typing(connection, thread);
        self.go();
    }

    fn pass_time(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
        self.hub.rested();
        self.go();
    }

    fn told(&mut self) -> Vec<(ConnectionId, String)> {
        std::mem::take(&mut self.told)
    }
}

fn frame(typing: Typing) -> Utf8Bytes {
    let thread = if typing.thread == OTHER { " elsewhere" } else { "" };
    format!("{}{thread}", typing.person.0.as_u128() - 1000).into()
}

fn told(told: &[(ConnectionId, &str)]) -> Vec<(ConnectionId, String)> {
    told.iter().map(|&(connection, of)| (connection, of.to_owned())).collect()
}

#[test]
fn who_watches_the_thread_is_told_and_programs_that_name_none_are_but_never_who_writes() {
    let page = Format::Html(Locale::Fr);
    let mut room = Room::with(&[(1, page), (2, page), (3, page), (4, Format::Json), (5, Format::Json)]);
    room.hub.watch(1, HashSet::from([THREAD]));
    room.hub.watch(2, HashSet::from([THREAD]));
    room.hub.watch(3, HashSet::from([OTHER]));
    room.hub.watch(5, HashSet::from([OTHER]));
    room.types(1, THREAD);
    assert_eq!(room.told(), told(&[(2, "1"), (4, "1")]));
}

#[test]
fn no_connection_of_who_writes_is_told() {
    let mut room = Room::programs(2);
    room.hub.join(Join { person: person(1), ..join(7, None) });
    room.go();
    room.types(1, THREAD);
    assert_eq!(room.told(), told(&[(2, "1")]));
}

#[test]
fn who_did_not_choose_it_is_not_told_and_nothing_is_told_of_them() {
    let mut room = Room::programs(3);
    room.willing.remove(&person(2));
    room.types(1, THREAD);
    assert_eq!(room.told(), told(&[(3, "1")]));
    room.pass_time(1);
    room.types(2, THREAD);
    assert_eq!(room.told(), []);
}

#[test]
fn who_does_not_follow_is_not_heard() {
    let mut room = Room::programs(1);
    room.types(9, THREAD);
    room.hub.join(join(8, None));
    room.hub.typing(8, THREAD);
    assert!(!room.hub.advance(now()).iter().any(|todo| matches!(todo, Todo::Typists { .. })), "its right is asked");
}

#[test]
fn who_is_removed_while_it_is_asked_is_told_nothing_and_nothing_is_told_of_them() {
    for removal in [1, 2] {
        let mut room = Room::programs(3);
        room.hub.typing(1, THREAD);
        let todo = room.hub.advance(room.now);
        let [Todo::Typists { typing: asked, listeners, .. }] = &todo[..] else { panic!("{todo:?}") };
        let shown = room.shown(asked, listeners.clone());
        room.hub.hinted(11);
        let todo = room.hub.advance(room.now);
        assert_eq!(todo, [Todo::Read { after: 10 }]);
        room.hub.fetched(Some(vec![removed(11, person(removal))]));
        if removal == 2 {
            // Known to end, and not given out yet.
            let todo = room.hub.advance(room.now);
            assert!(matches!(todo[..], [Todo::Print(..)]), "{todo:?}");
        } else {
            room.go();
        }
        room.hub.typists(&shown);
        room.go();
        assert_eq!(room.told(), if removal == 1 { vec![] } else { told(&[(3, "1")]) });
    }
}

#[test]
fn what_is_said_again_within_a_round_waits_and_is_told_again_when_half_over() {
    let mut room = Room::programs(2);
    room.types(1, THREAD);
    room.types(1, THREAD);
    assert_eq!(room.told(), told(&[(2, "1")]), "at once, and once");
    for _ in 0..3 {
        room.pass_time(1);
        room.types(1, THREAD);
    }
    assert_eq!((room.told(), room.questions), (vec![], 1), "it still holds");
    room.pass_time(1);
    room.types(1, THREAD);
    assert_eq!(room.told(), told(&[(2, "1")]));
}

#[test]
fn who_says_it_every_three_seconds_is_never_seen_to_stop() {
    let mut room = Room::programs(2);
    let (mut until, mut tellings) = (room.now + TTL, 0);
    // Each round ends as late as it may.
    for _ in 0..20 {
        room.types(1, THREAD);
        room.pass_time(3);
        if !room.told().is_empty() {
            until = room.now + TTL;
            tellings += 1;
        }
        assert!(room.now < until, "{} is after {until}", room.now);
    }
    assert_eq!(tellings, 10, "and half of it is not told");
}

#[test]
fn of_a_thread_three_are_told_however_many_write() {
    let mut room = Room::programs(9);
    for connection in 1..=8 {
        room.hub.typing(connection, THREAD);
        room.hub.typing(connection, OTHER);
    }
    room.go();
    let of_nine: Vec<_> = room.told().into_iter().filter(|&(connection, _)| connection == 9).collect();
    let expected: Vec<_> = (1..=3).flat_map(|of| [(9, of.to_string()), (9, format!("{of} elsewhere"))]).collect();
    assert_eq!(of_nine, expected);
    room.pass_time(TTL.num_seconds());
    room.types(8, THREAD);
    assert_eq!(room.told().len(), 8, "their places are free once it is over");
}

#[test]
fn who_does_not_show_it_takes_nobodys_place() {
    let mut room = Room::programs(5);
    for connection in 1..=3 {
        room.willing.remove(&person(connection));
        room.hub.typing(connection, THREAD);
    }
    room.go();
    room.pass_time(1);
    room.types(4, THREAD);
    assert_eq!(room.told(), told(&[(5, "4")]));
}

#[test]
fn who_has_said_it_writes_no_more_until_they_begin_again() {
    let mut room = Room::programs(2);
    room.types(1, THREAD);
    room.types(1, THREAD);
    room.hub.hinted(11);
    room.go();
    room.hub.fetched(Some(vec![Entry { actor: Some(person(1)), ..said(11) }]));
    room.go();
    room.told();
    room.pass_time(1);
    assert_eq!(room.told(), [], "what was said before the message is over with it");
    room.types(1, THREAD);
    assert_eq!(room.told(), told(&[(2, "1")]), "and a new beginning is told at once");
}

#[test]
fn what_comes_from_another_node_is_told_here_and_goes_no_further() {
    let mut room = Room::programs(2);
    room.hub.typing_elsewhere(typing(5, THREAD));
    room.go();
    assert_eq!(room.told(), told(&[(1, "5"), (2, "5")]));
    assert_eq!(room.passed_on, []);
    room.pass_time(1);
    room.types(1, THREAD);
    assert_eq!(room.passed_on, [typing(1, THREAD)]);
}

#[test]
fn however_many_write_what_is_told_and_kept_of_them_has_a_bound() {
    let mut room = Room::programs(2);
    for number in 0..10_000_u128 {
        room.hub.typing(1, ThreadId(Uuid::from_u128(number)));
    }
    room.go();
    assert_eq!(room.told().len(), 3, "of one person");
    for number in 0..10_000_u128 {
        let (thread, person) = (ThreadId(Uuid::from_u128(number)), PersonId(Uuid::from_u128(2000 + number)));
        room.willing.insert(person);
        room.hub.typing_elsewhere(Typing { thread, person });
    }
    room.pass_time(1);
    assert_eq!(room.told().len(), 2 * 29, "of all");
    room.pass_time(1);
    assert_eq!(room.told(), [], "and nothing waits");
}
