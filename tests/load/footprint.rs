//! B15: how soon the server is there on a folder of a million messages, and what it weighs when nobody uses it; beside
//! ejabberd and node's `ws`, started in turns.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use serde_json::json;

use crate::{
    cast::{self, Group},
    crowd::text::WORDS,
    peers::{self, Ejabberd, Postgres},
    processor,
    report::{Bound, Line, Report, median, note, rounded},
    server::{Folder, Server},
};

/// How many messages there are.
const MESSAGES: usize = 1_000_000;
/// How long the servers are left alone before they are weighed.
const IDLE: Duration = Duration::from_mins(1);
/// How often each is started.
const STARTS: usize = 5;
const MIB: f64 = 1_048_576.0;

/// Times starts with PostgreSQL running, and with PostgreSQL to be started; then weighs everybody.
pub(crate) async fn measure(binary: &Path, postgres: &Postgres, report: &mut Report) -> Result<()> {
    note("B15: starts on a folder of 1,000,000 messages");
    let folder = Folder::fresh()?;
    let server = Server::start(binary, &folder).await?;
    let first = server.took().as_secs_f64();
    fill(&server).await?;
    server.stop().await?;
    let (mut whole, mut alone, mut ejabberd, mut ws) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let server = Server::start(binary, &folder).await?;
        whole.push(server.took().as_secs_f64());
        // Its PostgreSQL is left running, for the next start to adopt.
        server.kill().await?;
        let server = Server::start(binary, &folder).await?;
        alone.push(server.took().as_secs_f64() * 1000.0);
        server.stop().await?;
        let began = Instant::now();
        drop(Ejabberd::start(postgres)?);
        ejabberd.push(began.elapsed().as_secs_f64() * 1000.0);
        let began = Instant::now();
        drop(peers::ws()?);
        ws.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    let slowest = whole.iter().copied().fold(0.0, f64::max);
    let (alone, ejabberd, ws) = (median(alone), median(ejabberd), median(ws));
    let weights = weigh(binary, &folder, postgres).await?;
    let mut line = Line::new("B15", "cold start and idle footprint, 1,000,000 messages");
    line.bound("start of the server alone, ms", alone, Bound::AtMost(150.0));
    line.bound("start of the server alone, in ejabberd's", alone / ejabberd, Bound::AtMost(0.15));
    line.bound_with_goal(
        "server alone, idle for 60 s, MiB",
        weights[0],
        Bound::AtMost(40e6 / MIB),
        Bound::AtMost(20.0),
    );
    line.bound("first start with its PostgreSQL, s", first, Bound::AtMost(5.0));
    line.bound("slowest start with its PostgreSQL, s", slowest, Bound::AtMost(3.0));
    line.with("start_ms", json!({ "preau": rounded(alone), "ejabberd": rounded(ejabberd), "ws": rounded(ws) }));
    let [preau, ejabberd, ws] = weights.map(rounded);
    line.with("idle_mib", json!({ "preau": preau, "ejabberd": ejabberd, "ws": ws }));
    report.line(line);
    Ok(())
}

/// What each server weighs after a minute on its own, in MiB.
async fn weigh(binary: &Path, folder: &Folder, postgres: &Postgres) -> Result<[f64; 3]> {
    let (server, ejabberd, ws) = (Server::start(binary, folder).await?, Ejabberd::start(postgres)?, peers::ws()?);
    note("  leaving the servers alone for a minute");
    tokio::time::sleep(IDLE).await;
    let weights = [server.memory()?, processor::memory(&[ejabberd.pid()])?, processor::memory(&[ws.pid()])?];
    server.stop().await?;
    Ok(weights.map(|bytes| bytes / MIB))
}

/// Puts a million messages of one group into the database, and the search index after them.
async fn fill(server: &Server) -> Result<()> {
    let animator = server.animator().await?;
    cast::people(server, 1)?;
    let Group { id, thread } = cast::group(server, &animator, "Un million", 0, 1).await?;
    let author = cast::person(0);
    server.sql(&format!(
        "drop index messages_search;
         insert into messages
           (id, thread_id, group_id, position, created_seq, author_id, body, html, fingerprint, created_at)
         select gen_random_uuid(), '{thread}', '{id}', 1 + number, last_seq + number, '{author}', body,
           '<p>' || body || '</p>', decode(repeat('00', 32), 'hex'), now()
         from streams
         cross join generate_series(1, {MESSAGES}) number
         cross join lateral (select substr('{WORDS}', 1 + number * 37 % 600, 300) as body) said
         where streams.id = '{id}';
         insert into events (stream_id, seq, kind, subject_id, thread_id, actor_id, at)
         select group_id, created_seq, 'message.created', id, thread_id, author_id, created_at from messages
         where group_id = '{id}' and position > 1;
         update threads set last_position = {MESSAGES} + 1 where id = '{thread}';
         update streams set last_seq = last_seq + {MESSAGES} where id = '{id}';
         create index messages_search on messages using gin (search);
         analyze;"
    ))?;
    Ok(())
}
