//! A request that is dropped half-way leaves everything or nothing, wherever it was.

mod scene;
mod turnstile;

use std::{
    future::{Future, poll_fn},
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use preau::{
    clock::Clock,
    db::{Db, Work},
    error::Error,
    messages::{self, Draft, Post},
    reactions, threads,
};
use serde_json::json;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::Notify;
use tower::ServiceExt;
use uuid::Uuid;

use scene::{Scene, Subject, Write, settle};
use turnstile::Turnstile;

/// Polls a future so many times, then drops it; its output, if it came to its end before.
async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let mut left = times;
    poll_fn(move |context| match left.checked_sub(1) {
        None => Poll::Ready(None),
        Some(fewer) => {
            left = fewer;
            future.as_mut().poll(context).map(Some)
        }
    })
    .await
}

/// A transaction's work that tells when it is polled for the last of so many times, and goes on.
fn telling(times: i64, tell: Arc<Notify>, mut work: Work<'_, ()>) -> Work<'_, ()> {
    let mut left = times;
    Box::pin(poll_fn(move |context| {
        left -= 1;
        if left == 0 {
            tell.notify_one();
        }
        work.as_mut().poll(context)
    }))
}

/// A future is done after fewer polls when an answer is there already: so many must have ended before all were seen.
const ENDS: usize = 3;

/// Of writes over a database that are dropped after every number of polls: how many were tried, and how often the next
/// one was answered and lost.
async fn dropped_everywhere<F>(scene: &Scene, db: &Db, write: Write, run: impl Fn(Db, Subject) -> F) -> (usize, usize)
where
    F: Future<Output = ()>,
{
    let (mut tries, mut lost, mut done) = (0, 0, 0);
    while done < ENDS {
        done += usize::from(polled(tries, run(db.clone(), scene.subject(write).await)).await.is_some());
        lost += usize::from(!keeps(db.pool(), scene.server.db.pool()).await);
        tries += 1;
    }
    (tries, lost)
}

/// Whether what the next borrower of a connection writes is there, once it was told so.
async fn keeps(pool: &PgPool, eye: &PgPool) -> bool {
    let mark = Uuid::now_v7().as_bytes().to_vec();
    let written = sqlx::query("insert into sign_in_attempts (key, at) values ($1, now())").bind(&mark).execute(pool);
    assert_eq!(written.await.unwrap().rows_affected(), 1);
    let there = "select exists (select from sign_in_attempts where key = $1)";
    sqlx::query_scalar(there).bind(&mark).fetch_one(eye).await.unwrap()
}

/// A pool as sqlx makes it, with one connection: whoever borrows next gets what was left.
fn bare(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(1).connect_lazy_with(options)
}

/// The writes that are one transaction.
const TRANSACTIONS: [Write; 5] = [Write::Open, Write::Edit, Write::React, Write::Remove, Write::Answer];

async fn written(db: Db, subject: Subject) {
    db.write(move |tx| subject.work(tx)).await.unwrap();
}

async fn attached(db: Db, subject: Subject) {
    db.write_attached(move |tx| subject.work(tx)).await.unwrap();
}

async fn posted(db: Db, subject: Subject) {
    let may = {
        let mut connection = db.pool().acquire().await.unwrap();
        threads::may_post(&mut connection, &subject.viewer, subject.standing).await.unwrap()
    };
    let draft = Draft::checked(Some(subject.message), "bonjour", Vec::new()).unwrap();
    for verdict in messages::commit(&db, vec![Post::new(may, draft)]).await {
        verdict.unwrap();
    }
}

#[tokio::test]
async fn a_write_dropped_at_any_poll_leaves_everything_or_nothing() {
    let scene = Scene::set().await;
    for write in TRANSACTIONS {
        let (tries, lost) = dropped_everywhere(&scene, &scene.server.db, write, written).await;
        assert!(tries > ENDS, "{write:?} waits for something");
        assert_eq!(lost, 0, "{write:?}");
    }
    let (tries, lost) = dropped_everywhere(&scene, &scene.server.db, Write::Post, posted).await;
    assert!(tries > ENDS && lost == 0);
    scene.is_whole().await;
}

/// What the test above protects from, seen by the same measure.
#[tokio::test]
async fn a_write_that_is_not_detached_loses_the_next_one() {
    let scene = Scene::set().await;
    let (_turnstile, options) = Turnstile::before(&scene.server.db.pool().connect_options());
    let db = Db::over(bare(options), Clock::system(), reactions::react);
    let mut lost = 0;
    for write in TRANSACTIONS {
        lost += dropped_everywhere(&scene, &db, write, attached).await.1;
    }
    assert!(lost > 0, "a cancelled `begin` does no harm any more: transact-rs/sqlx#4393 is repaired");
}

#[tokio::test]
async fn a_connection_whose_beginning_was_given_up_is_in_no_transaction_afterwards() {
    let scene = Scene::set().await;
    let eye = scene.server.db.pool();
    let open = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in tr%'";
    let (turnstile, options) = Turnstile::before(&eye.connect_options());
    let db = Db::open(options, Clock::system(), reactions::react);
    let read = turnstile.outlasts(db.snapshot(|_| Box::pin(async { Ok(()) }))).await;
    assert!(matches!(read, Err(Error::Unavailable)));
    assert!(keeps(db.pool(), eye).await, "who reads next is in none");
    let written = turnstile.outlasts(db.write(|_| Box::pin(async { Ok(()) }))).await;
    assert!(matches!(written, Err(Error::Unavailable)));
    // Sooner than PostgreSQL itself ends what is idle.
    let began = Instant::now();
    while sqlx::query_scalar::<_, i64>(open).fetch_one(eye).await.unwrap() > 0 {
        assert!(began.elapsed() < Duration::from_secs(6), "one is in its transaction still");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// More than any of these has.
const AWAITS: i64 = 24;

#[tokio::test]
async fn a_write_goes_on_when_its_request_is_dropped_at_any_await_of_its_work() {
    let scene = Scene::set().await;
    let (_turnstile, options) = Turnstile::before(&scene.server.db.pool().connect_options());
    let db = Db::open(options, Clock::system(), reactions::react);
    for write in TRANSACTIONS {
        let (before, mut dropped) = (scene.count(write.kind()).await, 0);
        for polls in 1..=AWAITS {
            let (subject, reached) = (scene.subject(write).await, Arc::new(Notify::new()));
            let tell = Arc::clone(&reached);
            tokio::select! {
                biased;
                () = reached.notified() => dropped += 1,
                done = db.write(move |tx| telling(polls, tell, subject.work(tx))) => done.unwrap(),
            }
            settle(&scene.server.db).await.unwrap();
            assert_eq!(scene.count(write.kind()).await - before, polls, "{write:?} goes on");
        }
        assert!(dropped > 3, "{write:?} has several awaits");
    }
    scene.is_whole().await;
}

#[tokio::test]
async fn a_request_dropped_at_any_poll_of_its_gate_leaves_everything_or_nothing() {
    let scene = Scene::set().await;
    for write in [Write::Post, Write::Open, Write::Edit, Write::React, Write::Remove, Write::Answer, Write::Upload] {
        let (before, mut tries, mut ended) = (scene.count(write.kind()).await, 0, 0);
        while ended < ENDS {
            let request = scene.subject(write).await.request(&scene.ines.token);
            if let Some(answer) = polled(tries, scene.server.router.clone().oneshot(request)).await {
                let status = answer.unwrap().status();
                assert!(status.is_success(), "{write:?}: {status}");
                ended += 1;
            }
            assert_eq!(scene.server.torn().await, Vec::<String>::new(), "{write:?} after {tries} polls");
            tries += 1;
        }
        scene.is_whole().await;
        assert!(tries > ENDS, "{write:?} waits for something");
        let done = usize::try_from(scene.count(write.kind()).await - before).unwrap();
        // What was never polled did nothing. To see that all is whole, a message is posted.
        let seen = usize::from(write == Write::Post);
        assert!((ENDS..tries).contains(&(done - seen)), "{write:?}: {done} of {tries}");
    }
    let named: Vec<Vec<u8>> =
        sqlx::query_scalar("select sha256 from files").fetch_all(scene.server.db.pool()).await.unwrap();
    for sha256 in named {
        scene.server.files.open_at(&sha256, 0).await.unwrap();
    }
    assert!(scene.server.incoming().is_empty(), "an upload that was dropped leaves no bytes");
}

#[tokio::test]
async fn a_connection_dropped_at_any_moment_leaves_everything_or_nothing() {
    let scene = Scene::set().await;
    for moment in 0..24 {
        for write in [Write::Post, Write::Open, Write::Edit, Write::React] {
            let subject = scene.subject(write).await;
            let mut socket = scene.ines.socket("preau.v1.json").await;
            let (message, op) = (subject.message, Uuid::now_v7());
            let said = json!({ "id": message, "thread": subject.standing, "body": "bonjour" });
            socket
                .say(match write {
                    Write::Post => json!({ "type": "send", "id": 1, "message": said }),
                    Write::Open => json!({ "type": "open", "id": 1, "message": { "id": message, "body": "bonjour" },
                        "thread": { "id": Uuid::now_v7(), "channel": subject.channel, "title": "Titre" } }),
                    Write::Edit => json!({ "type": "edit", "id": 1, "op": op, "message": message, "body": "mieux" }),
                    _ => {
                        json!({ "type": "react", "id": 1, "op": op, "message": message, "name": "thanks", "on": true })
                    }
                })
                .await;
            // The server gets some turns of this one thread, and another number each time.
            for _ in 0..moment {
                tokio::task::yield_now().await;
            }
            drop(socket);
            assert_eq!(scene.server.torn().await, Vec::<String>::new(), "{write:?} at {moment}");
        }
    }
    scene.is_whole().await;
}

/// The regression test of transact-rs/sqlx#4393 on the version that is built in.
#[tokio::test]
async fn a_begin_that_is_dropped_loses_the_next_write_of_a_bare_pool_and_none_of_ours() {
    let scene = Scene::set().await;
    let (server, eye) = (&scene.server, scene.server.db.pool());
    let (turnstile, options) = Turnstile::before(&eye.connect_options());

    let pool = bare(options.clone());
    assert!(keeps(&pool, eye).await, "it keeps what is written before");
    turnstile.drops(pool.begin()).await;
    assert!(!keeps(&pool, eye).await, "sqlx rolls a dropped `begin` back: #4393 is repaired in this version");
    pool.close().await;

    let db = Db::open(options, Clock::system(), reactions::react);
    assert!(keeps(db.pool(), eye).await);
    let subject = scene.subject(Write::Open).await;
    let before = scene.count("thread.created").await;
    turnstile.drops(db.write(move |tx| subject.work(tx))).await;
    assert!(keeps(db.pool(), eye).await, "our pool keeps what is written after a dropped write");
    settle(&server.db).await.unwrap_or_else(|left| panic!("{left:?}"));
    assert!(keeps(db.pool(), eye).await, "and once its connection is back");
    assert_eq!(scene.count("thread.created").await, before + 1, "and the dropped write is done");
}
