//! The hubs that one connection holds.

use words::StreamId;

use super::{Followed, Hubs};

/// The hubs that one connection holds. There are thousands of connections, and each holds few: a list, no longer than
/// it must be.
#[derive(Debug, Default)]
pub struct Held(Vec<Followed>);

impl Held {
    /// The hub of a stream, held from now on.
    pub fn hold(&mut self, hubs: &Hubs, stream: StreamId) -> &Followed {
        let at = self.position(stream).unwrap_or_else(|| {
            if self.0.len() == self.0.capacity() {
                self.0.reserve_exact(4);
            }
            self.0.push(hubs.follow(stream));
            self.0.len() - 1
        });
        &self.0[at]
    }

    /// The hub of a stream, if it is held.
    pub fn get(&self, stream: StreamId) -> Option<&Followed> {
        self.position(stream).map(|at| &self.0[at])
    }

    /// Gives up the hub of a stream.
    pub fn remove(&mut self, stream: StreamId) -> Option<Followed> {
        self.position(stream).map(|at| self.0.swap_remove(at))
    }

    /// Gives up all of them.
    pub fn drain(&mut self) -> impl Iterator<Item = Followed> {
        self.0.drain(..)
    }

    fn position(&self, stream: StreamId) -> Option<usize> {
        self.0.iter().position(|followed| followed.0.stream == stream)
    }
}
