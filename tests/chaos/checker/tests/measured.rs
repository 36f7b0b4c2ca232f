//! Planted in what was measured, and in how far somebody has read: P9 to P14.

use uuid::Uuid;

use super::{
    super::{Aspect, Check, Wrong},
    AUTHOR, FILE, GAPS, OVERFLOW, READER, STRANGER, STREAM, THREAD, finds, judged, line, op, position, without,
};
use crate::history::{Form, What};

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
    // Of any life of any node.
    for name in [GAPS, OVERFLOW] {
        finds(Check::P13, Wrong::Gap, |lines| {
            lines.insert(1, line(1, 0, What::Counter { name: name.to_owned(), value: 1 }));
        });
    }
}

#[test]
fn p12_slow_readers_that_slow_others_in_every_round_are_seen() {
    let slowed = |rounds: &[u32]| {
        judged(|lines| {
            for round in rounds {
                lines.extend((0..50).map(|_| line(1, 2, What::Delivered { ms: 500, slow: true, round: *round })));
            }
        })
    };
    let both = slowed(&[0, 1]);
    assert!(both.violations.iter().any(|violation| violation.check == Check::P12), "{both:#?}");
    assert_eq!(slowed(&[1]).violations, [], "the machine was busy otherwise");
}

#[test]
fn p12_too_few_deliveries_are_no_judgement() {
    for (slow, left) in [(false, 499), (true, 499), (true, 0)] {
        let findings = judged(|lines| {
            let mut kept = [0; 2];
            lines.retain(|line| match line.what {
                What::Delivered { slow: beside, round, .. } if beside == slow => {
                    kept[round as usize] += 1;
                    kept[round as usize] <= left
                }
                _ => true,
            });
        });
        assert_eq!(findings.aspects.get(&Aspect::Slow), None);
        assert_eq!(findings.too_few.len(), 2, "{findings:#?}");
    }
}

#[test]
fn p13_a_node_that_ends_or_panics_by_itself_is_seen() {
    let died =
        |starting, gave_up| line(5_000_000, 0, What::Died { how: "exit status: 1".to_owned(), starting, gave_up });
    for (starting, gave_up) in [(false, false), (false, true), (true, false), (true, true)] {
        finds(Check::P13, Wrong::Died, |lines| lines.push(died(starting, gave_up)));
    }
    // Without a database a node may give up as it starts, and then alone.
    let killed = || line(4_000_000, 0, What::Fault { kind: "kill_postmaster".to_owned(), until_us: 4_500_000 });
    let excused = judged(|lines| lines.extend([killed(), died(true, true)]));
    assert_eq!(excused.violations, []);
    for (starting, gave_up) in [(false, true), (true, false)] {
        finds(Check::P13, Wrong::Died, |lines| lines.extend([killed(), died(starting, gave_up)]));
    }
    finds(Check::P13, Wrong::Died, |lines| {
        lines.push(line(1, 0, What::Panics { count: 1, first: Some("thread 'main' panicked at".to_owned()) }));
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
    finds(Check::P14, Wrong::Different, |lines| lines.push(line(1, 1, What::FileRefused { status: 500 })));
    for (without_bytes, without_name, unended) in [(1, 0, 0), (0, 1, 0), (0, 0, 1)] {
        let swept = What::Swept { files: 1, without_bytes, without_name, unended };
        finds(Check::P14, Wrong::Different, |lines| lines.push(line(1, 0, swept)));
    }
}
