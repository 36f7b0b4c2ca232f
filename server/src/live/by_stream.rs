//! What one connection has of each of its streams.

use words::StreamId;

/// What is of a stream.
pub(super) trait OfStream {
    /// Which.
    fn stream(&self) -> StreamId;
}

/// What one connection has of each of its streams. There are thousands of connections, and each follows few: a list in
/// the order of the streams, no longer than it must be.
#[derive(Debug)]
pub(super) struct ByStream<T>(Vec<T>);

impl<T> Default for ByStream<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: OfStream> ByStream<T> {
    /// Of how many streams there is something.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is something of a stream.
    pub(super) fn contains(&self, stream: StreamId) -> bool {
        self.find(stream).is_ok()
    }

    /// What there is of a stream.
    pub(super) fn get(&self, stream: StreamId) -> Option<&T> {
        self.find(stream).ok().and_then(|at| self.0.get(at))
    }

    /// What there is of a stream, to change.
    pub(super) fn get_mut(&mut self, stream: StreamId) -> Option<&mut T> {
        self.find(stream).ok().and_then(|at| self.0.get_mut(at))
    }

    /// Takes one in, in place of an earlier one of its stream.
    pub(super) fn insert(&mut self, item: T) {
        self.remove(item.stream());
        let at = self.0.partition_point(|other| other.stream() < item.stream());
        if self.0.len() == self.0.capacity() {
            self.0.reserve_exact(4);
        }
        self.0.insert(at, item);
    }

    /// Gives up what there is of a stream.
    pub(super) fn remove(&mut self, stream: StreamId) -> Option<T> {
        self.find(stream).ok().map(|at| self.0.remove(at))
    }

    /// Gives up all of it.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> {
        self.0.drain(..)
    }

    /// All of it, in the order of the streams.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    fn find(&self, stream: StreamId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&stream, T::stream)
    }
}
