//! What waits to be sent to one connection: bounded in frames and in bytes. A reader that is too slow is cut, and
//! resumes by sequence (I10).
//!
//! Whoever gives what is new writes at once what the system takes, without a word to the connection's own task; only what
//! the system does not take waits for that task. So an event for a thousand readers wakes none of them here. What
//! somebody who comes or catches up is to be told, their hubs leave to that task, which writes it together.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io::{self, ErrorKind, IoSlice},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::TcpStream,
    sync::Notify,
    time::{Instant, timeout_at},
};
use words::StreamId;

use super::{ending::Ending, session::Close, wire::Chunk};

/// How many frames may wait.
const FRAMES: usize = 256;
/// How many bytes may wait.
const BYTES: usize = 1 << 20;
/// How long one parcel may take, once it is the first.
const WRITE: Duration = Duration::from_secs(10);
/// How many parcels are written with one call.
const TOGETHER: usize = 64;

/// Frames on their way, and what they tell of where their stream stands with this connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parcel {
    /// The frames.
    pub chunk: Chunk,
    /// What changes once they are sent.
    pub standing: Standing,
}

/// Where a stream stands with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// As before.
    Same,
    /// As before, and the frames are worth nothing later: where they would have to wait they are lost.
    Passing,
    /// A request to follow was answered.
    Answered {
        /// The stream.
        stream: StreamId,
        /// Which request.
        number: u32,
        /// Followed from there; none if not followed.
        from: Option<i64>,
    },
    /// Told up to there.
    At(StreamId, i64),
    /// Not followed any more, without anybody having asked.
    Out(StreamId),
}

impl Standing {
    fn stream(self) -> Option<StreamId> {
        match self {
            Self::Same | Self::Passing => None,
            Self::Answered { stream, .. } | Self::At(stream, _) | Self::Out(stream) => Some(stream),
        }
    }
}

/// What a connection's task is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Take note of what was sent: [`Outbox::sent`].
    Note,
    /// Cut the connection: it takes too long to read.
    Cut,
}

/// A connection's queue: given to by its hubs and its commands, written to its stream by whoever gives, or left to its
/// own task.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Mutex<Waiting>,
    bell: Notify,
    emptied: Notify,
    is_cut: AtomicBool,
    ending: Arc<Ending>,
}

#[derive(Debug, Default)]
struct Waiting {
    parcels: VecDeque<Parcel>,
    frames: usize,
    bytes: usize,
    /// How much of the first parcel is written.
    written: usize,
    /// Whether something is left for the connection's task to write.
    is_deferred: bool,
    /// Since when the system takes no more of the first parcel.
    blocked: Option<Instant>,
    /// What was sent and is not noted yet.
    sent: Vec<Standing>,
    /// Where it is written to; none for who takes the parcels out themselves.
    stream: Option<Arc<TcpStream>>,
}

impl Waiting {
    fn is_rather_full(&self) -> bool {
        self.frames > FRAMES / 4 || self.bytes > BYTES / 4
    }

    fn fits(&self, chunk: &Chunk) -> bool {
        self.frames + chunk.frames() <= FRAMES && self.bytes + chunk.bytes().len() <= BYTES
    }

    fn push(&mut self, parcel: Parcel) {
        self.frames += parcel.chunk.frames();
        self.bytes += parcel.chunk.bytes().len();
        self.parcels.push_back(parcel);
    }

    fn pop(&mut self) -> Option<Parcel> {
        let parcel = self.parcels.pop_front()?;
        self.frames -= parcel.chunk.frames();
        self.bytes -= parcel.chunk.bytes().len();
        if self.parcels.is_empty() {
            // Most of the time nothing waits, and then no memory is kept for it.
            self.parcels = VecDeque::new();
        }
        Some(parcel)
    }

    /// Writes what the system takes now. An error means that the other side is gone.
    fn write(&mut self) -> io::Result<()> {
        let Some(stream) = self.stream.clone() else { return Ok(()) };
        self.is_deferred = false;
        while !self.parcels.is_empty() {
            let (mut slices, mut skip) = ([IoSlice::new(&[]); TOGETHER], self.written);
            for (slice, parcel) in slices.iter_mut().zip(&self.parcels) {
                *slice = IoSlice::new(&parcel.chunk.bytes()[std::mem::take(&mut skip)..]);
            }
            let together = self.parcels.len().min(TOGETHER);
            match stream.try_write_vectored(&slices[..together]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => self.wrote(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.blocked.get_or_insert_with(Instant::now);
                    self.lose_passing();
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Lets go what passes: a slow reader keeps the place for what must arrive. The rest of a frame that is begun stays.
    fn lose_passing(&mut self) {
        let mut is_begun = self.written > 0;
        let (frames, bytes) = (&mut self.frames, &mut self.bytes);
        self.parcels.retain(|Parcel { chunk, standing }| {
            let stays = std::mem::take(&mut is_begun) || *standing != Standing::Passing;
            if !stays {
                *frames -= chunk.frames();
                *bytes -= chunk.bytes().len();
            }
            stays
        });
        if self.parcels.is_empty() {
            self.blocked = None;
        }
    }

    fn wrote(&mut self, bytes: usize) {
        self.written += bytes;
        while let Some(first) = self.parcels.front().map(|first| first.chunk.bytes().len())
            && self.written >= first
        {
            self.written -= first;
            self.blocked = None;
            if let Some(parcel) = self.pop() {
                self.note(parcel.standing);
            }
        }
    }

    /// Of where a stream stands, the latest is of interest: so there is one for each stream, and few beside.
    fn note(&mut self, standing: Standing) {
        let Some(stream) = standing.stream() else { return };
        let earlier = self.sent.iter_mut().rev().find(|earlier| earlier.stream() == Some(stream));
        match (standing, earlier) {
            (Standing::At(..), Some(earlier @ Standing::At(..))) => *earlier = standing,
            _ => self.sent.push(standing),
        }
    }

    /// Whether the connection's task must know of something that was sent.
    fn is_of_note(&self) -> bool {
        self.sent.iter().any(|standing| !matches!(standing, Standing::At(..)))
    }

    /// Lets go what waits, but for the rest of a frame of which the other side has a part.
    fn shorten(&mut self) {
        let rest = self.parcels.front().map(|first| first.chunk.rest_of_frame(self.written));
        let stream = self.stream.take();
        *self = Self { stream, ..Self::default() };
        if let Some(rest) = rest.filter(|rest| !rest.bytes().is_empty()) {
            self.push(Parcel { chunk: rest, standing: Standing::Same });
        }
    }
}

impl Outbox {
    /// A queue that is written to the stream of a connection, which ends if it is cut.
    pub fn onto(stream: Arc<TcpStream>, ending: Arc<Ending>) -> Self {
        let waiting = Waiting { stream: Some(stream), ..Waiting::default() };
        Self { waiting: Mutex::new(waiting), ending, ..Self::default() }
    }

    /// Puts a frame in the queue that tells nothing of a stream.
    pub fn push(&self, chunk: Chunk) {
        self.give(Parcel { chunk, standing: Standing::Same });
    }

    /// Puts a parcel in the queue, to be written with the next [`Self::flush`]; one too many, that the system does not
    /// take either, cuts the connection.
    pub fn give(&self, parcel: Parcel) {
        self.put(parcel, false);
    }

    /// Puts a parcel in the queue, to be written by the connection's own task: what several hubs have for one who comes
    /// is then written together.
    pub fn defer(&self, parcel: Parcel) {
        self.put(parcel, true);
    }

    fn put(&self, parcel: Parcel, is_deferred: bool) {
        if !self.lock().fits(&parcel.chunk) {
            self.flush();
        }
        let mut waiting = self.lock();
        if self.is_cut() {
            return;
        }
        if !waiting.fits(&parcel.chunk) {
            drop(waiting);
            return self.cut();
        }
        waiting.push(parcel);
        let rings = waiting.stream.is_none() || (is_deferred && !waiting.is_deferred);
        waiting.is_deferred |= is_deferred;
        drop(waiting);
        if rings {
            self.bell.notify_one();
        }
    }

    /// Puts frames in the queue that are told as they pass, to be written with the next [`Self::flush`]; nothing of it
    /// where something waits already, or to who takes the parcels out themselves.
    pub fn pass(&self, chunk: Chunk) {
        let mut waiting = self.lock();
        if waiting.stream.is_some() && waiting.blocked.is_none() && waiting.fits(&chunk) && !self.is_cut() {
            waiting.push(Parcel { chunk, standing: Standing::Passing });
        }
    }

    /// Writes what the system takes now; the rest waits for the connection's task.
    pub fn flush(&self) {
        if !self.is_cut() {
            self.write();
        }
    }

    fn write(&self) {
        let mut waiting = self.lock();
        if waiting.parcels.is_empty() {
            return;
        }
        let (was_full, was_blocked) = (waiting.is_rather_full(), waiting.blocked.is_some());
        let is_gone = waiting.write().is_err();
        if is_gone {
            *waiting = Waiting::default();
        }
        let has_room = was_full && !waiting.is_rather_full();
        let rings = waiting.is_of_note() || (waiting.blocked.is_some() && !was_blocked);
        drop(waiting);
        if has_room {
            self.emptied.notify_waiters();
        }
        if rings {
            self.bell.notify_one();
        }
        if is_gone {
            self.cut();
        }
    }

    /// Waits until the connection's task has something to do; meanwhile writes what the system takes late.
    pub async fn turn(&self) -> Turn {
        loop {
            let bell = self.bell.notified();
            let (is_deferred, is_of_note, blocked) = {
                let waiting = self.lock();
                (waiting.is_deferred, waiting.is_of_note(), waiting.blocked.zip(waiting.stream.clone()))
            };
            if is_deferred {
                self.flush();
            }
            if is_deferred || is_of_note {
                return Turn::Note;
            }
            match blocked {
                None => bell.await,
                // Rare: its size is no part of every connection.
                Some((since, stream)) => tokio::select! {
                    () = bell => {}
                    taken = Box::pin(async move { timeout_at(since + WRITE, stream.writable()).await }) => match taken {
                        Ok(Ok(())) => self.flush(),
                        Ok(Err(_)) | Err(_) => return Turn::Cut,
                    },
                },
            }
        }
    }

    /// Writes what is left for the connection's task while that waits for something else.
    pub async fn write_deferred(&self) -> Infallible {
        loop {
            let bell = self.bell.notified();
            if self.lock().is_deferred {
                self.flush();
            }
            // Whoever rang for something else is found by the next turn's own look.
            bell.await;
        }
    }

    /// What was sent since the last look.
    pub fn sent(&self) -> Vec<Standing> {
        std::mem::take(&mut self.lock().sent)
    }

    /// Waits until everything is written, or the other side is gone.
    pub async fn written(&self) {
        loop {
            self.write();
            let stream = {
                let waiting = self.lock();
                waiting.stream.clone().filter(|_| !waiting.parcels.is_empty())
            };
            let Some(stream) = stream else { return };
            if stream.writable().await.is_err() {
                return;
            }
        }
    }

    /// Says why it ends, in place of all that waits; waits until that is written.
    pub async fn close(&self, why: Chunk) {
        self.cut();
        self.lock().push(Parcel { chunk: why, standing: Standing::Same });
        self.written().await;
    }

    /// The next parcel, if one waits, for a connection without a stream.
    pub fn take(&self) -> Option<Parcel> {
        let mut waiting = self.lock();
        let was_full = waiting.is_rather_full();
        let parcel = waiting.pop()?;
        let has_room = was_full && !waiting.is_rather_full();
        drop(waiting);
        if has_room {
            self.emptied.notify_waiters();
        }
        Some(parcel)
    }

    /// Waits until something can be taken.
    pub async fn filled(&self) {
        loop {
            let filled = self.bell.notified();
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
            if !self.lock().is_rather_full() {
                return;
            }
            tokio::select! {
                () = emptied => {}
                _ = self.ending.reached() => return,
            }
        }
    }

    /// Cuts the connection: nothing more is taken in, and what waits is let go.
    pub fn cut(&self) {
        let mut waiting = self.lock();
        if !self.is_cut.swap(true, Ordering::AcqRel) {
            self.ending.reach(Close::Slow);
            waiting.shorten();
        }
    }

    /// Cuts the connection and lets its stream go: whoever still holds the queue does not hold that open.
    pub fn end(&self) {
        self.is_cut.store(true, Ordering::Release);
        self.ending.reach(Close::Slow);
        *self.lock() = Waiting::default();
    }

    /// Whether it was cut, or has ended.
    pub fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Acquire)
    }

    /// What ends the connection, once it is cut at the latest.
    pub fn ending(&self) -> Arc<Ending> {
        Arc::clone(&self.ending)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
