//! The judge: pure functions over a history, one for each property that must hold whatever the faults (P1 to P14).
//!
//! A check counts what it looked at: a zero without a divisor says nothing, and fails the run.

mod delivery;
mod files;
mod highest;
mod index;
mod reading;
mod state;
#[cfg(test)]
mod tests;
mod writes;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::history::Line;
pub(crate) use index::Index;
pub(crate) use state::DELIVERIES;

/// What must hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub(crate) enum Check {
    /// Every acknowledged message is in the log exactly once, where its ack says (I1).
    P1,
    /// Nothing is in the log that nobody asked for, or that was refused.
    P2,
    /// The log of a stream is 1, 2, 3… and so are the positions of a thread (I2).
    P3,
    /// What a follower hears is contiguous from where it subscribed, and equal to the log (I3, I6).
    P4,
    /// What is acknowledged before something else is asked comes before it; one author's messages keep their order (I7).
    P5,
    /// One reads what one wrote, and never goes back, on whatever node (I15).
    P6,
    /// Nothing reaches or is taken from who is no member, nor a session that ended (I8).
    P7,
    /// After the last fault, everybody has everything within five seconds.
    P8,
    /// What followers made of events is what a fresh read answers (I4).
    P9,
    /// Unread is what a recount says, and what was read stays read (I9).
    P10,
    /// A mention makes one notification, and the mail that it owes (I13).
    P11,
    /// Memory is bounded, and slow readers slow nobody (I10).
    P12,
    /// The counters that must stay 0 did, and no node ended or panicked by itself.
    P13,
    /// An acknowledged file is there with its bytes; nothing of a file is there by half.
    P14,
}

/// What a run must have looked at beside the checks: a check that looks at several things may be blind to one of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Aspect {
    /// Edits, removals and reactions that were acknowledged, in the log (P1).
    Changes,
    /// Events against the memberships of who heard them (P7).
    Hearers,
    /// Events against the memberships of who caused them (P7).
    Doers,
    /// Sockets whose session ended while no fault kept the nodes from looking (P7).
    Sessions,
    /// The page of a browser, in time (P8).
    Page,
    /// The data of events (P9).
    Json,
    /// The fragments of events (P9).
    Html,
    /// What a browser shows (P9).
    Dom,
    /// Memory (P12).
    Memory,
    /// Deliveries with slow readers about, beside as many without (P12).
    Slow,
    /// The counter of holes in logs (P13).
    Gaps,
    /// The counter of posts for which there was no room (P13).
    Overflow,
    /// The logs of nodes (P13).
    Panics,
}

impl Aspect {
    /// All of them.
    pub(crate) const ALL: [Self; 13] = [
        Self::Changes,
        Self::Hearers,
        Self::Doers,
        Self::Sessions,
        Self::Page,
        Self::Json,
        Self::Html,
        Self::Dom,
        Self::Memory,
        Self::Slow,
        Self::Gaps,
        Self::Overflow,
        Self::Panics,
    ];

    /// The check that it is an aspect of.
    pub(crate) fn check(self) -> Check {
        match self {
            Self::Changes => Check::P1,
            Self::Hearers | Self::Doers | Self::Sessions => Check::P7,
            Self::Page => Check::P8,
            Self::Json | Self::Html | Self::Dom => Check::P9,
            Self::Memory | Self::Slow => Check::P12,
            Self::Gaps | Self::Overflow | Self::Panics => Check::P13,
        }
    }
}

impl Check {
    /// All of them.
    pub(crate) const ALL: [Self; 14] = [
        Self::P1,
        Self::P2,
        Self::P3,
        Self::P4,
        Self::P5,
        Self::P6,
        Self::P7,
        Self::P8,
        Self::P9,
        Self::P10,
        Self::P11,
        Self::P12,
        Self::P13,
        Self::P14,
    ];
}

/// In which way something is wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wrong {
    /// Acknowledged, and not there.
    Lost,
    /// There more than once.
    Duplicated,
    /// There, and nobody asked.
    Unasked,
    /// A hole.
    Gap,
    /// In another order than it must be.
    Reordered,
    /// At or from somebody who has no right to it.
    Unauthorised,
    /// Other than what it must be equal to.
    Different,
    /// Too late.
    Late,
    /// Over a bound.
    Unbounded,
    /// Ended, and nobody ended it.
    Died,
    /// A run that was not read to its end: there is nothing that what was seen can be held against.
    Endless,
}

/// A property that did not hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Violation {
    /// Which.
    pub(crate) check: Check,
    /// How.
    pub(crate) wrong: Wrong,
    /// What was seen.
    pub(crate) seen: String,
}

/// What the checks found.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Findings {
    /// How many things each check looked at.
    pub(crate) looked_at: BTreeMap<Check, u64>,
    /// How many things each aspect of them looked at.
    pub(crate) aspects: BTreeMap<Aspect, u64>,
    /// What was looked at, and is too little to judge by.
    #[serde(skip)]
    pub(crate) too_few: Vec<String>,
    /// What did not hold.
    pub(crate) violations: Vec<Violation>,
    /// Figures beside the counts, by name, in milliseconds where they are times.
    pub(crate) figures: BTreeMap<&'static str, u64>,
}

impl Findings {
    fn look(&mut self, check: Check) {
        *self.looked_at.entry(check).or_default() += 1;
    }

    fn find(&mut self, check: Check, wrong: Wrong, seen: String) {
        self.violations.push(Violation { check, wrong, seen });
    }

    fn expect(&mut self, holds: bool, check: Check, wrong: Wrong, seen: impl FnOnce() -> String) {
        self.look(check);
        if !holds {
            self.find(check, wrong, seen());
        }
    }

    fn expect_of(&mut self, aspect: Aspect, holds: bool, wrong: Wrong, seen: impl FnOnce() -> String) {
        *self.aspects.entry(aspect).or_default() += 1;
        self.expect(holds, aspect.check(), wrong, seen);
    }

    /// How many violations are of a kind.
    pub(crate) fn count(&self, wrong: Wrong) -> usize {
        self.violations.iter().filter(|violation| violation.wrong == wrong).count()
    }
}

/// Judges a history. Of one that was not read to its end only that is told, and who never had everything.
pub(crate) fn check(history: &[Line]) -> Findings {
    let index = Index::of(history);
    let mut findings = Findings::default();
    delivery::everybody_catches_up(history, &mut findings);
    if index.last.is_empty() {
        findings.find(Check::P8, Wrong::Endless, "the run broke off before the logs were read".to_owned());
        return findings;
    }
    writes::each_ack_is_in_the_log_once(&index, &mut findings);
    writes::each_change_is_in_the_log(&index, &mut findings);
    writes::nothing_is_there_unasked(&index, &mut findings);
    writes::logs_and_positions_have_no_holes(&index, &mut findings);
    writes::real_time_order_is_kept(&index, &mut findings);
    writes::one_reads_what_one_wrote(&index, history, &mut findings);
    delivery::followers_hear_the_log(&index, history, &mut findings);
    delivery::nothing_crosses_a_membership(&index, history, &mut findings);
    delivery::nobody_acts_without_a_membership(&index, &mut findings);
    delivery::sessions_end_at_once(history, &mut findings);
    reading::what_was_read_stays_read(&index, history, &mut findings);
    files::files_are_whole(history, &mut findings);
    state::what_is_shown_is_what_is_there(history, &mut findings);
    state::resources_are_bounded(history, &mut findings);
    state::slow_readers_slow_nobody(history, &mut findings);
    state::nodes_live(history, &mut findings);
    findings
}

/// The value that a share of these, in thousandths, does not exceed.
pub(crate) fn quantile(values: &mut [u64], thousandths: usize) -> Option<u64> {
    values.sort_unstable();
    let rank = (values.len() * thousandths).div_ceil(1000).max(1);
    values.get(rank - 1).copied()
}
