//! What streams promise beyond single frames: no hole, no leak, nobody held up, whatever gets lost or goes wrong.

use std::{
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use preau::{clock::Clock, db::Db, reactions};
use serde_json::{Value, json};
use uuid::Uuid;
use words::{Event, GroupId};

use crate::support::{Group, Place, Server, following, locked, until, waiting};

/// The same database as another node sees it: what it commits, it hints to itself alone.
fn elsewhere(server: &Server) -> Db {
    Db::open((*server.db.pool().connect_options()).clone(), Clock::system(), reactions::react)
}

async fn update(db: &Db, group: &Group) {
    let group = GroupId(group.id.parse().unwrap());
    let recorded = db.write(move |tx| {
        Box::pin(async move {
            tx.lock(group.into()).await?;
            tx.record(Event::GroupUpdated { group }, None).await
        })
    });
    recorded.await.unwrap();
}

#[tokio::test]
async fn without_any_hint_an_event_comes_within_a_second_and_a_half() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut socket = following(&ines, &group).await;
    let other = elsewhere(&server);
    for _ in 0..3 {
        let began = Instant::now();
        update(&other, &group).await;
        assert_eq!(socket.next().await["kind"], "group.updated");
        assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_kind_that_this_build_does_not_know_stops_nothing() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let from = ines.place(&group).await.seq;
    update(&server.db, &group).await;
    ines.say(&group.standing, "après").await;
    let stream: Uuid = group.id.parse().unwrap();
    sqlx::query("update events set kind = 'poll.closed' where stream_id = $1 and seq = $2")
        .bind(stream)
        .bind(from + 1)
        .execute(server.db.pool())
        .await
        .unwrap();
    let epoch = ines.place(&group).await.epoch;
    for (protocol, field, expected) in
        [("preau.v1.json", "data", Value::Null), ("preau.v1.html", "action", json!("reload"))]
    {
        let mut socket = ines.socket(protocol).await;
        socket.say(json!({ "type": "subscribe", "stream": group.id, "since": from, "epoch": epoch })).await;
        let newer = socket.next_of("event").await;
        assert_eq!((&newer["kind"], &newer["subject"]["type"]), (&json!("poll.closed"), &json!("poll")));
        assert_eq!(newer.get(field), Some(&expected), "the part is asked for again: {newer}");
        assert_eq!(socket.next_of("event").await["kind"], "message.created");
    }
}

#[tokio::test]
async fn a_hole_in_the_log_resets_and_is_counted() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut socket = following(&ines, &group).await;
    let (stream, at): (Uuid, i64) = (group.id.parse().unwrap(), ines.place(&group).await.seq);
    sqlx::query("update streams set last_seq = last_seq + 1 where id = $1")
        .bind(stream)
        .execute(server.db.pool())
        .await
        .unwrap();
    update(&server.db, &group).await;
    let reset = socket.next().await;
    assert_eq!((&reset["result"], &reset["seq"]), (&json!("reset"), &json!(at + 2)));
    assert_eq!(server.sockets.hubs().metrics().gaps.load(SeqCst), 1);
    socket
        .say(json!({ "type": "subscribe", "id": 2, "stream": group.id, "since": at + 2, "epoch": ines.place(&group).await.epoch }))
        .await;
    assert_eq!(socket.next().await["result"], "ok");
    update(&server.db, &group).await;
    assert_eq!(socket.next_of("event").await["seq"], at + 3);
}

#[tokio::test]
async fn another_epoch_resets_who_follows() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut socket = following(&ines, &group).await;
    let before = ines.place(&group).await.epoch;
    let other = elsewhere(&server);
    // What another node commits comes by the poll: after the second one the hub knows where the log ended.
    for _ in 0..2 {
        update(&other, &group).await;
        socket.next_of("event").await;
    }
    sqlx::query("update instance set epoch = $1").bind(Uuid::now_v7()).execute(server.db.pool()).await.unwrap();
    // A log that ends earlier is how a restore shows at once; the epoch itself is looked at now and then.
    let stream: Uuid = group.id.parse().unwrap();
    let shorter = "with cut as (delete from events where stream_id = $1 and seq = (select max(seq) from events where stream_id = $1))
                   update streams set last_seq = last_seq - 1 where id = $1";
    sqlx::query(shorter).bind(stream).execute(server.db.pool()).await.unwrap();
    let reset = socket.next_of("subscribed").await;
    assert_eq!(reset["result"], "reset");
    assert_ne!(reset["epoch"], before);
    assert_eq!(reset["epoch"], ines.place(&group).await.epoch);
    let again =
        json!({ "type": "subscribe", "id": 2, "stream": group.id, "since": reset["seq"], "epoch": reset["epoch"] });
    socket.say(again).await;
    assert_eq!(socket.next().await["result"], "ok");
}

#[tokio::test]
async fn a_stranger_cannot_tell_a_group_from_nothing() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    let mut socket = camille.socket("preau.v1.json").await;
    socket.next_of("welcome").await;
    let (nothing, epoch) = (Uuid::now_v7().to_string(), ines.place(&group).await.epoch);
    let mut answers = Vec::new();
    for stream in [&group.id, &nothing] {
        for since in [Value::Null, json!(1)] {
            let ask = json!({ "type": "subscribe", "id": 1, "stream": stream, "since": since, "epoch": epoch });
            socket.say(ask).await;
            answers.push(socket.next_text().await.replace(stream, "S"));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers[0].contains(r#""seq":0,"result":"denied""#), "{answers:?}");
    ines.say(&group.standing, "entre nous").await;
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await["type"], "pong");
}

#[tokio::test]
async fn a_person_in_many_groups_follows_them_all_at_once() {
    let server = Server::start().await;
    let ines = server.admin("Inès").await;
    let mut streams = Vec::new();
    for number in 0..70 {
        let new = json!({ "name": format!("Groupe {number}"), "purpose": "", "access": "invite" });
        streams.push(ines.post("/api/v1/groups", new).await.json()["stream"].clone());
    }
    let mut socket = ines.socket("preau.v1.html").await;
    for stream in &streams {
        socket.say(json!({ "type": "subscribe", "id": 1, "stream": stream })).await;
        socket.say(json!({ "type": "watch", "stream": stream, "threads": [] })).await;
    }
    let mut followed = 0;
    while followed < streams.len() {
        let frame = socket.next().await;
        assert_ne!(frame["type"], "error", "{frame}");
        followed += usize::from(frame["type"] == "live");
    }
    assert_eq!(server.sockets.hubs().followed(), 70);
    drop(socket);
    until("hubs end with their last follower", || server.sockets.hubs().followed() == 0).await;
}

#[tokio::test]
async fn what_is_pipelined_is_done_and_answered_in_the_order_in_which_it_came() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut socket = ines.socket("preau.v1.json").await;
    let messages: Vec<_> = (0..20).map(|_| Uuid::now_v7()).collect();
    for (id, message) in messages.iter().enumerate() {
        let send = json!({ "id": message, "thread": group.standing, "body": format!("message {id}") });
        socket.say(json!({ "type": "send", "id": id, "message": send })).await;
    }
    socket
        .say(json!({ "type": "edit", "id": 20, "op": Uuid::now_v7(), "message": messages[19], "body": "mieux" }))
        .await;
    socket.say_text(r#"{"type":"dance","id":21}"#).await;
    let mut answers = Vec::new();
    while answers.len() < 22 {
        let frame = socket.next().await;
        if frame["type"] == "ack" || frame["type"] == "error" {
            answers.push(frame);
        }
    }
    for (id, answer) in answers.iter().enumerate() {
        assert_eq!(answer["id"], id, "{answer}");
        assert_eq!(
            answer["type"],
            if id == 21 { "error" } else { "ack" },
            "an edit finds the send before it: {answer}"
        );
    }
    let positions: Vec<_> = answers[..20].iter().map(|ack| ack["position"].as_i64().unwrap()).collect();
    assert!(positions.is_sorted(), "{positions:?}");
}

#[tokio::test]
async fn what_is_no_frame_closes_with_its_code() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let mut socket = camille.socket("preau.v1.json").await;
    socket.say_text("bonjour").await;
    assert_eq!(socket.closed().await, 4500);
    let mut socket = camille.socket("preau.v1.json").await;
    socket.say_bytes(b"{}").await;
    assert_eq!(socket.closed().await, 4500, "binary");
    // However much comes after it: what is not read would take back what was said last.
    for over in [64 << 10, 8 << 20] {
        let mut socket = camille.socket("preau.v1.json").await;
        socket.say_text(&format!(r#"{{"type":"ping","pad":"{}"}}"#, "x".repeat(over))).await;
        assert_eq!(socket.closed().await, 4500, "over the limit");
    }
    let mut socket = camille.socket("preau.v1.json").await;
    socket.say_text(&format!(r#"{{"type":"ping","pad":"{}"}}"#, "x".repeat(63 << 10))).await;
    assert_eq!(socket.next_of("pong").await["type"], "pong", "under it");
}

#[tokio::test]
async fn many_who_come_back_at_once_cost_few_queries() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let Place { seq: from, epoch } = ines.place(&group).await;
    let mut people = Vec::new();
    for number in 0..40 {
        let person = server.person(&format!("Personne {number}")).await;
        ines.add(&group, &person, "member").await;
        people.push(person);
    }
    let since = ines.place(&group).await.seq;
    for number in 0..20 {
        ines.say(&group.standing, &format!("message {number}")).await;
    }
    assert!(since > from);
    let mut sockets = Vec::new();
    for person in &people {
        sockets.push(person.socket("preau.v1.json").await);
    }
    let metrics = server.sockets.hubs().metrics();
    let before = (metrics.queries.load(SeqCst), metrics.rights.load(SeqCst), metrics.prints.load(SeqCst));
    for socket in &mut sockets {
        socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id, "since": since, "epoch": epoch })).await;
    }
    for socket in &mut sockets {
        for seq in since + 1..=since + 20 {
            assert_eq!(socket.next_of("event").await["seq"], seq);
        }
        assert_eq!(socket.next().await["type"], "live");
    }
    let queries = metrics.queries.load(SeqCst) - before.0;
    let (rights, prints) = (metrics.rights.load(SeqCst) - before.1, metrics.prints.load(SeqCst) - before.2);
    assert!(queries <= 2, "{queries} queries for events");
    assert!(rights <= 20, "{rights} queries for rights of {} people", people.len());
    assert!(prints <= 20 * 20, "{prints} prints");
}

#[tokio::test]
async fn who_does_not_read_is_cut_and_holds_nobody_up() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let slow = server.person("Lent").await;
    ines.add(&group, &slow, "member").await;
    let mut deaf = following(&slow, &group).await;
    let mut socket = following(&ines, &group).await;
    let long = "mot ".repeat(4900);
    // Whatever the system buffers, then a whole queue.
    let mut said = 0;
    while server.sockets.hubs().metrics().slow.load(SeqCst) == 0 {
        ines.say(&group.standing, &long).await;
        assert_eq!(socket.next_of("event").await["kind"], "message.created", "others go on");
        said += 1;
        assert!(said < 2000, "a reader that does not read is cut");
    }
    let mut last = None;
    while let Some(frame) = deaf.next_or_end().await {
        let seq = frame["seq"].as_i64().filter(|_| frame["type"] == "event");
        assert!(last.is_none() || seq.is_none() || seq == last.map(|last: i64| last + 1), "no hole until the cut");
        last = seq.or(last);
    }
    let mut again = slow.socket("preau.v1.json").await;
    let ask = json!({ "type": "subscribe", "id": 1, "stream": group.id, "since": last, "epoch": slow.place(&group).await.epoch });
    again.say(ask).await;
    assert_eq!(again.next_of("subscribed").await["result"], "ok");
    for seq in last.unwrap() + 1..=ines.place(&group).await.seq {
        assert_eq!(again.next().await["seq"], seq, "and resumes where it was");
    }
    assert_eq!(again.next().await["type"], "live");
}

#[tokio::test]
async fn a_draining_server_answers_what_is_under_way_and_says_when_to_come_back() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut socket = following(&ines, &group).await;
    let holding = locked(&server, group.id.parse().unwrap()).await;
    let send = json!({ "id": Uuid::now_v7(), "thread": group.standing, "body": "juste avant" });
    socket.say(json!({ "type": "send", "id": 1, "message": send })).await;
    waiting(&server, "for update").await;
    server.drain();
    let bye = socket.next_of("bye").await;
    assert!(bye["after_ms"].as_u64().is_some_and(|after| after < 5000), "{bye}");
    holding.rollback().await.unwrap();
    assert_eq!(socket.next_of("ack").await["id"], 1, "what was under way is answered");
    assert_eq!(socket.closed().await, 4100);
    let stored = sqlx::query_scalar::<_, i64>("select count(*) from messages where body = 'juste avant'");
    assert_eq!(stored.fetch_one(server.db.pool()).await.unwrap(), 1);
}
