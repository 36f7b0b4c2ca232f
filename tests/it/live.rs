//! The wire format v1, frame by frame. The expected texts were written by hand from the format's page.
//! What streams promise beyond single frames is in `streams.rs`.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Actor, Server, Socket, awaited, following};

/// Replaces what differs from run to run by the letters of the format's page.
fn golden(frame: &str, names: &[(&str, &str)]) -> String {
    names.iter().fold(frame.to_owned(), |frame, (value, name)| frame.replace(value, name))
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one conversation, read from top to bottom")]
async fn every_frame_is_as_the_format_says() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let epoch = ines.place(&group).await.epoch;
    let mut socket = ines.socket("preau.v1.json").await;

    let welcome = socket.next().await;
    let keys: Vec<_> = welcome.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys.len(), 7, "{welcome}");
    assert_eq!(
        (&welcome["type"], &welcome["version"], &welcome["heartbeat_ms"]),
        (&json!("welcome"), &json!(1), &json!(25000))
    );

    let at = ines.place(&group).await.seq;
    socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id, "since": at, "epoch": epoch })).await;
    let names = [(group.id.as_str(), "S"), (epoch.as_str(), "E"), (group.standing.as_str(), "T")];
    let subscribed = golden(&socket.next_text().await, &names);
    assert_eq!(
        subscribed,
        format!(r#"{{"type":"subscribed","id":1,"stream":"S","epoch":"E","seq":{at},"result":"ok"}}"#)
    );
    assert_eq!(golden(&socket.next_text().await, &names), format!(r#"{{"type":"live","stream":"S","seq":{at}}}"#));

    let message = Uuid::now_v7().to_string();
    let send =
        json!({ "type": "send", "id": 3, "message": { "id": message, "thread": group.standing, "body": "bonjour" } });
    socket.say(send.clone()).await;
    let (mut ack, mut event) = (String::new(), String::new());
    for _ in 0..2 {
        let frame = socket.next_text().await;
        if frame.contains(r#""type":"ack""#) { ack = frame } else { event = frame }
    }
    let names = [names.as_slice(), &[(message.as_str(), "M")]].concat();
    let seq = at + 1;
    assert_eq!(
        golden(&ack, &names),
        format!(r#"{{"type":"ack","id":3,"message":"M","stream":"S","seq":{seq},"position":1,"duplicate":false}}"#)
    );
    let by = ines.id.to_string();
    let told: Value = serde_json::from_str(&event).unwrap();
    let instant = told["at"].as_str().unwrap();
    let created = told["data"]["created_at"].as_str().unwrap();
    let names =
        [names.as_slice(), &[(by.as_str(), "U"), (group.channel.as_str(), "C"), (instant, "AT"), (created, "AT")]]
            .concat();
    assert_eq!(
        golden(&event, &names),
        format!(
            r#"{{"type":"event","stream":"S","seq":{seq},"kind":"message.created","at":"AT","by":"U","thread":"T","subject":{{"type":"message","id":"M"}},"data":{{"attachments":[],"author":{{"id":"U","name":"Inès","territory":null}},"body":"bonjour","channel":"C","created_at":"AT","deleted_at":null,"edited_at":null,"html":"<p>bonjour</p>\n","id":"M","position":1,"reactions":[],"thread":"T"}}}}"#
        )
    );

    socket.say(send).await;
    assert_eq!(
        golden(&socket.next_text().await, &names),
        format!(r#"{{"type":"ack","id":3,"message":"M","stream":"S","seq":{seq},"position":1,"duplicate":true}}"#)
    );
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.next_text().await, r#"{"type":"pong"}"#);
    let other =
        json!({ "type": "send", "id": 4, "message": { "id": message, "thread": group.standing, "body": "autre" } });
    socket.say(other).await;
    let refused = socket.next().await;
    assert_eq!(
        (&refused["type"], &refused["id"], &refused["code"]),
        (&json!("error"), &json!(4), &json!("id_conflict"))
    );
}

#[tokio::test]
async fn edits_removals_and_reactions_are_acked_and_told() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let message = ines.say(&group.standing, "un").await;
    let mut socket = ines.socket("preau.v1.json").await;
    socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id })).await;
    assert_eq!(socket.next_of("subscribed").await["result"], "ok");
    assert_eq!(socket.next().await["type"], "live", "always, even when nothing was missed");
    let op = Uuid::now_v7();
    let edit = json!({ "type": "edit", "id": 4, "op": op, "message": message["id"], "body": "deux" });
    socket.say(edit.clone()).await;
    socket.say(edit).await;
    socket.say(json!({ "type": "react", "id": 6, "op": Uuid::now_v7(), "message": message["id"], "name": "thanks", "on": true })).await;
    socket.say(json!({ "type": "delete", "id": 5, "op": Uuid::now_v7(), "message": message["id"] })).await;
    let (mut acks, mut events) = (Vec::new(), Vec::new());
    while acks.len() < 4 || events.len() < 3 {
        let frame = socket.next().await;
        if frame["type"] == "ack" { acks.push(frame) } else { events.push(frame) }
    }
    let answered: Vec<_> =
        acks.iter().map(|ack| (ack["id"].as_i64().unwrap(), ack["duplicate"].as_bool().unwrap())).collect();
    assert_eq!(answered, [(4, false), (4, true), (6, false), (5, false)], "in the order in which they came");
    let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message.edited", "reaction.set", "message.deleted"]);
    let last = &events[2]["data"];
    assert!(last["body"].is_null() && last["html"].is_null() && last["reactions"] == json!([]), "{last}");
}

#[tokio::test]
async fn what_was_missed_is_replayed_in_order_and_the_rest_is_refused_or_reset() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let epoch = ines.place(&group).await.epoch;
    let from = ines.place(&group).await.seq;
    for number in 0..20 {
        ines.say(&group.standing, &format!("message {number}")).await;
    }
    let mut socket = ines.socket("preau.v1.json").await;
    socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id, "since": from, "epoch": epoch })).await;
    assert_eq!(socket.next_of("subscribed").await["result"], "ok");
    for seq in from + 1..=from + 20 {
        assert_eq!(socket.next().await["seq"], seq);
    }
    assert_eq!(socket.next().await["type"], "live");

    let resets = [
        json!({ "since": from }),
        json!({ "since": from, "epoch": Uuid::now_v7() }),
        json!({ "since": from + 1000, "epoch": epoch }),
    ];
    for reset in resets {
        let mut frame = json!({ "type": "subscribe", "id": 2, "stream": group.id });
        frame.as_object_mut().unwrap().extend(reset.as_object().unwrap().clone());
        socket.say(frame).await;
        let answer = socket.next().await;
        assert_eq!((&answer["result"], &answer["seq"]), (&json!("reset"), &json!(from + 20)), "{reset}");
    }
    socket.say(json!({ "type": "subscribe", "id": 3, "stream": Uuid::now_v7() })).await;
    assert_eq!(socket.next().await["result"], "denied");
}

#[tokio::test]
async fn a_removed_member_is_put_out_and_hears_nothing_more() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let mut socket = camille.socket("preau.v1.json").await;
    for (id, stream) in [(1, group.id.clone()), (2, camille.id.to_string())] {
        socket.say(json!({ "type": "subscribe", "id": id, "stream": stream })).await;
        assert_eq!(socket.next_of("subscribed").await["result"], "ok");
    }
    ines.say(&group.standing, "avant").await;
    assert_eq!(socket.next_of("event").await["kind"], "message.created");
    ines.remove(&group, &camille).await;
    ines.say(&group.standing, "après").await;
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.push(socket.next().await);
    }
    let on_group: Vec<_> = heard.iter().filter(|frame| frame["stream"] == group.id.as_str()).collect();
    assert_eq!(
        (on_group[0]["kind"].as_str(), on_group[1]["result"].as_str()),
        (Some("member.removed"), Some("denied"))
    );
    assert!(on_group[1].get("id").is_none(), "nobody asked");
    let own = heard.iter().find(|frame| frame["stream"] == camille.id.to_string().as_str()).unwrap();
    assert_eq!(own["kind"], "group.left");
    socket.say(json!({ "type": "subscribe", "id": 9, "stream": group.id })).await;
    assert_eq!(socket.next().await["result"], "denied", "nothing came in between");
    let send =
        json!({ "type": "send", "id": 10, "message": { "id": Uuid::now_v7(), "thread": group.standing, "body": "x" } });
    socket.say(send).await;
    assert_eq!(socket.next().await["code"], "not_found");
}

#[tokio::test]
async fn the_door_of_the_socket_refuses_before_the_upgrade() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let status = |result: Result<Socket, tokio_tungstenite::tungstenite::Error>| match result {
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
        Ok(_) => 101,
    };
    let (url, token) = (server.url.as_str(), Some(camille.token.as_str()));
    let open = |token, origin: &'static str, protocol: &'static str| async move {
        status(Socket::open_with(url, token, &[("sec-websocket-protocol", protocol), ("origin", origin)]).await)
    };
    assert_eq!(open(None, "", "preau.v1.json").await, 401);
    assert_eq!(open(token, "https://evil.example", "preau.v1.json").await, 403);
    assert_eq!(open(token, "", "preau.v9.json").await, 426);
    assert_eq!(open(token, "", "").await, 426);
    let mut open_ones = Vec::new();
    for _ in 0..10 {
        let mut socket = camille.socket("preau.v1.json").await;
        socket.next_of("welcome").await;
        open_ones.push(socket);
    }
    assert_eq!(open(token, "", "preau.v1.json").await, 429, "the eleventh");
}

#[tokio::test]
async fn a_browser_gets_fragments_of_what_it_watches_and_rows_of_the_rest() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut socket = ines.socket("preau.v1.html").await;
    socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id })).await;
    assert_eq!(socket.next_of("subscribed").await["result"], "ok");
    ines.say(&group.standing, "sans regarder").await;
    let header = socket.next_of("event").await;
    assert_eq!(
        (&header["target"], &header["action"]),
        (&json!(format!("threads-{}", group.channel)), &json!("prepend"))
    );
    assert!(header.get("data").is_none() && header["also"] == json!([]), "{header}");
    socket.say(json!({ "type": "watch", "stream": group.id, "threads": [group.standing] })).await;
    socket.say(json!({ "type": "ping" })).await;
    socket.next_of("pong").await;
    let message = ines.say(&group.standing, "en **regardant**").await;
    let event = socket.next_of("event").await;
    assert_eq!(
        (&event["target"], &event["action"]),
        (&json!(format!("thread-messages-{}", group.standing)), &json!("append"))
    );
    assert_eq!(event["also"][0]["action"], "prepend");
    let page = ines.page(&format!("/threads/{}", group.standing)).await;
    let fragment = event["html"].as_str().unwrap();
    assert!(fragment.contains("<strong>regardant</strong>"), "{fragment}");
    assert!(page.text.contains(fragment.trim()), "the page is built from the very same partial");
    let path = format!("/api/v1/messages/{}", message["id"].as_str().unwrap());
    let edited = ines.request(Method::PATCH, &path, Some(json!({ "body": "mieux" }))).await;
    assert_eq!(edited.status, 200);
    let event = socket.next_of("event").await;
    assert_eq!(event["target"], format!("message-{}", message["id"].as_str().unwrap()));
}

#[tokio::test]
async fn an_event_is_read_and_printed_once_whatever_the_number_of_followers() {
    use std::sync::atomic::Ordering::SeqCst;
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut sockets = Vec::new();
    for name in ["Ana", "Bea", "Cléo", "Dora", "Eva"] {
        let person = server.person(name).await;
        ines.add(&group, &person, "member").await;
        sockets.push(following(&person, &group).await);
    }
    ines.say(&group.standing, "pour accorder").await;
    for socket in &mut sockets {
        while socket.next_of("event").await["kind"] != "message.created" {}
    }
    let metrics = server.sockets.hubs().metrics();
    let before = (metrics.prints.load(SeqCst), metrics.gaps.load(SeqCst));
    ines.say(&group.standing, "une fois").await;
    for socket in &mut sockets {
        assert_eq!(socket.next_of("event").await["data"]["body"], "une fois");
    }
    assert_eq!((metrics.prints.load(SeqCst), metrics.gaps.load(SeqCst)), (before.0 + 1, before.1));
}

/// How far somebody read a thread, and how often that was written.
async fn read_position(server: &Server, actor: &Actor) -> (Option<i32>, i64) {
    let position = sqlx::query_scalar("select position from read_positions where person_id = $1");
    let written = sqlx::query_scalar("select count(*) from events where stream_id = $1 and kind = 'read.moved'");
    (
        position.bind(actor.id.0).fetch_optional(server.db.pool()).await.unwrap(),
        written.bind(actor.id.0).fetch_one(server.db.pool()).await.unwrap(),
    )
}

#[tokio::test]
async fn what_is_read_by_scrolling_is_written_once_a_second_and_before_the_end() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (camille, dora) = (server.person("Camille").await, server.person("Dora").await);
    for person in [&camille, &dora] {
        ines.add(&group, person, "member").await;
    }
    for number in 1..=50 {
        ines.say(&group.standing, &format!("message {number}")).await;
    }
    let scrolled = async |actor: &Actor| {
        let mut socket = actor.socket("preau.v1.json").await;
        for position in (1..=50).chain([3]) {
            socket.say(json!({ "type": "read", "thread": group.standing, "position": position })).await;
        }
        socket.say(json!({ "type": "ping" })).await;
        socket.next_of("pong").await;
        socket
    };
    let socket = scrolled(&camille).await;
    drop(socket);
    let is_moved = async || (read_position(&server, &camille).await.0 == Some(50)).then_some(());
    awaited("the end of a connection loses none", is_moved).await;
    let put = format!("/api/v1/threads/{}/read", group.standing);
    assert!(camille.request(Method::PUT, &put, Some(json!({ "position": 7 }))).await.status.is_success());
    let (position, written) = read_position(&server, &camille).await;
    assert!(position == Some(50) && written <= 2, "{position:?}, written {written} times for 51 frames");
    let mut socket = scrolled(&dora).await;
    server.drain();
    assert_eq!(socket.closed().await, 4100);
    assert_eq!(read_position(&server, &dora).await.0, Some(50), "and is written before the server goes");
}
