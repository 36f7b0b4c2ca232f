//! What programs use of the machine, as proc(5) tells it, and which processors they may use.

use std::{collections::HashMap, fs};

use anyhow::{Context, Result};

/// The processor time of programs and of all that they started, ended ones too, in seconds.
pub(crate) fn time(programs: &[u32]) -> Result<f64> {
    Ok(family(programs)?.values().sum())
}

/// The proportional set size of programs and of all that they started, in bytes.
pub(crate) fn memory(programs: &[u32]) -> Result<f64> {
    // One that has just ended has none.
    Ok(family(programs)?.keys().filter_map(|&pid| memory_of(pid).ok()).sum())
}

/// The proportional set size of one program alone, in bytes: its own pages, and its part of those that it shares
/// (`/proc/PID/smaps_rollup`).
pub(crate) fn memory_of(program: u32) -> Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{program}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss in smaps_rollup")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024.0)
}

/// The programs and all that they started, with the processor time of each: fields 14 to 17 of `/proc/PID/stat`, in
/// hundredths of a second on Linux. Those of ended children are with who waited for them.
fn family(programs: &[u32]) -> Result<HashMap<u32, f64>> {
    let mut parents = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        // The name of the program is in brackets, and may hold anything.
        let Some((_, fields)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<_> = fields.split_whitespace().collect();
        let parent: u32 = fields.get(1).context("a process has a parent")?.parse()?;
        let ticks = fields.iter().skip(11).take(4).map(|field| field.parse::<f64>());
        parents.insert(pid, (parent, ticks.sum::<Result<f64, _>>()? / 100.0));
    }
    let belongs = |mut pid: u32| loop {
        if programs.contains(&pid) {
            return true;
        }
        match parents.get(&pid) {
            Some(&(parent, _)) => pid = parent,
            None => return false,
        }
    };
    Ok(parents.iter().filter(|&(&pid, _)| belongs(pid)).map(|(&pid, &(_, time))| (pid, time)).collect())
}

/// The processors of the servers, as `taskset` takes them: the first half. The loader has the others.
pub(crate) fn of_servers() -> String {
    format!("0-{}", count() / 2 - 1)
}

/// All processors, as `taskset` takes them.
pub(crate) fn all() -> String {
    format!("0-{}", count() - 1)
}

/// The loader's processors, as `taskset` takes them.
pub(crate) fn own() -> String {
    format!("{}-{}", count() / 2, count() - 1)
}

/// Keeps this thread, and what it starts, to the loader's processors, so that the servers have theirs to themselves.
pub(crate) fn keep_to_own() -> Result<()> {
    let mut own = rustix::thread::CpuSet::new();
    for processor in count() / 2..count() {
        own.set(processor);
    }
    Ok(rustix::thread::sched_setaffinity(None, &own)?)
}

/// Takes as many files as may be had: a connection is one, on either side.
pub(crate) fn open_many_files() -> Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

/// How many processors there are: an even number, two at least.
fn count() -> usize {
    let count = fs::read_to_string("/proc/cpuinfo")
        .map_or(2, |cpuinfo| cpuinfo.lines().filter(|line| line.starts_with("processor")).count());
    (count / 2 * 2).max(2)
}
