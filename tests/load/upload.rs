//! One file of 1 GiB: how fast it is kept, and what it costs the server's memory.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::stream;
use reqwest::{Body, multipart};

use crate::{
    report::{Report, note},
    server::{Person, Server},
};

/// The weight of the file, in bytes.
const WEIGHT: u64 = 1 << 30;
/// The bytes that are sent at once.
const PIECE: usize = 256 << 10;
/// How often the server's memory is read.
const LOOK: Duration = Duration::from_millis(20);

/// Sends the file, and looks at the server's memory meanwhile.
pub(crate) async fn measure(server: &Server, animator: &Person, report: &mut Report) -> Result<()> {
    note("sending a file of 1 GiB");
    let (group, _) = animator.group("Un gros fichier").await?;
    let before = server.memory()?;
    let path = format!("/api/v1/groups/{group}/documents");
    let began = Instant::now();
    let sent = animator.upload(&path, form()?);
    tokio::pin!(sent);
    let (mut most, mut looks) = (before, 0_u32);
    let mut beat = tokio::time::interval(LOOK);
    let added = loop {
        tokio::select! {
            added = &mut sent => break added?,
            _ = beat.tick() => {
                most = most.max(server.memory()?);
                looks += 1;
            }
        }
    };
    let took = began.elapsed().as_secs_f64();
    let kept = added["versions"][0]["file"]["size_bytes"].as_u64().context("a file has a weight")?;
    ensure!(kept == WEIGHT, "{kept} bytes of {WEIGHT} were kept");
    ensure!(looks > 10, "memory was looked at {looks} times only");
    report.below("upload of 1 GiB: growth of the server’s memory", (most - before) / 1e6, "MB", 32.0);
    Report::figure("upload of 1 GiB: speed", WEIGHT as f64 / 1e6 / took, "MB/s");
    Report::figure("a file written and flushed by the same machine: speed", disk()?, "MB/s");
    Ok(())
}

fn form() -> Result<multipart::Form> {
    let piece = Bytes::from(vec![0x5a; PIECE]);
    let pieces = stream::iter((0..WEIGHT / PIECE as u64).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
    let file = multipart::Part::stream_with_length(Body::wrap_stream(pieces), WEIGHT)
        .file_name("relevé.bin")
        .mime_str("application/octet-stream")?;
    Ok(multipart::Form::new().text("title", "Relevé complet").text("purpose", "Mesurer").part("file", file))
}

/// What the disk takes when nothing else is done: the divisor of the upload's speed.
fn disk() -> Result<f64> {
    let path = std::env::temp_dir().join(format!("preau-load-{}.bin", std::process::id()));
    let mut file = std::fs::File::create(&path)?;
    let (piece, began) = (vec![0x5a; PIECE], Instant::now());
    for _ in 0..WEIGHT / PIECE as u64 {
        file.write_all(&piece)?;
    }
    file.sync_all()?;
    let took = began.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(WEIGHT as f64 / 1e6 / took)
}
