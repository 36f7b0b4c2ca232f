//! What a node knows of its database.

use uuid::Uuid;

use crate::{ground::Ground, twist::Twist};

/// What a node knows of its database.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    pub(crate) epoch: Option<Uuid>,
    /// Which database it is connected to: each restore makes another.
    connected: Option<u32>,
    /// Its last look at the database failed.
    pub(crate) failed: bool,
    /// By how many milliseconds its clock is wrong.
    pub(crate) clock: i64,
}

impl Known {
    pub(crate) fn new(clock: i64) -> Self {
        Self { clock, ..Self::default() }
    }

    /// Whether the database answers. A new connection tells of which epoch it is before anything else is read.
    pub(crate) fn reach(&mut self, ground: &mut Ground) -> bool {
        if ground.away || ground.fails(2) {
            return false;
        }
        let is_new = self.connected != Some(ground.store.generation);
        if is_new && !(ground.has(Twist::KeepEpoch) && self.connected.is_some()) {
            self.epoch = Some(ground.store.epoch);
        }
        self.connected = Some(ground.store.generation);
        true
    }
}
