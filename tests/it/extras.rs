//! What hangs on messages: polls, pins, favourites, reminders and reports.

use preau::clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Group, Server};

async fn scene() -> (Server, Actor, Actor, Actor, Group) {
    let server = Server::start_with(Clock::at("2026-01-15T10:00:00Z".parse().unwrap()), 1 << 20).await;
    let (ines, group) = server.group().await;
    let (ana, guest) = (server.person("Ana").await, server.person("Gil").await);
    ines.add(&group, &ana, "member").await;
    ines.add(&group, &guest, "guest").await;
    (server, ines, ana, guest, group)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

#[tokio::test]
async fn a_poll_is_asked_answered_and_answered_otherwise_until_it_closes() {
    let (server, ines, ana, guest, group) = scene().await;
    let polls = format!("/api/v1/threads/{}/polls", group.standing);
    let closes_at = server.clock.now() + chrono::TimeDelta::days(2);
    let body = json!({ "body": "Quel jour ?", "options": ["mardi", " jeudi "], "closes_at": closes_at });
    let poll = ines.post(&polls, body).await;
    assert_eq!(poll.status, 201, "{}", poll.text);
    let vote = format!("/api/v1/messages/{}/vote", text(&poll.json()["id"]));
    let choose =
        async |who: &Actor, options: &[i16]| who.request(Method::PUT, &vote, Some(json!({ "options": options }))).await;
    let users =
        |answer: &crate::support::Answer, place: usize| answer.json()["poll"]["options"][place]["users"].clone();
    assert_eq!(users(&choose(&ana, &[0]).await, 0), json!([ana.id]));
    let changed = choose(&ana, &[1]).await;
    assert_eq!((users(&changed, 0), users(&changed, 1)), (json!([]), json!([ana.id])));
    let both = users(&choose(&guest, &[1]).await, 1);
    assert!([&ana, &guest].iter().all(|who| both.as_array().unwrap().contains(&json!(who.id))), "{both}");
    assert_eq!(users(&choose(&guest, &[]).await, 1), json!([ana.id]), "nothing is a choice too");
    for wrong in [&[2][..], &[-1], &[0, 1]] {
        assert_eq!(choose(&ana, wrong).await.status, 422, "{wrong:?}");
    }
    let outsider = server.person("Ondine").await;
    assert_eq!(choose(&outsider, &[0]).await.status, 404);
    let form = format!("/messages/{}/vote", text(&poll.json()["id"]));
    assert_eq!(ines.form(&form, &[("option", "0")]).await.status, 303);
    let page = guest.page(&format!("/threads/{}", group.standing)).await.text;
    assert!(
        page.contains("Sondage, un seul choix") && page.contains(&format!(r#"data-voters="{}""#, ana.id)),
        "{page}"
    );
    server.clock.advance(chrono::TimeDelta::days(3));
    let late = choose(&ana, &[0]).await;
    assert_eq!((late.status.as_u16(), late.text.contains("Ce sondage est clos")), (409, true));
    let message = ines.say(&group.standing, "Sans choix").await;
    let none = format!("/api/v1/messages/{}/vote", text(&message["id"]));
    assert_eq!(ana.request(Method::PUT, &none, Some(json!({ "options": [0] }))).await.status, 404);
}

#[tokio::test]
async fn a_poll_without_options_is_refused_and_what_was_typed_is_kept() {
    let (_, ines, _, _, group) = scene().await;
    let form = format!("/threads/{}/polls", group.standing);
    let typed = [("body", "Quel jour vous va ?"), ("options", "mardi\n  \n"), ("multiple", "true")];
    let refused = ines.form(&form, &typed).await;
    assert!(refused.text.contains("au moins deux choix") && refused.text.contains("Quel jour vous va ?"));
    assert!(refused.text.contains("mardi") && refused.text.contains("checked"), "{}", refused.text);
    let late = [("body", "Quel jour ?"), ("options", "a\nb"), ("closes_at", "2001-01-01T10:00")];
    assert!(ines.form(&form, &late).await.text.contains("date à venir"));
    let list = ines.get(&format!("/api/v1/threads/{}/messages", group.standing)).await.json();
    assert_eq!(list["items"], json!([]), "nothing half done");
    let id = uuid::Uuid::now_v7().to_string();
    let asked = [("id", id.as_str()), ("body", "Quel jour ?"), ("options", "mardi\r\njeudi\r\n")];
    for _ in 0..2 {
        assert_eq!(ines.form(&form, &asked).await.status, 303, "sent again, it is asked once");
    }
    let list = ines.get(&format!("/api/v1/threads/{}/messages", group.standing)).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["poll"]["options"][1]["label"], "jeudi");
}

#[tokio::test]
async fn a_message_is_pinned_by_who_may_change_its_thread() {
    let (_, ines, ana, guest, group) = scene().await;
    let opened = json!({ "title": "Un sujet", "body": "Bonjour" });
    let opened = ana.post(&format!("/api/v1/channels/{}/threads", group.channel), opened).await.json();
    let said = guest.say(&text(&opened["id"]), "L’adresse du lieu").await;
    let pin = format!("/messages/{}/pin", text(&said["id"]));
    assert_eq!(guest.form(&pin, &[("on", "true")]).await.status, 403);
    assert_eq!(ana.form(&pin, &[("on", "true")]).await.status, 303);
    let page = format!("/threads/{}", text(&opened["id"]));
    assert!(guest.page(&page).await.text.contains("1 message épinglé"));
    assert_eq!(ines.form(&pin, &[("on", "false")]).await.status, 303);
    assert!(!guest.page(&page).await.text.contains("message épinglé"));
}

#[tokio::test]
async fn one_keeps_messages_for_oneself_for_as_long_as_one_may_read_them() {
    let (_, ines, ana, guest, group) = scene().await;
    let said = text(&ines.say(&group.standing, "À garder").await["id"]);
    let outsider = format!("/messages/{said}/favourite");
    assert_eq!(ana.form(&outsider, &[("on", "true")]).await.status, 303);
    assert!(ana.page("/favourites").await.text.contains("À garder"));
    assert!(!guest.page("/favourites").await.text.contains("À garder"), "one's own");
    assert!(ana.page(&format!("/messages/{said}/actions")).await.text.contains(r#"aria-pressed="true">Ajouter"#));
    ines.remove(&group, &ana).await;
    assert!(!ana.page("/favourites").await.text.contains("À garder"));
    assert_eq!(ana.request(Method::PUT, &format!("/api/v1/favourites/{said}"), None).await.status, 404);
}

#[tokio::test]
async fn one_is_reminded_once_at_the_time_that_one_chose() {
    let (server, ines, ana, _, group) = scene().await;
    let said = text(&ines.say(&group.standing, "À relire").await["id"]);
    let remind = format!("/messages/{said}/reminder");
    let reminded = async || {
        preau::notifications::tell_due(&server.db).await.unwrap();
        let list = ana.get("/api/v1/notifications").await.json();
        let reasons = list["items"].as_array().unwrap().iter().map(|one| (text(&one["reason"]), one["seen"] == true));
        reasons.collect::<Vec<_>>()
    };
    assert_eq!(ana.form(&remind, &[("when", "hour")]).await.status, 303);
    assert_eq!(ana.form(&remind, &[("when", "week")]).await.status, 303, "the last wish counts");
    server.clock.advance(chrono::TimeDelta::hours(2));
    assert_eq!(reminded().await, []);
    server.clock.advance(chrono::TimeDelta::days(8));
    assert_eq!(reminded().await, [("reminder".to_owned(), false)]);
    ana.page(&format!("/threads/{}", group.standing)).await;
    assert_eq!(reminded().await, [("reminder".to_owned(), false)], "it was read before: it is to be opened");
    for wrong in [("when", "never"), ("at", "2001-01-01T10:00"), ("at", "demain")] {
        assert_eq!(ana.form(&remind, &[wrong]).await.status, 422, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_report_reaches_the_animators_and_nobody_else() {
    let (server, ines, ana, guest, group) = scene().await;
    let said = text(&ana.say(&group.standing, "Un ton qui blesse").await["id"]);
    let report = format!("/messages/{said}/report");
    let refused = guest.form(&report, &[("reason", "  ")]).await;
    assert!(refused.text.contains("Ce champ est nécessaire"));
    for reason in ["Ce ton blesse", "Ce ton\u{202e} blesse, vraiment"] {
        assert_eq!(guest.form(&report, &[("reason", reason)]).await.status, 303);
    }
    let slug = text(&ines.get(&format!("/api/v1/groups/{}", group.id)).await.json()["slug"]);
    let queue = format!("/groups/{slug}/reports");
    assert_eq!(ana.page(&queue).await.status, 403);
    assert_eq!(server.person("Ondine").await.page(&queue).await.status, 404);
    let page = ines.page(&queue).await.text;
    assert_eq!(page.matches("Signalé par Gil").count(), 1, "once at a time: {page}");
    assert!(page.contains("Ce ton blesse, vraiment") && page.contains("Un ton qui blesse"));
    let told = ines.get("/api/v1/notifications").await.json();
    assert_eq!((&told["items"][0]["reason"], told["items"].as_array().unwrap().len()), (&json!("report"), 1));
    assert_eq!(ana.get("/api/v1/notifications").await.json()["items"], json!([]), "its author learns nothing");
    let handled = page.split("action=\"/reports/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(guest.form(&format!("/reports/{handled}"), &[]).await.status, 403);
    assert_eq!(ines.form(&format!("/reports/{handled}"), &[]).await.status, 303);
    assert!(ines.page(&queue).await.text.contains("Aucun message signalé"));
}

/// A message with all that can hang on one, by Ana, and what its readers see of it.
async fn rich(ines: &Actor, ana: &Actor, group: &Group) -> (String, String) {
    let opened = json!({ "title": "Se voir", "body": "Bonjour" });
    let thread = ines.post(&format!("/api/v1/channels/{}/threads", group.channel), opened).await.json();
    let thread = text(&thread["id"]);
    let polls = format!("/api/v1/threads/{thread}/polls");
    let asked = json!({ "body": "Quel jour, @Gil ?", "options": ["mardi", "jeudi"] });
    let message = text(&ana.post(&polls, asked).await.json()["id"]);
    let path = format!("/api/v1/messages/{message}");
    for (method, path, body) in [
        (Method::PATCH, path.clone(), json!({ "body": "Quel jour vous va, @Gil ?" })),
        (Method::PUT, format!("{path}/vote"), json!({ "options": [1] })),
    ] {
        assert_eq!(ana.request(method, &path, Some(body)).await.status, 200);
    }
    assert_eq!(ines.request(Method::PUT, &format!("{path}/reactions/thanks"), None).await.status, 200);
    assert_eq!(ines.form(&format!("/messages/{message}/pin"), &[("on", "true")]).await.status, 303);
    assert_eq!(ines.request(Method::PUT, &format!("/api/v1/favourites/{message}"), None).await.status, 204);
    (thread, message)
}

#[tokio::test]
async fn whoever_removed_a_message_may_undo_that_for_ten_minutes_and_all_is_as_it_was() {
    let (server, ines, ana, guest, group) = scene().await;
    let (thread, message) = rich(&ines, &ana, &group).await;
    let path = format!("/api/v1/messages/{message}");
    preau::notifications::catch_up(&server.db).await.unwrap();
    let addresses =
        [format!("/api/v1/threads/{thread}/messages"), format!("{path}/history"), "/api/v1/favourites".into()];
    let seen = async || {
        let mut seen = Vec::new();
        for address in &addresses {
            seen.push(ines.get(address).await.json());
        }
        seen.push(guest.get("/api/v1/notifications").await.json()["items"].clone());
        seen.push(ana.get("/api/v1/search?q=jour").await.json()["messages"]["items"][0]["id"].clone());
        seen
    };
    let before = seen().await;
    let shown = ines.page(&format!("/threads/{thread}")).await.text;
    assert!(shown.contains("thread__pinned"), "{shown}");
    // Without scripts: the page that follows offers it, to whoever removed, and says until when.
    let removed = ana.form(&format!("/messages/{message}/delete"), &[]).await;
    let follows = removed.header("location").to_owned();
    assert_eq!((removed.status.as_u16(), follows.as_str()), (303, format!("/messages/{message}/actions").as_str()));
    let restore = format!("/messages/{message}/restore");
    let offered = ana.page(&follows).await.text;
    assert!(offered.contains(&restore) && offered.contains("Annuler le retrait"), "{offered}");
    assert!(offered.contains("11\u{a0}h\u{a0}10"), "in the network’s hour: {offered}");
    let gone = ana.get(&addresses[0]).await.json()["items"][1].clone();
    assert_eq!((&gone["body"], &gone["html"], &gone["poll"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!(gone["reactions"], json!([]));
    assert_ne!(seen().await, before);
    assert!(!ines.page(&format!("/threads/{thread}")).await.text.contains("thread__pinned"));
    // Nobody else may: neither who animates nor who reads, and to who does not read it is nothing.
    assert!(!ines.page(&follows).await.text.contains(&restore));
    for who in [&ines, &guest] {
        assert_eq!(who.form(&restore, &[]).await.status, 403);
    }
    assert_eq!(server.person("Ondine").await.form(&restore, &[]).await.status, 404);
    server.clock.advance(chrono::TimeDelta::seconds(599));
    preau::work::sweep(&server.db).await.unwrap();
    let mut socket = ines.socket("preau.v1.json").await;
    socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id })).await;
    assert_eq!(socket.next_of("subscribed").await["result"], "ok");
    let back = ana.form(&restore, &[]).await;
    assert_eq!(back.status, 303, "{}", back.text);
    assert!(back.header("location").ends_with(&format!("#message-{message}")), "{:?}", back.headers);
    let told = socket.next_of("event").await;
    assert_eq!((&told["kind"], &told["data"]["body"]), (&json!("message.edited"), &json!("Quel jour vous va, @Gil ?")));
    preau::notifications::catch_up(&server.db).await.unwrap();
    assert_eq!(seen().await, before);
    assert_eq!(ana.form(&restore, &[]).await.status, 303, "what is there is there");
    assert_eq!(ana.request(Method::DELETE, &format!("{path}/removal"), None).await.status, 200);
}

#[tokio::test]
async fn a_removal_is_for_good_after_ten_minutes_and_nothing_of_the_text_is_kept() {
    let (server, ines, ana, _, group) = scene().await;
    let message = text(&ana.say(&group.standing, "un mot bien reconnaissable").await["id"]);
    let path = format!("/api/v1/messages/{message}");
    let kept = async || {
        let rows: i64 = sqlx::query_scalar("select count(*) from removals").fetch_one(server.db.pool()).await.unwrap();
        rows
    };
    // Who animates removes what another wrote, and undoes it; the author does not.
    assert_eq!(ines.request(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(ana.request(Method::DELETE, &format!("{path}/removal"), None).await.status, 403);
    let back = ines.request(Method::DELETE, &format!("{path}/removal"), None).await;
    assert_eq!((back.status.as_u16(), &back.json()["body"]), (200, &json!("un mot bien reconnaissable")));
    assert_eq!(kept().await, 0);
    // Who animates no more undoes no more.
    assert_eq!(ines.request(Method::DELETE, &path, None).await.status, 204);
    let members = format!("/api/v1/groups/{}/members", group.id);
    ines.post(&members, json!({ "user": ana.id, "role": "animator" })).await;
    ana.post(&members, json!({ "user": ines.id, "role": "member" })).await;
    assert_eq!(ines.request(Method::DELETE, &format!("{path}/removal"), None).await.status, 403);
    ana.post(&members, json!({ "user": ines.id, "role": "animator" })).await;
    server.clock.advance(chrono::TimeDelta::minutes(10));
    let late = ines.form(&format!("/messages/{message}/restore"), &[]).await;
    assert!(late.status == 409 && late.text.contains("ne peut plus être rétabli"), "{}", late.text);
    assert!(!ines.page(&format!("/messages/{message}/actions")).await.text.contains("/restore"));
    assert_eq!(kept().await, 1);
    preau::work::sweep(&server.db).await.unwrap();
    assert_eq!(kept().await, 0, "nothing is kept of what it said");
    assert_eq!(ines.request(Method::DELETE, &format!("{path}/removal"), None).await.status, 409);
}
