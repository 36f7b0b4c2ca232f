//! The streams that a connection follows.

use words::StreamId;

/// A stream that is followed, or was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Follow {
    pub(super) stream: StreamId,
    /// The latest request.
    pub(super) number: u64,
    /// The last sequence that was sent, once that request was answered.
    pub(super) at: Option<i64>,
}

/// The streams that a connection follows, or asked to. There are thousands of connections, and each follows few: a
/// list in the order of the streams, no longer than it must be.
#[derive(Debug, Default)]
pub(super) struct Follows(Vec<Follow>);

impl Follows {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn contains(&self, stream: StreamId) -> bool {
        self.find(stream).is_ok()
    }

    pub(super) fn get_mut(&mut self, stream: StreamId) -> Option<&mut Follow> {
        self.find(stream).ok().map(|at| &mut self.0[at])
    }

    /// Takes one in, in place of an earlier one of its stream.
    pub(super) fn insert(&mut self, follow: Follow) {
        match self.find(follow.stream) {
            Ok(at) => self.0[at] = follow,
            Err(at) => {
                if self.0.len() == self.0.capacity() {
                    self.0.reserve_exact(4);
                }
                self.0.insert(at, follow);
            }
        }
    }

    pub(super) fn remove(&mut self, stream: StreamId) -> Option<Follow> {
        self.find(stream).ok().map(|at| self.0.remove(at))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Follow> {
        self.0.iter()
    }

    fn find(&self, stream: StreamId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&stream, |follow| follow.stream)
    }
}
