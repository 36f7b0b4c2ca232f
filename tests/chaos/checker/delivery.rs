//! What followers heard, against the log and their rights: P4, P7, P8.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{Aspect, Check, Findings, Wrong, index::Index, quantile};
use crate::history::{Line, What, Who};

/// How long after the last fault everybody must have everything, at the 99th percentile.
const CATCH_UP_MS: u64 = 5_000;
/// How long a socket may live after its session, at the 99th percentile, and at all while faults keep nodes from work.
const SESSION_MS: u64 = 1_000;
const SESSION_UNDER_FAULTS_MS: u64 = 15_000;
/// How long the page of a browser may take more than others: the longest pause before its client comes back.
const BROWSER_MS: u64 = 30_000;
/// The faults that keep a node from looking which sessions ended: its process ends or stands still, or the database that
/// it looks into does, or drops the connection, or cannot note that a session ended. A full disk of files does none of it.
const STOPPING: [&str; 10] = [
    "kill_server",
    "pause_server",
    "kill_at_point",
    "pause_at_point",
    "rolling_restart",
    "migration",
    "kill_postmaster",
    "drop_backends",
    "pause_postgres",
    "disk_full_database",
];

pub(super) fn followers_hear_the_log(index: &Index, history: &[Line], findings: &mut Findings) {
    let mut heard: HashMap<(Who, Uuid), i64> = HashMap::new();
    for line in history {
        match &line.what {
            What::Subscribed { stream, since } => {
                heard.insert((line.who, *stream), *since);
            }
            What::Recv { stream, seq, digest } => {
                let who = line.who;
                let Some(last) = heard.get_mut(&(who, *stream)) else {
                    findings.find(Check::P4, Wrong::Unauthorised, format!("actor {who} heard {stream} without asking"));
                    continue;
                };
                findings.expect(*seq <= *last + 1, Check::P4, Wrong::Gap, || {
                    format!("actor {who} heard {seq} of {stream} after {last}")
                });
                findings.expect(*seq > *last, Check::P4, Wrong::Reordered, || {
                    format!("actor {who} heard {seq} of {stream} after {last}")
                });
                *last = *seq;
                let event = index.event(*stream, *seq);
                findings.expect(
                    event.is_some_and(|event| event.digest == *digest),
                    Check::P4,
                    Wrong::Different,
                    || format!("actor {who} heard something else at {seq} of {stream} than {event:?}"),
                );
            }
            What::Malformed { heard } => {
                findings.find(Check::P4, Wrong::Different, format!("actor {} heard {heard}", line.who));
            }
            _ => {}
        }
    }
}

pub(super) fn nothing_crosses_a_membership(index: &Index, history: &[Line], findings: &mut Findings) {
    let memberships = index.memberships();
    let mut removed = 0;
    for ((stream, _), spells) in &memberships {
        removed += spells.iter().filter(|spell| spell.1 < i64::MAX && index.last.contains_key(stream)).count();
    }
    findings.figures.insert("removals", removed as u64);
    for line in history {
        let What::Recv { stream, seq, .. } = line.what else { continue };
        let person = index.people.get(&line.who).copied().unwrap_or_default();
        findings.expect_of(Aspect::Hearers, may(&memberships, stream, person, seq), Wrong::Unauthorised, || {
            format!("actor {} ({person}) heard {seq} of {stream}, where they were no member", line.who)
        });
    }
    for (id, op) in &index.ops {
        let person = index.people.get(&op.who).copied().unwrap_or_default();
        for ack in op.oks.iter().filter(|ack| !ack.duplicate) {
            findings.expect(may(&memberships, op.stream, person, ack.seq), Check::P7, Wrong::Unauthorised, || {
                format!(
                    "{id} of actor {} ({person}) was taken at {} of {}, where they were no member",
                    op.who, ack.seq, op.stream
                )
            });
        }
    }
}

/// Nothing in the log of a group was caused by who was no member of it, whatever they were answered.
pub(super) fn nobody_acts_without_a_membership(index: &Index, findings: &mut Findings) {
    let memberships = index.memberships();
    for (stream, events) in &index.log {
        // A person's own stream has events that others cause.
        if !events.values().any(|event| event.kind == "member.added") {
            continue;
        }
        for (seq, event) in events {
            let Some(actor) = event.actor else { continue };
            findings.expect_of(Aspect::Doers, may(&memberships, *stream, actor, *seq), Wrong::Unauthorised, || {
                format!("{} at {seq} of {stream} is by {actor}, who was no member", event.kind)
            });
        }
    }
}

/// Whether somebody was a member at a place of a stream; of their own everybody is.
fn may(memberships: &HashMap<(Uuid, Uuid), Vec<(i64, i64)>>, stream: Uuid, person: Uuid, seq: i64) -> bool {
    let spells = memberships.get(&(stream, person));
    stream == person || spells.is_some_and(|spells| spells.iter().any(|(from, to)| (*from..=*to).contains(&seq)))
}

/// A socket ends with its session: within a second where no fault kept the nodes from looking, else soon.
pub(super) fn sessions_end_at_once(history: &[Line], findings: &mut Findings) {
    let mut ended: HashMap<Who, u64> = HashMap::new();
    let mut gone = HashSet::new();
    let stops: Vec<_> = history
        .iter()
        .filter_map(|line| match &line.what {
            What::Fault { kind, until_us } if STOPPING.contains(&kind.as_str()) => Some((line.at_us, *until_us)),
            _ => None,
        })
        .collect();
    // What a stopped node has to catch up with takes a moment more.
    let disturbed = |from: u64, to: u64| stops.iter().any(|(began, over)| *began < to && from < over + 3_000_000);
    let mut took = Vec::new();
    for line in history {
        match line.what {
            // The socket may end before the answer to who ended the session comes.
            What::Ended if !gone.contains(&line.who) => {
                ended.insert(line.who, line.at_us);
            }
            What::Recv { stream, seq, .. } => {
                let Some(at) = ended.get(&line.who) else { continue };
                let late_ms = line.at_us.saturating_sub(*at) / 1000;
                let bound = if disturbed(*at, line.at_us) { SESSION_UNDER_FAULTS_MS } else { 2 * SESSION_MS };
                findings.expect(late_ms <= bound, Check::P7, Wrong::Unauthorised, || {
                    format!("actor {} heard {seq} of {stream} {late_ms} ms after their session", line.who)
                });
            }
            What::Gone { .. } => {
                gone.insert(line.who);
                let Some(at) = ended.remove(&line.who) else { continue };
                let late_ms = line.at_us.saturating_sub(at) / 1000;
                findings.expect(late_ms <= SESSION_UNDER_FAULTS_MS, Check::P7, Wrong::Late, || {
                    format!("actor {} was connected {late_ms} ms after their session", line.who)
                });
                if !disturbed(at, line.at_us) {
                    took.push(late_ms);
                }
            }
            _ => {}
        }
    }
    findings.figures.insert("sessions_ended", took.len() as u64);
    if let Some(p99) = quantile(&mut took, 990) {
        findings.figures.insert("session_end_p99_ms", p99);
        findings.expect_of(Aspect::Sessions, p99 <= SESSION_MS, Wrong::Late, || {
            format!("sockets outlive sessions by {p99} ms")
        });
    }
    for who in ended.into_keys() {
        findings.find(Check::P7, Wrong::Late, format!("actor {who} is still connected, without a session"));
    }
}

pub(super) fn everybody_catches_up(history: &[Line], findings: &mut Findings) {
    let mut took = Vec::new();
    for line in history {
        match line.what {
            What::Caught { stream, ms } => {
                findings.expect(ms.is_some(), Check::P8, Wrong::Late, || {
                    format!("actor {} never had all of {stream}", line.who)
                });
                took.extend(ms);
            }
            What::PageCaught { ms } => {
                findings.figures.insert("page_ms", ms);
                findings.expect_of(Aspect::Page, ms <= BROWSER_MS + CATCH_UP_MS, Wrong::Late, || {
                    format!("the page of actor {} took {ms} ms to be as a fresh one", line.who)
                });
            }
            _ => {}
        }
    }
    if let Some(p99) = quantile(&mut took, 990) {
        findings.figures.insert("convergence_p50_ms", quantile(&mut took, 500).unwrap_or_default());
        findings.figures.insert("convergence_p99_ms", p99);
        findings.expect(p99 <= CATCH_UP_MS, Check::P8, Wrong::Late, || format!("catching up took {p99} ms"));
    }
}
