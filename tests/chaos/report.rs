//! The verdict: what was done, what was found, and whether it is enough.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::Serialize;

use crate::{
    checker::{Aspect, Check, Findings, Wrong},
    history::{Line, Verb, What},
};

/// How many violations are told of in words.
const TOLD: usize = 20;

/// What a run must have done for its zeros to count.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Divisors {
    /// Acknowledged messages.
    pub(crate) acked: usize,
    /// Acknowledged edits, removals and reactions.
    pub(crate) changes: usize,
    /// Faults.
    pub(crate) faults: usize,
    /// Kinds of faults; which ones, each half says.
    pub(crate) kinds: usize,
    /// Points at which a node was killed, and those at which it was stopped.
    pub(crate) points: usize,
    /// What must have been looked at.
    pub(crate) aspects: Vec<Aspect>,
}

/// The verdict on a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Verdict {
    /// Whether everything was reached, and nothing was wrong.
    pub(crate) passed: bool,
    /// The seed of its faults.
    pub(crate) seed: u64,
    acked: usize,
    changes: usize,
    faults: BTreeMap<String, usize>,
    /// How often a node was killed or stopped at each point.
    points: BTreeMap<String, usize>,
    refused: BTreeMap<String, String>,
    needed: Divisors,
    lost: usize,
    duplicated: usize,
    unasked: usize,
    gaps: usize,
    reordered: usize,
    unauthorised: usize,
    late: usize,
    unbounded: usize,
    different: usize,
    died: usize,
    /// What did not hold, what was looked at, and figures.
    #[serde(flatten)]
    pub(crate) findings: Findings,
    /// What keeps it from passing beside violations.
    pub(crate) missing: Vec<String>,
}

impl Verdict {
    /// The verdict on a history, and what was found in it.
    pub(crate) fn of(history: &[Line], findings: Findings, needed: Divisors, seed: u64) -> Self {
        let (acked, changes) = acked(history);
        let mut faults: BTreeMap<String, usize> = BTreeMap::new();
        let mut refused = BTreeMap::new();
        let mut points: BTreeMap<String, usize> = BTreeMap::new();
        for line in history {
            match &line.what {
                What::Fault { kind, .. } => *faults.entry(kind.clone()).or_default() += 1,
                What::Met { place, kills } => {
                    let how = if *kills { "killed" } else { "stopped" };
                    *points.entry(format!("{how} {place}")).or_default() += 1;
                }
                What::Impossible { kind, why } => drop(refused.insert(kind.clone(), why.clone())),
                _ => {}
            }
        }
        let made = faults.values().sum();
        let mut missing = Vec::new();
        for (name, is, needs) in [
            ("acknowledged messages", acked, needed.acked),
            ("acknowledged changes", changes, needed.changes),
            ("faults", made, needed.faults),
            ("kinds of faults", faults.len(), needed.kinds),
            ("points", points.len(), needed.points),
        ] {
            if is < needs {
                missing.push(format!("{is} {name} of {needs}"));
            }
        }
        missing.extend(unmade(history));
        missing.extend(refused.iter().map(|(kind, why)| format!("{kind} could not be made: {why}")));
        missing.extend(findings.too_few.iter().cloned());
        let unseen = needed.aspects.iter().filter(|aspect| !findings.aspects.contains_key(aspect));
        missing.extend(unseen.map(|aspect| format!("{:?} did not look at {aspect:?}", aspect.check())));
        let blind = |check: &Check| findings.looked_at.get(check).is_none_or(|count| *count == 0);
        let blind = Check::ALL.iter().filter(|check| blind(check));
        missing.extend(blind.map(|check| format!("{check:?} looked at nothing")));
        Self {
            passed: missing.is_empty() && findings.violations.is_empty(),
            seed,
            acked,
            changes,
            faults,
            points,
            refused,
            needed,
            lost: findings.count(Wrong::Lost),
            duplicated: findings.count(Wrong::Duplicated),
            unasked: findings.count(Wrong::Unasked),
            gaps: findings.count(Wrong::Gap),
            reordered: findings.count(Wrong::Reordered),
            unauthorised: findings.count(Wrong::Unauthorised),
            late: findings.count(Wrong::Late),
            unbounded: findings.count(Wrong::Unbounded),
            different: findings.count(Wrong::Different),
            died: findings.count(Wrong::Died),
            findings,
            missing,
        }
    }

    /// The verdict in words.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        let mut say = |line: String| words.extend([line.as_str(), "\n"]);
        say(format!("{} messages and {} changes acknowledged (seed {})", self.acked, self.changes, self.seed));
        let faults: usize = self.faults.values().sum();
        let kinds: Vec<_> = self.faults.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        say(format!("{faults} faults of {} kinds: {}", self.faults.len(), kinds.join(", ")));
        let points: Vec<_> = self.points.iter().map(|(place, count)| format!("{place} {count}")).collect();
        say(format!("at points: {}", points.join(", ")));
        say(format!(
            "lost {}, duplicated {}, unasked {}, gaps {}, reordered {}, unauthorised {}, different {}, late {}, \
             unbounded {}, died {}",
            self.lost,
            self.duplicated,
            self.unasked,
            self.gaps,
            self.reordered,
            self.unauthorised,
            self.different,
            self.late,
            self.unbounded,
            self.died
        ));
        let looked: Vec<_> = Check::ALL.iter().map(|check| self.looked(*check)).collect();
        say(format!("looked at: {}", looked.join(", ")));
        let aspects: Vec<_> =
            self.findings.aspects.iter().map(|(aspect, count)| format!("{aspect:?} {count}")).collect();
        say(format!("of these: {}", aspects.join(", ")));
        let figures: Vec<_> = self.findings.figures.iter().map(|(name, value)| format!("{name} {value}")).collect();
        say(figures.join(", "));
        self.missing.iter().for_each(|missing| say(format!("MISSING: {missing}")));
        for violation in self.findings.violations.iter().take(TOLD) {
            say(format!("{:?} {:?}: {}", violation.check, violation.wrong, violation.seen));
        }
        say(if self.passed { "passed" } else { "FAILED" }.to_owned());
        words
    }

    /// The verdict of a full run, as the page that is kept.
    pub(crate) fn page(&self, today: &str, command: &str, seconds: u64) -> Result<String> {
        let mut few = self.clone();
        few.findings.violations.truncate(TOLD);
        let json = serde_json::to_string_pretty(&few)?;
        Ok(format!(
            "# Chaos, {today}\n\nMade by `{command}`: two nodes, {seconds} s with PostgreSQL alone and {seconds} s with \
             NATS.\n\n```\n{}```\n\n## Figures\n\n```json\n{json}\n```\n",
            self.words()
        ))
    }

    fn looked(&self, check: Check) -> String {
        let count = self.findings.looked_at.get(&check).copied().unwrap_or(0);
        format!("{check:?} {count}")
    }
}

/// The kinds of faults that a half must make and did not.
fn unmade(history: &[Line]) -> Vec<String> {
    let mut halves: Vec<(&[String], BTreeSet<&str>)> = Vec::new();
    for line in history {
        match &line.what {
            What::Half { needs } => halves.push((needs, BTreeSet::new())),
            What::Fault { kind, .. } => {
                if let Some((_, made)) = halves.last_mut() {
                    made.insert(kind);
                }
            }
            _ => {}
        }
    }
    let unmade = |(number, (needs, made)): (usize, &(&[String], BTreeSet<&str>))| -> Vec<String> {
        let left = needs.iter().filter(|kind| !made.contains(kind.as_str()));
        left.map(|kind| format!("half {number} made no {kind}")).collect()
    };
    (1..).zip(&halves).flat_map(unmade).collect()
}

/// The acknowledged messages, and the other changes.
fn acked(history: &[Line]) -> (usize, usize) {
    let mut verbs = BTreeMap::new();
    let mut acked = BTreeSet::new();
    for line in history {
        match &line.what {
            What::Invoke { op, verb, .. } => drop(verbs.insert(*op, *verb)),
            What::Ok { op, .. } => drop(acked.insert(*op)),
            _ => {}
        }
    }
    let messages = acked.iter().filter(|op| verbs.get(op) == Some(&Verb::Send)).count();
    (messages, acked.len() - messages)
}
