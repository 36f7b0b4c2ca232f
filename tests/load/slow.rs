//! B13: slow consumers. Ten of 1,000 readers stop reading for 30 seconds under the load of B1: the others must not feel
//! it, each of the ten costs at most 1 MiB, is cut, and goes on from where it was.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::json;

use crate::{
    cast,
    crowd::{Crowd, Pace, Seat, preau::Preau},
    processor,
    report::{Bound, Line, Report, median, note, rounded},
    room::{Room, follower, seats},
    server::{Person, Server},
    sides::percentile,
};

/// Who reads on, and who does not.
const HEALTHY: usize = 990;
const SLOW: usize = 10;
const PACE: Pace = Pace::Delivered(32);
/// What the system holds for each who does not read, in bytes: with more, the server would not notice for a while.
const HELD: usize = 64 << 10;
/// How long the slow stop reading.
const STOPPED: Duration = Duration::from_secs(30);
/// How long the load is measured without them.
const WITHOUT: Duration = Duration::from_secs(10);
const ROUNDS: usize = 3;

/// Measures the healthy with and without the slow.
pub(crate) async fn measure(server: &Server, animator: &Person, report: &mut Report) -> Result<()> {
    note("B13: 10 of 1,000 readers stop reading");
    let seats = seats(1, 1, HEALTHY);
    let first = seats.len();
    cast::people(server, first + SLOW)?;
    let group = cast::group(server, animator, "Lents", 0, first + SLOW).await?;
    let mut crowd = Room { server, seats, groups: vec![group] }.crowd()?;
    let (mut without, mut with, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cut, mut back, mut reset) = (0, 0, 0);
    for _ in 0..ROUNDS {
        let (round, lightest) = watched(server, || crowd.talk(PACE, WITHOUT))?;
        without.push(percentile(&round.last, 99));
        let slow = (first..first + SLOW).map(|number| follower(number, &[group])).collect();
        let protocol = Preau::new(server.url(), slow);
        let slow = [Seat { speaks: false, listens: true, channel: 0 }; SLOW];
        let mut slow = Crowd::connect(server.address(), protocol, &slow)?;
        slow.narrow(HELD)?;
        // Nobody turns to the slow meanwhile.
        let (round, heaviest) = watched(server, || crowd.talk(PACE, STOPPED))?;
        with.push(percentile(&round.last, 99));
        memory.push((heaviest - lightest) / f64::from(1 << 20) / SLOW as f64);
        slow.idle(Duration::from_secs(1))?;
        cut += slow.faults().cut;
        let (slow, _) = slow.again(server.address())?;
        back += slow.ready();
        reset += slow.memories().filter(|memory| memory.resets > 0).count();
        crowd.idle(Duration::ZERO)?;
        drop(slow);
    }
    let mut line = Line::new("B13", "slow consumers: 10 of 1,000 readers stop reading for 30 s under the load of B1");
    let faults = crowd.faults();
    line.valid(faults.are_none());
    line.bound(
        "p99 of the healthy, with in without",
        median(with.clone()) / median(without.clone()),
        Bound::AtMost(1.2),
    );
    line.bound("growth of the server's memory for each of them, MiB", median(memory.clone()), Bound::AtMost(1.0));
    line.bound("cut, of those who stopped", cut as f64 / (ROUNDS * SLOW) as f64, Bound::AtLeast(1.0));
    line.bound("came back, of those who stopped", back as f64 / (ROUNDS * SLOW) as f64, Bound::AtLeast(1.0));
    line.with("last_reader_p99_ms", json!({ "without": rounded(median(without)), "with": rounded(median(with)) }));
    line.with("told_to_fetch_again", reset);
    line.with(
        "validity",
        json!({ "lost": faults.lost, "duplicated": faults.duplicated, "reordered": faults.reordered }),
    );
    report.line(line);
    Ok(())
}

/// Does something, and tells how much memory the server had meanwhile at most, in bytes.
fn watched<T>(server: &Server, act: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let pid = *server.programs()?.first().context("a server is a program")?;
    let done = Arc::new(AtomicBool::new(false));
    let watcher = std::thread::spawn({
        let done = Arc::clone(&done);
        move || {
            let mut most = 0.0_f64;
            while !done.load(Ordering::Relaxed) {
                most = most.max(processor::memory_of(pid).unwrap_or(0.0));
                std::thread::sleep(Duration::from_millis(100));
            }
            most
        }
    });
    let came = act();
    done.store(true, Ordering::Relaxed);
    let most = watcher.join().ok().context("the watcher ended well")?;
    Ok((came?, most))
}
