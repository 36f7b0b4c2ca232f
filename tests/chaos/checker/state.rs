//! What is shown and what it costs, as it was measured, and whether nodes lived: P9 to P13.

use super::{Check, Findings, Wrong, quantile};
use crate::history::{Form, Line, What};

/// The most memory that a node may hold: a build without optimisation, with every reader of a run.
const MEMORY_KIB: u64 = 512 << 10;
/// How many deliveries each side of a comparison needs, and how much slower than the other it may be at all.
const DELIVERIES: usize = 1_000;
const SLOWER_MS: u64 = 100;
/// The faults that take the database away from a node that starts, and how long after them it may still be missed.
const AWAY: [&str; 4] = ["kill_postmaster", "pause_postgres", "drop_backends", "disk_full_database"];
const AFTER_US: u64 = 5_000_000;

pub(super) fn what_is_shown_is_what_is_there(history: &[Line], findings: &mut Findings) {
    for line in history {
        match &line.what {
            What::Compared { form, subject, live, fresh } => {
                findings.expect(live == fresh, Check::P9, Wrong::Different, || {
                    format!("actor {} shows {subject} ({form:?}) otherwise than a fresh read", line.who)
                });
                if *form == Form::Dom {
                    *findings.figures.entry("dom_comparisons").or_default() += 1;
                }
            }
            What::Unread { person, thread, shown, counted } => {
                findings.expect(shown == counted, Check::P10, Wrong::Different, || {
                    format!("{person} is shown {shown} unread in {thread}, and {counted} are")
                });
            }
            What::Mention { person, message, notifications, mails, owed } => {
                findings.expect(*notifications == 1 && mails == owed, Check::P11, Wrong::Different, || {
                    format!("{person}, mentioned in {message}: {notifications} notifications, {mails} mails of {owed}")
                });
            }
            _ => {}
        }
    }
}

pub(super) fn resources_are_bounded(history: &[Line], findings: &mut Findings) {
    let (mut calm, mut beside_slow) = (Vec::new(), Vec::new());
    let mut most = 0;
    for line in history {
        match &line.what {
            What::Memory { kib } => {
                most = most.max(*kib);
                findings.expect(*kib <= MEMORY_KIB, Check::P12, Wrong::Unbounded, || format!("a node holds {kib} KiB"));
            }
            What::Delivered { ms, slow: false } => calm.push(*ms),
            What::Delivered { ms, slow: true } => beside_slow.push(*ms),
            What::Counter { name, value } => {
                findings.expect(*value == 0, Check::P13, Wrong::Gap, || format!("{name} is {value}"));
            }
            _ => {}
        }
    }
    findings.figures.insert("memory_most_kib", most);
    let enough = calm.len().min(beside_slow.len()) >= DELIVERIES;
    let (Some(alone), Some(beside)) = (quantile(&mut calm, 990), quantile(&mut beside_slow, 990)) else { return };
    findings.figures.insert("delivery_p99_ms", alone);
    findings.figures.insert("delivery_beside_slow_p99_ms", beside);
    if enough {
        let borne = beside * 5 <= alone * 6 || beside <= alone + SLOWER_MS;
        findings.expect(borne, Check::P12, Wrong::Unbounded, || {
            format!("with slow readers about, delivery takes {beside} ms instead of {alone}")
        });
    }
}

/// Nodes end when they are ended, and never panic. One whose database is away as it starts may give up, and say so.
pub(super) fn nodes_live(history: &[Line], findings: &mut Findings) {
    let away: Vec<_> = history
        .iter()
        .filter_map(|line| match &line.what {
            What::Fault { kind, until_us } if AWAY.contains(&kind.as_str()) => Some((line.at_us, *until_us)),
            _ => None,
        })
        .collect();
    let is_away = |at: u64| away.iter().any(|(began, over)| *began <= at && at <= over + AFTER_US);
    for line in history {
        match &line.what {
            What::Died { how, starting, gave_up } => {
                let excused = *starting && *gave_up && is_away(line.at_us);
                findings
                    .expect(excused, Check::P13, Wrong::Died, || format!("a node ended (starting: {starting}): {how}"));
            }
            What::Panics { count, first } => {
                findings.expect(*count == 0, Check::P13, Wrong::Died, || {
                    format!("a node panicked {count} times: {}", first.as_deref().unwrap_or_default())
                });
            }
            _ => {}
        }
    }
}
