//! Two nodes on one database: what happens on one is told on the other, by whatever wakes it, and without.

use std::{
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use preau::live::bus::Transport;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Actor, Group, Nats, Server, Socket, following, until};

/// How long an event may take without any hint (I11).
const UNHINTED: Duration = Duration::from_millis(1500);

/// How long each of so many messages, posted on one node, takes to come on the other: the shortest first.
async fn crossings(author: &Actor, group: &Group, reader: &mut Socket, messages: u32) -> Vec<Duration> {
    let mut took = Vec::new();
    for number in 0..messages {
        let body = format!("message {number}");
        let began = Instant::now();
        author.say(&group.standing, &body).await;
        assert_eq!(reader.next_of("event").await["data"]["body"], *body);
        took.push(began.elapsed());
    }
    took.sort();
    took
}

/// By the poll alone half of the messages take half a second or more.
fn came_by_hint(took: &[Duration]) -> bool {
    took[took.len() / 2] < Duration::from_millis(250)
}

async fn told_at_once(bus: Transport) {
    let here = Server::start_node(bus).await;
    let there = Server::start_beside(&here).await;
    let (ines, group) = here.group().await;
    let mut reader = following(&ines.at(&there), &group).await;
    let took = crossings(&ines, &group, &mut reader, 15).await;
    assert!(came_by_hint(&took), "{took:?}");
    // And the other way round, where nobody follows on the node that writes.
    let mut reader = following(&ines, &group).await;
    let took = crossings(&ines.at(&there), &group, &mut reader, 15).await;
    assert!(came_by_hint(&took), "{took:?}");
    for node in [&here, &there] {
        let (bus, hubs) = (node.sockets.bus(), node.sockets.hubs());
        assert!(bus.metrics().heard.load(SeqCst) >= 15, "{:?}", bus.metrics());
        assert_eq!((bus.metrics().refused.load(SeqCst), hubs.metrics().gaps.load(SeqCst)), (0, 0));
        assert!(bus.age().is_some_and(|age| age < Duration::from_secs(3)), "{:?}", bus.age());
    }
}

#[tokio::test]
async fn by_postgresql_what_is_posted_on_one_node_comes_on_the_other_at_once() {
    told_at_once(Transport::Postgres).await;
}

#[tokio::test]
async fn by_nats_what_is_posted_on_one_node_comes_on_the_other_at_once() {
    let nats = Nats::start().await;
    told_at_once(nats.transport()).await;
}

#[tokio::test]
async fn without_any_hint_it_comes_within_a_second_and_a_half() {
    let here = Server::start().await;
    let there = Server::start_beside(&here).await;
    let (ines, group) = here.group().await;
    let mut reader = following(&ines.at(&there), &group).await;
    let took = crossings(&ines, &group, &mut reader, 4).await;
    assert!(took.iter().all(|took| *took < UNHINTED), "{took:?}");
    assert!(!came_by_hint(&took), "there is none: {took:?}");
}

#[tokio::test]
async fn a_node_alone_sends_nothing_but_its_beat() {
    let server = Server::start_node(Transport::Postgres).await;
    let (ines, group) = server.group().await;
    let bus = server.sockets.bus();
    until("the beat comes back", || bus.age().is_some_and(|age| age < Duration::from_secs(1))).await;
    let (before, began) = (bus.metrics().sent.load(SeqCst), Instant::now());
    for number in 0..20 {
        ines.say(&group.standing, &format!("message {number}")).await;
    }
    let beats = began.elapsed().as_secs() + 1;
    assert!(bus.metrics().sent.load(SeqCst) - before <= beats, "{:?}", bus.metrics());
}

#[tokio::test]
async fn a_nats_server_that_dies_costs_a_second_and_no_event() {
    let mut nats = Nats::start().await;
    let here = Server::start_node(nats.transport()).await;
    let there = Server::start_beside(&here).await;
    let (ines, group) = here.group().await;
    let mut reader = following(&ines.at(&there), &group).await;
    assert!(came_by_hint(&crossings(&ines, &group, &mut reader, 15).await));
    nats.kill().await;
    let took = crossings(&ines, &group, &mut reader, 4).await;
    assert!(took.iter().all(|took| *took < UNHINTED), "{took:?}");
    nats.start_again().await;
    let bus = there.sockets.bus();
    until("the beat comes back", || bus.age().is_some_and(|age| age < Duration::from_secs(1))).await;
    until("the nodes hear each other", || here.sockets.bus().has_company() && bus.has_company()).await;
    let took = crossings(&ines, &group, &mut reader, 15).await;
    assert!(came_by_hint(&took), "{took:?}");
}

#[tokio::test]
async fn a_listening_connection_that_is_cut_is_made_anew() {
    let here = Server::start_node(Transport::Postgres).await;
    let there = Server::start_beside(&here).await;
    let (ines, group) = here.group().await;
    let mut reader = following(&ines.at(&there), &group).await;
    let made = || [&here, &there].map(|node| node.sockets.bus().metrics().connections.load(SeqCst));
    for round in 1..=3 {
        assert_eq!(made(), [round; 2]);
        let cut: i64 = sqlx::query_scalar(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and query ilike any(array['listen%', '%pg_notify%']) and pid <> pg_backend_pid()",
        )
        .fetch_one(here.db.pool())
        .await
        .unwrap();
        assert_eq!(cut, 2, "each node listens on one connection");
        let body = format!("pendant la coupure {round}");
        let began = Instant::now();
        ines.say(&group.standing, &body).await;
        assert_eq!(reader.next_of("event").await["data"]["body"], *body);
        assert!(began.elapsed() < UNHINTED, "{:?}", began.elapsed());
        until("both listen again", || made() == [round + 1; 2]).await;
        until("the beat comes back", || {
            [&here, &there]
                .iter()
                .all(|node| node.sockets.bus().age().is_some_and(|age| age < Duration::from_millis(500)))
        })
        .await;
    }
    assert!(came_by_hint(&crossings(&ines, &group, &mut reader, 15).await));
}

#[tokio::test]
async fn whatever_is_said_on_the_bus_causes_a_reading_and_nothing_else() {
    let server = Server::start_node(Transport::Postgres).await;
    let (ines, group) = server.group().await;
    let mut reader = following(&ines, &group).await;
    let bus = server.sockets.bus();
    until("the bus carries", || bus.age().is_some_and(|age| age < Duration::from_secs(1))).await;
    let (stranger, nothing) = (Uuid::now_v7(), Uuid::now_v7());
    let hint = |stream: &str, seq: i64| json!({ "node": stranger, "hints": [[stream, seq]] }).to_string();
    let malformed = ["", "{}", "\u{7f}", "[1]", r#"{"node":"x"}"#, &"x".repeat(7000)].map(str::to_owned);
    let forged = [
        hint(&group.id, i64::MAX),
        hint(&group.id, i64::MAX),
        hint(&group.id, i64::MIN),
        hint(&group.id, -1),
        hint(&group.id, 2),
        hint(&group.id, 1),
        hint(&nothing.to_string(), 7),
        json!({ "node": stranger, "beat": 1, "load": 0.5, "hints": [] }).to_string(),
    ];
    let queries = || server.sockets.hubs().metrics().queries.load(SeqCst);
    let before = queries();
    let said: Vec<_> = malformed.iter().chain(&forged).chain(&malformed).chain(&forged).cloned().collect();
    for text in &said {
        sqlx::query("select pg_notify('preau.hints', $1)").bind(text).execute(server.db.pool()).await.unwrap();
    }
    until("all of it is heard", || bus.metrics().refused.load(SeqCst) == 12 && bus.has_company()).await;
    until("the last hint is heard", || bus.metrics().heard.load(SeqCst) == 14).await;
    ines.say(&group.standing, "après").await;
    let event = reader.next().await;
    assert_eq!((&event["type"], &event["data"]["body"]), (&json!("event"), &json!("après")), "nothing else was told");
    ines.say(&group.standing, "encore").await;
    assert_eq!(reader.next().await["seq"].as_i64(), event["seq"].as_i64().map(|seq| seq + 1));
    // At most one for each of the four hints that point beyond the log, one a message, and one that was under way.
    assert!(queries() - before <= 4 + 2 + 2, "{} queries", queries() - before);
    assert_eq!(server.sockets.hubs().metrics().gaps.load(SeqCst), 0);
}

#[tokio::test]
async fn a_removal_on_one_node_puts_out_on_the_other() {
    for bus in [Transport::InProcess, Transport::Postgres] {
        let here = Server::start_node(bus).await;
        let there = Server::start_beside(&here).await;
        let (ines, group) = here.group().await;
        let camille = here.person("Camille").await;
        ines.add(&group, &camille, "member").await;
        let mut socket = following(&camille.at(&there), &group).await;
        ines.remove(&group, &camille).await;
        ines.say(&group.standing, "entre nous").await;
        let last = socket.next().await;
        assert_eq!((&last["kind"], &last["subject"]["id"]), (&json!("member.removed"), &json!(camille.id)));
        let denied = socket.next().await;
        assert_eq!((&denied["type"], &denied["result"]), (&json!("subscribed"), &json!("denied")));
        let mut stays = following(&ines.at(&there), &group).await;
        ines.say(&group.standing, "toujours entre nous").await;
        assert_eq!(stays.next_of("event").await["data"]["body"], "toujours entre nous");
        socket.say(json!({ "type": "ping" })).await;
        assert_eq!(socket.next().await["type"], "pong", "nothing later reaches who was removed");
        let answer = camille.at(&there).get(&format!("/api/v1/threads/{}/messages", group.standing)).await;
        assert_eq!(answer.status, 404);
    }
}

#[tokio::test]
async fn a_session_that_ends_on_one_node_closes_its_socket_on_the_other_within_a_second() {
    let here = Server::start_node(Transport::Postgres).await;
    let there = Server::start_beside(&here).await;
    let cookie = here.session(&here.person("Camille").await).await;
    let headers =
        [("sec-websocket-protocol", "preau.v1.html"), ("origin", there.url.as_str()), ("cookie", cookie.as_str())];
    let mut socket = Socket::open_with(&there.url, None, &headers).await.unwrap();
    socket.next_of("welcome").await;
    let out = here.stranger().send(Method::POST, "/sign-out", &[("cookie", &cookie), ("origin", &here.url)]).await;
    let began = Instant::now();
    assert_eq!(out.status, 303);
    assert_eq!(socket.closed().await, 4501);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn another_epoch_resets_who_follows_on_either_node() {
    let here = Server::start_node(Transport::Postgres).await;
    let there = Server::start_beside(&here).await;
    let (ines, group) = here.group().await;
    let before = ines.place(&group).await.epoch;
    let mut sockets = [following(&ines, &group).await, following(&ines.at(&there), &group).await];
    sqlx::query("update instance set epoch = $1").bind(Uuid::now_v7()).execute(here.db.pool()).await.unwrap();
    let mut after = Vec::new();
    for socket in &mut sockets {
        let reset = socket.next().await;
        assert_eq!((&reset["type"], &reset["result"]), (&json!("subscribed"), &json!("reset")));
        after.push(reset["epoch"].clone());
    }
    assert_ne!(after[0], before);
    assert_eq!(
        (&after[0], &after[0]),
        (&after[1], &json!(ines.at(&there).place(&group).await.epoch)),
        "one for the instance"
    );
}

#[tokio::test]
async fn who_comes_back_to_the_other_node_finds_what_they_wrote_and_saw() {
    let here = Server::start_node(Transport::Postgres).await;
    let there = Server::start_beside(&here).await;
    let (ines, group) = here.group().await;
    let epoch = ines.place(&group).await.epoch;
    let nodes = [ines.clone(), ines.at(&there)];
    let mut seen = ines.place(&group).await.seq;
    for turn in 0..10 {
        let (author, reader) = (&nodes[turn % 2], &nodes[(turn + 1) % 2]);
        let message = author.say(&group.standing, &format!("tour {turn}")).await;
        let listed = reader.get(&format!("/api/v1/threads/{}/messages", group.standing)).await.json();
        assert_eq!(listed["items"].as_array().unwrap().last().unwrap()["id"], message["id"], "what one wrote");
        let stands = reader.place(&group).await.seq;
        assert!(stands >= message["seq"].as_i64().unwrap(), "what one saw: {stands}");
        let mut socket = reader.socket("preau.v1.json").await;
        socket.say(json!({ "type": "subscribe", "stream": group.id, "since": seen, "epoch": epoch })).await;
        assert_eq!(socket.next_of("subscribed").await["result"], "ok");
        let event = socket.next().await;
        assert_eq!((&event["seq"], &event["data"]["id"]), (&json!(seen + 1), &message["id"]));
        seen += 1;
    }
}

#[tokio::test]
async fn posting_to_both_nodes_at_once_keeps_one_order_without_holes() {
    let here = Server::start_node(Transport::Postgres).await;
    let there = Server::start_beside(&here).await;
    let (ines, group) = here.group().await;
    let nodes = [ines.clone(), ines.at(&there)];
    let mut readers = [following(&nodes[0], &group).await, following(&nodes[1], &group).await];
    let mut posts = tokio::task::JoinSet::new();
    for number in 0..80 {
        let (author, thread) = (nodes[number % 2].clone(), group.standing.clone());
        posts.spawn(async move { author.say(&thread, &format!("message {number}")).await });
    }
    let mut logs = Vec::new();
    for reader in &mut readers {
        let mut log = Vec::new();
        for _ in 0..80 {
            let event = reader.next_of("event").await;
            let (seq, position) = (event["seq"].as_i64().unwrap(), event["data"]["position"].as_i64().unwrap());
            log.push((seq, position, event["data"]["id"].clone()));
        }
        assert!(log.windows(2).all(|two| two[1].0 == two[0].0 + 1 && two[1].1 == two[0].1 + 1), "{log:?}");
        logs.push(log);
    }
    assert_eq!(logs[0], logs[1]);
    let posted = posts.join_all().await;
    assert!(posted.iter().all(|post| logs[0].iter().any(|(seq, _, id)| post["id"] == *id && post["seq"] == *seq)));
}

#[tokio::test]
async fn what_a_newer_node_writes_stops_nothing_on_this_one() {
    let here = Server::start_node(Transport::Postgres).await;
    let there = Server::start_beside(&here).await;
    let (ines, group) = here.group().await;
    let mut readers = [following(&ines, &group).await, following(&ines.at(&there), &group).await];
    let stream: Uuid = group.id.parse().unwrap();
    let newer = "with taken as (update streams set last_seq = last_seq + 1 where id = $1 returning last_seq)
                 insert into events (stream_id, seq, kind, subject_id, at)
                 select $1, last_seq, 'poll.closed', $1, now() from taken returning seq";
    let seq: i64 = sqlx::query_scalar(newer).bind(stream).fetch_one(here.db.pool()).await.unwrap();
    ines.say(&group.standing, "après").await;
    for reader in &mut readers {
        let event = reader.next().await;
        assert_eq!((&event["seq"], &event["kind"], &event["data"]), (&json!(seq), &json!("poll.closed"), &Value::Null));
        assert_eq!(reader.next().await["data"]["body"], "après");
    }
}
