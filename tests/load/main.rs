//! The benchmarks: the release binary, with its own PostgreSQL that keeps what it is told, measured from outside.
//!
//! Each figure is one line of JSON on the standard output: what was measured, its unit, the bound it must keep and
//! whether it did. What the run does meanwhile goes to the standard error.

#![expect(clippy::cast_precision_loss, reason = "what is counted here is far under 2 to the 52nd")]

mod footprint;
mod page;
mod server;
mod upload;

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, ValueEnum};
use serde_json::json;

use crate::server::{Folder, Server};

/// Measure Préau
#[derive(Parser)]
struct Cli {
    /// What is measured; without it, everything
    only: Vec<Benchmark>,
    /// The program that is measured
    #[arg(long, env = "PREAU_BIN", default_value = "target/release/preau")]
    binary: PathBuf,
}

/// What can be measured.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
enum Benchmark {
    /// A thread's page in a group of 100,000 messages
    Page,
    /// A file of 1 GiB
    Upload,
    /// Starts, and the memory of a server that nobody uses
    Footprint,
}

/// Where the figures of a run go.
pub(crate) struct Report {
    output: std::io::Stdout,
    missed: bool,
}

impl Report {
    /// Prints a figure that stands beside others.
    pub(crate) fn figure(&mut self, name: &str, value: f64, unit: &str) {
        self.print(&json!({ "figure": name, "value": rounded(value), "unit": unit }));
    }

    /// Prints a figure that must stay under a bound.
    pub(crate) fn below(&mut self, name: &str, value: f64, unit: &str, bound: f64) {
        let met = value < bound;
        self.missed |= !met;
        let line = json!({ "figure": name, "value": rounded(value), "unit": unit, "below": bound, "met": met });
        self.print(&line);
    }

    fn print(&mut self, line: &serde_json::Value) {
        // Nobody is left to tell that nobody listens.
        drop(writeln!(self.output, "{line}"));
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Says what the run does.
pub(crate) fn note(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let wanted = |benchmark| cli.only.is_empty() || cli.only.contains(&benchmark);
    let folder = Folder::fresh()?;
    let mut report = Report { output: std::io::stdout(), missed: false };
    note("first start, on an empty folder");
    let server = Server::start(&cli.binary, &folder).await?;
    report.below("first start: program to first page", server.took().as_secs_f64(), "s", 5.0);
    let animator = server.animator().await?;
    if wanted(Benchmark::Page) || wanted(Benchmark::Footprint) {
        page::fill(&animator).await?;
    }
    if wanted(Benchmark::Page) {
        page::measure(&server, &animator, &mut report).await?;
    }
    server.stop().await?;
    if wanted(Benchmark::Upload) {
        // On a server whose memory nothing else has made larger.
        let server = Server::start(&cli.binary, &folder).await?;
        upload::measure(&server, &animator.at(&server), &mut report).await?;
        server.stop().await?;
    }
    if wanted(Benchmark::Footprint) {
        footprint::measure(&cli.binary, &folder, &mut report).await?;
    }
    Ok(if report.missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
