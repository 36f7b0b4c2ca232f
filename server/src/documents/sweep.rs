//! What nobody needs any more goes: files that nothing named, those of removed documents, and bytes without a file.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::store;
use crate::{
    db::Db,
    error::{Error, Result},
    files::Files,
};

/// How often it is looked.
const PAUSE: Duration = Duration::from_hours(1);
/// How long a file may wait for a message or a document to name it; a form is not left open for longer.
const UNFILED: TimeDelta = TimeDelta::hours(24);
/// How long bytes outlive their row: a copy of the database that was begun before still finds them.
const KEPT: TimeDelta = TimeDelta::days(7);
/// How many files one round forgets at most.
const ROUND: i64 = 500;

/// What a sweep removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Files that nothing named, and those of documents removed for a week.
    pub files: u64,
    /// Bytes without a file.
    pub blobs: u64,
    /// Uploads that never ended.
    pub uploads: usize,
}

/// Sweeps every hour until told to stop.
pub async fn work(db: Db, files: Files, stop: CancellationToken) {
    loop {
        match sweep(&db, &files).await {
            Ok(swept) if swept == Swept::default() => {}
            Ok(Swept { files, blobs, uploads }) => tracing::info!(files, blobs, uploads, "what nobody needed went"),
            Err(Error::Unavailable) => {}
            Err(error) => tracing::error!(%error, "files could not be swept"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Sweeps once.
pub async fn sweep(db: &Db, files: &Files) -> Result<Swept> {
    let uploads = files.sweep_incoming(db.clock().now() - UNFILED).await?;
    Ok(Swept { files: forget(db, files).await?, blobs: discard(db, files).await?, uploads })
}

/// The age of the bytes begins again with the end of their row.
async fn forget(db: &Db, files: &Files) -> Result<u64> {
    let now = db.clock().now();
    let mut gone = 0;
    loop {
        let leavers = {
            let mut connection = db.lend().await?;
            store::leavers(&mut connection, now - UNFILED, now - KEPT, ROUND).await?
        };
        for leaver in &leavers {
            files.touch(&leaver.sha256, now).await?;
        }
        let ids: Vec<_> = leavers.iter().map(|leaver| leaver.id).collect();
        let went =
            db.write(move |tx| Box::pin(async move { store::forget(tx.connection(), &ids, now - KEPT).await })).await?;
        gone += went;
        if went == 0 {
            return Ok(gone);
        }
    }
}

async fn discard(db: &Db, files: &Files) -> Result<u64> {
    let before = db.clock().now() - KEPT;
    let mut gone = 0;
    for first in 0..=u8::MAX {
        let aged = files.aged(first, before).await?;
        if aged.is_empty() {
            continue;
        }
        let unnamed = {
            let mut connection = db.lend().await?;
            store::unnamed(&mut connection, &aged).await?
        };
        for sha256 in unnamed {
            gone += u64::from(files.discard(&sha256, before).await?);
        }
    }
    Ok(gone)
}
