//! B16: how soon a thread is of use to who opens it for the first time, on a quarter of a processor, at 1.6 Mbit/s with a
//! round trip of 150 ms. A browser measures it; beside it, the same page without its script. Unlike a loader, it has all
//! processors: what it measures is itself, and the server waits for it.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    cast,
    growth::network,
    processor,
    report::{Bound, Line, Report, median, note, rounded},
    server::{Folder, Server},
};

/// Where the browser's script is.
const SCRIPT: &str = "tests/browser/usable.mjs";
/// The network that is visited.
const CHANNELS: usize = 20;
const MESSAGES: usize = 1_000;

/// Has a browser visit, and tells.
pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    note("B16: a first visit");
    let folder = Folder::fresh()?;
    let server = Server::start(binary, &folder).await?;
    network::found(&server, CHANNELS)?;
    network::say(&server, CHANNELS, MESSAGES)?;
    let address = format!("{}/threads/{}", server.url(), network::busy_thread(7));
    let visited = visit(&address, &processor::all())?;
    let of = |visits: &str, figure: &str| figure_of(&visited, visits, figure);
    let mut line =
        Line::new("B16", "a thread of 50 messages, opened for the first time: 4x slower, 1.6 Mbit/s, 150 ms");
    line.valid(of("visits", "messages")? >= 50.0 && of("plain", "messages")? >= 50.0);
    line.valid(of("visits", "script_kib")? > 0.0 && of("plain", "script_kib")? < 0.001);
    line.bound("KiB before it is of use, without fonts", of("visits", "kib")?, Bound::AtMost(60.0));
    line.bound("KiB of script", of("visits", "script_kib")?, Bound::AtMost(25.0));
    line.bound("largest contentful paint, ms", of("visits", "lcp_ms")?, Bound::AtMost(1_000.0));
    line.bound("total blocking time, ms", of("visits", "tbt_ms")?, Bound::AtMost(50.0));
    // Where all of a browser's own processes are in each other's way, as on no telephone.
    let crammed = visit(&address, &processor::own())?;
    for figure in ["lcp_ms", "tbt_ms", "usable_ms"] {
        line.with(&format!("on_half_the_processors_{figure}"), rounded(figure_of(&crammed, "visits", figure)?));
    }
    line.with("live_ms", rounded(of("visits", "usable_ms")?));
    line.with("without_script_ms", rounded(of("plain", "usable_ms")?));
    line.with("without_script_lcp_ms", rounded(of("plain", "lcp_ms")?));
    line.with("without_script_kib", rounded(of("plain", "kib")?));
    report.line(line);
    server.stop().await
}

/// Has a browser on these processors visit: a list of visits with the script, and one without.
fn visit(address: &str, processors: &str) -> Result<Value> {
    let output = Command::new("taskset")
        .args(["--cpu-list", processors, "node", SCRIPT, address, &cast::session(0)])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("node cannot be started")?;
    ensure!(output.status.success(), "the browser ended with {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The median of a figure of some visits.
fn figure_of(visited: &Value, visits: &str, figure: &str) -> Result<f64> {
    let visits = visited[visits].as_array().context("visits are a list")?;
    Ok(median(visits.iter().filter_map(|visit| visit[figure].as_f64()).collect()))
}
