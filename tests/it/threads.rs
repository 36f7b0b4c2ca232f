//! The life of a thread: its lists, its name, its answer, its end; and how it is followed, moved, split and merged.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Answer, Group, Server};

/// A group with an animator, a member, a guest and a question with two answers.
struct Scene {
    server: Server,
    ines: Actor,
    ana: Actor,
    guest: Actor,
    group: Group,
    thread: String,
    /// The question, then its answers.
    messages: Vec<String>,
}

async fn scene() -> Scene {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (ana, guest) = (server.person("Ana").await, server.person("Gil").await);
    ines.add(&group, &ana, "member").await;
    ines.add(&group, &guest, "guest").await;
    let question = json!({ "kind": "question", "body": "Qui a déjà évalué ?" });
    let opened = ana.post(&format!("/api/v1/channels/{}/threads", group.channel), question).await.json();
    let thread = text(&opened["id"]);
    let mut messages = vec![text(&opened["message"]["id"])];
    for (who, body) in [(&ines, "Nous, à Loos"), (&guest, "Nous aussi")] {
        messages.push(text(&who.say(&thread, body).await["id"]));
    }
    Scene { server, ines, ana, guest, group, thread, messages }
}

impl Scene {
    fn at(&self, what: &str) -> String {
        format!("/api/v1/threads/{}{what}", self.thread)
    }

    async fn change(&self, who: &Actor, body: Value) -> Answer {
        who.request(Method::PATCH, &self.at(""), Some(body)).await
    }

    /// Opens another thread of the channel.
    async fn open(&self, title: &str) -> String {
        let opened = json!({ "title": title, "body": title });
        let path = format!("/api/v1/channels/{}/threads", self.group.channel);
        text(&self.ines.post(&path, opened).await.json()["id"])
    }

    async fn channel(&self, name: &str) -> String {
        let made = json!({ "name": name, "purpose": "" });
        let path = format!("/api/v1/groups/{}/channels", self.group.id);
        text(&self.ines.post(&path, made).await.json()["id"])
    }

    /// The bodies of a thread, in order; nothing for what was removed or moved.
    async fn said(&self, thread: &str) -> Vec<Option<String>> {
        let list = self.ines.get(&format!("/api/v1/threads/{thread}/messages")).await.json();
        list["items"].as_array().unwrap().iter().map(|one| one["body"].as_str().map(str::to_owned)).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

fn titles(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|thread| thread["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_answer_is_marked_by_who_asked_and_unmarked_when_the_question_is_asked_again() {
    let scene = scene().await;
    assert_eq!(scene.change(&scene.guest, json!({ "answer": 2 })).await.status, 403);
    let marked = scene.change(&scene.ana, json!({ "answer": 2 })).await.json();
    assert_eq!((&marked["status"], &marked["answer"]), (&json!("resolved"), &json!(2)));
    let page = scene.guest.page(&format!("/threads/{}", scene.thread)).await.text;
    assert_eq!(page.matches("Réponse retenue").count(), 1, "{page}");
    for position in [1, 9, -3] {
        let refused = scene.change(&scene.ana, json!({ "answer": position })).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["code"]), (422, &json!("unknown_message")));
    }
    let again = scene.change(&scene.ines, json!({ "status": "open" })).await.json();
    assert_eq!((&again["status"], &again["answer"]), (&json!("open"), &Value::Null));
    let standing = format!("/api/v1/threads/{}", scene.group.standing);
    let refused = scene.ines.request(Method::PATCH, &standing, Some(json!({ "answer": 2 }))).await;
    assert_eq!(refused.status, 403, "the standing thread asks nothing");
    let form = format!("/messages/{}/answer", scene.messages[2]);
    assert_eq!(scene.ana.form(&form, &[("on", "true")]).await.status, 303);
    assert_eq!(scene.ana.get(&scene.at("")).await.json()["answer"], 3);
}

#[tokio::test]
async fn a_closed_thread_is_read_and_takes_no_message_until_it_is_opened_again() {
    let scene = scene().await;
    assert_eq!(scene.change(&scene.ana, json!({ "closed": true })).await.json()["closed"], true);
    let late = scene.ines.post(&scene.at("/messages"), json!({ "body": "Trop tard" })).await;
    assert_eq!((late.status.as_u16(), &late.json()["code"]), (409, &json!("archived")));
    let form = scene.guest.upload(&format!("/threads/{}/messages", scene.thread), &[("body", "Gardé")], &[]).await;
    assert!(form.status == 409 && form.text.contains("Gardé"), "nothing typed is lost: {}", form.text);
    let page = scene.guest.page(&format!("/threads/{}", scene.thread)).await.text;
    assert!(page.contains("Cette discussion est fermée") && !page.contains(r#"id="composer""#), "{page}");
    assert_eq!(scene.change(&scene.ana, json!({ "closed": false })).await.json()["closed"], false);
    scene.guest.say(&scene.thread, "De nouveau").await;
}

#[tokio::test]
async fn what_a_thread_was_called_is_kept_with_who_changed_it() {
    let scene = scene().await;
    for title in ["Évaluateurs", "Évaluateurs externes", "Évaluateurs externes", ""] {
        assert_eq!(scene.change(&scene.ana, json!({ "title": title })).await.status, 200);
    }
    let page = scene.guest.page(&format!("/threads/{}/actions", scene.thread)).await.text;
    let kept: Vec<_> = page.split("<li>").filter(|line| line.contains("changé par Ana")).collect();
    assert_eq!(kept.len(), 3, "{page}");
    assert!(kept[0].contains("Évaluateurs externes") && kept[2].contains("(sans titre)"), "{kept:?}");
    assert!(!page.contains("Renommer la discussion"), "a guest changes nothing");
}

#[tokio::test]
async fn animators_pin_and_the_list_shows_the_pinned_ones_on_top() {
    let scene = scene().await;
    assert_eq!(scene.change(&scene.ana, json!({ "pinned": true })).await.status, 403, "its opener may not");
    scene.open("Plus récente").await;
    assert_eq!(scene.change(&scene.ines, json!({ "pinned": true })).await.json()["pinned"], true);
    let page = scene.ana.page(&format!("/channels/{}", scene.group.channel)).await.text;
    let (pinned, listed) = page.split_once(&format!(r#"id="threads-{}""#, scene.group.channel)).unwrap();
    let row = format!(r#"id="thread-row-{}""#, scene.thread);
    assert!(pinned.contains(&row) && !listed.contains(&row) && listed.contains("Plus récente"), "{page}");
}

#[tokio::test]
async fn a_list_is_filtered_and_read_by_pages_both_ways() {
    let scene = scene().await;
    let answered = json!({ "kind": "question", "body": "Répondue ?" });
    let path = format!("/api/v1/channels/{}/threads", scene.group.channel);
    let answered = text(&scene.ana.post(&path, answered).await.json()["id"]);
    let resolved = json!({ "status": "resolved" });
    scene.ana.request(Method::PATCH, &format!("/api/v1/threads/{answered}"), Some(resolved)).await;
    let show = async |filter: &str| scene.guest.get(&format!("{path}?show={filter}")).await.json();
    assert_eq!(titles(&show("unanswered").await), ["Qui a déjà évalué ?"]);
    assert_eq!(titles(&show("resolved").await), ["Répondue ?"]);
    assert_eq!(
        titles(&show("unread").await),
        ["Répondue ?"],
        "the guest answered the other, and the standing one is empty"
    );
    assert_eq!(scene.guest.get(&format!("{path}?show=strange")).await.status, 422);
    let channel = format!("/channels/{}", scene.group.channel);
    let page = scene.guest.page(&format!("{channel}?show=unread")).await.text;
    assert!(page.contains("Répondue ?") && !page.contains("Qui a déjà"), "{page}");
    for number in 0..60 {
        scene.open(&format!("Sujet {number}")).await;
    }
    let rows = |page: &str| page.matches("<li id=\"thread-row-").count();
    let link = |page: &str, label: &str| {
        let before = page.split(label).next().filter(|before| before.len() < page.len())?;
        let address = before.rsplit("href=\"").next()?.split('"').next()?;
        Some(address.replace("&#38;", "&").replace("&amp;", "&"))
    };
    let first = scene.ana.page(&channel).await.text;
    assert!(rows(&first) == 50 && link(&first, "Discussions plus récentes").is_none());
    let older = link(&first, "Discussions plus anciennes").unwrap();
    let second = scene.ana.page(&older).await.text;
    assert!(rows(&second) == 13 && link(&second, "Discussions plus anciennes").is_none(), "{}", rows(&second));
    let newer = link(&second, "Discussions plus récentes").unwrap();
    let back = scene.ana.page(&newer).await.text;
    assert!(rows(&back) == 50 && back.contains("Sujet 59") && back.contains("Sujet 10"), "the same page as before");
    for wrong in ["?after=x", "?before=9.x", "?after=99999999999999999999.x"] {
        assert_eq!(scene.ana.page(&format!("{channel}{wrong}")).await.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn a_thread_is_followed_or_muted_by_choice_and_a_channel_silenced() {
    let scene = scene().await;
    let outsider = scene.server.person("Ondine").await;
    let follow = async |who: &Actor, level: &str| {
        who.request(Method::PUT, &scene.at("/follow"), Some(json!({ "level": level }))).await
    };
    assert_eq!(follow(&outsider, "followed").await.status, 404);
    assert_eq!(follow(&scene.guest, "loud").await.status, 422);
    let unread = format!(r#"data-unread-threads="{}"#, &scene.thread[24..]);
    let list = format!("/channels/{}", scene.group.channel);
    scene.ines.say(&scene.thread, "Encore").await;
    assert!(scene.guest.page(&list).await.text.contains(&unread));
    assert_eq!(follow(&scene.guest, "muted").await.status, 200);
    assert!(!scene.guest.page(&list).await.text.contains(&unread), "what is muted counts nowhere");
    let form = [("level", "followed"), ("next", "//evil.example")];
    let followed = scene.guest.form(&format!("/threads/{}/follow", scene.thread), &form).await;
    assert_eq!(followed.header("location"), "/", "one is led to our own pages only");
    assert!(scene.guest.page(&list).await.text.contains(&unread));
    let silent = [("level", "none")];
    assert_eq!(scene.guest.form(&format!("{list}/level"), &silent).await.status, 303);
    let page = scene.guest.page(&list).await.text;
    assert!(!page.contains(&unread) && page.contains("data-silent"), "{page}");
}

#[tokio::test]
async fn a_thread_moves_within_its_group_and_nowhere_else() {
    let scene = scene().await;
    let (there, archived) = (scene.channel("Ailleurs").await, scene.channel("Fini").await);
    let archive = json!({ "archived": true });
    scene.ines.request(Method::PATCH, &format!("/api/v1/channels/{archived}"), Some(archive)).await;
    let (paul, other) = scene.server.group_named("Réseau REP").await;
    paul.add(&other, &scene.ines, "animator").await;
    let (_, foreign) = scene.server.group_named("Secret").await;
    let move_to = async |who: &Actor, channel: &str| scene.change(who, json!({ "channel": channel })).await;
    assert_eq!(move_to(&scene.ana, &there).await.status, 403, "members do not arrange");
    for (channel, code) in [
        (&other.channel, "other_group"),
        (&foreign.channel, "nowhere"),
        (&archived, "archived"),
        (&scene.thread, "nowhere"),
    ] {
        let refused = move_to(&scene.ines, channel).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["code"]), (422, &json!(code)), "{channel}");
    }
    let form = scene.ines.form(&format!("/threads/{}/move", scene.thread), &[("channel", &foreign.channel)]).await;
    assert!(form.status == 200 && form.text.contains("n’existe pas, ou vous n’y avez pas accès"), "{}", form.text);
    assert_eq!(scene.ana.get(&scene.at("")).await.json()["channel"], json!(scene.group.channel), "nothing half done");
    assert_eq!(move_to(&scene.ines, &there).await.json()["channel"], json!(there));
    let listed = scene.ana.get(&format!("/api/v1/channels/{there}/threads")).await.json();
    assert!(titles(&listed).contains(&"Qui a déjà évalué ?"), "{listed}");
}

#[tokio::test]
async fn a_thread_goes_on_in_a_new_one_with_its_authors_and_dates() {
    let scene = scene().await;
    let second = &scene.messages[1];
    let before = scene.ines.get(&scene.at("/messages")).await.json()["items"][1].clone();
    scene.guest.request(Method::PUT, &format!("/api/v1/messages/{second}/reactions/thanks"), None).await;
    let split = format!("/api/v1/messages/{second}/split");
    let following = json!({ "title": "Ce que Loos a fait", "extent": "following" });
    assert_eq!(scene.ana.post(&split, following.clone()).await.status, 403);
    let first = format!("/api/v1/messages/{}/split", scene.messages[0]);
    assert_eq!(scene.ines.post(&first, following.clone()).await.json()["code"], "conflict");
    let new = scene.ines.post(&split, following.clone()).await;
    assert_eq!(new.status, 201, "{}", new.text);
    let new = text(&new.json()["id"]);
    assert_eq!(scene.said(&scene.thread).await, [Some("Qui a déjà évalué ?".to_owned()), None, None]);
    assert_eq!(scene.said(&new).await, [Some("Nous, à Loos".to_owned()), Some("Nous aussi".to_owned())]);
    let moved = scene.ines.get(&format!("/api/v1/threads/{new}/messages")).await.json()["items"][0].clone();
    assert_eq!((&moved["author"], &moved["created_at"]), (&before["author"], &before["created_at"]));
    assert_eq!(moved["reactions"][0]["name"], "thanks", "what was given goes along");
    let permalink = scene.ana.page(&format!("/messages/{second}")).await;
    let place = format!("/threads/{new}?at=1#message-{}", text(&moved["id"]));
    assert_eq!(permalink.header("location"), place, "the old address leads on");
    let (old, page) = (scene.ana.page(&format!("/threads/{}", scene.thread)).await, scene.ana.page(&place).await);
    assert!(old.text.contains("Message déplacé.") && old.text.contains(&format!("/messages/{}", text(&moved["id"]))));
    assert!(page.text.contains("Suite de la discussion") && page.text.contains("Venu d’une autre discussion"));
    // Its sender, who never heard of it, is answered as before.
    let again = json!({ "id": second, "body": "Nous, à Loos" });
    let again = scene.ines.post(&scene.at("/messages"), again).await;
    assert_eq!((again.status.as_u16(), &again.json()["position"]), (200, &json!(2)));
    assert_eq!(scene.ines.post(&split, following).await.status, 404, "what has gone does not go again");
    assert_eq!(scene.server.torn().await, Vec::<String>::new());
}

#[tokio::test]
async fn threads_are_merged_and_each_leads_to_the_other() {
    let scene = scene().await;
    let into = scene.open("Un protocole").await;
    let (paul, other) = scene.server.group_named("Réseau REP").await;
    paul.add(&other, &scene.ines, "animator").await;
    let merge = async |who: &Actor, into: &str| who.post(&scene.at("/merge"), json!({ "into": into })).await;
    assert_eq!(merge(&scene.ana, &into).await.status, 403);
    for (place, code) in [(&scene.thread, "same"), (&other.standing, "other_group"), (&scene.group.channel, "nowhere")]
    {
        let refused = merge(&scene.ines, place).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["code"]), (422, &json!(code)));
    }
    let merged = merge(&scene.ines, &into).await;
    assert_eq!((merged.status.as_u16(), &merged.json()["last_position"]), (200, &json!(4)), "{}", merged.text);
    let said = ["Un protocole", "Qui a déjà évalué ?", "Nous, à Loos", "Nous aussi"];
    assert_eq!(scene.said(&into).await, said.map(|body| Some(body.to_owned())));
    let left = scene.ana.get(&scene.at("")).await.json();
    assert_eq!((&left["title"], &left["closed"]), (&json!("Qui a déjà évalué ?"), &json!(true)));
    let page = scene.ana.page(&format!("/threads/{}", scene.thread)).await.text;
    assert!(page.contains("La discussion continue ici") && page.contains(&format!("/threads/{into}")), "{page}");
    let standing = json!({ "into": into });
    let standing = scene.ines.post(&format!("/api/v1/threads/{}/merge", scene.group.standing), standing).await;
    assert_eq!(standing.status, 403, "the standing thread stays");
    assert_eq!(scene.server.torn().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_message_said_before_is_kept_until_it_is_removed() {
    let scene = scene().await;
    let message = &scene.messages[1];
    for body in ["Nous, à **Loos**", "Nous, à Loos et Lens"] {
        let path = format!("/api/v1/messages/{message}");
        let edited = scene.ines.request(Method::PATCH, &path, Some(json!({ "body": body }))).await;
        assert_eq!(edited.status, 200);
    }
    let outsider = scene.server.person("Ondine").await;
    let history = format!("/api/v1/messages/{message}/history");
    assert_eq!(outsider.get(&history).await.status, 404);
    let kept = scene.guest.get(&history).await.json();
    let kept: Vec<_> = kept["items"].as_array().unwrap().iter().map(|item| text(&item["html"])).collect();
    assert_eq!(kept, ["<p>Nous, à <strong>Loos</strong></p>\n", "<p>Nous, à Loos</p>\n"]);
    assert!(scene.guest.page(&format!("/messages/{message}/history")).await.text.contains("<strong>Loos</strong>"));
    scene.ines.request(Method::DELETE, &format!("/api/v1/messages/{message}"), None).await;
    let kept: i64 =
        sqlx::query_scalar("select count(*) from message_edits").fetch_one(scene.server.db.pool()).await.unwrap();
    assert_eq!(kept, 0, "what is removed is removed whole");
}

#[tokio::test]
async fn all_from_a_message_on_is_unread_again_when_one_says_so() {
    let scene = scene().await;
    let list = format!("/channels/{}", scene.group.channel);
    scene.ana.page(&format!("/threads/{}", scene.thread)).await;
    assert!(!scene.ana.page(&list).await.text.contains("nouveaux</span>"));
    let marked = scene.ana.form(&format!("/messages/{}/unread", scene.messages[1]), &[]).await;
    assert_eq!((marked.status.as_u16(), marked.header("location")), (303, list.as_str()));
    assert!(scene.ana.page(&list).await.text.contains("2 nouveaux"));
}

#[tokio::test]
async fn a_quotation_begins_an_answer_for_who_may_read_what_it_quotes() {
    let scene = scene().await;
    let quote = |message: &str| format!("/threads/{}?quote={message}", scene.thread);
    let page = scene.guest.page(&quote(&scene.messages[1])).await.text;
    let who = format!("&#62; [Inès](/messages/{}) a écrit", scene.messages[1]);
    assert!(page.contains(&who) && page.contains("&#62; Nous, à Loos"), "{page}");
    let (paul, other) = scene.server.group_named("Secret").await;
    let secret = text(&paul.say(&other.standing, "Rien que pour nous").await["id"]);
    assert_eq!(scene.guest.page(&quote(&secret)).await.status, 404);
}

#[tokio::test]
async fn a_long_thread_opens_at_what_is_new_and_a_message_among_those_around_it() {
    let scene = scene().await;
    for number in 4..=160 {
        scene.ines.say(&scene.thread, &format!("Message {number}")).await;
    }
    let positions = |page: &str| -> Vec<i32> {
        page.split("data-position=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
    };
    // The pending message of the script is none of them.
    let shown = |page: &str| {
        let positions: Vec<_> = positions(page).into_iter().filter(|&position| position > 0).collect();
        (positions[0], *positions.last().unwrap())
    };
    let path = format!("/threads/{}", scene.thread);
    let new = scene.guest.page(&path).await.text;
    assert_eq!(shown(&new), (1, 50), "the guest had read three of them");
    assert!(new.contains(r#"<li id="new-messages">"#) && new.contains("110 nouveaux messages"), "{new}");
    assert!(!new.contains(&format!(r#"id="thread-messages-{}""#, scene.thread)), "what comes is not put after a hole");
    let around = scene.ines.page(&format!("{path}?at=100")).await.text;
    assert_eq!(shown(&around), (75, 124));
    assert!(around.contains("from=25&#38;to=74") && around.contains("from=125&#38;to=174"), "{around}");
    let last = scene.ines.page(&path).await.text;
    assert_eq!(shown(&last), (111, 160));
    assert!(last.contains(&format!(r#"id="thread-messages-{}""#, scene.thread)));
    assert_eq!(shown(&scene.ines.page(&format!("{path}?from=1&to=9999")).await.text), (1, 160));
}
