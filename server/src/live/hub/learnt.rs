//! What a hub asked for, once it is there.

use std::collections::HashMap;

use uuid::Uuid;
use words::PersonId;

use super::{Afterwards, ConnectionId, Hub, Pass, Printed, Shown};
use crate::live::log::Entry;

/// What a hub asked for, once it is there; without its contents where it could not be read.
#[derive(Clone, PartialEq, Debug)]
pub enum Learnt {
    /// The epoch of the log, and where it ends.
    Origin(Uuid, i64),
    /// Where the present memberships began of those who were asked about; who may not follow is left out.
    Rights(Option<HashMap<PersonId, i64>>),
    /// The events after the last fetched one.
    Events(Option<Vec<Entry>>),
    /// Older events.
    Older {
        /// After which.
        after: i64,
        /// Up to which.
        up_to: i64,
        /// All between.
        entries: Option<Vec<Entry>>,
    },
    /// What was to be printed, and the memberships that had ended when its subjects were read, with their ends.
    Printed(Pass, Vec<Printed>, Vec<(PersonId, i64)>),
    /// A connection's queue has emptied a little.
    Room(ConnectionId),
    /// What is told of those who write.
    Typists(Shown),
    /// A second has passed.
    Rested,
}

impl Learnt {
    /// Whether it could not be read.
    pub fn is_unread(&self) -> bool {
        matches!(self, Self::Rights(None) | Self::Events(None) | Self::Older { entries: None, .. })
    }

    /// The same, as if it could not have been read. Of what was printed nothing is left but that it is wanted still.
    fn unread(self) -> Self {
        match self {
            Self::Rights(_) => Self::Rights(None),
            Self::Events(_) => Self::Events(None),
            Self::Older { after, up_to, .. } => Self::Older { after, up_to, entries: None },
            Self::Printed(pass, printed, _) => {
                Self::Printed(pass, printed.into_iter().map(Printed::unavailable).collect(), Vec::new())
            }
            Self::Typists(_) => Self::Typists(Shown::default()),
            Self::Origin(..) | Self::Room(_) | Self::Rested => self,
        }
    }
}

impl Hub {
    /// Takes in what it asked for, while `epoch` is the last that is known of the database. If that is not the hub's
    /// own, what it learns may be of another log, and counts as not read: the origin is being read anew (I14).
    pub fn learn(&mut self, learnt: Learnt, epoch: Option<Uuid>) -> Afterwards {
        let is_of_another = epoch.is_some_and(|epoch| epoch != self.epoch);
        match if is_of_another { learnt.unread() } else { learnt } {
            Learnt::Origin(epoch, last) => return self.reread(epoch, last),
            Learnt::Rights(began) => self.rights(began.as_ref()),
            Learnt::Events(entries) => self.fetched(entries),
            Learnt::Older { after, up_to, entries } => self.older(after, up_to, entries),
            Learnt::Printed(pass, printed, ends) => self.printed(pass, printed, &ends),
            Learnt::Room(connection) => self.room(connection),
            Learnt::Typists(shown) => self.typists(&shown),
            Learnt::Rested => self.rested(),
        }
        Afterwards::GoOn
    }
}
