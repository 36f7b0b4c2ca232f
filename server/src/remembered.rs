//! What was read last, each with a stamp of what it was read from: it is good for as long as that stands.

use std::{
    fmt,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hashlink::LruCache;

/// How many different values can be read at once, if no two of them fall on the same turn.
const TURNS: usize = 64;

/// Values by their keys, up to a weight in all: those that were asked for last.
pub struct Remembered<K, S, V>(Arc<Shared<K, S, V>>);

struct Shared<K, S, V> {
    entries: Mutex<Entries<K, S, V>>,
    turns: Vec<Arc<tokio::sync::Mutex<()>>>,
    hasher: RandomState,
}

/// The turn to read a value: whoever wants the same meanwhile waits for its end, and finds it remembered then.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held for its end")] tokio::sync::OwnedMutexGuard<()>);

struct Entries<K, S, V> {
    values: LruCache<K, Entry<S, V>>,
    weight: usize,
    most: usize,
}

struct Entry<S, V> {
    stamp: S,
    value: V,
    weight: usize,
}

impl<K: Hash + Eq, S: PartialEq, V: Clone> Remembered<K, S, V> {
    /// Nothing yet, and at most so much of whatever weights are given in.
    pub fn up_to(most: usize) -> Self {
        Self(Arc::new(Shared {
            entries: Mutex::new(Entries { values: LruCache::new_unbounded(), weight: 0, most }),
            turns: (0..TURNS).map(|_| Arc::default()).collect(),
            hasher: RandomState::new(),
        }))
    }

    /// The turn to read the value of a key, once nobody else has it. To be waited for with nothing in hand that its holder
    /// may need.
    pub async fn turn(&self, key: &K) -> Turn {
        let at = usize::try_from(self.0.hasher.hash_one(key) % TURNS as u64).unwrap_or(0);
        Turn(Arc::clone(&self.0.turns[at]).lock_owned().await)
    }

    /// The value of a key, if it was read from what has this stamp.
    pub fn get(&self, key: &K, stamp: &S) -> Option<V> {
        self.entries().values.get(key).filter(|entry| entry.stamp == *stamp).map(|entry| entry.value.clone())
    }

    /// Remembers a value; forgets what was not asked for the longest, where there is too much.
    pub fn put(&self, key: K, stamp: S, value: V, weight: usize) {
        let mut entries = self.entries();
        let replaced = entries.values.insert(key, Entry { stamp, value, weight });
        entries.weight += weight;
        entries.weight -= replaced.map_or(0, |replaced| replaced.weight);
        while entries.weight > entries.most {
            let Some((_, forgotten)) = entries.values.remove_lru() else { break };
            entries.weight -= forgotten.weight;
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries<K, S, V>> {
        // It is whole whenever it can be locked: nothing between two changes panics.
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, S, V> Clone for Remembered<K, S, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, S, V> fmt::Debug for Remembered<K, S, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::Remembered;

    #[tokio::test]
    async fn what_one_reads_the_others_wait_for() {
        let remembered: Remembered<_, (), &str> = Remembered::up_to(10);
        let turn = remembered.turn(&"a").await;
        assert!(remembered.turn(&"a").now_or_never().is_none(), "one at a time");
        drop(turn);
        assert!(remembered.turn(&"a").now_or_never().is_some(), "then the next, even where nothing was read");
    }

    #[test]
    fn a_value_is_good_for_as_long_as_its_stamp() {
        let remembered = Remembered::up_to(10);
        remembered.put("a", 1, "one", 4);
        assert_eq!(remembered.get(&"a", &1), Some("one"));
        assert_eq!(remembered.get(&"a", &2), None);
        remembered.put("a", 2, "two", 4);
        assert_eq!((remembered.get(&"a", &1), remembered.get(&"a", &2)), (None, Some("two")));
    }

    #[test]
    fn what_was_asked_for_last_is_kept_up_to_a_weight() {
        let remembered = Remembered::up_to(10);
        for (key, weight) in [("a", 4), ("b", 4)] {
            remembered.put(key, (), key, weight);
        }
        assert_eq!(remembered.get(&"a", &()), Some("a"));
        remembered.put("c", (), "c", 4);
        let kept = ["a", "b", "c"].map(|key| remembered.get(&key, &()).is_some());
        assert_eq!(kept, [true, false, true]);
        remembered.put("d", (), "d", 11);
        assert_eq!(remembered.get(&"d", &()), None, "what is too heavy is not kept, and nothing else is then");
    }
}
