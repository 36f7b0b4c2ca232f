//! The shortest schedule found that still fails, and the file of those that once did.

use std::{fs, io::Write, path::PathBuf};

use anyhow::{Context, Result};

use crate::{
    schedule::{Outcome, Schedule},
    twist::Twist,
};

/// Leaves out steps, many at once and then one by one, as long as the schedule still fails.
pub(crate) fn shrink(failing: &Schedule, twist: Option<Twist>) -> Schedule {
    let mut best = failing.clone();
    let mut size = best.steps.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < best.steps.len() {
            let mut fewer = best.clone();
            fewer.steps.drain(at..(at + size).min(best.steps.len()));
            if fewer.run(twist, false).violation.is_some() {
                best = fewer;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    best
}

/// The schedules that once failed: a seed and its steps on each line, after a line that says what was wrong.
pub(crate) fn kept() -> Result<Vec<Schedule>> {
    let text = fs::read_to_string(file()).context("the file of schedules cannot be read")?;
    text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).map(parse).collect()
}

fn parse(line: &str) -> Result<Schedule> {
    let (seed, steps) = line.split_once(':').context("a schedule is SEED: STEP STEP ...")?;
    let steps: Result<Vec<u32>, _> = steps.split_whitespace().map(str::parse).collect();
    let (seed, steps) = (seed.trim().parse()?, steps?);
    Ok(if steps.is_empty() { Schedule::new(seed) } else { Schedule { seed, steps } })
}

/// Keeps a schedule that fails, so that every later run tries it.
pub(crate) fn keep(schedule: &Schedule, outcome: &Outcome) -> Result<()> {
    let mut file = fs::File::options().append(true).open(file()).context("the file of schedules cannot be written")?;
    let said = outcome.violation.as_deref().unwrap_or_default().lines().next().unwrap_or_default();
    let short: String = said.chars().take(110).collect();
    let steps: Vec<_> = schedule.steps.iter().map(u32::to_string).collect();
    writeln!(file, "# {short}\n{}: {}", schedule.seed, steps.join(" "))?;
    Ok(())
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sim/schedules.txt")
}
