//! The socket's fallback: the same frames, the same cursors, the same rights. The expected texts were written by hand.

use std::sync::atomic::Ordering::SeqCst;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Actor, Answer, Group, Place, Server, following, until};

fn address(group: &Group, epoch: &str, seq: i64, rest: &str) -> String {
    format!("/live/poll?at={}:{epoch}:{seq}{rest}", group.id)
}

fn frames(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["frames"].as_array().unwrap().clone()
}

/// Begins a poll, and returns once its rights are being read.
async fn waiting(server: &Server, actor: &Actor, path: String) -> tokio::task::JoinHandle<Answer> {
    let rights = &server.sockets.hubs().metrics().rights;
    let before = rights.load(SeqCst);
    let actor = actor.clone();
    let poll = tokio::spawn(async move { actor.get(&path).await });
    until("its rights are being read", || rights.load(SeqCst) != before).await;
    poll
}

/// Returns once whoever joined the group before is followed: a hub answers in order.
async fn joined(actor: &Actor, group: &Group) {
    drop(following(actor, group).await);
}

#[tokio::test]
async fn a_poll_answers_the_very_frames_of_the_socket() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let Place { epoch, seq: at } = ines.place(&group).await;
    let nothing = ines.get(&address(&group, &epoch, at, "&wait=0")).await;
    assert_eq!(nothing.text, r#"{"frames":[]}"#);
    let mut socket = ines.socket("preau.v1.json").await;
    socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id, "since": at, "epoch": epoch })).await;
    socket.next_of("live").await;
    let poll = waiting(&server, &ines, address(&group, &epoch, at, "&format=json&wait=25")).await;
    joined(&ines, &group).await;
    let message = ines.say(&group.standing, "bonjour").await;
    let event = socket.next_text().await;
    let answer = poll.await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.text, format!(r#"{{"frames":[{event}]}}"#));
    let id = message["id"].as_str().unwrap();
    let told = format!(
        r#"{{"frames":[{{"type":"event","stream":"{}","seq":{},"kind":"message.created","at":"#,
        group.id,
        at + 1
    );
    assert!(answer.text.starts_with(&told), "{}", answer.text);
    let subject = format!(
        r#""by":"{}","thread":"{}","subject":{{"type":"message","id":"{id}"}},"data":{{"#,
        ines.id, group.standing
    );
    assert!(answer.text.contains(&subject), "{}", answer.text);
    for number in 0..40 {
        ines.say(&group.standing, &format!("message {number}")).await;
    }
    let missed = frames(&ines.get(&address(&group, &epoch, at, "")).await);
    let seqs: Vec<_> = missed.iter().map(|frame| frame["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (at + 1..=at + 41).collect::<Vec<_>>(), "a replay comes whole");
}

#[tokio::test]
async fn a_poll_resets_and_denies_as_the_socket_does() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let Place { epoch, seq: at } = ines.place(&group).await;
    let other = Uuid::now_v7();
    for (epoch_said, since) in [(other.to_string(), at), (epoch.clone(), at + 1000)] {
        let reset = ines.get(&address(&group, &epoch_said, since, "")).await;
        let expected = format!(
            r#"{{"frames":[{{"type":"subscribed","stream":"{}","epoch":"{epoch}","seq":{at},"result":"reset"}}]}}"#,
            group.id
        );
        assert_eq!(reset.text, expected);
    }
    let camille = server.person("Camille").await;
    let mut denied = Vec::new();
    for stream in [group.id.clone(), Uuid::now_v7().to_string()] {
        let answer = camille.get(&format!("/live/poll?at={stream}:{epoch}:{at}")).await;
        denied.push(answer.text.replace(&stream, "S"));
    }
    let expected =
        format!(r#"{{"frames":[{{"type":"subscribed","stream":"S","epoch":"{epoch}","seq":0,"result":"denied"}}]}}"#);
    assert_eq!(denied, [expected.clone(), expected], "a stranger cannot tell a group from nothing");
}

#[tokio::test]
async fn a_removal_is_the_last_that_a_poll_tells() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let Place { epoch, seq: at } = camille.place(&group).await;
    let poll = waiting(&server, &camille, address(&group, &epoch, at, "")).await;
    joined(&camille, &group).await;
    ines.remove(&group, &camille).await;
    ines.say(&group.standing, "après").await;
    let told = frames(&poll.await.unwrap());
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((&told[0]["kind"], &told[0]["seq"]), (&json!("member.removed"), &json!(at + 1)));
    assert_eq!((&told[1]["result"], &told[1]["seq"]), (&json!("denied"), &json!(at + 1)));
    let again = frames(&camille.get(&address(&group, &epoch, at + 1, "")).await);
    assert_eq!((again.len(), &again[0]["result"]), (1, &json!("denied")));
}

#[tokio::test]
async fn a_page_that_polls_gets_fragments_of_what_it_watches() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let Place { epoch, seq: at } = ines.place(&group).await;
    ines.say(&group.standing, "**bonjour**").await;
    let watch = format!("&format=html&watch={}", group.standing);
    let watched = frames(&ines.get(&address(&group, &epoch, at, &watch)).await);
    assert_eq!(watched[0]["target"], format!("thread-messages-{}", group.standing));
    assert!(watched[0]["html"].as_str().unwrap().contains("<strong>bonjour</strong>"));
    let header = frames(&ines.get(&address(&group, &epoch, at, "&format=html")).await);
    assert_eq!(header[0]["target"], format!("threads-{}", group.channel));
}

#[tokio::test]
async fn a_poll_is_refused_what_a_socket_is_refused() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let Place { epoch, seq: at } = ines.place(&group).await;
    let path = address(&group, &epoch, at, "&wait=0");
    assert_eq!(server.stranger().send(Method::GET, &path, &[]).await.status, 401);
    assert_eq!(ines.get_with(&path, &[("origin", "https://evil.example")]).await.status, 403);
    assert_eq!(ines.get_with(&path, &[("origin", &server.url)]).await.status, 200);
    let many = vec![format!("{}:{epoch}:{at}", group.id); 301].join(",");
    for (wrong, code) in [
        ("at=".to_owned(), "malformed"),
        (format!("at={}:{epoch}", group.id), "malformed"),
        (format!("at={}:{epoch}:-1", group.id), "malformed"),
        (format!("at={}:{epoch}:{at}&watch=x", group.id), "malformed"),
        (format!("at={many}"), "too_many"),
        (format!("at={}:{epoch}:{at}&format=xml", group.id), "malformed"),
        ("wait=1".to_owned(), "malformed"),
    ] {
        let answer = ines.get(&format!("/live/poll?{wrong}")).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["errors"][0]["code"]), (422, &json!(code)), "{wrong}");
    }
    let mut polls = Vec::new();
    for _ in 0..10 {
        polls.push(waiting(&server, &ines, address(&group, &epoch, at, "")).await);
    }
    assert_eq!(ines.get(&path).await.status, 429, "the eleventh");
    ines.say(&group.standing, "pour tous").await;
    for poll in polls {
        assert_eq!(frames(&poll.await.unwrap())[0]["kind"], "message.created");
    }
    assert_eq!(ines.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_poll_ends_with_its_credential_and_with_the_server() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let Place { epoch, seq: at } = ines.place(&group).await;
    let ended = waiting(&server, &camille, address(&group, &epoch, at, "")).await;
    let drained = waiting(&server, &ines, address(&group, &epoch, at, "")).await;
    joined(&ines, &group).await;
    sqlx::query("delete from tokens where person_id = $1").bind(camille.id.0).execute(server.db.pool()).await.unwrap();
    assert_eq!(ended.await.unwrap().status, 401);
    server.drain();
    let told = frames(&drained.await.unwrap());
    assert_eq!((told.len(), &told[0]["type"]), (1, &json!("bye")));
    assert!(told[0]["after_ms"].as_u64().unwrap() < 5000);
}

#[tokio::test]
async fn commands_are_done_and_answered_in_their_order() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let Place { seq: at, .. } = ines.place(&group).await;
    let (message, thread, first) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let send = json!({ "type": "send", "id": 1, "message": { "id": message, "thread": group.standing, "body": "un" } });
    let open = json!({ "type": "open", "id": 2, "thread": { "id": thread, "channel": group.channel }, "message": { "id": first, "body": "deux" } });
    let edit = json!({ "type": "edit", "id": 3, "op": Uuid::now_v7(), "message": message, "body": "mieux" });
    let read = json!({ "type": "read", "thread": group.standing, "position": 1 });
    let frames = json!([send, send, read, open, edit, { "type": "subscribe", "id": 4, "stream": group.id }, { "type": "dance", "id": 5 }]);
    let answer = ines.post("/live/commands", json!({ "frames": frames })).await;
    let ack = |id, message, seq, duplicate| {
        format!(
            r#"{{"type":"ack","id":{id},"message":"{message}","stream":"{}","seq":{seq},"position":1,"duplicate":{duplicate}}}"#,
            group.id
        )
    };
    let acks = [
        ack(1, message, at + 1, false),
        ack(1, message, at + 1, true),
        ack(2, first, at + 3, false),
        ack(3, message, at + 4, false),
    ];
    let expected = format!(r#"{{"frames":[{},{{"type":"error","id":4,"code":"bad_frame","#, acks.join(","));
    assert!(answer.text.starts_with(&expected), "{}", answer.text);
    assert!(answer.text.contains(r#"{"type":"error","id":5,"code":"bad_frame","#), "{}", answer.text);
    let position: i32 = sqlx::query_scalar("select position from read_positions where person_id = $1")
        .bind(ines.id.0)
        .fetch_one(server.db.pool())
        .await
        .unwrap();
    assert_eq!(position, 1);
}

#[tokio::test]
async fn commands_have_the_limits_and_the_rights_of_the_socket() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    let send = |id: u32, body: &str| json!({ "type": "send", "id": id, "message": { "id": Uuid::now_v7(), "thread": group.standing, "body": body } });
    let post =
        async |actor: &Actor, frames: Vec<Value>| actor.post("/live/commands", json!({ "frames": frames })).await;
    let code = |answer: &Answer, at: usize| frames(answer)[at]["code"].as_str().unwrap_or("ack").to_owned();
    assert_eq!(code(&post(&camille, vec![send(1, "x")]).await, 0), "not_found");
    assert_eq!(code(&post(&ines, vec![send(1, &"x".repeat(20_001))]).await, 0), "invalid");
    assert_eq!(code(&post(&ines, vec![send(1, &"x".repeat(65 << 10))]).await, 0), "too_large");
    assert_eq!(post(&ines, (0..61).map(|id| send(id, "x")).collect()).await.status, 422);
    let sixty = post(&ines, (0..60).map(|id| send(id, "x")).collect()).await;
    assert_eq!(
        (code(&sixty, 57), code(&sixty, 59)),
        ("ack".to_owned(), "rate_limited".to_owned()),
        "with those before"
    );
    assert!(frames(&sixty)[59]["retry_after_ms"].as_u64().is_some_and(|wait| wait <= 10_000));
    assert_eq!(code(&post(&camille, vec![send(1, "x")]).await, 0), "not_found", "each person has their own");
    let cross = server.stranger();
    let foreign = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("authorization", "Bearer x")];
    assert_eq!(cross.send(Method::POST, "/live/commands", &foreign).await.status, 403);
    let unknown = ines.post("/live/commands", json!({ "frames": [], "more": 1 })).await;
    assert_eq!(unknown.status, 422, "HTTP refuses what it does not know");
}

#[tokio::test]
async fn who_stops_polling_is_followed_no_more() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let Place { epoch, seq: at } = ines.place(&group).await;
    let poll = waiting(&server, &ines, address(&group, &epoch, at, "")).await;
    poll.abort();
    until("the hub ends with its last follower", || server.sockets.hubs().followed() == 0).await;
}
