//! Bugs that are planted around the machines, to see the checks find each.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Twist {
    /// A hub's event does not reach one of its followers (I3, I6).
    SkipEvent,
    /// A hub's event is given to a follower twice, and the client applies it twice (I3).
    ApplyTwice,
    /// Two events of a queue change places, and the client does not look (I3).
    SwapEvents,
    /// A gap is passed over instead of asked for again (I6).
    PassGap,
    /// The end of a membership is not told to the hub (I8).
    IgnoreRemoval,
    /// The ends of memberships are read before what is printed, not after it (I8).
    EndsFirst,
    /// Everybody may follow everything (I8).
    LetIn,
    /// A message is acked when it is handed in (I1).
    AckEarly,
    /// An edit is acked and not made (I1).
    LoseChange,
    /// The acks of a batch answer each other's requests (I1).
    MixAcks,
    /// The store does not know what it has (I1).
    StoreTwice,
    /// A client sends the second message of a thread before the first is acked (I7).
    Pipeline,
    /// A client forgets what was on its way when the connection went (liveness).
    ForgetOutbox,
    /// Nothing looks for lost hints (I11).
    NoPoll,
    /// A queue has no bound (I10).
    NoBound,
    /// A client of another epoch is believed (I14).
    BelieveEpoch,
    /// A node that comes back to its database takes it for the one that it knew, until its next look at it (I14).
    KeepEpoch,
    /// A counter of unread messages is increased by each event (I9).
    CountUp,
    /// A page's sequence is read after its content (I5).
    LateSequence,
}

impl Twist {
    /// What the violations begin with that show it.
    fn breaks(self) -> &'static [&'static str] {
        match self {
            Self::SkipEvent => &["I6"],
            Self::ApplyTwice | Self::SwapEvents => &["I3"],
            Self::PassGap => &["I3", "I6"],
            Self::IgnoreRemoval | Self::EndsFirst | Self::LetIn => &["I8"],
            Self::AckEarly | Self::LoseChange | Self::MixAcks | Self::StoreTwice => &["I1"],
            Self::Pipeline => &["I7"],
            Self::ForgetOutbox => &["I7", "liveness"],
            Self::NoPoll => &["liveness"],
            Self::NoBound => &["I10"],
            // Two logs are taken for one: what is shown is of both.
            Self::BelieveEpoch | Self::KeepEpoch => &["I3", "I8", "liveness"],
            Self::CountUp => &["I9"],
            // A page shows what comes again.
            Self::LateSequence => &["I4", "liveness"],
        }
    }

    /// Whether a violation is of what it breaks.
    pub(crate) fn explains(self, violation: &str) -> bool {
        self.breaks().iter().any(|invariant| violation.starts_with(invariant))
    }
}
