//! What is shown and what it costs, as it was measured, and whether nodes lived: P9 to P13.

use std::collections::BTreeMap;

use super::{Aspect, Check, Findings, Wrong, quantile};
use crate::history::{Form, Line, What};

/// The most memory that a node may hold: a build without optimisation, with every reader of a run.
const MEMORY_KIB: u64 = 512 << 10;
/// How many deliveries each side of a round needs, and how much slower than the other it may be at all.
pub(crate) const DELIVERIES: usize = 500;
const SLOWER_MS: u64 = 100;
/// The faults that take the database away from a node that starts, and how long after them it may still be missed.
const AWAY: [&str; 4] = ["kill_postmaster", "pause_postgres", "drop_backends", "disk_full_database"];
const AFTER_US: u64 = 5_000_000;

pub(super) fn what_is_shown_is_what_is_there(history: &[Line], findings: &mut Findings) {
    for line in history {
        match &line.what {
            What::Compared { form, subject, live, fresh } => {
                let aspect = match form {
                    Form::Json => Aspect::Json,
                    Form::Html => Aspect::Html,
                    Form::Dom => Aspect::Dom,
                };
                findings.expect_of(aspect, live == fresh, Wrong::Different, || {
                    format!("actor {} shows {subject} ({form:?}) otherwise than a fresh read", line.who)
                });
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
    let mut most = 0;
    for line in history {
        match &line.what {
            What::Memory { kib } => {
                most = most.max(*kib);
                let bounded = *kib <= MEMORY_KIB;
                findings.expect_of(Aspect::Memory, bounded, Wrong::Unbounded, || format!("a node holds {kib} KiB"));
            }
            What::Counter { name, value } => {
                let aspect = if name.contains("gap") { Aspect::Gaps } else { Aspect::Overflow };
                findings.expect_of(aspect, *value == 0, Wrong::Gap, || format!("{name} is {value}"));
            }
            _ => {}
        }
    }
    findings.figures.insert("memory_most_kib", most);
}

/// Deliveries take as long beside slow readers as without them: in one round at least, since whatever else the machine does
/// slows one side or the other. Where some were timed and too few, nobody knows.
pub(super) fn slow_readers_slow_nobody(history: &[Line], findings: &mut Findings) {
    let mut rounds: BTreeMap<u32, [Vec<u64>; 2]> = BTreeMap::new();
    for line in history {
        if let What::Delivered { ms, slow, round } = line.what {
            rounds.entry(round).or_default()[usize::from(slow)].push(ms);
        }
    }
    let mut borne = Vec::new();
    for (round, [mut alone, mut beside]) in rounds {
        for (name, count) in [("deliveries", alone.len()), ("deliveries beside slow readers", beside.len())] {
            if count < DELIVERIES {
                findings.too_few.push(format!("P12: {count} {name} of {DELIVERIES} in round {round}"));
            }
        }
        let enough = alone.len().min(beside.len()) >= DELIVERIES;
        let (Some(alone), Some(beside)) = (quantile(&mut alone, 990), quantile(&mut beside, 990)) else { continue };
        findings.figures.insert("delivery_p99_ms", alone);
        findings.figures.insert("delivery_beside_slow_p99_ms", beside);
        if enough {
            borne.push((beside * 5 <= alone * 6 || beside <= alone + SLOWER_MS, alone, beside));
        }
    }
    if !borne.is_empty() {
        let holds = borne.iter().any(|(borne, ..)| *borne);
        findings.expect_of(Aspect::Slow, holds, Wrong::Unbounded, || {
            let took: Vec<_> =
                borne.iter().map(|(_, alone, beside)| format!("{beside} ms instead of {alone}")).collect();
            format!("with slow readers about, delivery takes {}", took.join(", then "))
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
                findings.expect_of(Aspect::Panics, *count == 0, Wrong::Died, || {
                    format!("a node panicked {count} times: {}", first.as_deref().unwrap_or_default())
                });
            }
            _ => {}
        }
    }
}
