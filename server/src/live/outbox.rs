//! What waits to be sent to one connection: bounded in frames and in bytes. A reader that is too slow is cut, and
//! resumes by sequence (I10).

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use words::StreamId;

/// How many frames may wait.
const FRAMES: usize = 256;
/// How many bytes may wait.
const BYTES: usize = 1 << 20;

/// A frame on its way, and what it tells of where its stream stands with this connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parcel {
    /// The frame.
    pub frame: Utf8Bytes,
    /// What changes once it is sent.
    pub standing: Standing,
}

/// Where a stream stands with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// As before.
    Same,
    /// A request to follow was answered.
    Answered {
        /// The stream.
        stream: StreamId,
        /// Which request.
        number: u64,
        /// Followed from there; none if not followed.
        from: Option<i64>,
    },
    /// Told up to there.
    At(StreamId, i64),
    /// Not followed any more, without anybody having asked.
    Out(StreamId),
}

/// A connection's queue: given to by its hubs and its commands, taken from by its socket.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Mutex<Waiting>,
    filled: Notify,
    emptied: Notify,
    cut: CancellationToken,
}

#[derive(Debug, Default)]
struct Waiting {
    parcels: VecDeque<Parcel>,
    bytes: usize,
}

impl Waiting {
    fn is_rather_full(&self) -> bool {
        self.parcels.len() > FRAMES / 4 || self.bytes > BYTES / 4
    }
}

impl Outbox {
    /// Puts a frame in the queue that tells nothing of a stream.
    pub fn push(&self, frame: Utf8Bytes) {
        self.give(Parcel { frame, standing: Standing::Same });
    }

    /// Puts a parcel in the queue; one too many cuts the connection.
    pub fn give(&self, parcel: Parcel) {
        if self.is_cut() {
            return;
        }
        let mut waiting = self.lock();
        let bytes = waiting.bytes + parcel.frame.len();
        if waiting.parcels.len() >= FRAMES || bytes > BYTES {
            *waiting = Waiting::default();
            drop(waiting);
            return self.cut();
        }
        waiting.bytes = bytes;
        waiting.parcels.push_back(parcel);
        drop(waiting);
        self.filled.notify_one();
    }

    /// The next parcel, if one waits: what is queued is written together.
    pub fn take(&self) -> Option<Parcel> {
        let mut waiting = self.lock();
        let was_full = waiting.is_rather_full();
        let parcel = waiting.parcels.pop_front()?;
        waiting.bytes -= parcel.frame.len();
        let emptied = was_full && !waiting.is_rather_full();
        drop(waiting);
        if emptied {
            self.emptied.notify_waiters();
        }
        Some(parcel)
    }

    /// Waits until something is in the queue.
    pub async fn filled(&self) {
        loop {
            let filled = self.filled.notified();
            if !self.lock().parcels.is_empty() {
                return;
            }
            filled.await;
        }
    }

    /// Waits until the queue is rather empty: whoever replays goes on then. Ends with the connection too.
    pub async fn has_room(&self) {
        loop {
            let mut emptied = std::pin::pin!(self.emptied.notified());
            // Before the look, or a change between the look and the wait would be missed.
            emptied.as_mut().enable();
            if self.is_cut() || !self.lock().is_rather_full() {
                return;
            }
            tokio::select! {
                () = emptied => {}
                () = self.cut.cancelled() => {}
            }
        }
    }

    /// Cuts the connection: nothing more is taken in.
    pub fn cut(&self) {
        self.cut.cancel();
    }

    /// Whether it was cut, or has ended.
    pub fn is_cut(&self) -> bool {
        self.cut.is_cancelled()
    }

    /// Ends when the connection is to be cut.
    pub fn cutting(&self) -> CancellationToken {
        self.cut.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::{BYTES, FRAMES, Outbox};

    #[test]
    fn a_reader_that_does_not_read_is_cut_at_the_bound_and_not_before() {
        let outbox = Outbox::default();
        for _ in 0..FRAMES {
            outbox.push("x".into());
            assert!(!outbox.is_cut());
        }
        outbox.push("x".into());
        assert!(outbox.is_cut());
        assert_eq!(outbox.take(), None, "what a cut connection was owed is let go");
        let outbox = Outbox::default();
        outbox.push("x".repeat(BYTES).into());
        assert!(!outbox.is_cut());
        assert!(outbox.take().is_some());
        outbox.push("x".repeat(BYTES).into());
        assert!(!outbox.is_cut(), "what was taken does not count");
        outbox.push("x".into());
        assert!(outbox.is_cut());
    }

    #[test]
    fn a_replay_waits_until_a_quarter_of_the_queue_is_left() {
        let outbox = Outbox::default();
        assert_eq!(outbox.has_room().now_or_never(), Some(()));
        for _ in 0..=FRAMES / 4 {
            outbox.push("x".into());
        }
        let mut room = std::pin::pin!(outbox.has_room());
        assert_eq!(room.as_mut().now_or_never(), None);
        assert!(outbox.take().is_some());
        assert_eq!(room.now_or_never(), Some(()));
    }

    #[test]
    fn who_waits_for_room_in_a_cut_queue_is_let_go() {
        let outbox = Outbox::default();
        outbox.push("x".repeat(BYTES).into());
        let mut room = std::pin::pin!(outbox.has_room());
        assert_eq!(room.as_mut().now_or_never(), None);
        outbox.cut();
        assert_eq!(room.now_or_never(), Some(()));
    }

    #[test]
    fn a_frame_wakes_who_waits_for_one() {
        let outbox = Outbox::default();
        let mut filled = std::pin::pin!(outbox.filled());
        assert_eq!(filled.as_mut().now_or_never(), None);
        outbox.push("x".into());
        assert_eq!(filled.now_or_never(), Some(()));
        assert_eq!(outbox.filled().now_or_never(), Some(()), "until it is taken");
    }
}
