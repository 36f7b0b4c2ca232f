//! Chaos: the real program under real faults, and a judge of what came of it.
//!
//! Authors, readers, an animator who removes people, a slow reader and a malicious one act through a network that fails on
//! demand, while servers, their database and their disks fail too. Everything that is asked, answered and heard is a line
//! of a history; in the end it is held against the log of the database and against fresh reads.

mod actors;
mod arena;
mod cast;
mod checker;
mod history;
mod nemesis;
mod proxy;
mod report;
mod run;
mod stage;
mod store;
mod truth;
mod wire;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::timeout,
};

use crate::{
    arena::Plan,
    checker::{Aspect, Check, Wrong},
    history::{Line, Recorder},
    report::{Divisors, Verdict},
    run::Half,
};

/// What a quick run must have done; what it must have looked at goes by its halves.
const QUICK: Divisors =
    Divisors { acked: 5_000, changes: 1_500, faults: 200, kinds: 12, points: 2, aspects: Vec::new() };
/// What a full run must have done.
const FULL: Divisors =
    Divisors { acked: 300_000, changes: 90_000, faults: 8_000, kinds: 12, points: 14, aspects: Vec::new() };
/// What a run with a seeded bug must have done: found it.
const BUG: Divisors = Divisors { acked: 1, changes: 0, faults: 1, kinds: 1, points: 0, aspects: Vec::new() };
/// How long each half of a quick run lasts.
const QUICK_HALF: Duration = Duration::from_secs(45);
/// How long a half may last beside its storm and a third of that: what was written is read again in the end.
const AROUND: Duration = Duration::from_mins(3);
/// How long each half of a full run lasts.
const FULL_HALF: Duration = Duration::from_mins(30);
/// How long the storm over a seeded bug lasts, and how much more goes wrong in it than else: it must be found within a
/// minute, start and end included.
const BUG_STORM: Duration = Duration::from_secs(20);
const BUG_PACE: u32 = 3;
const BUG_FOUND: Duration = Duration::from_mins(1);
/// How long an author thinks: in half an hour enough is written by far, and the history stays what memory holds.
const QUICK_THINK: Duration = Duration::from_millis(25);
const FULL_THINK: Duration = Duration::from_millis(45);
/// How large the disks are, in MiB: what a run writes, and little more.
const QUICK_DISK: u32 = 128;
const FULL_DISK: u32 = 4096;

/// Break Préau, and see that nothing is lost
#[derive(Parser)]
struct Cli {
    /// 45 seconds on one node, 45 on two
    #[arg(long)]
    quick: bool,
    /// 30 minutes on two nodes and PostgreSQL alone, 30 with NATS; writes a page of the verdict
    #[arg(long)]
    full: bool,
    /// A run on a program with this bug, which must be found; `none` is one without, in which nothing must be
    #[arg(long)]
    bug: Option<String>,
    /// A run for each bug, and one without any
    #[arg(long)]
    bugs: bool,
    /// Judge a history that was kept, and do nothing else
    #[arg(long)]
    judge: Option<PathBuf>,
    /// Keep the history here
    #[arg(long)]
    history: Option<PathBuf>,
    /// The program under test
    #[arg(long, env = "PREAU_BIN", default_value = "target/debug/preau")]
    binary: PathBuf,
    /// The same program with its points, as the last of several nodes
    #[arg(long, env = "PREAU_FAULTY", default_value = "target/debug/faulty")]
    faulty: PathBuf,
    /// What fixes which faults are made, when, on which node, how long and in which way; without it, chance does. Which
    /// connections they meet and what everybody does meanwhile differs from run to run
    #[arg(long)]
    seed: Option<u64>,
    /// Only this half, by its number
    #[arg(long)]
    only: Option<usize>,
    /// How many seconds each half lasts
    #[arg(long)]
    seconds: Option<u64>,
}

/// The run without a bug, and the seeded bugs of `preau::faults` with the checks of which one must find each.
const NO_BUG: &str = "none";
const BUGS: [(&str, &[Check]); 10] = [
    ("ack_before_commit", &[Check::P1]),
    ("id_cursor", &[Check::P4, Check::P8]),
    ("no_unique_id", &[Check::P1, Check::P2]),
    ("skip_revocation", &[Check::P7]),
    ("drop_hint_without_poll", &[Check::P8]),
    ("out_of_order_dispatch", &[Check::P4]),
    ("counter_plus_plus", &[Check::P10]),
    ("read_goes_back", &[Check::P10]),
    ("believe_hints", &[Check::P4]),
    ("half_a_file", &[Check::P14]),
];

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let mut cli = Cli::parse();
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    if cli.quick || cli.full {
        // Of this run alone; the first one finds nothing to clear.
        drop(std::fs::remove_dir_all(logs()));
    }
    let mut passed = true;
    if cli.bugs {
        for bug in std::iter::once(NO_BUG).chain(BUGS.map(|(bug, _)| bug)) {
            cli.bug = Some(bug.to_owned());
            // A run that broke off is told of, and the others are made all the same.
            passed &= Box::pin(judge(&cli)).await.unwrap_or_else(|error| {
                note(&format!("{error:#}"));
                false
            });
        }
    } else {
        passed = Box::pin(judge(&cli)).await?;
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes a run, or reads one, and judges it: whether it passed.
async fn judge(cli: &Cli) -> Result<bool> {
    let seed = cli.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    note(&format!("seed {seed}"));
    let began = std::time::Instant::now();
    let (lines, broken) = match &cli.judge {
        Some(kept) => (history::load(kept)?, None),
        None => Box::pin(made(cli, seed)).await?,
    };
    if let Some(error) = broken {
        // There is no verdict on what has no end.
        return Err(error.context(format!("seed {seed}; the history is in {}", keep(cli, seed, &lines)?.display())));
    }
    let verdict = Verdict::of(&lines, checker::check(&lines), cli.needed(), seed);
    note(&verdict.words());
    say(&serde_json::to_string(&verdict)?);
    let passed = match &cli.bug {
        Some(bug) => found(bug, &verdict, began.elapsed())?,
        None => verdict.passed,
    };
    if (!passed && cli.judge.is_none()) || cli.history.is_some() {
        note(&format!("the history is in {}", keep(cli, seed, &lines)?.display()));
    }
    if cli.full {
        note(&format!("the verdict is in {}", write_page(cli, &verdict)?.display()));
    }
    Ok(passed)
}

/// Keeps a history, where it was asked for or beside what is built.
fn keep(cli: &Cli, seed: u64, lines: &[Line]) -> Result<PathBuf> {
    let path = cli.history.clone().unwrap_or_else(|| root().join(format!("target/chaos-{seed}.jsonl")));
    history::save(&path, lines)?;
    Ok(path)
}

impl Cli {
    /// What a run must have done; a shorter one, or one half of it, its share.
    fn needed(&self) -> Divisors {
        let (all, half) = match (self.full, &self.bug) {
            (_, Some(_)) => return BUG,
            (true, None) => (FULL, FULL_HALF),
            (false, None) => (QUICK, QUICK_HALF),
        };
        let lasts = self.seconds.map_or(half, Duration::from_secs).min(half);
        let share = |count: usize| count / usize::try_from(half.as_secs() / lasts.as_secs().max(1)).unwrap_or(1);
        // How often a point is come to is no matter of time alone.
        let points = if lasts < half { 0 } else { all.points };
        let halves = if self.only.is_some() { 2 } else { 1 };
        let [acked, changes, faults] = [all.acked, all.changes, all.faults].map(|count| share(count) / halves);
        Divisors { acked, changes, faults, points: points / halves, aspects: self.aspects(), ..all }
    }

    /// What a run must have looked at: all, as far as its halves can see it.
    fn aspects(&self) -> Vec<Aspect> {
        // Of a history that was kept nobody knows which halves it is of: it must be of both.
        let halves = halves(self, 0).unwrap_or_default();
        let some = |can: fn(&Half) -> bool| halves.is_empty() || halves.iter().any(can);
        let is_seen = |aspect: &Aspect| match aspect {
            Aspect::Slow => some(|half| half.timed),
            Aspect::Page | Aspect::Dom => some(|half| half.browser),
            _ => true,
        };
        Aspect::ALL.into_iter().filter(is_seen).collect()
    }
}

/// The page of a full run; a shorter one has a page of its own.
fn write_page(cli: &Cli, verdict: &Verdict) -> Result<PathBuf> {
    let today = preau::clock::Clock::system().now().date_naive();
    let seconds = cli.seconds.unwrap_or(FULL_HALF.as_secs());
    let (name, command) = if cli.seconds.is_some() {
        (format!("{today}-{seconds}s.md"), format!("make chaos SECONDS={seconds}"))
    } else {
        (format!("{today}.md"), "make chaos".to_owned())
    };
    let path = root().join("tests/chaos").join(name);
    std::fs::write(&path, verdict.page(&today.to_string(), &command, seconds)?)?;
    Ok(path)
}

/// A run, and why it broke off if it did. Whatever was started ends as it is dropped.
async fn made(cli: &Cli, seed: u64) -> Result<(Vec<Line>, Option<anyhow::Error>)> {
    let (recorder, mut lines) = Recorder::new();
    let mut terminated = signal(SignalKind::terminate())?;
    let broken = tokio::select! {
        ended = make(cli, halves(cli, seed)?, recorder) => ended.err(),
        interrupted = tokio::signal::ctrl_c() => Some(interrupted.map_or_else(Into::into, |()| anyhow!("interrupted"))),
        _ = terminated.recv() => Some(anyhow!("terminated")),
    };
    let mut all = Vec::with_capacity(lines.len());
    while let Ok(line) = lines.try_recv() {
        all.push(line);
    }
    all.sort_by_key(|line| line.at_us);
    Ok((all, broken))
}

/// Whether a bug was found, by a check that must, and in time; whether nothing was found where there is none. That a run
/// broke off finds nothing.
fn found(bug: &str, verdict: &Verdict, took: Duration) -> Result<bool> {
    let violations = &verdict.findings.violations;
    if bug == NO_BUG {
        // A check that must find a bug must have had something to look at where there is none.
        let blind = |check: &&Check| verdict.findings.looked_at.get(check).is_none_or(|count| *count == 0);
        let blind: Vec<_> = BUGS.iter().flat_map(|(_, checks)| *checks).filter(blind).collect();
        note(&format!("without a bug, {} violations, and {blind:?} looked at nothing", violations.len()));
        return Ok(violations.is_empty() && blind.is_empty());
    }
    let (_, checks) = BUGS.iter().find(|(name, _)| *name == bug).with_context(|| format!("no bug is called {bug}"))?;
    let by = violations.iter().find(|violation| checks.contains(&violation.check) && violation.wrong != Wrong::Endless);
    note(&match by {
        Some(violation) => format!("{bug} is found by {:?} in {:.1} s", violation.check, took.as_secs_f64()),
        None => format!("{bug} is NOT found by {checks:?}"),
    });
    Ok(by.is_some() && took <= BUG_FOUND)
}

/// The halves of a run.
fn halves(cli: &Cli, seed: u64) -> Result<Vec<Half>> {
    let half = |number: u32, nodes: usize, length: Duration| {
        let (binary, faulty) = (cli.binary.clone(), cli.faulty.clone());
        let plan = Plan { binary, faulty, nodes, disk_mib: QUICK_DISK, nats: false };
        let length = cli.seconds.map_or(length, Duration::from_secs);
        Half {
            plan,
            length,
            pace: 1,
            think: QUICK_THINK,
            migrates: false,
            bug: cli.bug.clone(),
            seed,
            first: number * 1_000_000,
            timed: false,
            browser: false,
        }
    };
    let mut halves = match (cli.quick, cli.full, &cli.bug) {
        (true, false, None) => {
            vec![Half { timed: true, ..half(1, 1, QUICK_HALF) }, Half { browser: true, ..half(2, 2, QUICK_HALF) }]
        }
        (false, true, None) => {
            let large = |nats, half: Half| Half {
                plan: Plan { disk_mib: FULL_DISK, nats, ..half.plan },
                think: FULL_THINK,
                migrates: true,
                ..half
            };
            let alone = large(false, half(1, 2, FULL_HALF));
            let nats = large(true, half(2, 2, FULL_HALF));
            vec![Half { timed: true, browser: true, ..alone }, Half { browser: true, ..nats }]
        }
        (false, false, Some(bug)) => {
            // Only nodes that tell each other believe what they are told, and NATS repeats nothing by itself; while one
            // node is down, the other goes on taking files.
            let nodes = if matches!(bug.as_str(), "believe_hints" | "half_a_file") { 2 } else { 1 };
            let half = half(1, nodes, BUG_STORM);
            vec![Half { plan: Plan { nats: bug == "believe_hints", ..half.plan }, pace: BUG_PACE, ..half }]
        }
        _ => bail!("say one of --quick, --full, --bug, --bugs and --judge"),
    };
    if let Some(only) = cli.only {
        halves = halves.into_iter().skip(only - 1).take(1).collect();
    }
    Ok(halves)
}

/// Makes the halves of a run, one after the other.
async fn make(cli: &Cli, halves: Vec<Half>, recorder: Recorder) -> Result<()> {
    for half in halves {
        note(&format!("{} node(s), {} s", half.plan.nodes, half.length.as_secs()));
        let began = std::time::Instant::now();
        let run = timeout(half.length + AROUND + half.length / 3, run::run(&half, &recorder)).await;
        match run.context("a half does not end").flatten() {
            // A bug may keep a run from its end; what was seen until then tells of it.
            Err(error) if cli.bug.as_deref().is_some_and(|bug| bug != NO_BUG) => note(&format!("{error:#}")),
            ended => ended?,
        }
        note(&format!("    ended after {:.0} s", began.elapsed().as_secs_f64()));
    }
    Ok(())
}

/// Where the logs of the nodes are kept.
pub(crate) fn logs() -> PathBuf {
    root().join("target/chaos-logs")
}

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Says what the run does.
fn note(line: &str) {
    // Nobody is left to tell that nobody listens.
    drop(writeln!(std::io::stderr(), "{line}"));
}

fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
