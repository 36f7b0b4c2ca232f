//! The only source of chance: the same seed gives the same schedule.

use serde::{Deserialize, Serialize};

/// A small generator (`SplitMix64`).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The dice of one step: the others may be left out without changing it.
    pub(crate) fn of_step(seed: u64, step: u32) -> Self {
        let mut dice = Self(seed ^ (u64::from(step) + 1).wrapping_mul(0xd134_2543_de82_ef95));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number under `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        let sides = u64::try_from(sides).unwrap_or(u64::MAX);
        usize::try_from(((self.next() >> 32) * sides) >> 32).unwrap_or(0)
    }

    /// Whether something of that many percent happens.
    pub(crate) fn happens(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    /// One of what there is; none of nothing.
    pub(crate) fn pick<T: Copy>(&mut self, among: &[T]) -> Option<T> {
        if among.is_empty() { None } else { among.get(self.roll(among.len())).copied() }
    }
}
