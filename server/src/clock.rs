//! The clock: where the time comes from, so that a test or a demonstration can set it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};

/// Tells the time, and can be shared. The system's by default; a fixed one moves only when told.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `instant` until it is moved.
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(AtomicI64::new(instant.timestamp_micros()))))
    }

    /// The present time, in whole microseconds as the database keeps it.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.0 {
            Some(fixed) => fixed.load(Ordering::SeqCst),
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            None => Utc::now().timestamp_micros(),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Sets a fixed clock to `instant`; the system's is left alone.
    pub fn set(&self, instant: DateTime<Utc>) {
        if let Some(fixed) = &self.0 {
            fixed.store(instant.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Moves a fixed clock by `delta`; the system's is left alone.
    pub fn advance(&self, delta: TimeDelta) {
        self.set(self.now() + delta);
    }
}
