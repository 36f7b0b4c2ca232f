//! B14: crash durability. The server, then its PostgreSQL, is killed with SIGKILL at a random moment of the hot channel of
//! B2; what was acked or delivered must be there, and the next ack must come soon.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use uuid::Uuid;

use crate::{
    cast::{self, Group},
    crowd::{Crowd, Mark, Pace, preau::Preau},
    report::{Bound, Line, Report, note, rounded},
    room::{Room, seats},
    server::{Folder, Server},
};

/// How many post and read.
const WRITERS: usize = 64;
const READERS: usize = 10;
const PACE: Pace = Pace::Acked(4);
/// How often the one or the other is killed, and in a full run.
const KILLS: usize = 10;
const KILLS_IN_FULL: usize = 50;
/// The soonest and the latest moment of a kill.
const SOONEST: Duration = Duration::from_millis(200);
const LATEST: Duration = Duration::from_millis(1500);
/// The longest that a first ack may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Who is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Victim {
    Server,
    Postmaster,
}

/// What came of all kills.
#[derive(Default)]
struct Toll {
    acked: usize,
    delivered: usize,
    acked_missing: usize,
    delivered_missing: usize,
    repeated: usize,
    server: Vec<f64>,
    postmaster: Vec<f64>,
}

/// Kills again and again.
pub(crate) async fn measure(binary: &Path, full: bool, report: &mut Report) -> Result<()> {
    let kills = if full { KILLS_IN_FULL } else { KILLS };
    note(&format!("B14: {kills} kills under load"));
    let folder = Folder::fresh()?;
    let mut server = Server::start(binary, &folder).await?;
    let animator = server.animator().await?;
    cast::people(&server, WRITERS + READERS)?;
    let probed = cast::group(&server, &animator, "Premier accusé", 0, 1).await?;
    let mut toll = Toll::default();
    for number in 0..kills {
        let victim = if number % 2 == 0 { Victim::Server } else { Victim::Postmaster };
        let at = animator.at(&server);
        let group = cast::group(&server, &at, &format!("Coupure {number}"), 0, WRITERS + READERS).await?;
        server = kill(server, binary, &folder, victim, group, probed, &mut toll).await?;
    }
    server.stop().await?;
    let longest = |took: &[f64]| took.iter().copied().fold(0.0, f64::max);
    let mut line = Line::new("B14", "crash durability: SIGKILL of the server and of the postmaster under 64 writers");
    line.bound("acked but missing", toll.acked_missing as f64, Bound::AtMost(0.0));
    line.bound("delivered but missing", toll.delivered_missing as f64, Bound::AtMost(0.0));
    line.bound(
        "longest time to the first ack after a start of the server, s",
        longest(&toll.server),
        Bound::AtMost(2.0),
    );
    line.bound(
        "longest time to the first ack after a kill of the postmaster, s",
        longest(&toll.postmaster),
        Bound::AtMost(10.0),
    );
    line.valid(toll.acked > 0 && toll.delivered > 0 && toll.repeated == 0);
    line.with("kills", kills);
    line.with("acked", toll.acked);
    line.with("delivered", toll.delivered);
    line.with("stored_twice", toll.repeated);
    line.with("first_acks_s", json!({ "server": all(&toll.server), "postmaster": all(&toll.postmaster) }));
    report.line(line);
    Ok(())
}

fn all(took: &[f64]) -> Vec<f64> {
    took.iter().copied().map(rounded).collect()
}

/// One kill: load, the end of somebody, the first ack after it, and the reckoning.
async fn kill(
    server: Server,
    binary: &Path,
    folder: &Folder,
    victim: Victim,
    group: Group,
    probed: Group,
    toll: &mut Toll,
) -> Result<Server> {
    let mut crowd = Room { server: &server, seats: seats(WRITERS, 1, READERS), groups: vec![group] }.crowd()?;
    let programs = server.programs()?;
    let pid = i32::try_from(programs[usize::from(victim == Victim::Postmaster)])?;
    let pid = Pid::from_raw(pid).context("a process has a number")?;
    let killed = Arc::new(AtomicBool::new(false));
    let ending = std::thread::spawn({
        let (killed, span) = (Arc::clone(&killed), LATEST.saturating_sub(SOONEST).as_millis());
        let moment = u64::try_from(Uuid::now_v7().as_u128() % span).unwrap_or(0);
        move || {
            std::thread::sleep(SOONEST + Duration::from_millis(moment));
            let done = kill_process(pid, Signal::KILL);
            killed.store(true, Ordering::Relaxed);
            done
        }
    });
    crowd.talk_until(PACE, &killed)?;
    ending.join().ok().context("who kills ended well")??;
    let port = server.address().port();
    let mut began = Instant::now();
    let server = if victim == Victim::Server {
        server.kill().await?;
        began = Instant::now();
        Server::start_on(binary, folder, port).await?
    } else {
        server
    };
    let took = first_ack(&server, probed, began)?;
    match victim {
        Victim::Server => toll.server.push(took),
        Victim::Postmaster => toll.postmaster.push(took),
    }
    // What was on its way still counts.
    crowd.idle(Duration::from_millis(500))?;
    reckon(&server, group, &crowd, toll)?;
    note(&format!("  {victim:?} killed: first ack after {took:.2} s, {} acked so far", toll.acked));
    Ok(server)
}

/// How long it takes until somebody who tries without end has a message acked.
fn first_ack(server: &Server, group: Group, began: Instant) -> Result<f64> {
    let room = Room { server, seats: seats(1, 1, 0), groups: vec![group] };
    loop {
        if let Ok(mut crowd) = room.crowd()
            && crowd.talk(Pace::Once(1), Duration::from_millis(1)).is_ok_and(|round| round.acks == 1)
        {
            return Ok(began.elapsed().as_secs_f64());
        }
        ensure!(began.elapsed() < PATIENCE, "nothing is acked any more");
    }
}

fn reckon(server: &Server, group: Group, crowd: &Crowd<Preau>, toll: &mut Toll) -> Result<()> {
    let rows = server.sql(&format!(
        "select substring(body from 4 for 14) from messages where group_id = '{}' and body like 'zq:%';",
        group.id
    ))?;
    let (mut kept, mut count) = (HashSet::new(), 0);
    for row in rows.lines() {
        let (author, number) = row.split_once(':').context("a mark has two numbers")?;
        kept.insert(Mark { author: author.parse()?, number: number.parse()? });
        count += 1;
    }
    toll.repeated += count - kept.len();
    for (mark, acked, delivered) in crowd.flights() {
        toll.acked += usize::from(acked);
        toll.delivered += usize::from(delivered);
        toll.acked_missing += usize::from(acked && !kept.contains(&mark));
        toll.delivered_missing += usize::from(delivered && !kept.contains(&mark));
    }
    Ok(())
}
