//! Who enters a group, and what the others learn of it.

use reqwest::Method;
use serde_json::json;

use crate::support::{Actor, Server};

/// Every address of a group's things.
async fn addresses(animator: &Actor, group: &crate::support::Group) -> Vec<String> {
    let message = animator.say(&group.standing, "secret").await;
    let id = message["id"].as_str().unwrap();
    vec![
        format!("/api/v1/groups/{}", group.id),
        format!("/api/v1/groups/{}/members", group.id),
        format!("/api/v1/groups/{}/channels", group.id),
        format!("/api/v1/channels/{}/threads", group.channel),
        format!("/api/v1/threads/{}/messages", group.standing),
        format!("/groups/{}", "reseau-cpo"),
        format!("/groups/{}/members", "reseau-cpo"),
        format!("/channels/{}", group.channel),
        format!("/threads/{}", group.standing),
        format!("/messages/{id}"),
        format!("/messages/{id}/actions"),
    ]
}

#[tokio::test]
async fn an_outsider_and_a_former_member_find_nothing() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (outsider, former) = (server.person("Ondine").await, server.person("Fatou").await);
    ines.add(&group, &former, "member").await;
    let addresses = addresses(&ines, &group).await;
    for address in &addresses {
        assert!(former.get(address).await.status.as_u16() < 400, "a member reads {address}");
    }
    ines.remove(&group, &former).await;
    let nothing = outsider.get("/api/v1/threads/018f0000-0000-7000-8000-000000000000/messages").await.text;
    for actor in [&outsider, &former] {
        for address in &addresses {
            let answer = actor.get(address).await;
            assert_eq!(answer.status, 404, "{address}");
            if address.starts_with("/api/") {
                assert_eq!(answer.text, nothing, "as if it did not exist: {address}");
            }
        }
        let message = json!({ "body": "x" });
        assert_eq!(actor.post(&format!("/api/v1/threads/{}/messages", group.standing), message).await.status, 404);
        let list = actor.get("/api/v1/groups").await.json();
        assert!(!list["items"].as_array().unwrap().iter().any(|item| item["id"] == group.id.as_str()));
    }
}

#[tokio::test]
async fn an_open_group_is_joined_and_one_on_request_waits_for_its_animator() {
    let server = Server::start().await;
    let ines = server.admin("Inès").await;
    let camille = server.person("Camille").await;
    let make = |access: &'static str| {
        let ines = ines.clone();
        async move { ines.post("/api/v1/groups", json!({ "name": access, "purpose": "p", "access": access })).await.json() }
    };
    let (open, request, invite) = (make("open").await, make("request").await, make("invite").await);
    let join = |group: &serde_json::Value| {
        let (camille, path) = (camille.clone(), format!("/api/v1/groups/{}/members", group["id"].as_str().unwrap()));
        async move { camille.post(&path, json!({ "user": camille.id })).await.status.as_u16() }
    };
    assert_eq!((join(&open).await, join(&request).await, join(&invite).await), (201, 202, 404));
    let seen = camille.get(&format!("/api/v1/groups/{}", request["id"].as_str().unwrap())).await.json();
    assert_eq!((&seen["name"], &seen["animators"][0]["name"]), (&json!("request"), &json!("Inès")));
    assert!(seen.get("stream").is_none(), "a stranger follows nothing: {seen}");
    let members = ines.page("/groups/request/members").await;
    assert!(members.text.contains("Accepter Camille"), "{}", members.text);
    let accepted = ines.form("/groups/request/members", &[("user", &camille.id.to_string()), ("role", "member")]).await;
    assert_eq!(accepted.status, 303);
    assert_eq!(camille.get("/groups/request/members").await.status, 200);
}

#[tokio::test]
async fn a_guest_answers_and_does_not_open_and_the_last_animator_stays() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let guest = server.person("Gaël").await;
    ines.add(&group, &guest, "guest").await;
    guest.say(&group.standing, "je réponds").await;
    let opened = guest.post(&format!("/api/v1/channels/{}/threads", group.channel), json!({ "body": "non" })).await;
    assert_eq!((opened.status.as_u16(), opened.json()["code"].clone()), (403, json!("forbidden")));
    let path = format!("/api/v1/groups/{}/members/{}", group.id, ines.id);
    assert_eq!(guest.request(Method::DELETE, &path, None).await.status, 403);
    let left = ines.request(Method::DELETE, &path, None).await;
    assert_eq!((left.status.as_u16(), left.json()["code"].clone()), (409, json!("conflict")));
}

#[tokio::test]
async fn an_unknown_address_is_invited_by_mail_and_enters_by_it() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/api/v1/groups/{}/members", group.id);
    let invited = ines.post(&path, json!({ "email": "nouvelle@ville.example", "role": "member" })).await;
    assert_eq!(invited.status, 201, "{}", invited.text);
    let mail = preau::mail::latest(&server.db, 1).await.unwrap().remove(0);
    assert_eq!(mail.recipient, "nouvelle@ville.example");
    let link = mail.text_body.lines().find(|line| line.starts_with("http")).unwrap().replace(&server.url, "");
    let browser = server.stranger();
    assert_eq!(browser.form(&link, &[]).await.status, 303);
    assert!(browser.get("/groups/reseau-cpo").await.text.contains("Évaluation"));
}

#[tokio::test]
async fn a_form_that_is_refused_keeps_what_was_typed() {
    let server = Server::start().await;
    let (ines, _) = server.group().await;
    let twice = ines.form("/groups/reseau-cpo/channels", &[("name", "évaluation"), ("purpose", "mon but")]).await;
    assert_eq!(twice.status, 200);
    for kept in [r#"value="évaluation""#, r#"value="mon but""#, "C’est déjà pris.", "aria-invalid"] {
        assert!(twice.text.contains(kept), "{kept}: {}", twice.text);
    }
}
