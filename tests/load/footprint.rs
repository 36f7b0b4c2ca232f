//! How soon the server is there, and what it weighs when nobody is.

use std::{path::Path, time::Duration};

use anyhow::Result;

use crate::{
    Report, note,
    server::{Folder, Server},
};

/// How long the server is left alone before it is weighed.
const IDLE: Duration = Duration::from_mins(1);
/// How often each start is timed; the slowest counts.
const STARTS: usize = 5;

/// Times starts on a folder that is full, with PostgreSQL stopped and with PostgreSQL running; then weighs the server.
pub(crate) async fn measure(binary: &Path, folder: &Folder, report: &mut Report) -> Result<()> {
    let (mut slowest, mut adopted) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..STARTS {
        let server = Server::start(binary, folder).await?;
        slowest = slowest.max(server.took());
        // Its PostgreSQL is left running, for the next start to adopt.
        server.kill().await?;
        let server = Server::start(binary, folder).await?;
        adopted = adopted.max(server.took());
        server.stop().await?;
    }
    report.below("second start: program to first page", slowest.as_secs_f64(), "s", 3.0);
    report.below("start with the database up: program to first page", adopted.as_secs_f64(), "s", 1.0);
    let server = Server::start(binary, folder).await?;
    note("leaving the server alone for a minute");
    tokio::time::sleep(IDLE).await;
    report.below("memory of the server alone, idle for 60 s", server.memory()?, "MB", 40.0);
    server.stop().await
}
