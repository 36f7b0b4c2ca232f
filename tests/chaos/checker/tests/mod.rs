//! The judge judged: a history in which all is well, and one planted fault for each thing that a check must see.

mod delivery;
mod measured;
mod verdict;
mod writes;

use uuid::Uuid;

use super::{Aspect, Check, Findings, Wrong, check, quantile};
use crate::history::{Form, Line, Verb, What, Who};

const STREAM: Uuid = Uuid::from_u128(1);
const THREAD: Uuid = Uuid::from_u128(2);
const AUTHOR: Uuid = Uuid::from_u128(11);
const READER: Uuid = Uuid::from_u128(12);
const STRANGER: Uuid = Uuid::from_u128(13);
const FILE: Uuid = Uuid::from_u128(21);
const GAPS: &str = "preau_gap_detected_total";
const OVERFLOW: &str = "preau_queue_overflow_nonephemeral_total";

fn op(number: u128) -> Uuid {
    Uuid::from_u128(100 + number)
}

fn line(at_us: u64, who: Who, what: What) -> Line {
    Line { at_us, who, what }
}

fn invoke(at_us: u64, number: u128, verb: Verb, message: u128) -> Line {
    line(at_us, 1, What::Invoke { op: op(number), verb, message: op(message), stream: STREAM, thread: THREAD })
}

fn ok(at_us: u64, number: u128, seq: i64, position: i32) -> Line {
    line(at_us, 1, What::Ok { op: op(number), seq, position: Some(position), duplicate: false })
}

fn log(seq: i64, kind: &str, subject: Uuid) -> Line {
    log_by(AUTHOR, seq, kind, subject)
}

fn log_by(actor: Uuid, seq: i64, kind: &str, subject: Uuid) -> Line {
    let (kind, person) = (kind.to_owned(), kind.starts_with("member").then_some(subject));
    let digest = u64::try_from(seq).unwrap() * 1000;
    let (thread, actor) = (None, Some(actor));
    line(90_000_000, 0, What::Log { stream: STREAM, seq, kind, subject, thread, person, actor, digest })
}

fn recv(at_us: u64, who: Who, seq: i64) -> Line {
    line(at_us, who, What::Recv { stream: STREAM, seq, digest: u64::try_from(seq).unwrap() * 1000 })
}

fn stored(number: u128, position: i32) -> Line {
    line(90_000_000, 0, What::Stored { message: op(number), thread: THREAD, position })
}

fn position(person: Uuid, position: i64) -> Line {
    line(90_000_000, 0, What::Position { person, thread: THREAD, position })
}

/// Two members; two messages, one of them edited; one reader who hears it all; everything that a run measures.
fn well() -> Vec<Line> {
    let actor = |who, person, part: &str| line(0, who, What::Actor { person, part: part.to_owned() });
    let mut lines = vec![
        actor(1, AUTHOR, "author"),
        actor(2, READER, "reader"),
        actor(3, STRANGER, "malicious"),
        actor(4, READER, "session"),
        line(50, 2, What::Subscribed { stream: STREAM, since: 2 }),
        invoke(100, 1, Verb::Send, 1),
        ok(200, 1, 3, 1),
        recv(210, 2, 3),
        invoke(300, 2, Verb::Send, 2),
        line(350, 1, What::Info { op: op(2) }),
        invoke(360, 2, Verb::Send, 2),
        ok(400, 2, 4, 2),
        recv(410, 2, 4),
        invoke(500, 3, Verb::Edit, 1),
        ok(600, 3, 5, 1),
        recv(610, 2, 5),
        line(700, 1, What::Read { stream: STREAM, seq: 5, asked_us: 650 }),
        line(1_000_000, 4, What::Ended),
        line(1_500_000, 4, What::Gone { code: Some(4501) }),
        line(2_000_000, 0, What::Healed),
        line(2_050_000, 2, What::Marking { thread: THREAD, position: 1 }),
        line(2_060_000, 2, What::Marked { thread: THREAD, position: 1, asked_us: 2_050_000 }),
        line(2_070_000, 2, What::Moved { thread: THREAD, position: 1 }),
        line(2_080_000, 2, What::Owed { thread: THREAD, position: 1 }),
        line(2_090_000, 1, What::Uploaded { file: FILE, digest: 5 }),
        line(2_095_000, 1, What::FileRefused { status: 503 }),
        line(2_100_000, 2, What::Caught { stream: STREAM, ms: Some(100) }),
        line(2_200_000, 2, What::PageCaught { ms: 1_000 }),
        line(3_000_000, 2, What::Unread { person: READER, thread: THREAD, shown: 2, counted: 2 }),
        line(3_000_000, 0, What::Mention { person: READER, message: op(1), notifications: 1, mails: 1, owed: 1 }),
        line(3_000_000, 0, What::Memory { kib: 100_000 }),
        line(3_000_000, 0, What::Counter { name: GAPS.to_owned(), value: 0 }),
        line(3_000_000, 0, What::Counter { name: OVERFLOW.to_owned(), value: 0 }),
        line(3_000_000, 0, What::Panics { count: 0, first: None }),
        log(1, "member.added", AUTHOR),
        log(2, "member.added", READER),
        log(3, "message.created", op(1)),
        log(4, "message.created", op(2)),
        log(5, "message.edited", op(1)),
        line(90_000_000, 0, What::Stream { stream: STREAM, last_seq: 5 }),
        stored(1, 1),
        stored(2, 2),
        position(AUTHOR, 2),
        position(READER, 1),
        line(90_000_000, 0, What::File { file: FILE, digest: Some(5) }),
        line(90_000_000, 0, What::Swept { files: 1, without_bytes: 0, without_name: 0, unended: 0 }),
    ];
    for form in [Form::Json, Form::Html, Form::Dom] {
        lines.push(line(3_000_000, 2, What::Compared { form, subject: "page".to_owned(), live: 7, fresh: 7 }));
    }
    lines.extend(
        (0..2000)
            .map(|number| line(3_000_000, 2, What::Delivered { ms: 10, slow: number % 2 == 0, round: number / 1000 })),
    );
    lines
}

/// What the judge finds after a change of what was well.
fn judged(change: impl FnOnce(&mut Vec<Line>)) -> Findings {
    let mut lines = well();
    change(&mut lines);
    check(&lines)
}

fn finds(check: Check, wrong: Wrong, change: impl FnOnce(&mut Vec<Line>)) {
    let findings = judged(change);
    let found = findings.violations.iter().any(|violation| violation.check == check && violation.wrong == wrong);
    assert!(found, "{check:?} {wrong:?} is not seen: {findings:#?}");
}

fn without(what: impl Fn(&What) -> bool) -> impl FnOnce(&mut Vec<Line>) {
    move |lines| lines.retain(|line| !what(&line.what))
}

fn is_log(what: &What, at: i64) -> bool {
    matches!(what, What::Log { seq, .. } if *seq == at)
}

#[test]
fn a_run_in_which_all_is_well_has_no_violation_and_every_check_looked_at_something() {
    let findings = judged(|_| {});
    assert_eq!(findings.violations, []);
    for check in Check::ALL {
        assert!(findings.looked_at.get(&check).is_some_and(|count| *count > 0), "{check:?} looked at nothing");
    }
    for aspect in Aspect::ALL {
        assert!(findings.aspects.get(&aspect).is_some_and(|count| *count > 0), "{aspect:?} was not looked at");
    }
    assert_eq!(findings.too_few, Vec::<String>::new());
}

#[test]
fn a_quantile_is_a_value_that_was_measured() {
    let mut values: Vec<u64> = (1..=100).rev().collect();
    assert_eq!(quantile(&mut values, 990), Some(99));
    assert_eq!(quantile(&mut values, 1000), Some(100));
    assert_eq!(quantile(&mut [], 990), None);
}
