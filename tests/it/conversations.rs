//! What a few people say to each other alone.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Server};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

/// Begins a conversation, or finds it; answers its thread.
async fn begin(by: &Actor, with: &[&Actor]) -> String {
    let people: Vec<_> = with.iter().map(|actor| actor.id).collect();
    let begun = by.post("/api/v1/conversations", json!({ "people": people })).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    text(&begun.json()["thread"])
}

async fn list(of: &Actor) -> Vec<Value> {
    of.get("/api/v1/conversations").await.json()["items"].as_array().unwrap().clone()
}

async fn told(server: &Server, who: &Actor) -> Vec<(String, String, String)> {
    preau::notifications::catch_up(&server.db).await.unwrap();
    let list = who.get("/api/v1/notifications").await.json();
    let told = |one: &Value| (text(&one["reason"]), text(&one["title"]), text(&one["extract"]));
    list["items"].as_array().unwrap().iter().map(told).collect()
}

#[tokio::test]
async fn the_same_people_have_one_conversation_whoever_begins_it() {
    let server = Server::start().await;
    let (ana, bea, gil) = (server.person("Ana Lys").await, server.person("Béa").await, server.person("Gil Noé").await);
    let thread = begin(&ana, &[&bea]).await;
    assert_eq!(begin(&bea, &[&ana]).await, thread);
    assert_eq!(begin(&ana, &[&bea, &ana, &bea]).await, thread, "oneself is in it anyhow, and each is once");
    let three = begin(&ana, &[&bea, &gil]).await;
    assert_ne!(three, thread);
    assert_eq!(begin(&gil, &[&bea, &ana]).await, three);

    assert_eq!(list(&bea).await.len(), 0, "nobody has spoken: it is its beginner's");
    assert_eq!(list(&ana).await.len(), 2);
    ana.say(&thread, "Bonjour Béa").await;
    let of_bea = list(&bea).await;
    assert_eq!((of_bea.len(), &of_bea[0]["name"], &of_bea[0]["last_position"]), (1, &json!("Ana Lys"), &json!(1)));
    gil.say(&three, "À trois").await;
    let names: Vec<_> = list(&bea).await.iter().map(|one| text(&one["name"])).collect();
    assert_eq!(names, ["Ana Lys, Gil Noé", "Ana Lys"], "the last active first, each called after the others");
    assert_eq!(bea.get(&format!("/api/v1/threads/{three}")).await.json()["title"], "Ana Lys, Gil Noé");
    // Who follows it from the beginning is told of it under the names of all: each follower is told the same.
    let begun = &list(&bea).await[0];
    assert_eq!(begun["stream"], begun["id"]);
    let mut socket = bea.socket("preau.v1.json").await;
    let ask = json!({ "type": "subscribe", "id": 1, "stream": begun["stream"], "since": 3, "epoch": begun["epoch"] });
    socket.say(ask).await;
    let told = [socket.next_of("event").await, socket.next_of("event").await];
    assert_eq!(
        (&told[0]["kind"], &told[0]["data"]["title"]),
        (&json!("thread.created"), &json!("Ana Lys, Béa, Gil Noé"))
    );
    assert_eq!((&told[1]["kind"], &told[1]["seq"]), (&json!("message.created"), &begun["seq"]));
    assert_eq!(server.torn().await, Vec::<String>::new());
}

#[tokio::test]
async fn who_has_many_reads_all_of_them_some_at_a_time() {
    const MANY: usize = 51;
    let server = Server::start().await;
    let ana = server.person("Ana").await;
    let mut others = Vec::new();
    for number in 0..6 {
        others.push(server.person(&format!("Autre {number}")).await);
    }
    // As many as there are ways to choose among them, the last one first in the list.
    let mut threads = Vec::new();
    for chosen in 1..=MANY {
        let with: Vec<_> = (0..others.len()).filter(|bit| chosen >> bit & 1 == 1).map(|bit| &others[bit]).collect();
        threads.push(begin(&ana, &with).await);
        ana.say(threads.last().unwrap(), "Bonjour").await;
    }
    threads.reverse();
    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ana.get(&format!("/api/v1/conversations?limit=20{cursor}")).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 20);
        read.extend(items.iter().map(|one| text(&one["thread"])));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(read, threads);
    for wrong in ["limit=0", "cursor=9", "cursor=x.9"] {
        assert_eq!(ana.get(&format!("/api/v1/conversations?{wrong}")).await.status, 422, "{wrong}");
    }
    let page = ana.page("/conversations").await.text;
    let listed = |page: &str| -> Vec<String> {
        threads
            .iter()
            .filter(|thread| page.contains(&format!("<a class=\"thread-row conversation\" href=\"/threads/{thread}\"")))
            .cloned()
            .collect()
    };
    assert_eq!(listed(&page), threads[..50]);
    let (_, older) = page.split_once("href=\"/conversations?after=").unwrap();
    let (older, _) = older.split_once('"').unwrap();
    let page = ana.page(&format!("/conversations?after={older}")).await.text;
    assert_eq!(listed(&page), threads[50..]);
    let (_, shown) = page.split_once("<main").unwrap();
    assert!(shown.contains("Conversations les plus récentes") && !shown.contains("?after="), "{shown}");
}

#[tokio::test]
async fn two_who_begin_at_once_are_in_one() {
    let server = Server::start().await;
    let people = [server.person("Ana").await, server.person("Béa").await, server.person("Gil").await];
    for _ in 0..5 {
        let [ana, bea, gil] = &people;
        let (of_ana, of_bea, of_gil) = ([bea, gil], [gil, ana], [ana, bea]);
        let (with_bea, with_ana) = ([bea], [ana]);
        let begun = tokio::join!(
            begin(ana, &of_ana),
            begin(bea, &of_bea),
            begin(gil, &of_gil),
            begin(ana, &with_bea),
            begin(bea, &with_ana),
        );
        assert_eq!((&begun.0, &begun.0, &begun.3), (&begun.1, &begun.2, &begun.4));
    }
    assert_eq!(server.torn().await, Vec::<String>::new());
}

#[tokio::test]
async fn nobody_else_learns_of_it() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (ana, bea, gil) = (server.person("Ana").await, server.person("Béa").await, server.person("Gil").await);
    for who in [&ana, &bea, &gil] {
        ines.add(&group, who, "member").await;
    }
    let thread = begin(&ana, &[&bea]).await;
    let said = ana.say(&thread, "Confidentiel : l’hippocampe").await;
    let conversation = text(&list(&ana).await[0]["id"]);
    // The platform's administrator is nobody there.
    for who in [&ines, &gil] {
        for path in [
            format!("/api/v1/threads/{thread}"),
            format!("/api/v1/threads/{thread}/messages"),
            format!("/api/v1/groups/{conversation}"),
            format!("/api/v1/groups/{conversation}/members"),
            format!("/threads/{thread}"),
            format!("/messages/{}", text(&said["id"])),
        ] {
            assert_eq!(who.get(&path).await.status, 404, "{path}");
        }
        let posted = who.post(&format!("/api/v1/threads/{thread}/messages"), json!({ "body": "moi" })).await;
        assert_eq!(posted.status, 404);
        let joined = who.request(Method::POST, &format!("/api/v1/groups/{conversation}/join"), None).await;
        assert_eq!(joined.status, 404, "{}", joined.text);
        assert_eq!(list(who).await, Vec::<Value>::new());
        let found = who.page("/search?q=hippocampe").await;
        assert!(!found.text.contains("Confidentiel"), "{}", found.text);
        let mut socket = who.socket("preau.v1.json").await;
        socket.say(json!({ "type": "subscribe", "id": 1, "stream": conversation })).await;
        assert_eq!(socket.next_of("subscribed").await["result"], "denied");
    }
    // Those who are in it find what was said, under each other's name.
    let found = bea.page("/search?q=hippocampe").await;
    assert!(found.text.contains("Confidentiel"), "{}", found.text);
    // It is no group: in no list of groups, and nothing but answers begins in it, for those in it either.
    let groups = bea.get("/api/v1/groups").await.json();
    assert!(groups["items"].as_array().unwrap().iter().all(|group| group["id"] != json!(conversation)), "{groups}");
    for (path, body) in [
        (format!("/api/v1/groups/{conversation}/channels"), json!({ "name": "Salon", "purpose": "" })),
        (format!("/api/v1/groups/{conversation}/members"), json!({ "user": gil.id, "role": "guest" })),
        (
            format!("/api/v1/groups/{conversation}/meetings"),
            json!({ "title": "Point", "objective": "Se voir", "starts_at": "2031-10-02T07:30:00Z",
                "ends_at": "2031-10-02T10:30:00Z", "timezone": "Europe/Paris", "mode": "remote", "agenda": [] }),
        ),
    ] {
        let refused = bea.post(&path, body).await;
        assert_eq!(refused.status, 404, "{path}: {}", refused.text);
    }
    assert_eq!(gil.request(Method::DELETE, &format!("/api/v1/conversations/{conversation}"), None).await.status, 404);
    assert_eq!(
        bea.request(Method::DELETE, &format!("/api/v1/conversations/{}", group.id), None).await.status,
        404,
        "that is a group"
    );
    for page in ["/groups", "/", "/documents", "/publish"] {
        let read = bea.page(page).await.text;
        // The streams that a page follows stand before what it shows.
        let (_, shown) = read.split_once("<main").unwrap();
        assert!(!shown.contains(&conversation), "{page} names the conversation");
    }
    let report = format!("/messages/{}/report", text(&said["id"]));
    assert_eq!(bea.form(&report, &[("reason", "Bof")]).await.status, 404, "nobody animates it");
}

#[tokio::test]
async fn who_is_written_to_is_told_unless_they_muted_it() {
    let server = Server::start().await;
    let (ana, bea) = (server.person("Ana Lys").await, server.person("Béa").await);
    let thread = begin(&ana, &[&bea]).await;
    let mut socket = bea.socket("preau.v1.json").await;
    socket.say(json!({ "type": "subscribe", "id": 1, "stream": bea.id })).await;
    assert_eq!(socket.next_of("subscribed").await["result"], "ok");
    ana.say(&thread, "Un").await;
    let written = |extract: &str| ("conversation".to_owned(), "Ana Lys".to_owned(), extract.to_owned());
    assert_eq!(told(&server, &bea).await, [written("Un")]);
    assert_eq!(told(&server, &ana).await, [], "nobody is told of what they say themselves");
    assert_eq!(socket.next_of("event").await["kind"], "notification.created");
    let path = format!("/threads/{thread}/follow");
    assert_eq!(bea.form(&path, &[("level", "muted")]).await.status, 303);
    ana.say(&thread, "Deux").await;
    assert_eq!(told(&server, &bea).await.len(), 1);
    let muted = &list(&bea).await[0];
    assert_eq!((&muted["muted"], &muted["read"], &muted["last_position"]), (&json!(true), &json!(0), &json!(2)));
    // Named, one is told all the same.
    ana.say(&thread, "Trois, @Béa").await;
    assert_eq!(told(&server, &bea).await[0], ("mention".to_owned(), "Ana Lys".to_owned(), "Trois, @Béa".to_owned()));
}

#[tokio::test]
async fn who_leaves_reads_no_more_and_is_back_when_they_begin_it_themselves() {
    let server = Server::start().await;
    let (ana, bea, gil) = (server.person("Ana").await, server.person("Béa").await, server.person("Gil").await);
    let thread = begin(&ana, &[&bea, &gil]).await;
    ana.say(&thread, "À trois").await;
    let conversation = text(&list(&gil).await[0]["id"]);
    let left = gil.request(Method::DELETE, &format!("/api/v1/conversations/{conversation}"), None).await;
    assert_eq!(left.status, 204, "{}", left.text);
    assert_eq!(gil.get(&format!("/api/v1/threads/{thread}")).await.status, 404);
    assert_eq!(list(&gil).await, Vec::<Value>::new());
    ana.say(&thread, "À deux").await;
    assert_eq!(told(&server, &gil).await, []);
    assert_eq!(begin(&bea, &[&ana, &gil]).await, thread);
    assert_eq!(gil.get(&format!("/api/v1/threads/{thread}")).await.status, 404, "nobody else brings them back");
    assert_eq!(begin(&gil, &[&ana, &bea]).await, thread);
    assert_eq!(gil.get(&format!("/api/v1/threads/{thread}")).await.status, 200);
    assert_eq!(server.torn().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_choice_that_cannot_be_is_refused_and_kept() {
    let server = Server::start().await;
    let (ana, bea) = (server.person("Ana").await, server.person("Béa").await);
    let (nobody, own) = (uuid::Uuid::now_v7(), ana.id);
    let begin = async |people: Value| {
        let refused = ana.post("/api/v1/conversations", json!({ "people": people })).await;
        (refused.status.as_u16(), refused.json()["errors"][0]["code"].clone())
    };
    assert_eq!(begin(json!([])).await, (422, json!("nobody")));
    assert_eq!(begin(json!([own])).await, (422, json!("nobody")));
    assert_eq!(begin(json!([bea.id, nobody])).await, (422, json!("unknown_person")));
    let many: Vec<_> = (0..10).map(|_| uuid::Uuid::now_v7()).collect();
    assert_eq!(begin(json!(many)).await, (422, json!("too_many_people")));
    // The form shows who was chosen, and what is wrong.
    let (bea_id, nobody) = (bea.id.to_string(), nobody.to_string());
    let refused = ana.form("/conversations", &[("person", &bea_id), ("person", &nobody), ("who", "")]).await;
    assert!(refused.text.contains(&format!(r#"value="{bea_id}" checked"#)), "{}", refused.text);
    assert!(refused.text.contains("n’a plus de compte"), "{}", refused.text);
    let looked = ana.page(&format!("/conversations/new?who=zzz&person={bea_id}")).await;
    assert!(looked.text.contains(&format!(r#"value="{bea_id}" checked"#)), "who is chosen stays: {}", looked.text);
    let opened = ana.form("/conversations", &[("person", &bea_id)]).await;
    assert_eq!(opened.status, 303);
    let page = ana.page(opened.header("location")).await;
    assert!(page.text.contains("une autre personne peut la lire"), "{}", page.text);
}
