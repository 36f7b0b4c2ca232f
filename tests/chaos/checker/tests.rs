//! The judge judged: a history in which all is well, and one planted fault for each thing that a check must see.

use uuid::Uuid;

use super::{Check, Findings, Wrong, check, quantile};
use crate::history::{Form, Line, Verb, What, Who};

const STREAM: Uuid = Uuid::from_u128(1);
const THREAD: Uuid = Uuid::from_u128(2);
const AUTHOR: Uuid = Uuid::from_u128(11);
const READER: Uuid = Uuid::from_u128(12);
const STRANGER: Uuid = Uuid::from_u128(13);
const FILE: Uuid = Uuid::from_u128(21);

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
    let person = kind.starts_with("member").then_some(subject);
    let digest = u64::try_from(seq).unwrap() * 1000;
    line(90_000_000, 0, What::Log { stream: STREAM, seq, kind: kind.to_owned(), subject, thread: None, person, digest })
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
        line(2_095_000, 1, What::Turned { status: 503 }),
        line(2_100_000, 2, What::Caught { stream: STREAM, ms: Some(100) }),
        line(3_000_000, 2, What::Compared { form: Form::Dom, subject: "page".to_owned(), live: 7, fresh: 7 }),
        line(3_000_000, 2, What::Unread { person: READER, thread: THREAD, shown: 2, counted: 2 }),
        line(3_000_000, 0, What::Mention { person: READER, message: op(1), notifications: 1, mails: 1, owed: 1 }),
        line(3_000_000, 0, What::Memory { kib: 100_000 }),
        line(3_000_000, 0, What::Counter { name: "gaps".to_owned(), value: 0 }),
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
    lines.extend((0..2000).map(|number| line(3_000_000, 2, What::Delivered { ms: 10, slow: number % 2 == 0 })));
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
}

#[test]
fn p1_a_message_that_was_acked_and_is_gone_is_lost() {
    finds(Check::P1, Wrong::Lost, |lines| {
        lines.retain(|line| !is_log(&line.what, 4) && line.what != stored(2, 2).what);
    });
    finds(Check::P1, Wrong::Lost, without(|what| *what == stored(2, 2).what));
    finds(Check::P1, Wrong::Lost, without(|what| is_log(what, 5)));
}

#[test]
fn p1_a_message_that_is_there_twice_is_duplicated() {
    finds(Check::P1, Wrong::Duplicated, |lines| {
        lines.extend([log(6, "message.created", op(2)), stored(2, 3)]);
    });
    finds(Check::P1, Wrong::Duplicated, |lines| {
        lines.extend([invoke(700, 4, Verb::Edit, 1), ok(800, 4, 5, 1)]);
    });
}

#[test]
fn p1_an_ack_that_tells_another_place_is_wrong() {
    finds(Check::P1, Wrong::Lost, |lines| lines.push(ok(900, 2, 3, 1)));
}

#[test]
fn p2_what_nobody_asked_for_or_was_refused_is_unasked() {
    finds(Check::P2, Wrong::Unasked, |lines| lines.push(log(6, "message.deleted", op(1))));
    finds(Check::P2, Wrong::Unasked, |lines| lines.push(log(6, "message.edited", op(1))));
    finds(Check::P2, Wrong::Unasked, |lines| {
        lines.extend([
            invoke(700, 4, Verb::Send, 4),
            line(800, 1, What::Fail { op: op(4), code: "forbidden".to_owned() }),
            log(6, "message.created", op(4)),
        ]);
    });
}

#[test]
fn p3_a_hole_in_a_log_or_in_positions_is_a_gap() {
    finds(Check::P3, Wrong::Gap, without(|what| is_log(what, 2)));
    finds(Check::P3, Wrong::Gap, |lines| lines.push(log(7, "group.updated", STREAM)));
    finds(Check::P3, Wrong::Gap, |lines| lines.push(stored(9, 7)));
    finds(Check::P3, Wrong::Duplicated, |lines| lines.push(log(5, "message.edited", op(1))));
}

#[test]
fn p4_a_follower_hears_the_log_and_nothing_else() {
    finds(Check::P4, Wrong::Gap, without(|what| *what == recv(0, 2, 4).what));
    finds(Check::P4, Wrong::Reordered, |lines| lines.push(recv(620, 2, 4)));
    finds(Check::P4, Wrong::Different, |lines| {
        for line in lines {
            if let What::Recv { digest, .. } = &mut line.what {
                *digest += 1;
            }
        }
    });
    finds(Check::P4, Wrong::Different, |lines| lines.push(recv(620, 2, 6)));
    finds(Check::P4, Wrong::Unauthorised, without(|what| matches!(what, What::Subscribed { .. })));
}

#[test]
fn p5_an_ack_before_a_question_is_an_order() {
    finds(Check::P5, Wrong::Reordered, |lines| {
        lines.extend([
            line(0, 5, What::Actor { person: AUTHOR, part: "other".to_owned() }),
            line(450, 5, What::Invoke { op: op(7), verb: Verb::Send, message: op(7), stream: STREAM, thread: THREAD }),
            line(470, 5, What::Ok { op: op(7), seq: 2, position: Some(3), duplicate: false }),
        ]);
        for line in lines {
            if is_log(&line.what, 2) {
                *line = log(2, "message.created", op(7));
            }
        }
    });
    // Nothing was acked in between, but one author's outbox has an order all the same.
    finds(Check::P5, Wrong::Reordered, |lines| {
        lines.retain(|line| !matches!(line.what, What::Ok { .. }));
        for line in lines {
            if let What::Log { seq, .. } = &mut line.what {
                *seq = match *seq {
                    3 => 4,
                    4 => 3,
                    seq => seq,
                };
            }
        }
    });
}

#[test]
fn p6_one_reads_what_one_wrote_and_never_goes_back() {
    let read = |at_us, seq| line(at_us, 1, What::Read { stream: STREAM, seq, asked_us: at_us - 10 });
    finds(Check::P6, Wrong::Reordered, |lines| lines.push(read(720, 4)));
    finds(Check::P6, Wrong::Reordered, |lines| {
        lines.retain(|line| !matches!(line.what, What::Ok { .. }));
        lines.extend([read(720, 9), read(740, 8)]);
    });
}

#[test]
fn p7_nothing_reaches_or_comes_from_who_is_no_member() {
    finds(Check::P7, Wrong::Unauthorised, |lines| {
        lines.extend([line(700, 3, What::Subscribed { stream: STREAM, since: 2 }), recv(710, 3, 3)]);
    });
    // The removal itself is the last that is heard.
    let removal = || log(6, "member.removed", READER);
    let created = || log(7, "message.created", op(8));
    let heard = judged(|lines| lines.extend([removal(), recv(620, 2, 6)]));
    assert!(heard.violations.iter().all(|violation| violation.check != Check::P7), "{heard:#?}");
    finds(Check::P7, Wrong::Unauthorised, |lines| {
        lines.extend([removal(), created(), recv(620, 2, 6), recv(630, 2, 7)]);
    });
    finds(Check::P7, Wrong::Unauthorised, |lines| {
        lines.extend([
            line(700, 3, What::Invoke { op: op(8), verb: Verb::Send, message: op(8), stream: STREAM, thread: THREAD }),
            line(710, 3, What::Ok { op: op(8), seq: 7, position: Some(3), duplicate: false }),
            removal(),
            created(),
        ]);
    });
}

#[test]
fn p7_a_socket_does_not_outlive_its_session() {
    finds(Check::P7, Wrong::Unauthorised, |lines| {
        lines.retain(|line| !matches!(line.what, What::Gone { .. }));
        lines.extend([line(900, 4, What::Subscribed { stream: STREAM, since: 2 }), recv(4_000_000, 4, 3)]);
    });
    finds(Check::P7, Wrong::Late, without(|what| matches!(what, What::Gone { .. })));
    let late = |lines: &mut Vec<Line>| {
        for line in lines {
            if matches!(line.what, What::Gone { .. }) {
                line.at_us = 2_500_000;
            }
        }
    };
    finds(Check::P7, Wrong::Late, late);
    let before = judged(|lines| {
        for line in lines.iter_mut().filter(|line| line.what == What::Ended) {
            line.at_us = 1_600_000;
        }
        lines.sort_by_key(|line| line.at_us);
    });
    assert_eq!(before.violations, [], "its end came before the answer to who asked for it");
    let paused = line(900_000, 0, What::Fault { kind: "pause_server".to_owned(), until_us: 2_000_000 });
    let excused = judged(|lines| {
        late(lines);
        lines.push(paused);
    });
    assert_eq!(excused.violations, []);
}

#[test]
fn p8_who_never_has_everything_or_has_it_late_is_seen() {
    finds(Check::P8, Wrong::Late, |lines| lines.push(line(9_000_000, 2, What::Caught { stream: STREAM, ms: None })));
    finds(Check::P8, Wrong::Late, |lines| {
        lines.push(line(9_000_000, 2, What::Caught { stream: STREAM, ms: Some(5_001) }));
    });
}

#[test]
fn p9_to_p13_what_was_measured_is_held_against_its_bound() {
    finds(Check::P9, Wrong::Different, |lines| {
        lines.push(line(1, 2, What::Compared { form: Form::Json, subject: "x".to_owned(), live: 1, fresh: 2 }));
    });
    finds(Check::P10, Wrong::Different, |lines| {
        lines.push(line(1, 2, What::Unread { person: READER, thread: THREAD, shown: 3, counted: 2 }));
    });
    for (notifications, mails) in [(0, 1), (2, 1), (1, 0), (1, 2)] {
        let mention = What::Mention { person: READER, message: op(1), notifications, mails, owed: 1 };
        finds(Check::P11, Wrong::Different, |lines| lines.push(line(1, 0, mention)));
    }
    finds(Check::P12, Wrong::Unbounded, |lines| lines.push(line(1, 0, What::Memory { kib: 513 << 10 })));
    finds(Check::P12, Wrong::Unbounded, |lines| {
        lines.extend((0..50).map(|_| line(1, 2, What::Delivered { ms: 500, slow: true })));
    });
    finds(Check::P13, Wrong::Gap, |lines| {
        lines.push(line(1, 0, What::Counter { name: "gaps".to_owned(), value: 1 }));
    });
}

#[test]
fn p10_what_was_read_stays_read_and_nobody_reads_for_another() {
    let is_of = |who: Uuid| move |what: &What| matches!(what, What::Position { person, .. } if *person == who);
    finds(Check::P10, Wrong::Reordered, |lines| {
        let marked = What::Marked { thread: THREAD, position: 0, asked_us: 2_065_000 };
        lines.insert(lines.iter().position(|line| line.at_us == 2_070_000).unwrap(), line(2_068_000, 2, marked));
    });
    // Moved in the meantime: what was asked before may be answered before.
    let crossing = judged(|lines| {
        lines.push(line(3_000_000, 2, What::Marked { thread: THREAD, position: 0, asked_us: 2_050_000 }));
    });
    assert_eq!(crossing.violations, []);
    finds(Check::P10, Wrong::Reordered, |lines| {
        lines.retain(|line| !is_of(READER)(&line.what));
        lines.push(position(READER, 0));
    });
    finds(Check::P10, Wrong::Reordered, |lines| {
        lines.retain(|line| !is_of(AUTHOR)(&line.what));
        lines.push(position(AUTHOR, 1));
    });
    finds(Check::P10, Wrong::Lost, without(is_of(READER)));
    finds(Check::P10, Wrong::Lost, |lines| lines.push(line(1, 2, What::Owed { thread: STREAM, position: 1 })));
    finds(Check::P10, Wrong::Unasked, |lines| {
        lines.retain(|line| !is_of(READER)(&line.what));
        lines.push(position(READER, 2));
    });
    finds(Check::P10, Wrong::Unasked, |lines| lines.push(position(STRANGER, 2)));
}

#[test]
fn p14_a_file_that_was_taken_is_there_whole_and_nothing_is_there_by_half() {
    let is_file = |what: &What| matches!(what, What::File { .. });
    finds(Check::P14, Wrong::Lost, without(is_file));
    for (digest, wrong) in [(None, Wrong::Lost), (Some(6), Wrong::Different)] {
        finds(Check::P14, wrong, |lines| {
            lines.retain(|line| !is_file(&line.what));
            lines.push(line(1, 0, What::File { file: FILE, digest }));
        });
    }
    finds(Check::P14, Wrong::Different, |lines| lines.push(line(1, 1, What::Turned { status: 500 })));
    for (without_bytes, without_name, unended) in [(1, 0, 0), (0, 1, 0), (0, 0, 1)] {
        let swept = What::Swept { files: 1, without_bytes, without_name, unended };
        finds(Check::P14, Wrong::Different, |lines| lines.push(line(1, 0, swept)));
    }
}

#[test]
fn a_quantile_is_a_value_that_was_measured() {
    let mut values: Vec<u64> = (1..=100).rev().collect();
    assert_eq!(quantile(&mut values, 990), Some(99));
    assert_eq!(quantile(&mut values, 1000), Some(100));
    assert_eq!(quantile(&mut [], 990), None);
}
