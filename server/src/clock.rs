//! The clock: where the time and new ids come from, so that a test or a demonstration can set both.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use uuid::{Builder, Uuid};

/// Tells the time, and can be shared. The system's by default; a fixed one moves only when told.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Fixed>>);

#[derive(Debug)]
struct Fixed {
    /// Microseconds since 1970.
    micros: AtomicI64,
    /// How many ids were drawn.
    drawn: AtomicU64,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `instant` until it is moved.
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(Fixed { micros: AtomicI64::new(instant.timestamp_micros()), drawn: AtomicU64::new(0) })))
    }

    /// The present time, in whole microseconds as the database keeps it.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.0 {
            Some(fixed) => fixed.micros.load(Ordering::SeqCst),
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            None => Utc::now().timestamp_micros(),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// The present minute: the time that a page says it is, since it is read for longer than a second.
    pub fn minute(&self) -> DateTime<Utc> {
        let seconds = self.now().timestamp();
        DateTime::from_timestamp_secs(seconds - seconds.rem_euclid(60)).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// A new id of the present time: UUIDv7, identity and idempotency, never order. A fixed clock gives the same ids in
    /// the same order each time.
    pub fn fresh<T: From<Uuid>>(&self) -> T {
        let Some(fixed) = &self.0 else { return Uuid::now_v7().into() };
        let millis = fixed.micros.load(Ordering::SeqCst) / 1000;
        let bits: [u8; 10] = StdRng::seed_from_u64(fixed.drawn.fetch_add(1, Ordering::SeqCst)).random();
        Builder::from_unix_timestamp_millis(millis.try_into().unwrap_or(0), &bits).into_uuid().into()
    }

    /// Sets a fixed clock to `instant`; the system's is left alone.
    pub fn set(&self, instant: DateTime<Utc>) {
        if let Some(fixed) = &self.0 {
            fixed.micros.store(instant.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Moves a fixed clock by `delta`; the system's is left alone.
    pub fn advance(&self, delta: TimeDelta) {
        self.set(self.now() + delta);
    }
}
