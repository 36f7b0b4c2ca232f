//! Faults that tests put into the program: points where it can be made to fail, and bugs that a checker must find.
//!
//! Only a build with the feature `faults` has any of it: without it both macros are nothing, and so is this module. The
//! package of the tests asks for it; the program that is given to people is built alone, and a check looks into it.
//!
//! A point is named where it stands, `point!("after_lock")`, and sleeps until `FAILPOINTS` or the crate `fail` wakes it:
//! `after_lock=1*return(kill)` kills the process there, once. What can be returned is in [`reached`]. A bug is named by
//! `PREAU_BUG` and holds for the life of the process:
//!
//! - `ack_before_commit`: a message is answered before its commit, which follows some time later (I1).
//! - `id_cursor`: a hub takes the ids of messages for a cursor, and passes over one that is older than the last (I3).
//! - `no_unique_id`: a message that is sent again is stored again, under an id of its own (I1).
//! - `skip_revocation`: who is removed from a group goes on following it (I8).
//! - `drop_hint_without_poll`: three hints of four are lost, and nothing looks for what they told of (I11).
//! - `out_of_order_dispatch`: events that are dispatched together come in the opposite order (I3).
//! - `counter_plus_plus`: the last position of a thread is a counter that an edit moves too (I9).
//! - `read_goes_back`: the read position that was told last counts, not the furthest (I9).
//! - `believe_hints`: a hint of long before is taken for the end of the log, and what follows it is told again (I11).
//! - `half_a_file`: what the disk has no room for is left out of a file, which is kept all the same.

/// A place where a test can make the program fail; in a function that returns our `Result`. With a condition, only
/// where that holds.
#[cfg(feature = "faults")]
macro_rules! point {
    ($place:literal) => {
        $crate::faults::reached($place).await?
    };
    ($place:literal if $here:expr) => {
        if $here {
            $crate::faults::reached($place).await?
        }
    };
}

/// What a seeded bug does where it lives.
#[cfg(feature = "faults")]
macro_rules! bug {
    ($name:literal => $twist:stmt) => {
        if $crate::faults::is_seeded($name) {
            $twist
        }
    };
}

#[cfg(not(feature = "faults"))]
macro_rules! point {
    ($($place:tt)*) => {};
}

#[cfg(not(feature = "faults"))]
macro_rules! bug {
    ($($bug:tt)*) => {};
}

pub(crate) use {bug, point};

#[cfg(feature = "faults")]
pub use seeded::{is_seeded, late, reached};

#[cfg(feature = "faults")]
mod seeded {
    use std::{sync::LazyLock, time::Duration};

    use rustix::process::{Signal, getpid, kill_process};

    use crate::error::{Error, Result};

    /// How long a delay is, and how late a late commit comes.
    const DELAY: Duration = Duration::from_millis(200);
    const LATE: Duration = Duration::from_millis(20);

    /// Does at a point what is asked of it: `error`, `panic`, `delay`, `stop` or `kill`.
    pub async fn reached(place: &'static str) -> Result<()> {
        let Some(action) = asked(place) else { return Ok(()) };
        tracing::warn!(place, action, "a failpoint");
        match action.as_str() {
            "error" => Err(Error::Io(std::io::Error::other(place))),
            "delay" => {
                tokio::time::sleep(DELAY).await;
                Ok(())
            }
            // Somebody else lets it go on.
            "stop" => send(Signal::STOP),
            "kill" => {
                send(Signal::KILL)?;
                std::future::pending().await
            }
            _ => panic!("a failpoint: {place}"),
        }
    }

    /// Sends a signal to this process.
    fn send(signal: Signal) -> Result<()> {
        kill_process(getpid(), signal).map_err(|error| std::io::Error::from(error).into())
    }

    fn asked(place: &str) -> Option<String> {
        fail::fail_point!(place, |action| Some(action.unwrap_or_default()));
        None
    }

    /// Whether this process has the bug.
    pub fn is_seeded(bug: &str) -> bool {
        static BUG: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("PREAU_BUG").ok());
        BUG.as_deref() == Some(bug)
    }

    /// The time by which a commit is late.
    pub async fn late() {
        tokio::time::sleep(LATE).await;
    }
}
