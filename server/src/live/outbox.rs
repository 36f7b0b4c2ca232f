//! What waits to be sent to one connection: bounded in frames and in bytes. A reader that is too slow is cut, and
//! resumes by sequence (I10).

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How many frames may wait.
const FRAMES: usize = 256;
/// How many bytes may wait.
const BYTES: usize = 1 << 20;

/// The giving end of a connection's queue.
#[derive(Debug)]
pub struct Outbox {
    frames: mpsc::Sender<Utf8Bytes>,
    bytes: std::sync::Arc<AtomicUsize>,
    cut: CancellationToken,
}

/// The taking end.
#[derive(Debug)]
pub struct Queue {
    frames: mpsc::Receiver<Utf8Bytes>,
    bytes: std::sync::Arc<AtomicUsize>,
    cut: CancellationToken,
}

/// An empty queue.
pub fn queue() -> (Outbox, Queue) {
    let (sender, receiver) = mpsc::channel(FRAMES);
    let bytes = std::sync::Arc::<AtomicUsize>::default();
    let cut = CancellationToken::new();
    (Outbox { frames: sender, bytes: bytes.clone(), cut: cut.clone() }, Queue { frames: receiver, bytes, cut })
}

impl Outbox {
    /// Puts a frame in the queue; one too many cuts the connection.
    pub fn push(&self, frame: Utf8Bytes) {
        let size = frame.len();
        let waiting = self.bytes.fetch_add(size, Ordering::AcqRel);
        if waiting + size > BYTES || self.frames.try_send(frame).is_err() {
            self.cut();
        }
    }

    /// Cuts the connection.
    pub fn cut(&self) {
        self.cut.cancel();
    }

    /// Whether it was cut, or its reader is gone.
    pub fn is_cut(&self) -> bool {
        self.cut.is_cancelled() || self.frames.is_closed()
    }
}

impl Queue {
    /// The next frame.
    pub async fn next(&mut self) -> Option<Utf8Bytes> {
        let frame = self.frames.recv().await?;
        self.taken(&frame);
        Some(frame)
    }

    /// The next frame, if one waits: what is queued is written together.
    pub fn next_now(&mut self) -> Option<Utf8Bytes> {
        let frame = self.frames.try_recv().ok()?;
        self.taken(&frame);
        Some(frame)
    }

    /// Ends when the connection is to be cut.
    pub fn cut(&self) -> CancellationToken {
        self.cut.clone()
    }

    fn taken(&self, frame: &Utf8Bytes) {
        self.bytes.fetch_sub(frame.len(), Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES, FRAMES, queue};

    #[test]
    fn a_reader_that_does_not_read_is_cut_at_the_bound_and_not_before() {
        let (outbox, _queue) = queue();
        for _ in 0..FRAMES {
            outbox.push("x".into());
            assert!(!outbox.is_cut());
        }
        outbox.push("x".into());
        assert!(outbox.is_cut());
        let (outbox, mut queue) = queue();
        outbox.push("x".repeat(BYTES).into());
        assert!(!outbox.is_cut());
        assert!(queue.next_now().is_some());
        outbox.push("x".repeat(BYTES).into());
        assert!(!outbox.is_cut(), "what was taken does not count");
        outbox.push("x".into());
        assert!(outbox.is_cut());
    }
}
