//! A database that goes away and comes back: sockets stay open, nobody is told of a false success, nothing is lost.

use std::{
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use preau::{
    clock::Clock,
    db::{
        self, Db,
        private::{Durability, PrivatePostgres},
    },
    error::Error,
    live::bus::Transport,
    reactions,
};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::support::{
    Actor, Folder, Group, PATIENCE, Proxy, Server, awaited, database, following, locked, until, waiting,
};

/// Posts until it is taken, always by the same id.
async fn insist(actor: &Actor, group: &Group, body: &str) {
    let (id, path) = (Uuid::now_v7(), format!("/api/v1/threads/{}/messages", group.standing));
    awaited("it is taken", async || {
        let posted = actor.post(&path, json!({ "id": id, "body": body })).await;
        match posted.status.as_u16() {
            200 | 201 => Some(()),
            503 => None,
            _ => panic!("{}: {}", posted.status, posted.text),
        }
    })
    .await;
}

#[tokio::test]
async fn sockets_outlive_a_restart_of_the_database_and_miss_nothing() {
    let folder = Folder::fresh();
    let postgres = PrivatePostgres::start(folder.path(), None, Durability::Fleeting).await.unwrap();
    let options = postgres.options();
    let schema = Db::open(options.clone(), Clock::system(), reactions::react);
    db::migrate(&schema).await.unwrap();
    let here = Server::start_at(options, Transport::Postgres).await;
    let there = Server::start_beside(&here).await;
    let (ines, group) = here.group().await;
    let mut readers = [following(&ines, &group).await, following(&ines.at(&there), &group).await];
    ines.say(&group.standing, "avant").await;
    let mut seqs = Vec::new();
    for reader in &mut readers {
        seqs.push(reader.next().await["seq"].as_i64().unwrap());
    }
    postgres.stop().await.unwrap();
    let path = format!("/api/v1/threads/{}/messages", group.standing);
    let refused = ines.post(&path, json!({ "body": "pendant" })).await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    for reader in &mut readers {
        reader.say(json!({ "type": "ping" })).await;
        assert_eq!(reader.next().await["type"], "pong", "the socket stays, and tells nothing else");
    }
    let postgres = PrivatePostgres::start(folder.path(), None, Durability::Fleeting).await.unwrap();
    insist(&ines, &group, "après").await;
    for (reader, seq) in readers.iter_mut().zip(seqs) {
        let event = reader.next().await;
        assert_eq!((&event["seq"], &event["data"]["body"]), (&json!(seq + 1), &json!("après")), "{event}");
    }
    for node in [&here, &there] {
        let bus = node.sockets.bus();
        until("the bus is back", || bus.age().is_some_and(|age| age < Duration::from_secs(1))).await;
        assert_eq!(node.sockets.hubs().metrics().gaps.load(SeqCst), 0);
    }
    drop((here, there));
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_cut_off_without_a_word_is_reached_anew() {
    let options = database().await;
    let proxy = Proxy::before(options.clone()).await;
    let here = Server::start_at(options, Transport::Postgres).await;
    let there = Server::start_at(proxy.options(), Transport::Postgres).await;
    until("the nodes hear each other", || [&here, &there].iter().all(|node| node.sockets.bus().has_company())).await;
    let (ines, group) = here.group().await;
    let mut reader = following(&ines.at(&there), &group).await;
    let made = there.sockets.bus().metrics().connections.load(SeqCst);
    proxy.cut_off();
    let began = Instant::now();
    ines.say(&group.standing, "sans un mot").await;
    assert_eq!(reader.next_of("event").await["data"]["body"], "sans un mot");
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    let bus = there.sockets.bus();
    until("it listens anew", || bus.metrics().connections.load(SeqCst) > made).await;
    until("the bus is back", || bus.age().is_some_and(|age| age < Duration::from_secs(1))).await;
    let began = Instant::now();
    ines.say(&group.standing, "de nouveau").await;
    assert_eq!(reader.next_of("event").await["data"]["body"], "de nouveau");
    assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
}

#[tokio::test]
async fn no_connection_that_is_cut_off_keeps_its_place() {
    let (here, there, proxy) = beside_a_cut().await;
    // As many streams as the live core has connections, and one: each loses one with every cut.
    let mut followed = Vec::new();
    for number in 0..5 {
        let (ines, group) = here.group_named(&format!("Réseau {number}")).await;
        let reader = following(&ines.at(&there), &group).await;
        followed.push((ines, group, reader));
    }
    for round in ["une fois", "deux fois"] {
        // Every connection is in use, or was just now: none is asked whether it is there.
        for (ines, group, _) in &followed {
            ines.say(&group.standing, "avant").await;
        }
        for (_, _, reader) in &mut followed {
            assert_eq!(reader.next_of("event").await["data"]["body"], "avant");
        }
        proxy.cut_off();
        for (ines, group, _) in &followed {
            ines.say(&group.standing, round).await;
        }
        for (_, _, reader) in &mut followed {
            assert_eq!(reader.next_of("event").await["data"]["body"], round);
        }
    }
}

/// Ends every connection to a database and lets nobody in, then does this to it.
async fn closed(admin: &mut PgConnection, name: &str, then: &[String]) {
    let close = format!(
        "alter database {name} allow_connections false;
         select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{name}'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(close)).execute(&mut *admin).await.unwrap();
    for statement in then {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.as_str())).execute(&mut *admin).await.unwrap();
    }
}

#[tokio::test]
async fn a_restored_log_is_never_taken_for_the_one_before() {
    let options = database().await;
    let name = options.get_database().unwrap().to_owned();
    let mut admin = PgConnection::connect_with(&options.clone().database("postgres")).await.unwrap();
    let here = Server::start_at(options, Transport::InProcess).await;
    let (ines, group) = here.group().await;
    let mut reader = following(&ines, &group).await;
    let reopen = format!("alter database {name} allow_connections true");
    let back_up = format!("create database {name}_copy template {name}");
    closed(&mut admin, &name, &[back_up, reopen]).await;
    insist(&ines, &group, "perdu").await;
    let lost = reader.next_of("event").await;
    assert_eq!(lost["data"]["body"], "perdu");
    // The copy takes the place, and its log goes on from the same number with something else.
    let restore = [
        format!("alter database {name} rename to {name}_before"),
        format!("alter database {name}_copy rename to {name}"),
    ];
    closed(&mut admin, &name, &restore).await;
    // Each wakes the hub, long before its next poll; a reading through a connection that was ended fails.
    for number in 1..=8 {
        insist(&ines, &group, &format!("autre {number}")).await;
    }
    let reset = reader.next().await;
    assert_eq!((&reset["type"], &reset["result"]), (&json!("subscribed"), &json!("reset")), "{reset}");
    assert!(reset["seq"].as_i64() >= lost["seq"].as_i64(), "{reset}");
    assert_eq!(reset["epoch"], ines.place(&group).await.epoch);
}

#[tokio::test]
async fn what_was_read_while_the_database_was_away_is_moved_once_it_is_back() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    ines.say(&group.standing, "bonjour").await;
    let mut socket = following(&camille, &group).await;
    let holding = locked(&server, camille.id.0).await;
    socket.say(json!({ "type": "read", "thread": group.standing, "position": 1 })).await;
    let pid = waiting(&server, "from streams where id = $1 for update").await;
    let ended: bool = sqlx::query_scalar("select pg_terminate_backend($1, 5000)")
        .bind(pid)
        .fetch_one(server.db.pool())
        .await
        .unwrap();
    assert!(ended, "what was moving it is gone");
    holding.rollback().await.unwrap();
    let position = "select position from read_positions where person_id = $1 and position = 1";
    awaited("it is moved", async || {
        let moved = sqlx::query_scalar::<_, i32>(position).bind(camille.id.0);
        moved.fetch_optional(server.db.pool()).await.unwrap()
    })
    .await;
}

#[tokio::test]
async fn a_database_that_refuses_is_away_and_an_operator_is_told_why() {
    let options = database().await;
    let db = Db::open(options.clone(), Clock::system(), reactions::react);
    let broken = "do $$ begin raise exception 'could not read block 7' using errcode = '58030'; end $$";
    let broken = sqlx::query(broken).execute(db.pool()).await.unwrap_err();
    assert!(matches!(Error::from(broken), Error::Unavailable));
    let nowhere = Db::open(options.database("nowhere"), Clock::system(), reactions::react);
    assert!(matches!(db::network_name(&nowhere).await, Err(Error::Unavailable)), "it may be there again soon");
    let refused = db::version(&nowhere).await.unwrap_err();
    assert!(matches!(refused, Error::Database(_)) && format!("{refused:#}").contains("nowhere"), "{refused:#}");
}

#[tokio::test]
async fn a_connection_whose_reading_is_broken_off_is_kept_if_it_answers() {
    let options = database().await;
    let db = Db::open(options.clone(), Clock::system(), reactions::react);
    let whose = async |connection: &mut PgConnection| {
        Ok(sqlx::query_scalar::<_, i32>("select pg_backend_pid()").fetch_one(connection).await?)
    };
    let first = db.follow(whose).await.unwrap();
    let long = db.follow(async |connection| Ok(sqlx::query("select pg_sleep(0.2)").execute(connection).await?));
    assert!(tokio::time::timeout(Duration::from_millis(50), long).await.is_err(), "it is broken off");
    awaited("it is the pool's again", async || (db.follow(whose).await.unwrap() == first).then_some(())).await;
}

/// A server whose way to the database can be cut off, beside one that has its own.
async fn beside_a_cut() -> (Server, Server, Proxy) {
    let options = database().await;
    let proxy = Proxy::before(options.clone()).await;
    let here = Server::start_at(options, Transport::InProcess).await;
    let there = Server::start_at(proxy.options(), Transport::InProcess).await;
    (here, there, proxy)
}

#[tokio::test]
async fn a_write_that_never_begins_is_answered_in_time_and_done_when_it_is_asked_again() {
    let (here, there, proxy) = beside_a_cut().await;
    let (ines, group) = here.group().await;
    let ines = ines.at(&there);
    ines.say(&group.standing, "avant").await;
    proxy.cut_off();
    // Through a connection that was of use just now, and is not asked whether it is there.
    let (id, began) = (Uuid::now_v7(), Instant::now());
    let path = format!("/api/v1/threads/{}/messages", group.standing);
    let post = async || ines.post(&path, json!({ "id": id, "body": "après" })).await;
    let refused = post().await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].clone()), (503, json!("unavailable")));
    let mut posted = post().await;
    while posted.status == 503 {
        assert!(began.elapsed() < 2 * PATIENCE, "{}", posted.text);
        posted = post().await;
    }
    assert_eq!(posted.status, 201, "{}", posted.text);
}

#[tokio::test]
async fn a_write_that_is_cut_off_half_way_is_neither_done_nor_undone_and_the_same_id_tells() {
    let (here, there, proxy) = beside_a_cut().await;
    let (ines, group) = here.group().await;
    let holding = locked(&here, group.id.parse().unwrap()).await;
    let (id, began) = (Uuid::now_v7(), Instant::now());
    let path = format!("/api/v1/threads/{}/messages", group.standing);
    let post = |actor: Actor| {
        let path = path.clone();
        async move { actor.post(&path, json!({ "id": id, "body": "bonjour" })).await }
    };
    let cut = tokio::spawn(post(ines.at(&there)));
    waiting(&here, "from streams where id = $1 for update").await;
    proxy.cut_off();
    holding.rollback().await.unwrap();
    let refused = cut.await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.json()["code"].clone()), (503, json!("unavailable")));
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let told = post(ines.clone()).await;
    assert_eq!(told.status, 201, "its lock went with it: {}", told.text);
    assert_eq!(post(ines.at(&there)).await.status, 200, "and it is known from then on");
    assert_eq!(here.torn().await, Vec::<String>::new());
}
