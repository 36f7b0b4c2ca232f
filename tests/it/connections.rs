//! Connections: how many there may be, and what ends them from our side.

use reqwest::Method;
use serde_json::json;
use words::SessionId;

use crate::support::{Actor, Server, Socket};

/// A page's socket.
async fn page(server: &Server, cookie: &str, query: &str) -> Socket {
    let headers = [("sec-websocket-protocol", "preau.v1.html"), ("origin", server.url.as_str()), ("cookie", cookie)];
    let mut socket = Socket::open_at(&format!("{}/live{query}", server.url), None, &headers).await.unwrap();
    socket.next_of("welcome").await;
    socket
}

async fn program(actor: &Actor) -> Socket {
    let mut socket = actor.socket("preau.v1.json").await;
    socket.next_of("welcome").await;
    socket
}

#[tokio::test]
async fn a_session_that_ends_closes_its_socket_and_no_other() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let (cookie, other) = (server.session(&camille).await, server.session(&camille).await);
    let (mut socket, mut stays) = (page(&server, &cookie, "").await, page(&server, &other, "").await);
    let out = server.stranger().send(Method::POST, "/sign-out", &[("cookie", &cookie), ("origin", &server.url)]).await;
    assert_eq!(out.status, 303);
    assert_eq!(socket.closed().await, 4501);
    stays.say(json!({ "type": "ping" })).await;
    assert_eq!(stays.next().await["type"], "pong");
}

#[tokio::test]
async fn a_token_that_is_deleted_closes_its_socket() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let mut socket = program(&camille).await;
    // By another node, which says nothing to this one.
    sqlx::query("delete from tokens where person_id = $1").bind(camille.id.0).execute(server.db.pool()).await.unwrap();
    assert_eq!(socket.closed().await, 4501);
}

#[tokio::test]
async fn an_account_that_is_disabled_closes_all_its_sockets() {
    let server = Server::start().await;
    let (camille, ines) = (server.person("Camille").await, server.person("Inès").await);
    let cookie = server.session(&camille).await;
    let (mut first, mut second) = (program(&camille).await, page(&server, &cookie, "").await);
    let mut stays = program(&ines).await;
    let disable = "update people set disabled_at = now() where id = $1";
    sqlx::query(disable).bind(camille.id.0).execute(server.db.pool()).await.unwrap();
    assert_eq!((first.closed().await, second.closed().await), (4503, 4503));
    stays.say(json!({ "type": "ping" })).await;
    assert_eq!(stays.next().await["type"], "pong");
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_token_but_the_one_that_set_it() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let (cookie, other) = (server.session(&camille).await, server.session(&camille).await);
    let (mut mine, mut others, mut token) =
        (page(&server, &cookie, "").await, page(&server, &other, "").await, program(&camille).await);
    let used = server.db.clone();
    let session: SessionId = sqlx::query_scalar("select id from sessions where person_id = $1 order by id limit 1")
        .bind(camille.id.0)
        .fetch_one(used.pool())
        .await
        .map(SessionId)
        .unwrap();
    let mut viewer =
        preau::people::viewer(&mut used.pool().acquire().await.unwrap(), camille.id).await.unwrap().unwrap();
    viewer.credential = preau::http::Credential::Session(session);
    let hash = preau::people::hash_password("une phrase assez longue 42".to_owned()).await.unwrap();
    used.write(move |tx| Box::pin(async move { preau::people::set_password(tx, &viewer, hash).await })).await.unwrap();
    assert_eq!((others.closed().await, token.closed().await), (4501, 4501));
    mine.say(json!({ "type": "ping" })).await;
    assert_eq!(mine.next().await["type"], "pong");
    assert_eq!(camille.get("/api/v1/me").await.status, 401);
}

#[tokio::test]
async fn a_tab_that_comes_back_replaces_its_connection_and_takes_no_place() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let cookie = server.session(&camille).await;
    let tabs: Vec<_> = (0..10).map(|_| format!("?tab={}", uuid::Uuid::now_v7())).collect();
    let mut sockets = Vec::new();
    for tab in &tabs {
        sockets.push(page(&server, &cookie, tab).await);
    }
    let mut again = page(&server, &cookie, &tabs[3]).await;
    assert_eq!(sockets[3].closed().await, 4114);
    again.say(json!({ "type": "ping" })).await;
    assert_eq!(again.next().await["type"], "pong");
    sockets[4].say(json!({ "type": "ping" })).await;
    assert_eq!(sockets[4].next().await["type"], "pong", "another tab of the same browser stays");
    // A number is worth something to its own person alone.
    let ines = server.person("Inès").await;
    page(&server, &server.session(&ines).await, &tabs[4]).await;
    sockets[4].say(json!({ "type": "ping" })).await;
    assert_eq!(sockets[4].next().await["type"], "pong");
}

#[tokio::test]
async fn a_full_server_asks_to_come_back_later() {
    let server = Server::start_small(2).await;
    let (camille, ines) = (server.person("Camille").await, server.person("Inès").await);
    let (first, _second) = (program(&camille).await, program(&camille).await);
    assert_eq!(ines.socket("preau.v1.json").await.closed().await, 4113);
    let epoch = ines.get("/api/v1/me").await.json()["epoch"].clone();
    let poll = format!("/live/poll?at={}:{}:0", ines.id, epoch.as_str().unwrap());
    assert_eq!(ines.get(&poll).await.status, 503);
    drop(first);
    // The server learns of it when it next reads.
    let mut socket = ines.socket("preau.v1.json").await;
    while socket.next_or_close().await.is_err() {
        socket = ines.socket("preau.v1.json").await;
    }
}

#[tokio::test]
async fn who_reads_another_language_is_asked_to_come_back_and_is_spoken_to_in_it() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let cookie = server.session(&camille).await;
    let (mut tab, mut api) = (page(&server, &cookie, "").await, program(&camille).await);
    let settings = [("name", "Camille"), ("locale", "en"), ("theme", "system")];
    assert_eq!(camille.form("/settings", &settings).await.status, 303);
    assert_eq!((tab.closed().await, api.closed().await), (4101, 4101));
    let mut tab = page(&server, &cookie, "").await;
    tab.say(json!({ "type": "dance" })).await;
    let refused = tab.next_of("error").await["message"].as_str().unwrap().to_owned();
    assert!(refused.starts_with("The request"), "{refused}");
    let mut other = program(&server.person("Maya").await).await;
    other.say(json!({ "type": "ping" })).await;
    assert_eq!(other.next().await["type"], "pong");
}
