//! What was known at a time of something that only grows.

/// The highest value that was noted up to each time, in the order of times.
#[derive(Debug, Default)]
pub(super) struct Highest(Vec<(u64, i64)>);

impl Highest {
    /// Notes a value, later than all before.
    pub(super) fn note(&mut self, at_us: u64, value: i64) {
        self.0.push((at_us, value.max(self.last())));
    }

    /// The highest that was noted before a time; 0 for none.
    pub(super) fn before(&self, at_us: u64) -> i64 {
        let count = self.0.partition_point(|(at, _)| *at < at_us);
        count.checked_sub(1).map_or(0, |last| self.0[last].1)
    }

    /// The highest of all.
    pub(super) fn last(&self) -> i64 {
        self.0.last().map_or(0, |(_, value)| *value)
    }
}
