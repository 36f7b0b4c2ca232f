//! The five walkthroughs of ARCHITECTURE.md, walked: each test goes the whole road of its paragraph, by its number.

use reqwest::Method;
use serde_json::json;

use crate::support::{Actor, Group, Server, following};

async fn two_members(server: &Server) -> (Actor, Actor, Group) {
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    (ines, camille, group)
}

#[tokio::test]
async fn walkthrough_1_a_message_over_the_socket() {
    let server = Server::start().await;
    let (ines, camille, group) = two_members(&server).await;
    let (mut author, mut reader) = (following(&camille, &group).await, following(&ines, &group).await);
    let message = uuid::Uuid::now_v7();
    let send = json!({ "id": message, "thread": group.standing, "body": "Bonjour **tous**" });
    author.say(json!({ "type": "send", "id": 2, "message": send })).await;
    // The ack and the author's own event come in either order.
    let (mut ack, mut own) = (None, None);
    while ack.is_none() || own.is_none() {
        let frame = author.next().await;
        match frame["type"].as_str() {
            Some("ack") => ack = Some(frame),
            Some("event") => own = Some(frame),
            _ => {}
        }
    }
    let (ack, told) = (ack.unwrap(), [own.unwrap(), reader.next_of("event").await]);
    let kept = ines.get(&format!("/api/v1/threads/{}/messages", group.standing)).await.json();
    assert_eq!((&kept["items"][0]["id"], &kept["items"][0]["position"]), (&ack["message"], &ack["position"]));
    for event in &told {
        assert_eq!((&event["seq"], &event["kind"]), (&ack["seq"], &json!("message.created")));
        assert_eq!(event["data"], kept["items"][0], "what is told is what is kept");
    }
    assert_eq!(told[0], told[1], "the same bytes to every socket");
}

#[tokio::test]
async fn walkthrough_2_the_same_without_javascript() {
    let server = Server::start().await;
    let (ines, camille, group) = two_members(&server).await;
    let page = camille.page(&format!("/threads/{}", group.standing)).await.text;
    let id = page.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let path = format!("/threads/{}/messages", group.standing);
    for _ in 0..2 {
        let posted = camille.upload(&path, &[("id", id), ("body", "Bonjour")], &[]).await;
        assert_eq!(posted.status, 303, "{}", posted.text);
        assert!(posted.header("location").ends_with(&format!("#message-{id}")));
    }
    let kept = ines.get(&format!("/api/v1{path}")).await.json();
    assert_eq!(kept["items"].as_array().unwrap().len(), 1, "sent twice, posted once");
}

#[tokio::test]
async fn walkthrough_3_a_page_and_the_socket_that_goes_on_from_it() {
    let server = Server::start().await;
    let (ines, camille, group) = two_members(&server).await;
    camille.say(&group.standing, "avant la page").await;
    let page = ines.page(&format!("/threads/{}", group.standing)).await.text;
    let carried = |mark: &str| {
        let value = page.split(&format!(" {mark}=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        value.replace("&#34;", "\"")
    };
    let (epoch, streams) = (carried("data-epoch"), carried("data-streams"));
    let streams: serde_json::Value = serde_json::from_str(&streams).unwrap();
    camille.say(&group.standing, "après la page").await;
    let mut socket = ines.socket("preau.v1.html").await;
    let since = &streams[&group.id];
    socket.say(json!({ "type": "watch", "stream": group.id, "threads": [group.standing] })).await;
    socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id, "since": since, "epoch": epoch })).await;
    assert_eq!(socket.next_of("subscribed").await["result"], "ok");
    let event = socket.next_of("event").await;
    assert_eq!(event["seq"].as_i64(), since.as_i64().map(|seq| seq + 1), "nothing twice, nothing missed");
    assert!(event["html"].as_str().unwrap().contains("après la page"), "{event}");
}

#[tokio::test]
async fn walkthrough_4_a_sign_in() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let email = camille.email.clone();
    let browser = server.stranger();
    browser.form("/sign-in", &[("email", &email)]).await;
    let mails = preau::mail::latest(&server.db, 1).await.unwrap();
    let link = mails[0].text_body.lines().find(|line| line.starts_with("http")).unwrap().replace(&server.url, "");
    assert_eq!(browser.get(&link).await.status, 200);
    assert_eq!(browser.get("/settings").await.status, 303, "a GET signs nobody in");
    let signed_in = browser.form(&link, &[]).await;
    let cookie = signed_in.header("set-cookie").lines().find(|cookie| cookie.starts_with("session=")).unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert_eq!(browser.get("/settings").await.status, 200);
}

#[tokio::test]
async fn walkthrough_5_a_removal() {
    let server = Server::start().await;
    let (ines, camille, group) = two_members(&server).await;
    let posted = camille.say(&group.standing, "ma dernière parole").await;
    let mut socket = following(&camille, &group).await;
    ines.remove(&group, &camille).await;
    let last = socket.next_of("event").await;
    assert_eq!((&last["kind"], &last["data"]["role"]), (&json!("member.removed"), &json!(null)));
    assert_eq!(socket.next_of("subscribed").await["result"], "denied", "the stream has ended for them");
    ines.say(&group.standing, "entre nous").await;
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await["type"], "pong", "nothing of what follows");
    let message = posted["id"].as_str().unwrap();
    for (method, path) in [
        (Method::GET, format!("/api/v1/groups/{}/members", group.id)),
        (Method::GET, format!("/api/v1/threads/{}/messages", group.standing)),
        (Method::PATCH, format!("/api/v1/messages/{message}")),
        (Method::DELETE, format!("/api/v1/messages/{message}")),
    ] {
        let body = (method == Method::PATCH).then(|| json!({ "body": "encore" }));
        assert_eq!(camille.request(method.clone(), &path, body).await.status, 404, "{method} {path}");
    }
    let found = camille.get("/api/v1/search?q=parole").await.json();
    assert_eq!(found["messages"]["items"], json!([]), "nor by the search, though the words are one's own");
}
