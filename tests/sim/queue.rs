//! A connection's queue: the real one, with what it holds and tells counted beside it.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
};

use futures_util::FutureExt;

use preau::live::outbox::{Outbox, Parcel, Standing};

use crate::{cast::stream_of, ground::Ground, twist::Twist};

/// The bounds of the public format.
const FRAMES: usize = 256;
const BYTES: usize = 1 << 20;

#[derive(Debug, Default)]
pub(crate) struct Queue {
    outbox: Outbox,
    frames: Cell<usize>,
    bytes: Cell<usize>,
    /// The last sequence that was given of each stream, since its subscription was answered.
    told: RefCell<BTreeMap<usize, i64>>,
    /// What a queue without a bound would hold.
    unbounded: RefCell<VecDeque<Parcel>>,
}

impl Queue {
    pub(crate) fn give(&self, parcel: Parcel, ground: &mut Ground) {
        if self.outbox.is_cut() {
            return;
        }
        self.check(&parcel, ground);
        let (frames, bytes) = (parcel.chunk.frames(), parcel.chunk.bytes().len());
        if ground.has(Twist::NoBound) {
            self.unbounded.borrow_mut().push_back(parcel);
        } else {
            self.outbox.give(parcel);
        }
        if self.outbox.is_cut() {
            return;
        }
        self.frames.set(self.frames.get() + frames);
        self.bytes.set(self.bytes.get() + bytes);
        let (frames, bytes) = (self.frames.get(), self.bytes.get());
        ground.check(frames <= FRAMES && bytes <= BYTES, || format!("I10: a queue of {frames} frames, {bytes} bytes"));
    }

    /// What is given of a stream goes on from where its subscription was answered, without a hole (I3).
    fn check(&self, parcel: &Parcel, ground: &mut Ground) {
        let mut told = self.told.borrow_mut();
        match parcel.standing {
            Standing::Same | Standing::Passing => {}
            Standing::Answered { stream, from, .. } => {
                match from {
                    Some(from) => told.insert(stream_of(stream), from),
                    None => told.remove(&stream_of(stream)),
                };
            }
            Standing::Out(stream) => {
                told.remove(&stream_of(stream));
            }
            Standing::At(stream, seq) => {
                let last = told.insert(stream_of(stream), seq);
                let before = seq - i64::try_from(parcel.chunk.frames()).unwrap_or_default();
                ground.check(last == Some(before), || format!("I3: given {seq} after {last:?} of {stream}"));
            }
        }
    }

    pub(crate) fn take(&self) -> Option<Parcel> {
        let parcel = self.outbox.take().or_else(|| self.unbounded.borrow_mut().pop_front())?;
        self.frames.set(self.frames.get() - parcel.chunk.frames());
        self.bytes.set(self.bytes.get() - parcel.chunk.bytes().len());
        Some(parcel)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.frames.get() == 0 || self.outbox.is_cut()
    }

    /// Whether who waits for room goes on now.
    pub(crate) fn has_room(&self) -> bool {
        self.outbox.has_room().now_or_never().is_some()
    }

    pub(crate) fn cut(&self) {
        self.outbox.cut();
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.outbox.is_cut()
    }
}
