//! What all parts of a world share: the database, the bus, the time, and the checks' verdict.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    cast::{NODES, STREAMS},
    dice::Dice,
    figures::{Figure, Figures},
    history::History,
    store::Store,
    twist::Twist,
};

/// What a seed allows to happen: schedules that mix everything reach less than those that lack something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "independent faults, each there or not")]
pub(crate) struct Mode {
    /// How many hints of a hundred are lost.
    pub(crate) lost: usize,
    pub(crate) forged: bool,
    pub(crate) crashes: bool,
    pub(crate) outages: bool,
    pub(crate) restores: bool,
    pub(crate) revocations: bool,
    pub(crate) slow: bool,
    pub(crate) bursts: bool,
    pub(crate) clocks: bool,
    pub(crate) changes: bool,
    /// The second look of a printing may take long.
    pub(crate) late: bool,
}

impl Mode {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let outages = dice.happens(50);
        Self {
            lost: [0, 10, 50, 100][dice.roll(4)],
            forged: dice.happens(30),
            crashes: dice.happens(50),
            outages,
            restores: outages && dice.happens(40),
            revocations: dice.happens(60),
            slow: dice.happens(40),
            bursts: dice.happens(8),
            clocks: dice.happens(30),
            changes: dice.happens(50),
            late: dice.happens(50),
        }
    }
}

/// A hint on its way to a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hint {
    pub(crate) node: usize,
    pub(crate) stream: usize,
    pub(crate) seq: i64,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Author {
    pub(crate) client: usize,
    /// Its place among what that client wrote.
    pub(crate) order: u64,
    /// What became of it is not known, and its writer was asked: its place is not kept.
    pub(crate) asked: bool,
    /// Its writer has it back.
    pub(crate) given_back: bool,
}

#[derive(Debug)]
pub(crate) struct Ground {
    /// The time that has passed.
    pub(crate) now: Duration,
    pub(crate) dice: Dice,
    pub(crate) mode: Mode,
    pub(crate) twist: Option<Twist>,
    pub(crate) store: Store,
    pub(crate) history: History,
    /// The database does not answer.
    pub(crate) away: bool,
    pub(crate) bus: Vec<Hint>,
    /// Whether each session has ended.
    pub(crate) sessions: Vec<bool>,
    /// Who wrote each message.
    pub(crate) authors: BTreeMap<usize, Author>,
    /// The messages that a restore took away.
    pub(crate) lost: BTreeSet<usize>,
    /// Nothing fails any more.
    pub(crate) healing: bool,
    pub(crate) figures: Figures,
    pub(crate) violation: Option<String>,
    /// What happens, if somebody wants to read it.
    pub(crate) trace: Option<Vec<String>>,
}

impl Ground {
    pub(crate) fn new(mode: Mode, twist: Option<Twist>, traced: bool) -> Self {
        Self {
            now: Duration::ZERO,
            mode,
            dice: Dice::default(),
            twist,
            store: Store::new(twist),
            history: History::default(),
            away: false,
            bus: Vec::new(),
            sessions: Vec::new(),
            authors: BTreeMap::new(),
            lost: BTreeSet::new(),
            healing: false,
            figures: Figures::default(),
            violation: None,
            trace: traced.then(Vec::new),
        }
    }

    pub(crate) fn has(&self, twist: Twist) -> bool {
        self.twist == Some(twist)
    }

    pub(crate) fn count(&mut self, figure: Figure) {
        self.figures.count(figure);
    }

    /// An invariant holds, or the run ends.
    pub(crate) fn check(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds && self.violation.is_none() {
            let said = otherwise();
            self.note(|| format!("VIOLATION {said}"));
            self.violation = Some(said);
        }
    }

    pub(crate) fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>8} ms  {}", self.now.as_millis(), what()));
        }
    }

    /// The wall clock of a process that is wrong by so many milliseconds.
    pub(crate) fn clock(&self, wrong_by: i64) -> DateTime<Utc> {
        const BEGAN: i64 = 1_795_000_000;
        let passed = i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX);
        DateTime::from_timestamp(BEGAN, 0).unwrap_or_default() + TimeDelta::milliseconds(passed + wrong_by)
    }

    /// Something that may go wrong does.
    pub(crate) fn fails(&mut self, percent: usize) -> bool {
        !self.healing && self.dice.happens(percent)
    }

    /// The second look of a printing does not come yet.
    pub(crate) fn is_late(&mut self) -> bool {
        self.mode.late && self.fails(80)
    }

    /// Tells all nodes that streams have new events, over a bus that promises nothing (I11).
    pub(crate) fn hint(&mut self, before: [i64; STREAMS]) {
        for (stream, before) in before.into_iter().enumerate() {
            let seq = self.store.last(stream);
            if seq == before {
                continue;
            }
            for node in 0..NODES {
                if self.dice.happens(self.mode.lost) {
                    self.count(Figure::HintsLost);
                    continue;
                }
                self.bus.push(Hint { node, stream, seq });
                if self.fails(10) {
                    self.count(Figure::HintsRepeated);
                    self.bus.push(Hint { node, stream, seq });
                }
            }
        }
    }

    /// Where all streams end.
    pub(crate) fn lasts(&self) -> [i64; STREAMS] {
        std::array::from_fn(|stream| self.store.last(stream))
    }
}
