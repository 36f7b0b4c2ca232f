//! What was asked, against the log: P1, P2, P3, P5, P6.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use super::{
    Aspect, Check, Findings, Wrong,
    highest::Highest,
    index::{Index, Op},
};
use crate::history::{Line, Verb, What, Who};

/// A kind of event, the message that it is about, and who caused it.
type Change<'i> = (&'i str, Uuid, Option<Uuid>);

pub(super) fn each_ack_is_in_the_log_once(index: &Index, findings: &mut Findings) {
    let places = index.places();
    let mut told: HashMap<(Uuid, i64), Uuid> = HashMap::new();
    for (id, op) in &index.ops {
        for ack in op.oks.iter().filter(|ack| !ack.duplicate) {
            let earlier = told.insert((op.stream, ack.seq), *id);
            findings.expect(earlier.is_none_or(|other| other == *id), Check::P1, Wrong::Duplicated, || {
                format!("two acks tell of {} at {}: of {id} and {earlier:?}", ack.seq, op.stream)
            });
            let event = index.event(op.stream, ack.seq);
            let there = event.is_some_and(|event| event.kind == op.verb.kind() && event.subject == op.message);
            findings.expect(there, Check::P1, Wrong::Lost, || {
                format!(
                    "{:?} of {} was acked at {} {}, where the log holds {event:?}",
                    op.verb, op.message, op.stream, ack.seq
                )
            });
        }
        if op.verb == Verb::Send {
            sent_once(index, &places, op, findings);
        }
    }
}

/// A message and its event are there once; if it was acked, where every ack says.
fn sent_once(index: &Index, places: &HashMap<(&str, Uuid), Vec<(Uuid, i64)>>, op: &Op, findings: &mut Findings) {
    let message = op.message;
    let events = places.get(&(Verb::Send.kind(), message)).map_or(&[][..], Vec::as_slice);
    let rows = index.stored.get(&message).map_or(&[][..], Vec::as_slice);
    findings.expect(events.len() <= 1 && rows.len() <= 1, Check::P1, Wrong::Duplicated, || {
        format!("message {message} has {} events and {} rows", events.len(), rows.len())
    });
    findings.expect(events.len().min(1) == rows.len().min(1), Check::P1, Wrong::Lost, || {
        format!("message {message} has {} events and {} rows", events.len(), rows.len())
    });
    for ack in &op.oks {
        let row = rows.iter().find(|row| row.thread == op.thread && Some(row.position) == ack.position);
        findings.expect(row.is_some() && events.contains(&(op.stream, ack.seq)), Check::P1, Wrong::Lost, || {
            format!("message {message} was acked at {} {}: {events:?}, {rows:?}", ack.seq, op.stream)
        });
    }
}

/// What was acked of an edit, a removal or a reaction is in the log, also where the ack tells that nothing new happened: by
/// whom it was asked, an event for each edit and each removal, and one at least for reactions.
pub(super) fn each_change_is_in_the_log(index: &Index, findings: &mut Findings) {
    let mut made: HashMap<Change, usize> = HashMap::new();
    for event in index.log.values().flat_map(BTreeMap::values) {
        *made.entry((event.kind.as_str(), event.subject, event.actor)).or_default() += 1;
    }
    let mut acked: HashMap<Change, usize> = HashMap::new();
    for op in index.ops.values().filter(|op| op.verb != Verb::Send && !op.oks.is_empty()) {
        *acked.entry((op.verb.kind(), op.message, index.person_of(op))).or_default() += 1;
    }
    for (change @ (kind, message, person), acked) in acked {
        let made = made.get(&change).copied().unwrap_or(0);
        // A reaction that is there already is acked, and makes no event.
        let owed = if kind == Verb::React.kind() { 1 } else { acked };
        findings.expect_of(Aspect::Changes, made >= owed, Wrong::Lost, || {
            format!("{kind} of {message} by {person:?} was acked {acked} times, and is {made} times in the log")
        });
    }
}

pub(super) fn nothing_is_there_unasked(index: &Index, findings: &mut Findings) {
    let mut asked: HashMap<Change, (usize, bool)> = HashMap::new();
    for op in index.ops.values() {
        let (count, possible) = asked.entry((op.verb.kind(), op.message, index.person_of(op))).or_default();
        *count += 1;
        // Refused each time that it was answered, and answered each time.
        *possible |= !op.failed || op.unknown > 0 || !op.oks.is_empty();
    }
    let verbs = [Verb::Send, Verb::Edit, Verb::Delete, Verb::React].map(Verb::kind);
    let mut there: HashMap<Change, usize> = HashMap::new();
    for event in index.log.values().flat_map(BTreeMap::values).filter(|event| verbs.contains(&event.kind.as_str())) {
        *there.entry((event.kind.as_str(), event.subject, event.actor)).or_default() += 1;
    }
    for (change @ (kind, message, person), there) in there {
        let (count, possible) = asked.get(&change).copied().unwrap_or_default();
        findings.expect(possible && there <= count, Check::P2, Wrong::Unasked, || {
            format!(
                "{kind} of {message} by {person:?} is {there} times in the log, asked {count} times, possible: {possible}"
            )
        });
    }
}

pub(super) fn logs_and_positions_have_no_holes(index: &Index, findings: &mut Findings) {
    for (stream, last) in &index.last {
        let there = index.log.get(stream).map_or(0, BTreeMap::len);
        let whole = (1..=*last).filter(|seq| index.event(*stream, *seq).is_none()).collect::<Vec<_>>();
        let beyond = index.log.get(stream).and_then(|log| log.keys().next_back()).is_some_and(|seq| seq > last);
        findings.expect(whole.is_empty() && !beyond, Check::P3, Wrong::Gap, || {
            format!("stream {stream} stands at {last} and holds {there} events; missing {whole:?}")
        });
    }
    for (stream, seq) in &index.twice {
        findings.find(Check::P3, Wrong::Duplicated, format!("two events at {seq} of {stream}"));
    }
    let mut positions: HashMap<Uuid, Vec<i32>> = HashMap::new();
    for row in index.stored.values().flatten() {
        positions.entry(row.thread).or_default().push(row.position);
    }
    for (thread, mut positions) in positions {
        positions.sort_unstable();
        let holes = positions.iter().zip(1..).any(|(position, expected)| *position != expected);
        findings.expect(!holes, Check::P3, Wrong::Gap, || format!("positions of thread {thread}: {positions:?}"));
    }
}

pub(super) fn real_time_order_is_kept(index: &Index, findings: &mut Findings) {
    let created = index.places();
    let mut streams: HashMap<Uuid, Vec<(&Op, i64)>> = HashMap::new();
    let mut outboxes: HashMap<(Who, Uuid), Vec<(u64, i64)>> = HashMap::new();
    for op in index.ops.values() {
        let seq = match op.verb {
            Verb::Send => {
                created.get(&(Verb::Send.kind(), op.message)).and_then(|places| places.first()).map(|at| at.1)
            }
            _ => op.oks.iter().find(|ack| !ack.duplicate).map(|ack| ack.seq),
        };
        let Some(seq) = seq else { continue };
        streams.entry(op.stream).or_default().push((op, seq));
        if op.verb == Verb::Send {
            outboxes.entry((op.who, op.thread)).or_default().push((op.invoked_us, seq));
        }
    }
    for ops in streams.into_values() {
        keeps_real_time(ops, findings);
    }
    for ((who, thread), mut sent) in outboxes {
        sent.sort_unstable();
        for pair in sent.windows(2) {
            findings.expect(pair[0].1 < pair[1].1, Check::P5, Wrong::Reordered, || {
                format!("actor {who} asked for {} before {} in thread {thread}", pair[0].1, pair[1].1)
            });
        }
    }
}

/// Of any two, the one that was acked before the other was asked has the lesser sequence.
fn keeps_real_time(mut ops: Vec<(&Op, i64)>, findings: &mut Findings) {
    ops.sort_unstable_by_key(|(op, _)| op.invoked_us);
    let first_ack = |op: &Op| op.oks.iter().map(|ack| ack.at_us).min();
    let mut acked: Vec<(u64, i64)> = ops.iter().filter_map(|(op, seq)| Some((first_ack(op)?, *seq))).collect();
    acked.sort_unstable();
    let (mut next, mut highest) = (0, 0);
    for (op, seq) in ops {
        while let Some((_, before)) = acked.get(next).filter(|(at, _)| *at < op.invoked_us) {
            highest = highest.max(*before);
            next += 1;
        }
        findings.expect(highest < seq, Check::P5, Wrong::Reordered, || {
            format!("{:?} of {} has {seq}, and {highest} was acked before it was asked", op.verb, op.message)
        });
    }
}

pub(super) fn one_reads_what_one_wrote(index: &Index, history: &[Line], findings: &mut Findings) {
    let mut acks: Vec<_> = index
        .ops
        .values()
        .flat_map(|op| op.oks.iter().filter(|ack| !ack.duplicate).map(|ack| (ack.at_us, (op.who, op.stream), ack.seq)))
        .collect();
    acks.sort_unstable();
    let mut acked: HashMap<(Who, Uuid), Highest> = HashMap::new();
    for (at_us, place, seq) in acks {
        acked.entry(place).or_default().note(at_us, seq);
    }
    let mut read: HashMap<(Who, Uuid), Highest> = HashMap::new();
    let mut seen = HashSet::new();
    for line in history {
        let What::Read { stream, seq, asked_us } = line.what else { continue };
        let place = (line.who, stream);
        let wrote = acked.get(&place).map_or(0, |known| known.before(asked_us));
        let read = read.entry(place).or_default();
        let saw = read.before(asked_us);
        findings.expect(seq >= wrote && seq >= saw, Check::P6, Wrong::Reordered, || {
            format!("actor {} read {seq} of {stream} after writing {wrote} and reading {saw}", line.who)
        });
        read.note(line.at_us, seq);
        seen.insert(line.who);
    }
    findings.figures.insert("readers_of_their_writes", seen.len() as u64);
}
