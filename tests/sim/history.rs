//! Everything that was ever written, in whatever log: what a check is held against.

use std::collections::BTreeMap;

/// Names an event, whatever becomes of the log that it was written to: 0 is the beginning of every log.
pub(crate) type Mark = usize;

/// An event as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) stream: usize,
    pub(crate) seq: i64,
    /// The event before it in its stream.
    pub(crate) before: Mark,
    /// Who may be told of it: one bit for each person.
    pub(crate) audience: u8,
    /// What it is the creation of, if of a message, and at which position.
    pub(crate) creates: Option<(usize, i32)>,
}

/// Everything that was ever written, in whatever log.
#[derive(Debug)]
pub(crate) struct History {
    written: Vec<Written>,
    /// Of which message each edit or removal was that was ever done.
    done: BTreeMap<usize, usize>,
}

impl Default for History {
    fn default() -> Self {
        let beginning = Written { stream: usize::MAX, seq: 0, before: 0, audience: 0, creates: None };
        Self { written: vec![beginning], done: BTreeMap::new() }
    }
}

impl History {
    /// Where what is written next will be.
    pub(crate) fn next(&self) -> Mark {
        self.written.len()
    }

    pub(crate) fn write(&mut self, written: Written) {
        self.written.push(written);
    }

    pub(crate) fn get(&self, mark: Mark) -> Option<&Written> {
        self.written.get(mark).filter(|_| mark > 0)
    }

    pub(crate) fn did(&mut self, operation: usize, message: usize) {
        self.done.insert(operation, message);
    }

    /// Whether an edit or removal of a message was ever done.
    pub(crate) fn has_done(&self, operation: usize, message: usize) -> bool {
        self.done.get(&operation) == Some(&message)
    }

    /// Whether somebody may be told of an event.
    pub(crate) fn may_know(&self, person: usize, mark: Mark) -> bool {
        self.get(mark).is_some_and(|written| written.audience & (1 << person) != 0)
    }

    /// Whether a message was ever stored so.
    pub(crate) fn created(&self, message: usize, stream: usize, seq: i64, position: i32) -> bool {
        let so = |written: &&Written| written.stream == stream && written.seq == seq;
        self.written.iter().rev().filter(so).any(|written| written.creates == Some((message, position)))
    }
}
