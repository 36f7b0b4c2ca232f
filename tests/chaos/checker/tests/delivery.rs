//! Planted in what followers heard: P4, P7, P8, and a run without an end.

use super::{
    super::{Aspect, Check, Wrong},
    READER, STRANGER, STREAM, THREAD, finds, judged, line, log, log_by, op, recv, without,
};
use crate::history::{Line, Verb, What};

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
    finds(Check::P4, Wrong::Different, |lines| {
        lines.push(line(620, 2, What::Malformed { heard: "{\"type\":\"ev".to_owned() }));
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
fn p7_a_write_of_somebody_who_is_no_member_is_seen_without_any_answer() {
    let asked = |verb, message| What::Invoke { op: op(8), verb, message, stream: STREAM, thread: THREAD };
    for (verb, message) in [(Verb::Send, op(8)), (Verb::Edit, op(1)), (Verb::Delete, op(1)), (Verb::React, op(1))] {
        let unknown = What::Info { op: op(8) };
        let refused = What::Fail { op: op(8), code: "forbidden".to_owned() };
        for answer in [unknown, refused] {
            finds(Check::P7, Wrong::Unauthorised, |lines| {
                lines.extend([
                    line(700, 3, asked(verb, message)),
                    line(710, 3, answer),
                    log_by(STRANGER, 6, verb.kind(), message),
                ]);
            });
        }
    }
    // A member until then, by the removal itself at the latest.
    let removal = || log_by(READER, 6, "member.removed", READER);
    let left = judged(|lines| lines.push(removal()));
    assert!(left.violations.iter().all(|violation| violation.check != Check::P7), "{left:#?}");
    finds(Check::P7, Wrong::Unauthorised, |lines| {
        lines.extend([removal(), log_by(READER, 7, "thread.created", THREAD)]);
    });
    // In one's own stream others do something too.
    let own = judged(|lines| {
        let what = log(1, "group.joined", STREAM).what;
        let What::Log { seq, kind, subject, thread, person, actor, digest, .. } = what else { return };
        lines.push(line(1, 0, What::Log { stream: READER, seq, kind, subject, thread, person, actor, digest }));
        lines.push(line(1, 0, What::Stream { stream: READER, last_seq: 1 }));
    });
    assert_eq!(own.violations, []);
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
    let fault = |kind: &str| line(900_000, 0, What::Fault { kind: kind.to_owned(), until_us: 2_000_000 });
    let excused = judged(|lines| {
        late(lines);
        lines.push(fault("pause_server"));
    });
    assert_eq!(excused.violations, []);
    assert_eq!(excused.aspects.get(&Aspect::Sessions), None, "nothing was measured");
    finds(Check::P7, Wrong::Late, |lines| {
        late(lines);
        lines.push(fault("disk_full_uploads"));
    });
}

#[test]
fn p8_who_never_has_everything_or_has_it_late_is_seen() {
    finds(Check::P8, Wrong::Late, |lines| lines.push(line(9_000_000, 2, What::Caught { stream: STREAM, ms: None })));
    finds(Check::P8, Wrong::Late, |lines| {
        lines.push(line(9_000_000, 2, What::Caught { stream: STREAM, ms: Some(5_001) }));
    });
    finds(Check::P8, Wrong::Late, |lines| lines.push(line(9_000_000, 2, What::PageCaught { ms: 35_001 })));
}

#[test]
fn a_run_that_was_not_read_to_its_end_is_told_as_that_alone() {
    let is_end = |what: &What| {
        matches!(what, What::Stream { .. } | What::Log { .. } | What::Stored { .. } | What::File { .. })
            || matches!(what, What::Position { .. } | What::Swept { .. })
    };
    let broken = judged(without(is_end));
    let told: Vec<_> = broken.violations.iter().map(|violation| (violation.check, violation.wrong)).collect();
    assert_eq!(told, [(Check::P8, Wrong::Endless)]);
    let behind = judged(|lines| {
        without(is_end)(lines);
        lines.push(line(9_000_000, 2, What::Caught { stream: STREAM, ms: None }));
    });
    assert_eq!(behind.count(Wrong::Late), 1, "who never had everything is told of all the same");
}
