//! Every route is held to the policy that it declares, and every answer carries the headers.

use std::collections::HashSet;

use preau::{http::Policy, serve};
use reqwest::Method;
use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn every_route_is_held_to_its_policy() {
    let server = Server::start().await;
    let declared = serve::declared();
    assert!(declared.len() > 30, "the registry is not empty");
    let id = "018f0000-0000-7000-8000-000000000000";
    for route in &declared {
        let path: Vec<_> = route.path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect();
        let path = path.join("/");
        let method: Method = route.method.parse().unwrap();
        let answer = server.stranger().send(method.clone(), &path, &[("accept", "application/json")]).await;
        match route.policy {
            Policy::SignedIn => assert_eq!(answer.status, 401, "{method} {path}"),
            Policy::Public => assert_ne!(answer.status, 401, "{method} {path}"),
        }
        assert!(answer.status.as_u16() < 500, "{method} {path}: {}", answer.status);
    }
    let open: HashSet<_> =
        declared.iter().filter(|route| route.policy == Policy::Public).map(|route| route.path).collect();
    let expected = HashSet::from([
        "/livez",
        "/readyz",
        "/metrics",
        "/assets/{name}",
        "/service-worker.js",
        "/manifest.webmanifest",
        "/sign-in",
        "/sign-in/code",
        "/sign-in/password",
        "/sign-in/{secret}",
        "/mailbox",
        "/help",
        "/accessibility",
        "/privacy",
        "/legal",
        "/g/{slug}",
        "/feeds/{name}",
        "/api/v1/openapi.json",
    ]);
    assert_eq!(open, expected, "what anybody may reach is a list that somebody read");
}

#[tokio::test]
async fn a_page_asks_for_a_session_and_comes_back() {
    let server = Server::start().await;
    let answer = server.stranger().get("/groups/reseau-cpo?x=1").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/sign-in?next=/groups/reseau-cpo%3Fx%3D1"));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    for path in
        ["/groups".to_owned(), format!("/threads/{}", group.standing), "/nowhere".to_owned(), "/api/v1/me".to_owned()]
    {
        let answer = ines.page(&path).await;
        let policy = answer.header("content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        if answer.text.contains("<script") {
            assert!(answer.text.contains(&format!(r#"nonce="{nonce}""#)), "{path}");
            assert_eq!(answer.text.matches("<script").count(), 1, "no inline script: {path}");
        }
        assert!(!answer.text.contains(" style=") && !answer.text.contains(" onclick="), "{path}");
    }
}

#[tokio::test]
async fn a_page_that_does_not_exist_helps() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let answer = camille.page("/nowhere").await;
    assert_eq!(answer.status, 404);
    assert!(
        answer.text.contains("Rechercher dans le réseau")
            && answer.text.contains(r#"aria-label="Navigation principale""#)
    );
}

#[tokio::test]
async fn what_was_typed_comes_back_when_a_form_cannot_be_taken() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/threads/{}/messages", group.standing);
    let archive = json!({ "archived": true });
    ines.request(Method::PATCH, &format!("/api/v1/channels/{}", group.channel), Some(archive)).await;
    let sentence = "Un long texte, <écrit> avec soin";
    for files in [&[][..], &[("a.txt", b"abc".as_slice())]] {
        let late = ines.upload(&path, &[("body", sentence)], files).await;
        assert_eq!(late.status, 409);
        assert!(late.text.contains("Un long texte, &#60;écrit&#62; avec soin"), "{}", late.text);
    }
    // The database is away: nobody can even be known.
    server.db.close().await;
    let away = ines.upload(&path, &[("body", sentence)], &[("a.txt", b"abc")]).await;
    assert_eq!((away.status.as_u16(), away.header("retry-after")), (503, "2"));
    assert!(away.text.contains("avec soin") && away.text.contains("<textarea"), "{}", away.text);
    let form = [("title", "Un titre"), ("objective", "Un objectif")];
    let away = ines.form("/groups/reseau-cpo/meetings", &form).await.text;
    assert!(away.contains("Un titre\n\nUn objectif"), "{away}");
    let away = ines.form("/sign-in/password", &[("email", "a@b.example"), ("password", "motdepasse-secret")]).await;
    assert!(away.status == 503 && !away.text.contains("motdepasse-secret"), "{}", away.text);
    let page = ines.page("/groups").await;
    assert!(page.status == 503 && !page.text.contains("<textarea"), "{}", page.text);
}

#[tokio::test]
async fn the_api_describes_every_route_and_every_type() {
    let server = Server::start().await;
    let answer = server.stranger().send(Method::GET, "/api/v1/openapi.json", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.1");
    let mut described = 0;
    for route in
        serve::declared().iter().filter(|route| route.path.starts_with("/api/v1/") || route.path.starts_with("/live/"))
    {
        let operation = &document["paths"][route.path][route.method.to_lowercase()];
        let success = operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2'));
        assert!(success, "{} {} says nothing of its answer", route.method, route.path);
        let takes = ["POST", "PATCH", "PUT"].contains(&route.method)
            && !["/reactions/", "/favourites/"].iter().any(|part| route.path.contains(part));
        assert_eq!(operation["requestBody"].is_object(), takes, "{} {}", route.method, route.path);
        described += 1;
    }
    assert!(described > 30, "the routes are found");
    // Nothing refers to what is not there.
    let text = document.to_string();
    for reference in text.split("\"#/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(&format!("/{reference}")).is_some(), "{reference}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["Group", "Channel", "Thread", "Message", "Document", "Meeting", "Problem"] {
        assert!(schemas.contains_key(name), "{name} in {:?}", schemas.keys());
    }
    // What is described is what is answered.
    let (ines, group) = server.group().await;
    let message = ines.say(&group.standing, "Bonjour").await;
    let posted = &schemas["PostedMessage"];
    let (said, given) = (posted["properties"].as_object().unwrap(), message.as_object().unwrap());
    let undescribed: Vec<_> = given.keys().filter(|key| !said.contains_key(*key)).collect();
    assert_eq!(undescribed, [""; 0], "what is answered is described");
    let promised: Vec<_> = posted["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    let missing: Vec<_> = promised.iter().filter(|key| !given.contains_key(**key)).collect();
    assert!(promised.len() > 10 && missing.is_empty(), "what is promised is answered: {missing:?} of {promised:?}");
    let meeting = schemas["Meeting"]["properties"].as_object().unwrap();
    assert!(meeting.contains_key("rsvp") && !meeting.contains_key("revision"), "{meeting:?}");
}
