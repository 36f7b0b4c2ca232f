//! What is forgotten in time, beside what each room forgets by itself: old events, and the keys of old operations.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{
    db::Db,
    error::{Error, Result},
    live, messages,
};

/// How often.
const PAUSE: Duration = Duration::from_hours(1);

/// Sweeps every hour until told to stop.
pub async fn run(db: Db, stop: CancellationToken) {
    loop {
        let swept = tokio::select! {
            () = stop.cancelled() => return,
            swept = sweep(&db) => swept,
        };
        match swept {
            Ok(()) | Err(Error::Unavailable) => {}
            Err(error) => tracing::error!(%error, "old events could not be forgotten"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Forgets what is old.
pub async fn sweep(db: &Db) -> Result<()> {
    while db.write(|tx| Box::pin(live::log::sweep(tx))).await? {}
    while db.write(|tx| Box::pin(messages::sweep(tx))).await? {}
    Ok(())
}
