//! The schedules that every later run tries: those that once failed, and one for each bug that is planted.

use std::{fs, io::Write, path::PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{schedule::Schedule, twist::Twist};

/// A schedule of the file: a line of JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// What was wrong.
    pub(crate) said: String,
    /// The bug that it finds; without one, it must find nothing any more.
    pub(crate) twist: Option<Twist>,
    #[serde(flatten)]
    pub(crate) schedule: Schedule,
}

impl Kept {
    /// What is not as it should be: the product fails by it, or the bug is not found by it any more.
    pub(crate) fn objection(&self) -> Option<String> {
        if let Some(violation) = self.schedule.run(None, false).violation {
            return Some(violation);
        }
        let twist = self.twist?;
        let violation = self.schedule.run(Some(twist), false).violation;
        let found = violation.as_ref().is_some_and(|violation| twist.explains(violation));
        (!found).then(|| format!("what was kept to find {twist:?} finds {violation:?}: keep another by --twist --keep"))
    }
}

/// All of them.
pub(crate) fn all() -> Result<Vec<Kept>> {
    let text = fs::read_to_string(file()).context("the file of schedules cannot be read")?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| format!("no schedule: {line}"))).collect()
}

/// Keeps a schedule, so that every later run tries it.
pub(crate) fn keep(schedule: &Schedule, twist: Option<Twist>, violation: &str) -> Result<()> {
    let said = violation.lines().next().unwrap_or_default().chars().take(110).collect();
    let line = serde_json::to_string(&Kept { said, twist, schedule: schedule.clone() })?;
    let mut file = fs::File::options().append(true).open(file()).context("the file of schedules cannot be written")?;
    Ok(writeln!(file, "{line}")?)
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sim/schedules.jsonl")
}
