//! B11: what is written of how far people have read: 1,000 members scroll through a thread, each by 50 messages a second,
//! while 50 messages a second come.
//!
//! Beside it, one update a move, as pgbench puts it on the same table.

use std::{
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    cast,
    crowd::{Crowd, preau::Preau},
    peers, processor,
    report::{Bound, Line, Report, note, rounded},
    room::{Room, seats},
    server::{Folder, Person, Server},
};

/// How many members scroll, and by how many messages a second each; so many messages come a second.
const MEMBERS: usize = 1_000;
const PER_SECOND: f64 = 50.0;
/// How long they do.
const LASTING: Duration = Duration::from_secs(20);
/// What is due is said in steps of this length.
const STEP: Duration = Duration::from_millis(5);
/// How long after the last move all of them are kept: one second, and PostgreSQL's own statistics one more.
const SETTLED: Duration = Duration::from_secs(3);
/// How long one update a move goes on.
const PLAIN: Duration = Duration::from_secs(5);
/// More messages than anybody scrolls through.
const LENGTH: usize = 1_000_000;

/// What is written: rows of positions, and bytes of the log of PostgreSQL.
#[derive(Clone, Copy)]
struct Written {
    rows: f64,
    log: f64,
}

/// Lets everybody scroll, and counts.
pub(crate) async fn measure(server: &Server, animator: &Person, report: &mut Report) -> Result<()> {
    note("B11: 1,000 members scroll");
    let room = Room::of(server, animator, "Lecture", seats(0, 1, MEMBERS)).await?;
    let thread = room.groups[0].thread;
    server.sql(&format!("update threads set last_position = {LENGTH} where id = '{thread}';"))?;
    let mut crowd = room.crowd()?;
    let programs = server.programs()?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut posting = JoinSet::new();
    posting.spawn(post(animator.clone(), format!("/api/v1/threads/{thread}/messages"), Arc::clone(&stop)));
    let (before, used) = (written(server)?, processor::time(&programs)?);
    let began = Instant::now();
    let (moves, furthest) = tokio::task::block_in_place(|| scroll(&mut crowd))?;
    let seconds = began.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    let posted = posting.join_next().await.context("somebody posts")???;
    crowd.idle(SETTLED)?;
    let (after, cores) = (written(server)?, (processor::time(&programs)? - used) / seconds);
    // Who posts has read what they say: that row is of the message.
    let (rows, log) = (after.rows - before.rows - posted as f64, after.log - before.log);
    // Nobody is further back than where they scrolled to.
    let kept = server.sql(&format!(
        "select min(position) from read_positions where thread_id = '{thread}' and person_id in ({});",
        (0..MEMBERS).map(|number| format!("'{}'", cast::person(number))).collect::<Vec<_>>().join(", ")
    ))?;
    let plain = plain(server, &thread.to_string())?;
    let mut line = Line::new("B11", "how far 1,000 members have read who scroll by 50 messages a second each");
    line.valid(crowd.faults().are_none() && rows > 0.0);
    line.valid(kept == furthest.to_string());
    line.with("furthest", json!({ "said": furthest, "kept": kept, "went_astray": !crowd.faults().are_none() }));
    line.valid(moves as f64 >= 0.9 * PER_SECOND * MEMBERS as f64 * seconds);
    line.bound("moves, in the rows that were written of them", moves as f64 / rows, Bound::AtLeast(50.0));
    line.with(
        "moves",
        json!({ "per_s": (moves as f64 / seconds).round(), "rows_per_s": (rows / seconds).round(),
            "log_bytes_per_move": rounded(log / moves as f64), "processors": rounded(cores),
            "messages_per_s": rounded(posted as f64 / seconds) }),
    );
    line.with(
        "one_update_a_move",
        json!({ "per_s": (plain.rows / PLAIN.as_secs_f64()).round(), "log_bytes_per_move": rounded(plain.log / plain.rows) }),
    );
    report.line(line);
    Ok(())
}

/// Everybody says that they have read the next message, 50 times a second; how often that was said, and how far it went.
fn scroll(crowd: &mut Crowd<Preau>) -> Result<(u64, u64)> {
    let (began, mut moves, mut position) = (Instant::now(), 0, 0);
    while began.elapsed() < LASTING {
        while (position as f64) < began.elapsed().as_secs_f64() * PER_SECOND {
            position += 1;
            for who in 0..MEMBERS {
                crowd.say_beside(who, |preau, out| preau.read(who, position, out));
            }
            moves += MEMBERS as u64;
        }
        crowd.idle(STEP)?;
    }
    Ok((moves, position))
}

/// Posts until told to stop; answers how many messages.
async fn post(animator: Person, path: String, stop: Arc<AtomicBool>) -> Result<u64> {
    let mut posted = 0;
    let mut beat = tokio::time::interval(Duration::from_secs_f64(1.0 / PER_SECOND));
    while !stop.load(Ordering::Relaxed) {
        beat.tick().await;
        animator.post(&path, &json!({ "body": "Encore un point." })).await?;
        posted += 1;
    }
    Ok(posted)
}

fn written(server: &Server) -> Result<Written> {
    let told = server.sql(
        "select n_tup_ins + n_tup_upd || ' ' || pg_current_wal_lsn() - '0/0'
         from pg_stat_user_tables where relname = 'read_positions';",
    )?;
    let (rows, log) = told.split_once(' ').context("two figures")?;
    Ok(Written { rows: rows.parse()?, log: log.parse()? })
}

/// One update a move, by one connection.
fn plain(server: &Server, thread: &str) -> Result<Written> {
    let folder = Folder::fresh()?;
    let script = folder.path().join("move.sql");
    std::fs::write(
        &script,
        format!(
            "\\set who random(0, {MEMBERS} - 1)
             \\set position random(1, {LENGTH})
             update read_positions set position = greatest(position, cast(:position as integer))
             where thread_id = '{thread}'
               and person_id = ('00000000-0000-7000-9000-' || lpad(to_hex(cast(:who as bigint)), 12, '0'))::uuid;\n"
        ),
    )?;
    let before = written(server)?;
    let output = Command::new(peers::programs()?.join("pgbench"))
        .args(["--no-vacuum", "--protocol", "prepared", "--username", "preau", "--host", &server.socket()?])
        .args(["--client", "1", "--time", &PLAIN.as_secs().to_string(), "--file"])
        .arg(&script)
        .arg("preau")
        .stdin(Stdio::null())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::thread::sleep(Duration::from_secs(2));
    let after = written(server)?;
    Ok(Written { rows: after.rows - before.rows, log: after.log - before.log })
}
