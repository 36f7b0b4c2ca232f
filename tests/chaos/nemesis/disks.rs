//! Disks that are full for a while: that of the database, that of files.

use anyhow::Result;
use tokio::time::sleep;

use super::{Storm, some_ms};
use crate::arena::{Ballast, Folder};

#[derive(Clone, Copy, Debug)]
enum Fault {
    Database,
    Files,
}

pub(super) async fn lane(storm: &Storm, folder: &Folder) -> Result<()> {
    // Never that of the machine.
    let counts: &[_] = if folder.refused().is_some() { &[] } else { &[(Fault::Database, 1), (Fault::Files, 1)] };
    storm
        .lane(4, counts)
        .run(async |fault| {
            let began = storm.recorder.now_us();
            let (place, kind) = match fault {
                Fault::Database => (folder.database(), "disk_full_database"),
                Fault::Files => (folder.files(), "disk_full_uploads"),
            };
            let ballast = Ballast::drop_into(&place)?;
            sleep(some_ms(800, 1500)).await;
            drop(ballast);
            storm.recorder.fault(began, kind);
            Ok(())
        })
        .await
}
