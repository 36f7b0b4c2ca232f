//! What the schedules reached: a simulation that reaches nothing proves nothing.

use clap::ValueEnum;

/// Something that is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Figure {
    Commits,
    Batches,
    FailedCommits,
    LostAnswers,
    Acks,
    Duplicates,
    Conflicts,
    Refusals,
    Unavailable,
    Edits,
    Unchanged,
    Reads,
    NotSent,
    Resent,
    Events,
    Frames,
    Replays,
    Withheld,
    Resets,
    Denials,
    Evictions,
    Rereads,
    Overflows,
    Slow,
    Heartbeats,
    Cuts,
    Connections,
    Pages,
    Crashes,
    Drains,
    Outages,
    Restores,
    Sessions,
    HintsLost,
    HintsRepeated,
    HintsForged,
    HintsTold,
    ClocksMoved,
    Subscribed,
}

const FIGURES: usize = Figure::Subscribed as usize + 1;

/// The counts of one world or of many.
#[derive(Clone, Debug)]
pub(crate) struct Figures([u64; FIGURES]);

impl Default for Figures {
    fn default() -> Self {
        Self([0; FIGURES])
    }
}

impl Figures {
    pub(crate) fn count(&mut self, figure: Figure) {
        self.0[figure as usize] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }

    pub(crate) fn get(&self, figure: Figure) -> u64 {
        self.0[figure as usize]
    }

    /// Each figure with its count.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Figure, u64)> {
        Figure::value_variants().iter().map(|&figure| (figure, self.get(figure)))
    }
}
