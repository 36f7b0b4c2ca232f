//! The hub's promises, over written cases and over seeded random schedules.

mod schedules;
mod typing;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;
use words::{Event, GroupId, Locale, MessageId, PersonId, ThreadId};

use super::{
    Afterwards, Broken, ConnectionId, Format, Hub, Join, Outcome, PRINTED, Pass, Printed, READ, REPLAY, Ticket, Todo,
    Variant, Wanted,
};
use crate::live::log::{Entry, Kind};

const EPOCH: Uuid = Uuid::from_u128(7);
const THREAD: ThreadId = ThreadId(Uuid::from_u128(2));

fn now() -> DateTime<Utc> {
    "2026-11-24T09:00:00Z".parse().unwrap()
}

fn group() -> GroupId {
    GroupId(Uuid::from_u128(1))
}

fn said(seq: i64) -> Entry {
    entry(seq, Event::MessageCreated { group: group(), thread: THREAD, message: MessageId(Uuid::from_u128(100)) })
}

fn removed(seq: i64, person: PersonId) -> Entry {
    entry(seq, Event::MemberRemoved { group: group(), person })
}

fn entry(seq: i64, event: Event) -> Entry {
    let row = event.row();
    Entry {
        seq,
        kind: Kind::Known(row.kind),
        subject: row.subject,
        thread: row.thread,
        person: row.person,
        actor: None,
        at: now(),
    }
}

fn person(connection: ConnectionId) -> PersonId {
    PersonId(Uuid::from_u128(u128::from(connection) + 1000))
}

fn join(connection: ConnectionId, since: Option<(i64, Option<Uuid>)>) -> Join {
    let ticket = Ticket { number: 1, id: Some(1) };
    Join { connection, person: person(connection), format: Format::Json, locale: Locale::Fr, ticket, since }
}

/// From where a client that applied up to `seq` asks to go on.
#[expect(clippy::unnecessary_wraps, reason = "as a request has it")]
fn from(seq: i64) -> Option<(i64, Option<Uuid>)> {
    Some((seq, Some(EPOCH)))
}

/// A hub and its log: what it asks is answered at once, and what it says is kept.
struct Told {
    hub: Hub,
    log: Vec<Entry>,
    began: HashMap<PersonId, i64>,
    /// Memberships that end while something is printed.
    ended: Vec<(PersonId, i64)>,
    said: Vec<(ConnectionId, String)>,
    broken: Vec<Broken>,
    asked: Vec<Todo>,
}

impl Told {
    /// A hub of a log of that length, where everybody of the tests is a member since an event.
    fn new(length: i64, began: i64) -> Self {
        Self {
            hub: Hub::new(EPOCH, length),
            log: (1..=length).map(said).collect(),
            began: (0..10).map(|connection| (person(connection), began)).collect(),
            ended: Vec::new(),
            said: Vec::new(),
            broken: Vec::new(),
            asked: Vec::new(),
        }
    }

    fn append(&mut self, entries: impl IntoIterator<Item = Entry>) {
        self.log.extend(entries);
        self.hub.hinted(self.log.last().map_or(0, |last| last.seq));
        self.go();
    }

    fn join(&mut self, join: Join) {
        self.hub.join(join);
        self.go();
    }

    fn go(&mut self) {
        loop {
            let todo = self.hub.advance(now());
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
            Todo::Rights(_) => self.hub.rights(Some(&self.began)),
            Todo::Read { after } => self.hub.fetched(Some(self.after(after))),
            Todo::Older { after, up_to } => {
                let older = self.after(after).into_iter().filter(|entry| entry.seq <= up_to).collect();
                self.hub.older(after, up_to, Some(older));
            }
            Todo::Print(pass, ref wanted) => self.hub.printed(pass, wanted.iter().map(print).collect(), &self.ended),
            Todo::AwaitRoom(connection) => self.hub.room(connection),
            Todo::Reread(broken) => return self.broken.push(broken),
            told => return self.said.extend(said_by(&told)),
        }
        self.asked.push(todo);
    }

    fn after(&self, after: i64) -> Vec<Entry> {
        self.log.iter().filter(|entry| entry.seq > after).take(READ.try_into().unwrap()).cloned().collect()
    }

    /// What a connection was told since the last look, in short.
    fn heard(&mut self, whom: ConnectionId) -> Vec<String> {
        let (heard, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.said).into_iter().partition(|(reached, _)| *reached == whom);
        self.said = rest;
        heard.into_iter().map(|(_, short)| short).collect()
    }

    fn count(&self, which: impl Fn(&Todo) -> bool) -> usize {
        self.asked.iter().filter(|todo| which(todo)).count()
    }
}

fn print(wanted: &Wanted) -> Printed {
    let seq = wanted.entry.seq;
    Printed { seq, forms: wanted.variants.iter().map(|&variant| (variant, Some(bytes(seq, variant)))).collect() }
}

fn bytes(seq: i64, variant: Variant) -> axum::extract::ws::Utf8Bytes {
    let form = match variant {
        Variant::Json => "json".to_owned(),
        Variant::Html { locale, watched } => format!("{locale}{}", if watched { " whole" } else { "" }),
        Variant::Withheld { .. } => "withheld".to_owned(),
    };
    format!("{seq} {form}").into()
}

/// Who is told what, in short: each event of a chunk for itself.
fn said_by(todo: &Todo) -> Vec<(ConnectionId, String)> {
    match todo {
        Todo::Answer { connection, seq, outcome, .. } => {
            vec![(*connection, format!("{outcome:?} {seq}").to_lowercase())]
        }
        Todo::Unavailable { connection, .. } => vec![(*connection, "unavailable".to_owned())],
        Todo::Out { connection, seq, outcome } => {
            vec![(*connection, format!("out: {outcome:?} {seq}").to_lowercase())]
        }
        Todo::Events { connections, seqs, chunk, .. } => {
            assert_eq!(seqs.clone().count(), chunk.frames(), "a frame for each event");
            let texts = || chunk.said().map(|text| text.replace(" json", ""));
            connections.iter().flat_map(|&connection| texts().map(move |text| (connection, text))).collect()
        }
        Todo::Live { connection, seq } => vec![(*connection, format!("live {seq}"))],
        other => panic!("{other:?} reaches nobody"),
    }
}

/// What somebody is told, whoever it is.
fn short(todo: &Todo) -> String {
    said_by(todo).into_iter().map(|(_, short)| short).collect::<Vec<_>>().join(", ")
}

/// Whether nobody follows, or asks to.
fn is_idle(hub: &Hub) -> bool {
    hub.followers.is_empty() && hub.joining.is_empty()
}

#[test]
fn one_resumes_where_one_was_or_is_told_to_fetch_again() {
    let cases = [
        (from(10), "ok 10, live 10"),
        (from(8), "ok 10, 9, 10, live 10"),
        (from(4), "ok 10, 5, 6, 7, 8, 9, 10, live 10"),
        (None, "ok 10, live 10"),
        // Without an epoch, with another one, ahead of the log, before the membership: fetch again.
        (Some((10, None)), "reset 10"),
        (Some((10, Some(Uuid::from_u128(8)))), "reset 10"),
        (from(11), "reset 10"),
        (from(3), "reset 10"),
        (from(i64::MAX), "reset 10"),
    ];
    for (since, expected) in cases {
        let mut told = Told::new(10, 5);
        told.join(join(1, since));
        assert_eq!(told.heard(1).join(", "), expected, "{since:?}");
        assert_eq!(is_idle(&told.hub), expected.starts_with("reset"), "a reset leaves it unfollowed: {since:?}");
    }
}

#[test]
fn a_replay_has_a_bound_in_events_and_in_time() {
    let mut told = Told::new(REPLAY + 20, 0);
    told.join(join(1, from(20)));
    assert_eq!(told.heard(1).len(), usize::try_from(REPLAY).unwrap() + 2);
    told.join(join(1, from(19)));
    assert_eq!(told.heard(1), [format!("reset {}", REPLAY + 20)]);
    let mut told = Told::new(10, 0);
    told.log[8].at = now() - TimeDelta::days(8);
    told.join(join(1, from(8)));
    assert_eq!(told.heard(1), ["reset 10"], "older than is kept");
    told.join(join(2, from(9)));
    assert_eq!(told.heard(2), ["ok 10", "10", "live 10"]);
}

#[test]
fn what_the_log_does_not_hold_any_more_is_not_replayed() {
    let mut told = Told::new(10, 0);
    told.log.drain(..6);
    told.join(join(1, from(3)));
    told.join(join(2, from(6)));
    assert_eq!(told.heard(1), ["reset 10"]);
    assert_eq!(told.heard(2), ["ok 10", "7", "8", "9", "10", "live 10"]);
    told.join(join(3, from(5)));
    assert_eq!(told.heard(3), ["reset 10"]);
    assert_eq!(told.count(|todo| matches!(todo, Todo::Older { .. })), 1, "and is not looked for twice");
}

#[test]
fn a_stranger_learns_nothing_of_a_stream() {
    let mut told = Told::new(10, 0);
    told.began.clear();
    told.join(join(1, None));
    told.join(join(2, from(8)));
    told.append([said(11)]);
    assert_eq!((told.heard(1), told.heard(2)), (vec!["denied 0".to_owned()], vec!["denied 0".to_owned()]));
    assert_eq!(told.count(|todo| matches!(todo, Todo::Print(..))), 0);
}

#[test]
fn who_is_removed_gets_that_event_last_and_nobody_else_is_put_out() {
    let mut told = Told::new(0, 0);
    told.join(join(1, None));
    told.join(join(2, None));
    told.append([said(1), removed(2, person(1)), said(3)]);
    assert_eq!(told.heard(1), ["ok 0", "live 0", "1 withheld", "2", "out: denied 2"]);
    assert_eq!(told.heard(2), ["ok 0", "live 0", "1", "2", "3"]);
}

#[test]
fn who_is_out_while_something_is_printed_is_given_its_place_and_no_content() {
    let mut told = Told::new(10, 0);
    told.join(join(1, None));
    told.join(join(2, None));
    // Printed as it is after the removal, of which the hub has read nothing yet.
    told.ended = vec![(person(1), 12)];
    told.append([said(11)]);
    assert_eq!(told.heard(1), ["ok 10", "live 10", "11 withheld"]);
    assert_eq!(told.heard(2), ["ok 10", "live 10", "11"]);
    told.join(join(1, from(8)));
    assert_eq!(told.heard(1), ["ok 11", "9 withheld", "10 withheld", "11 withheld", "live 11"], "in a replay too");
    told.append([removed(12, person(1)), said(13)]);
    assert_eq!(told.heard(1), ["12", "out: denied 12"]);
    assert_eq!(told.heard(2), ["12", "13"]);
    told.ended.clear();
    told.began.insert(person(1), 14);
    told.append([said(14)]);
    told.join(join(1, None));
    told.append([said(15)]);
    assert_eq!(told.heard(1), ["ok 14", "live 14", "15"], "a newer membership is another");
}

#[test]
fn a_right_older_than_a_removal_counts_for_nothing() {
    let mut hub = Hub::new(EPOCH, 10);
    hub.join(join(1, None));
    assert_eq!(hub.advance(now()), [Todo::Rights(vec![person(1)])]);
    hub.hinted(11);
    assert_eq!(hub.advance(now()), [Todo::Read { after: 10 }]);
    hub.fetched(Some(vec![removed(11, person(1))]));
    assert_eq!(hub.advance(now()), [], "the removal is dispatched before the right is known");
    hub.rights(Some(&HashMap::from([(person(1), 3)])));
    assert_eq!(hub.advance(now()).iter().map(short).collect::<Vec<_>>(), ["denied 0"]);
    hub.join(join(1, None));
    hub.advance(now());
    hub.rights(Some(&HashMap::from([(person(1), 12)])));
    assert_eq!(hub.advance(now()).iter().map(short).collect::<Vec<_>>(), ["ok 11", "live 11"], "a newer one counts");
}

#[test]
fn who_comes_back_is_not_told_what_was_said_in_between() {
    let mut told = Told::new(10, 0);
    told.log.extend([removed(11, person(1)), said(12)]);
    told.began.insert(person(1), 13);
    told.join(join(1, None));
    told.append([said(13), said(14)]);
    assert_eq!(told.heard(1), ["ok 12", "live 12", "13", "14"]);
}

#[test]
fn a_hole_is_never_passed_over() {
    let mut told = Told::new(4, 0);
    told.join(join(1, None));
    told.append([said(6)]);
    assert_eq!(told.heard(1), ["ok 4", "live 4"]);
    assert_eq!((told.broken.pop(), told.said.len()), (Some(Broken::Gap { expected: 5, found: 6 }), 0));
    assert_eq!(told.hub.reread(EPOCH, 6), Afterwards::BeginAgain);
    told.go();
    assert_eq!(told.heard(1), ["out: reset 6"], "everybody fetches again");
    told.join(join(1, from(6)));
    told.append([said(7)]);
    assert_eq!(told.heard(1), ["ok 6", "live 6", "7"]);
}

#[test]
fn another_log_behind_the_same_address_resets_everybody() {
    let mut told = Told::new(10, 0);
    told.join(join(1, None));
    told.hub.polled(10);
    told.hub.polled(9);
    told.go();
    assert_eq!(told.broken.pop(), Some(Broken::Shorter));
    assert_eq!(told.hub.reread(EPOCH, 10), Afterwards::GoOn, "the poll was late, nothing was wrong");
    told.hub.polled(10);
    told.hub.polled(8);
    told.go();
    assert_eq!(told.broken.pop(), Some(Broken::Shorter));
    told.hub.join(join(2, from(9)));
    assert_eq!(told.hub.reread(Uuid::from_u128(8), 8), Afterwards::BeginAgain);
    told.go();
    assert_eq!(told.heard(1), ["ok 10", "live 10", "out: reset 8"]);
    assert_eq!(told.heard(2), ["reset 8"], "who was joining is asked about again");
}

#[test]
fn a_false_hint_causes_one_reading_and_hides_no_true_one() {
    let mut told = Told::new(10, 0);
    told.join(join(1, None));
    told.hub.hinted(i64::MAX);
    told.go();
    assert_eq!(told.count(|todo| matches!(todo, Todo::Read { .. })), 1);
    told.hub.hinted(3);
    told.go();
    assert_eq!(told.count(|todo| matches!(todo, Todo::Read { .. })), 1, "what is known needs no reading");
    told.append([said(11)]);
    assert_eq!(told.heard(1), ["ok 10", "live 10", "11"]);
}

#[test]
fn a_hint_that_a_reading_under_way_brings_causes_no_other() {
    let mut told = Told::new(10, 0);
    told.join(join(1, None));
    told.log.extend([said(11), said(12)]);
    told.hub.hinted(11);
    assert_eq!(told.hub.advance(now()), [Todo::Read { after: 10 }]);
    told.hub.hinted(12);
    told.hub.fetched(Some(told.after(10)));
    told.go();
    assert_eq!(told.heard(1), ["ok 10", "live 10", "11", "12"]);
    assert_eq!(told.count(|todo| matches!(todo, Todo::Read { .. })), 0);
}

#[test]
fn a_failed_reading_is_made_again_at_the_next_poll() {
    let mut told = Told::new(10, 0);
    told.join(join(1, None));
    told.log.push(said(11));
    told.hub.hinted(11);
    assert_eq!(told.hub.advance(now()), [Todo::Read { after: 10 }]);
    told.hub.fetched(None);
    assert_eq!(told.hub.advance(now()), [], "not at once: the database is away");
    told.hub.polled(11);
    told.go();
    assert_eq!(told.heard(1), ["ok 10", "live 10", "11"]);
}

#[test]
fn a_failed_printing_is_made_again_at_the_next_poll_and_nothing_overtakes_it() {
    let mut told = Told::new(10, 0);
    told.join(join(1, None));
    told.log.extend([said(11), said(12)]);
    told.hub.hinted(12);
    told.hub.advance(now());
    told.hub.fetched(Some(told.after(10)));
    let [Todo::Print(Pass::New, wanted)] = &told.hub.advance(now())[..] else { panic!("both are printed") };
    let mut printed: Vec<_> = wanted.iter().map(print).collect();
    printed[0].forms[0].1 = None;
    told.hub.printed(Pass::New, printed, &[]);
    assert_eq!(told.hub.advance(now()), []);
    told.hub.polled(12);
    told.go();
    assert_eq!(told.heard(1), ["ok 10", "live 10", "11", "12"]);
    let again = |todo: &Todo| matches!(todo, Todo::Print(_, wanted) if wanted.len() == 1);
    assert_eq!(told.count(again), 1, "only what is missing is printed again");
}

#[test]
fn without_a_database_who_asks_is_told_so() {
    let mut hub = Hub::new(EPOCH, 10);
    hub.join(join(1, None));
    hub.advance(now());
    hub.rights(None);
    assert_eq!(hub.advance(now()).iter().map(short).collect::<Vec<_>>(), ["unavailable"]);
    assert!(is_idle(&hub));
    for (since, fail) in [(20, Hub::fetched as fn(&mut Hub, _)), (5, |hub: &mut Hub, none| hub.older(5, 10, none))] {
        hub.join(join(1, from(since)));
        hub.advance(now());
        hub.rights(Some(&HashMap::from([(person(1), 0)])));
        assert_eq!(hub.advance(now()).len(), 1);
        fail(&mut hub, None);
        assert_eq!(hub.advance(now()).iter().map(short).collect::<Vec<_>>(), ["unavailable"], "{since}");
    }
}

#[test]
fn an_event_is_printed_once_for_each_form_and_a_storm_of_replays_reads_once() {
    let mut told = Told::new(20, 0);
    for connection in 0..9 {
        let format = match connection % 3 {
            0 => Format::Json,
            1 => Format::Html(Locale::Fr),
            _ => Format::Html(Locale::En),
        };
        told.hub.join(Join { format, ..join(connection, from(15)) });
    }
    told.hub.watch(1, HashSet::from([THREAD]));
    told.go();
    assert_eq!(told.heard(0), ["ok 20", "16", "17", "18", "19", "20", "live 20"]);
    assert_eq!(told.heard(1)[1..3], ["16 fr whole", "17 fr whole"]);
    assert_eq!(told.heard(4)[1..3], ["16 fr", "17 fr"], "the thread is not watched");
    assert_eq!(told.heard(5)[1], "16 en");
    let asked = |which: fn(&Todo) -> bool| told.count(which);
    assert_eq!(asked(|todo| matches!(todo, Todo::Rights(_))), 1);
    assert_eq!(asked(|todo| matches!(todo, Todo::Older { .. })), 1);
    assert_eq!(asked(|todo| matches!(todo, Todo::Print(..))), 1);
    let before = told.asked.len();
    told.append([said(21)]);
    let [Todo::Read { .. }, Todo::Print(Pass::New, wanted)] = &told.asked[before..] else { panic!("read and print") };
    assert_eq!(wanted[0].variants.len(), 4, "data, French whole, French and English rows");
}

#[test]
fn who_reads_slowly_holds_nobody_up_and_catches_up_at_their_own_pace() {
    let mut told = Told::new(100, 0);
    told.hub.join(join(1, from(0)));
    told.hub.join(join(2, None));
    loop {
        let mut todo = told.hub.advance(now());
        if todo.is_empty() {
            break;
        }
        // The first one's queue does not empty.
        todo.retain(|todo| !matches!(todo, Todo::AwaitRoom(1)));
        for todo in todo {
            told.answer(todo);
        }
    }
    assert_eq!(told.heard(1).len(), 1 + PRINTED);
    told.log.push(said(101));
    told.hub.hinted(101);
    told.go();
    assert_eq!(told.heard(2), ["ok 100", "live 100", "101"]);
    assert!(told.heard(1).is_empty());
    told.hub.room(1);
    told.go();
    let heard = told.heard(1);
    assert_eq!((heard[0].as_str(), heard.len()), ("33", 70));
    assert_eq!(heard[68..], ["101", "live 101"]);
}

#[test]
fn who_falls_behind_what_is_held_fetches_again() {
    let mut told = Told::new(100, 0);
    told.hub.join(join(1, from(0)));
    while told.count(|todo| matches!(todo, Todo::Print(..))) == 0 {
        let todo = told.hub.advance(now());
        todo.into_iter().filter(|todo| !matches!(todo, Todo::AwaitRoom(_))).for_each(|todo| told.answer(todo));
    }
    told.hub.advance(now());
    told.append((101..=900).map(said));
    let heard = told.heard(1);
    assert!(heard.last().unwrap().starts_with("out: reset"), "{heard:?}");
}

#[test]
fn a_second_request_replaces_the_first_and_keeps_what_is_watched() {
    let mut told = Told::new(5, 0);
    told.hub.join(Join { format: Format::Html(Locale::Fr), ..join(1, None) });
    told.hub.watch(1, HashSet::from([THREAD]));
    told.go();
    told.hub.join(Join { format: Format::Html(Locale::Fr), ..join(1, from(4)) });
    told.go();
    assert_eq!(told.heard(1), ["ok 5", "live 5", "ok 5", "5 fr whole", "live 5"]);
    told.append([said(6)]);
    assert_eq!(told.heard(1), ["6 fr whole"], "once");
    told.hub.leave(1);
    told.append([said(7)]);
    assert!(told.heard(1).is_empty() && is_idle(&told.hub));
}

#[test]
fn a_kind_that_this_build_does_not_know_is_not_dropped() {
    let mut told = Told::new(0, 0);
    told.join(join(1, None));
    told.append([Entry { kind: "poll.closed".into(), ..said(1) }, said(2)]);
    assert_eq!(told.heard(1), ["ok 0", "live 0", "1", "2"]);
}
