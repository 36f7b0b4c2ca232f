//! Planted in what was asked and in the log: P1, P2, P3, P5, P6.

use super::{
    super::{Check, Wrong},
    AUTHOR, READER, STREAM, THREAD, finds, invoke, is_log, judged, line, log, log_by, ok, op, stored, without,
};
use crate::history::{Line, Verb, What};

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
fn p1_a_change_that_was_acked_as_done_already_is_in_the_log() {
    for verb in [Verb::Edit, Verb::Delete, Verb::React] {
        let again = |number| What::Ok { op: op(number), seq: 5, position: Some(1), duplicate: true };
        let acked = |lines: &mut Vec<Line>| {
            lines.extend([
                invoke(700, 4, verb, 2),
                line(750, 1, What::Info { op: op(4) }),
                invoke(760, 4, verb, 2),
                line(800, 1, again(4)),
            ]);
        };
        finds(Check::P1, Wrong::Lost, acked);
        let made = judged(|lines| {
            acked(lines);
            lines.retain(|line| !matches!(line.what, What::Stream { .. }));
            lines.extend([log(6, verb.kind(), op(2)), line(1, 0, What::Stream { stream: STREAM, last_seq: 6 })]);
        });
        assert_eq!(made.violations, [], "{verb:?}");
        // That of somebody else is not theirs.
        finds(Check::P1, Wrong::Lost, |lines| {
            acked(lines);
            lines.push(log_by(READER, 6, verb.kind(), op(2)));
        });
    }
    // Twice acked, once made.
    finds(Check::P1, Wrong::Lost, |lines| {
        let again = What::Ok { op: op(4), seq: 5, position: Some(1), duplicate: true };
        lines.extend([invoke(700, 4, Verb::Edit, 1), line(800, 1, again)]);
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
    // Asked for, and not by whom it is.
    finds(Check::P2, Wrong::Unasked, |lines| {
        lines.extend([invoke(700, 4, Verb::Edit, 1), log_by(READER, 6, "message.edited", op(1))]);
    });
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
