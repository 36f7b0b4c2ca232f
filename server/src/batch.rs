//! What arrives while a batch is in flight shares the next one: the group commit, how far people have read, and what is
//! read and noted of sessions. No timer, so an idle server adds no wait; under load the batches grow by themselves.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use crate::metrics::Histogram;

/// How many items one batch takes at most.
const LARGEST: usize = 500;
/// How many batches are in flight at once, of all keys. More would only be smaller ones: what waits for its turn gathers.
const AT_ONCE: usize = 4;
/// How long a batch keeps its turn. One that takes longer waits for something else, such as a lock of its own key, and
/// while few do, no other key waits for that.
const TURN: Duration = Duration::from_millis(100);
/// How many batches may be late at once, beside those that have a turn: more than that keep theirs, or they would take
/// every connection there is to write with from those who write without a batch.
const LATE: usize = 2;
/// How many items may wait for one key before more are refused.
const WAITING: usize = 5000;

/// The items of one key: at most one batch of them is in flight.
#[derive(Debug)]
pub struct Batcher<I> {
    waiting: VecDeque<I>,
    in_flight: bool,
}

impl<I> Default for Batcher<I> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), in_flight: false }
    }
}

impl<I> Batcher<I> {
    /// Takes an item; gives back one that is too many. The batch to start now, if none was in flight.
    pub fn push(&mut self, item: I) -> Result<Option<Vec<I>>, I> {
        if self.waiting.len() >= WAITING {
            return Err(item);
        }
        self.waiting.push_back(item);
        Ok(if self.in_flight { None } else { self.next() })
    }

    /// The batch in flight has ended: the next one, if anything waits.
    pub fn finished(&mut self) -> Option<Vec<I>> {
        self.in_flight = false;
        self.next()
    }

    /// Adds what came since a batch was begun and did not get its turn.
    pub fn gather(&mut self, batch: &mut Vec<I>) {
        let size = self.waiting.len().min(LARGEST.saturating_sub(batch.len()));
        batch.extend(self.waiting.drain(..size));
    }

    fn next(&mut self) -> Option<Vec<I>> {
        let mut batch = Vec::new();
        self.gather(&mut batch);
        self.in_flight = !batch.is_empty();
        self.in_flight.then_some(batch)
    }
}

type Ticket<I, V> = (I, oneshot::Sender<V>);

/// The batchers of all keys that have something in flight.
#[derive(Debug)]
pub struct Batches<K, I, V>(Arc<Shared<K, I, V>>);

#[derive(Debug)]
struct Shared<K, I, V> {
    keys: Mutex<HashMap<K, Batcher<Ticket<I, V>>>>,
    turns: Semaphore,
    late: Semaphore,
    metrics: Metrics,
}

/// What was batched, for operators.
#[derive(Debug)]
pub struct Metrics {
    /// How many items shared a batch.
    pub sizes: Histogram,
    /// Items that were refused since too many waited for their key.
    pub refused: AtomicU64,
}

/// The bounds of the sizes' histogram.
const SIZES: &[u64] = &[1, 2, 5, 10, 20, 50, 100, 200, 500];

impl<K, I, V> Clone for Batches<K, I, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, I, V> Default for Batches<K, I, V> {
    fn default() -> Self {
        let metrics = Metrics { sizes: Histogram::new(SIZES), refused: AtomicU64::new(0) };
        let (turns, late) = (Semaphore::new(AT_ONCE), Semaphore::new(LATE));
        Self(Arc::new(Shared { keys: Mutex::default(), turns, late, metrics }))
    }
}

impl<K, I, V> Batches<K, I, V>
where
    K: Hash + Eq + Copy + Send + 'static,
    I: Send + 'static,
    V: Send + 'static,
{
    /// What was batched.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Takes an item, in the order of the calls, and answers where its verdict will come; none if too many wait.
    /// `commit` writes a whole batch and gives a verdict for each item, in order. If it panics, the verdicts never
    /// come and the receivers end with an error.
    pub fn submit<F, C>(&self, key: K, item: I, commit: C) -> Option<oneshot::Receiver<V>>
    where
        C: Fn(Vec<I>) -> F + Send + 'static,
        F: Future<Output = Vec<V>> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let batch = {
            let mut keys = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner);
            keys.entry(key).or_default().push((item, sender))
        };
        let Ok(batch) = batch else {
            self.0.metrics.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        if let Some(batch) = batch {
            let batches = self.clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "owned by the key: ends with its last batch, and each commit is bounded"
            )]
            tokio::spawn(async move { batches.run(key, batch, commit).await });
        }
        Some(receiver)
    }

    async fn run<F, C>(&self, key: K, mut batch: Vec<Ticket<I, V>>, commit: C)
    where
        C: Fn(Vec<I>) -> F + Send + 'static,
        F: Future<Output = Vec<V>> + Send + 'static,
    {
        loop {
            // Never closed: an error does not happen, and would only mean no turn to wait for.
            let turn = self.0.turns.acquire().await;
            self.gather(key, &mut batch);
            self.0.metrics.sizes.observe(batch.len() as u64);
            let (items, senders): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            #[expect(clippy::disallowed_methods, reason = "awaited at once: a panic ends the batch and not the key")]
            let mut committing = tokio::spawn(commit(items));
            let in_time = timeout(TURN, &mut committing).await;
            let verdicts = if let Ok(verdicts) = in_time {
                verdicts
            } else {
                tokio::select! {
                    verdicts = &mut committing => verdicts,
                    _late = self.0.late.acquire() => {
                        drop(turn);
                        committing.await
                    }
                }
            };
            let verdicts = verdicts.unwrap_or_default();
            for (sender, verdict) in senders.into_iter().zip(verdicts) {
                // Who does not wait any more does not need the verdict: the same id tells.
                drop(sender.send(verdict));
            }
            match self.next(key) {
                Some(next) => batch = next,
                None => return,
            }
        }
    }

    fn gather(&self, key: K, batch: &mut Vec<Ticket<I, V>>) {
        let mut keys = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(batcher) = keys.get_mut(&key) {
            batcher.gather(batch);
        }
    }

    fn next(&self, key: K) -> Option<Vec<Ticket<I, V>>> {
        let mut keys = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let Entry::Occupied(mut entry) = keys.entry(key) else { return None };
        let batch = entry.get_mut().finished();
        if batch.is_none() {
            entry.remove();
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use tokio::{sync::Semaphore, time::timeout};

    use super::{AT_ONCE, Batcher, Batches, LARGEST, LATE, TURN, WAITING};

    #[tokio::test]
    async fn batches_that_are_late_give_way_to_few_others() {
        let (batches, begun, gate) = (Batches::default(), Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let submitted = |key: usize| {
            let (begun, gate) = (Arc::clone(&begun), Arc::clone(&gate));
            let commit = move |items: Vec<usize>| {
                begun.fetch_add(1, Ordering::Relaxed);
                let gate = Arc::clone(&gate);
                async move {
                    gate.acquire().await.unwrap().forget();
                    items
                }
            };
            batches.submit(key, key, commit).unwrap()
        };
        let verdicts: Vec<_> = (0..20).map(submitted).collect();
        let all = async {
            while begun.load(Ordering::Relaxed) < AT_ONCE + LATE {
                tokio::time::sleep(TURN / 10).await;
            }
        };
        timeout(Duration::from_secs(10), all).await.expect("those that are late give way");
        tokio::time::sleep(5 * TURN).await;
        assert_eq!(begun.load(Ordering::Relaxed), AT_ONCE + LATE, "to no more than these");
        gate.add_permits(20);
        for (key, verdict) in verdicts.into_iter().enumerate() {
            assert_eq!(verdict.await, Ok(key));
        }
    }

    #[test]
    fn what_arrives_during_a_commit_shares_the_next_one() {
        let mut batcher = Batcher::default();
        assert_eq!(batcher.push(1), Ok(Some(vec![1])));
        assert_eq!(batcher.push(2), Ok(None));
        assert_eq!(batcher.push(3), Ok(None));
        assert_eq!(batcher.finished(), Some(vec![2, 3]));
        assert_eq!(batcher.finished(), None);
        assert_eq!(batcher.push(4), Ok(Some(vec![4])));
    }

    #[test]
    fn what_arrives_before_its_turn_shares_it() {
        let mut batcher = Batcher::default();
        let mut batch = batcher.push(1).unwrap().unwrap();
        assert_eq!(batcher.push(2), Ok(None));
        batcher.gather(&mut batch);
        assert_eq!((batch, batcher.finished()), (vec![1, 2], None));
    }

    #[test]
    fn a_batch_and_its_queue_have_a_bound() {
        let mut batcher = Batcher::default();
        assert!(batcher.push(0).is_ok_and(|batch| batch.is_some()));
        for item in 0..WAITING {
            assert_eq!(batcher.push(item), Ok(None));
        }
        assert_eq!(batcher.push(99), Err(99));
        assert_eq!(batcher.finished().map(|batch| batch.len()), Some(LARGEST));
    }
}
