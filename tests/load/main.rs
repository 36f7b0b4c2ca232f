//! The benchmarks: the release binary, with its own PostgreSQL that keeps what it is told, measured from outside.
//!
//! Each benchmark is one line of JSON on the standard output: its figures, those of its peers and limits in the same
//! run, their ratios with what these must keep, and whether they did. A run that lost, repeated or reordered anything is
//! void. What the run does meanwhile goes to the standard error.
//!
//! The servers have one half of the machine's processors, this program the other.

#![expect(clippy::cast_precision_loss, reason = "what is counted here is far under 2 to the 52nd")]

mod calm;
mod crash;
mod fanout;
mod footprint;
mod growth;
mod marks;
mod memory;
mod page;
mod quiet;
mod rights;
mod search;
mod slow;
mod storm;
mod typing;
mod upload;
mod usable;
mod writers;

mod cast;
mod crowd;
mod limits;
mod lineup;
mod peers;
mod pgbench;
mod processor;
mod report;
mod room;
mod server;
mod sides;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, ValueEnum};

use crate::{
    crowd::bare::Framing,
    peers::Postgres,
    report::{Report, note},
    server::{Folder, Person, Server},
};

/// Measure Préau
#[derive(Parser)]
struct Cli {
    /// What is measured; without it, everything
    #[arg(ignore_case = true)]
    only: Vec<Benchmark>,
    /// The program that is measured
    #[arg(long, env = "PREAU_BIN", default_value = "target/release/preau")]
    binary: PathBuf,
    /// As often as the definitions say, where that takes long
    #[arg(long)]
    full: bool,
    /// Serve as one of the limits, and measure nothing
    #[arg(long)]
    limit: Option<Limit>,
}

/// What can be measured.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
enum Benchmark {
    /// Durable fan-out to 1,000 readers
    B1,
    /// Durable messages a second of many writers
    B2,
    /// One message on an idle server
    B3,
    /// Calm latency to the last reader
    B4,
    /// Memory of a connected member
    B5,
    /// Reconnect storm
    B6,
    /// A busy channel's page, what is unread, and what growth costs, in a million messages
    #[value(alias = "b8", alias = "b12")]
    B7,
    /// Search in 1,000,000 messages and 100,000 documents
    #[value(alias = "search")]
    B9,
    /// How far people have read
    B11,
    /// Slow consumers
    B13,
    /// Crash durability
    B14,
    /// Starts, and the memory of a server that nobody uses
    #[value(alias = "footprint")]
    B15,
    /// A first visit with a browser
    B16,
    /// What rights cost
    B17,
    /// 1,000 online: idle, typing, coming and going
    B18,
    /// A thread's page in a group of 100,000 messages
    Page,
    /// A file of 1 GiB
    #[value(alias = "b10")]
    Upload,
}

#[derive(ValueEnum, Clone, Copy)]
enum Limit {
    Tcp,
    WebSocket,
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    match cli.limit {
        Some(Limit::Tcp) => limits::serve(Framing::Length)?,
        Some(Limit::WebSocket) => limits::serve(Framing::WebSocket)?,
        None => {
            processor::keep_to_own()?;
            processor::open_many_files()?;
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            return runtime.block_on(measure(&cli));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is measured on one server, in this order.
async fn together(
    cli: &Cli,
    server: &Server,
    animator: &Person,
    postgres: &Postgres,
    report: &mut Report,
) -> Result<()> {
    let wanted = |benchmark| cli.only.is_empty() || cli.only.contains(&benchmark);
    if wanted(Benchmark::B1) {
        fanout::measure(server, animator, postgres, report).await?;
    }
    if wanted(Benchmark::B2) {
        writers::measure(server, animator, postgres, report).await?;
    }
    if wanted(Benchmark::B3) {
        quiet::measure(server, animator, postgres, report).await?;
    }
    if wanted(Benchmark::B4) {
        calm::measure(server, animator, postgres, report).await?;
    }
    if wanted(Benchmark::B5) {
        memory::measure(&cli.binary, postgres, report).await?;
    }
    if wanted(Benchmark::B6) {
        storm::measure(&cli.binary, postgres, report).await?;
    }
    if wanted(Benchmark::B11) {
        marks::measure(server, animator, report).await?;
    }
    if wanted(Benchmark::B13) {
        slow::measure(server, animator, report).await?;
    }
    if wanted(Benchmark::B17) {
        rights::measure(server, animator, postgres, report).await?;
    }
    if wanted(Benchmark::B18) {
        typing::measure(server, animator, report).await?;
    }
    if wanted(Benchmark::B14) {
        crash::measure(&cli.binary, cli.full, report).await?;
    }
    if wanted(Benchmark::Page) {
        page::fill(animator).await?;
        page::measure(server, animator, report).await?;
    }
    Ok(())
}

async fn measure(cli: &Cli) -> Result<ExitCode> {
    let wanted = |benchmark| cli.only.is_empty() || cli.only.contains(&benchmark);
    let folder = Folder::fresh()?;
    let mut report = Report::default();
    note("first start, on an empty folder");
    let server = Server::start(&cli.binary, &folder).await?;
    report.below("first start: program to first page", server.took().as_secs_f64(), "s", 5.0);
    let animator = server.animator().await?;
    let postgres = Postgres::start()?;
    together(cli, &server, &animator, &postgres, &mut report).await?;
    server.stop().await?;
    if wanted(Benchmark::Upload) {
        // On a server whose memory nothing else has made larger.
        let server = Server::start(&cli.binary, &folder).await?;
        upload::measure(&server, &animator.at(&server), &mut report).await?;
        server.stop().await?;
    }
    if wanted(Benchmark::B7) {
        growth::measure(&cli.binary, cli.full, &mut report).await?;
    }
    if wanted(Benchmark::B9) {
        search::measure(&cli.binary, cli.full, &mut report).await?;
    }
    if wanted(Benchmark::B16) {
        usable::measure(&cli.binary, &mut report).await?;
    }
    if wanted(Benchmark::B15) {
        footprint::measure(&cli.binary, &postgres, &mut report).await?;
    }
    Ok(if report.missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
