//! Disks that are full for a while: that of the database, that of files.

use anyhow::Result;
use tokio::time::sleep;

use super::{Storm, some_ms};
use crate::arena::Folder;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    Database,
    Files,
}

pub(super) async fn lane(storm: &Storm, folder: &Folder) -> Result<()> {
    // Never that of the machine.
    let counts: &[_] = if folder.refused().is_some() { &[] } else { &[(Fault::Database, 1.0), (Fault::Files, 4.0)] };
    storm
        .lane(4, counts)
        .run(async |fault, rng| {
            let (place, kind, how_long) = match fault {
                Fault::Database => (folder.database(), "disk_full_database", some_ms(rng, 800, 1500)),
                Fault::Files => (folder.files(), "disk_full_uploads", some_ms(rng, 400, 1200)),
            };
            let shrunk = folder.shrink(&place)?;
            let began = storm.recorder.now_us();
            sleep(how_long).await;
            drop(shrunk);
            storm.recorder.fault(began, kind);
            Ok(true)
        })
        .await
}
