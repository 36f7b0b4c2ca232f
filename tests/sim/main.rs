//! The simulation: the state machines of the product in a world of chance, where everything that can go wrong does.
//!
//! The hub, the session, the batcher and the queue are the product's own; the client is the native one; the database,
//! the bus, the network and the clocks are models that fail on purpose. Each seed is a schedule of 200 steps in which
//! the invariants are checked at every event, then everything is healed and must come to rest: everybody who may has
//! everything, and everything written is stored once or given back. The same seed does the same.
//!
//! `cargo run --release -p tests --bin sim -- --seeds 100000`; `--seed N` runs one and tells what happens in it.

mod cast;
mod client;
mod connection;
mod dice;
mod figures;
mod ground;
mod history;
mod hubbed;
mod kept;
mod known;
mod node;
mod queue;
mod schedule;
mod shown;
mod shrink;
mod store;
#[cfg(test)]
mod tests;
mod twist;
mod world;

use std::{
    io::Write,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use anyhow::Result;
use clap::Parser;

use crate::{
    figures::Figures,
    schedule::{Outcome, STEPS, Schedule},
    twist::Twist,
};

/// Simulate Préau's live core
#[derive(Parser)]
struct Cli {
    /// How many seeds are run
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Run this one alone, and tell what happens
    #[arg(long)]
    seed: Option<u64>,
    /// Plant a bug, to see that it is found
    #[arg(long)]
    twist: Option<Twist>,
    /// Keep the schedule that finds the planted bug, for every later run to try
    #[arg(long, requires = "twist")]
    keep: bool,
    /// How many threads run; without it, one for each processor
    #[arg(long)]
    threads: Option<usize>,
}

/// What came of many seeds.
#[derive(Debug, Default)]
struct Run {
    seeds: u64,
    figures: Figures,
    failed: Option<Failed>,
}

/// A schedule that breaks an invariant.
#[derive(PartialEq, Debug)]
struct Failed {
    schedule: Schedule,
    violation: String,
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    // A panic of a machine is a violation of its seed, and told as such.
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    if cli.twist.is_none() {
        for kept in kept::all()? {
            if let Some(objection) = kept.objection() {
                kept.schedule.run(None, true).trace.iter().for_each(|line| say(line));
                say(&format!("what was kept after \"{}\": {objection}", kept.said));
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    let run = match cli.seed {
        Some(seed) => run(seed, 1, cli.twist, 1),
        None => run(cli.from, cli.seeds, cli.twist, cli.threads.unwrap_or_else(processors)),
    };
    if let Some(failed) = run.failed {
        return tell(&failed.schedule, cli.twist, cli.keep || cli.twist.is_none());
    }
    if let Some(seed) = cli.seed {
        Schedule::new(seed).run(cli.twist, true).trace.iter().for_each(|line| say(line));
        // One seed cannot reach everything.
        return Ok(ExitCode::SUCCESS);
    }
    let took = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "seeds are far under 2 to the 52nd")]
    let speed = run.seeds as f64 / took;
    say(&format!("{} seeds of {STEPS} steps without a violation in {took:.1} s, {speed:.0} a second", run.seeds));
    Ok(if has_reached_everything(&run) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs seeds until all are run, or one fails.
fn run(from: u64, seeds: u64, twist: Option<Twist>, threads: usize) -> Run {
    let (next, stop, sum) = (AtomicU64::new(from), AtomicBool::new(false), Mutex::new(Run::default()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Run::default();
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        break;
                    }
                    let schedule = Schedule::new(seed);
                    let Outcome { violation, figures, .. } = schedule.run(twist, false);
                    own.seeds += 1;
                    own.figures.add(&figures);
                    if let Some(violation) = violation {
                        stop.store(true, Ordering::Relaxed);
                        own.failed = Some(Failed { schedule, violation });
                    }
                }
                let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                sum.seeds += own.seeds;
                sum.figures.add(&own.figures);
                // Every lower seed was run to its end, whichever thread was first: the lowest is the same each time.
                let failed = [sum.failed.take(), own.failed].into_iter().flatten();
                sum.failed = failed.min_by_key(|failed| failed.schedule.seed);
            });
        }
    });
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Tells of a schedule that fails: what was wrong, and the shortest way there.
fn tell(failed: &Schedule, twist: Option<Twist>, keeps: bool) -> Result<ExitCode> {
    let shortest = shrink::shrink(failed, twist);
    let Outcome { trace, violation, .. } = shortest.run(twist, true);
    for line in trace {
        say(&line);
    }
    let violation = violation.unwrap_or_default();
    say(&format!("seed {} fails, in {} of its steps: {violation}", failed.seed, shortest.steps.len()));
    if keeps {
        kept::keep(&shortest, twist, &violation)?;
    }
    Ok(ExitCode::FAILURE)
}

/// Tells what was reached. Whether everything was, once in a thousand seeds and once at all.
fn has_reached_everything(run: &Run) -> bool {
    let mut reached = true;
    for (figure, count) in run.figures.all() {
        let enough = count >= (run.seeds / 1000).max(1);
        reached &= enough;
        say(&format!("{count:>12}  {figure:?}{}", if enough { "" } else { "  TOO FEW" }));
    }
    reached
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn say(line: &str) {
    // Nobody is left to tell that nobody listens.
    drop(writeln!(std::io::stdout(), "{line}"));
}
