//! Who enters a group, and what the others learn of it.

use reqwest::Method;
use serde_json::json;

use crate::support::{Actor, Server, following};

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
    let waiting = [server.person("Hugo").await, server.person("Nadia").await];
    for person in &waiting {
        assert_eq!(person.form("/groups/request/join", &[]).await.status, 303);
    }
    let opened = json!({ "access": "open" });
    ines.request(Method::PATCH, &format!("/api/v1/groups/{}", request["id"].as_str().unwrap()), Some(opened)).await;
    for person in &waiting {
        assert_eq!(person.get("/groups/request/members").await.status, 200, "who waits at a door that opens is in");
    }
    assert!(!ines.page("/").await.text.contains("Nadia demande"), "nobody waits any more");
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

#[tokio::test]
async fn animators_change_a_group_and_its_channels_and_nobody_else_does() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (camille, outsider) = (server.person("Camille").await, server.person("Ondine").await);
    ines.add(&group, &camille, "member").await;
    let (api, channel) = (format!("/api/v1/groups/{}", group.id), format!("/api/v1/channels/{}", group.channel));
    let patch = |path: String, body: serde_json::Value| {
        let actor = ines.clone();
        async move { actor.request(Method::PATCH, &path, Some(body)).await }
    };
    for path in [&api, &channel] {
        let refused = camille.request(Method::PATCH, path, Some(json!({ "name": "À moi" }))).await;
        assert_eq!(refused.status, 403, "{path}");
        let hidden = outsider.request(Method::PATCH, path, Some(json!({ "name": "À moi" }))).await;
        assert_eq!(hidden.status, 404, "{path}");
    }
    let mut socket = following(&camille, &group).await;
    let changed = patch(api.clone(), json!({ "name": "Réseau CPO, suite", "access": "open" })).await.json();
    assert_eq!(
        (&changed["name"], &changed["access"], &changed["slug"]),
        (&json!("Réseau CPO, suite"), &json!("open"), &json!("reseau-cpo"))
    );
    let told = socket.next_of("event").await;
    assert_eq!(
        (&told["kind"], &told["data"]["name"], &told["data"]["access"], &told["data"]["role"]),
        (&json!("group.updated"), &json!("Réseau CPO, suite"), &json!("open"), &json!(null)),
        "the same for every reader"
    );
    let renamed = patch(channel.clone(), json!({ "name": "Évaluer" })).await.json();
    assert_eq!((&renamed["name"], &renamed["archived_at"]), (&json!("Évaluer"), &json!(null)));
    let told = socket.next_of("event").await;
    assert_eq!((&told["kind"], &told["data"]["name"]), (&json!("channel.updated"), &json!("Évaluer")));
    let archived = patch(channel.clone(), json!({ "archived": true })).await.json();
    assert!(archived["archived_at"].is_string(), "{archived}");
    assert_eq!(socket.next_of("event").await["kind"], "channel.archived");
    let late = camille.post(&format!("/api/v1/threads/{}/messages", group.standing), json!({ "body": "encore" })).await;
    assert_eq!((late.status.as_u16(), late.json()["code"].clone()), (409, json!("archived")));
    assert!(ines.page(&format!("/channels/{}", group.channel)).await.text.contains("Rouvrir ce salon"));
    let door = format!("/channels/{}/archive", group.channel);
    assert_eq!(ines.form(&door, &[("archived", "false")]).await.status, 303);
    camille.say(&group.standing, "encore").await;
    ines.post(&format!("{api}/channels"), json!({ "name": "Parentalité", "purpose": "" })).await;
    let taken = ines.form(&format!("/channels/{}/edit", group.channel), &[("name", "Parentalité")]).await;
    assert!(taken.text.contains("C’est déjà pris") && taken.text.contains(r#"value="Parentalité""#), "{}", taken.text);
    let saved =
        ines.form("/groups/reseau-cpo/edit", &[("name", "Réseau"), ("purpose", "Ensemble"), ("access", "request")]);
    assert_eq!(saved.await.header("location"), "/groups/reseau-cpo");
    assert_eq!(camille.page("/groups/reseau-cpo/edit").await.status, 403);
    outsider.form("/groups/reseau-cpo/join", &[]).await;
    let waits = outsider.page("/groups/reseau-cpo").await.text;
    assert!(waits.contains("Réseau") && !waits.contains(">Demander"), "who asked sees that they wait: {waits}");
}

#[tokio::test]
async fn lists_come_in_pages_that_hold_each_item_once() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    for name in ["Camille", "Hugo", "Sophie"] {
        ines.add(&group, &server.person(name).await, "member").await;
    }
    for name in ["Parentalité", "Culture"] {
        ines.post(&format!("/api/v1/groups/{}/channels", group.id), json!({ "name": name, "purpose": "" })).await;
    }
    for (what, count) in [("members", 4), ("channels", 3)] {
        let path = format!("/api/v1/groups/{}/{what}", group.id);
        let whole = ines.get(&path).await.json();
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = ines.get(&format!("{path}?limit=2{cursor}")).await.json();
            seen.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((seen.len(), &json!(seen)), (count, &whole["items"]), "{what}");
        assert_eq!(ines.get(&format!("{path}?limit=0")).await.json()["errors"][0]["field"], "limit");
        assert_eq!(ines.get(&format!("{path}?cursor=nothing")).await.json()["errors"][0]["field"], "cursor");
    }
}
