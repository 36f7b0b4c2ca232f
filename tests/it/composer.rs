//! Writing: drafts, the preview, what can be named, files before a message is sent, and what a body may hold.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Actor, Group, Server};

/// Where the draft of a thread or of a channel is.
fn draft_of(place: &str, id: &str) -> String {
    format!("/api/v1/{place}/{id}/draft")
}

async fn keep(actor: &Actor, path: &str, id: Uuid, body: &str) -> Value {
    let kept = actor.request(Method::PUT, path, Some(json!({ "id": id, "body": body }))).await;
    assert_eq!(kept.status, 200, "{}", kept.text);
    kept.json()
}

/// What a page's text area holds.
fn written(page: &str) -> String {
    let area = page.split(r#"<textarea class="textarea" id="body""#).nth(1).unwrap();
    area.split_once('>').unwrap().1.split("</textarea>").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_draft_is_its_writers_alone_and_found_again_on_every_page_without_a_script() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let stranger = server.person("Mehdi").await;
    let (path, page) = (draft_of("threads", &group.standing), format!("/threads/{}", group.standing));
    assert_eq!(camille.get(&path).await.status, 404, "there is none yet");

    let first = keep(&camille, &path, Uuid::now_v7(), "Un brouillon <long>").await;
    let shown = camille.page(&page).await.text;
    assert_eq!(written(&shown), "Un brouillon &#60;long&#62;");
    let kept_at = first["updated_at"].as_str().unwrap();
    assert!(shown.contains(&format!(r#"data-kept="{kept_at}""#)) && shown.contains("Brouillon enregistré"), "{shown}");
    assert_eq!(written(&ines.page(&page).await.text), "", "nobody else sees it");
    assert_eq!(ines.get(&path).await.status, 404);

    keep(&camille, &path, Uuid::now_v7(), "Un brouillon plus neuf").await;
    assert_eq!(camille.get(&path).await.json()["body"], "Un brouillon plus neuf", "the newest is the one");
    for (method, body) in
        [(Method::GET, None), (Method::PUT, Some(json!({ "id": Uuid::now_v7(), "body": "x" }))), (Method::DELETE, None)]
    {
        assert_eq!(stranger.request(method, &path, body).await.status, 404);
    }
    let forgotten = camille.request(Method::DELETE, &format!("{path}?id={}", Uuid::now_v7()), None).await;
    assert_eq!((forgotten.status.as_u16(), camille.get(&path).await.status.as_u16()), (204, 200), "of another message");
    camille.request(Method::DELETE, &path, None).await;
    assert_eq!(camille.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_draft_ends_with_its_membership_and_does_not_come_back_with_another() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let path = draft_of("threads", &group.standing);
    keep(&camille, &path, Uuid::now_v7(), "avant de partir").await;
    ines.remove(&group, &camille).await;
    assert_eq!(camille.get(&path).await.status, 404);
    let refused = camille.request(Method::PUT, &path, Some(json!({ "id": Uuid::now_v7(), "body": "x" }))).await;
    assert_eq!(refused.status, 404);
    ines.add(&group, &camille, "member").await;
    assert_eq!(camille.get(&path).await.status, 404, "a new membership has its own drafts");
    assert_eq!(written(&camille.page(&format!("/threads/{}", group.standing)).await.text), "");
    assert_eq!(drafts(&server).await, 1);
    preau::work::sweep(&server.db).await.unwrap();
    assert_eq!(drafts(&server).await, 0, "and the old ones are forgotten");
}

async fn drafts(server: &Server) -> i64 {
    sqlx::query_scalar("select count(*) from drafts").fetch_one(server.db.pool()).await.unwrap()
}

#[tokio::test]
async fn posting_ends_a_draft_whatever_gate_the_message_comes_by() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (path, messages) =
        (draft_of("threads", &group.standing), format!("/api/v1/threads/{}/messages", group.standing));
    let id = Uuid::now_v7();
    keep(&ines, &path, id, "presque").await;
    let posted = ines.post(&messages, json!({ "id": id, "body": "presque fini" })).await;
    assert_eq!((posted.status.as_u16(), ines.get(&path).await.status.as_u16()), (201, 404), "by the API");
    keep(&ines, &path, id, "presque").await;
    assert_eq!(ines.get(&path).await.status, 404, "what is kept late brings nothing back");

    let next = Uuid::now_v7();
    keep(&ines, &path, next, "encore").await;
    let mut socket = ines.socket("preau.v1.json").await;
    let message = json!({ "id": next, "thread": group.standing, "body": "encore" });
    socket.say(json!({ "type": "send", "id": 1, "message": message })).await;
    assert_eq!(socket.next_of("ack").await["message"], json!(next));
    assert_eq!(ines.get(&path).await.status, 404, "by the socket");

    keep(&ines, &path, Uuid::now_v7(), "sans script").await;
    let form = format!("/threads/{}/messages", group.standing);
    let sent = ines.upload(&form, &[("id", &Uuid::now_v7().to_string()), ("body", "sans script")], &[]).await;
    assert_eq!((sent.status.as_u16(), ines.get(&path).await.status.as_u16()), (303, 404), "by the plain form");

    let path = draft_of("channels", &group.channel);
    let draft = json!({ "id": Uuid::now_v7(), "title": "Un titre", "kind": "question", "body": "Qui a déjà…" });
    assert_eq!(ines.request(Method::PUT, &path, Some(draft)).await.status, 200);
    let page = ines.page(&format!("/channels/{}?new=1", group.channel)).await.text;
    assert_eq!(written(&page), "Qui a déjà…");
    assert!(page.contains(r#"value="Un titre""#) && page.contains(r#"value="question" selected"#), "{page}");
    let fields = [("body", "Qui a déjà essayé ?"), ("title", "Un titre"), ("kind", "question")];
    let opened = ines.upload(&format!("/channels/{}/threads", group.channel), &fields, &[("grille.txt", b"a")]).await;
    assert_eq!(opened.status, 303, "{}", opened.text);
    let thread = ines.page(opened.header("location")).await.text;
    assert!(thread.contains("grille.txt") && thread.contains("Réponse attendue"), "its file goes with it");
    assert_eq!(ines.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_draft_is_refused_what_no_message_holds() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = draft_of("channels", &group.channel);
    let long = "é".repeat(20_001);
    let refused = [
        (json!({ "id": Uuid::now_v7(), "body": long }), "body"),
        (json!({ "id": Uuid::now_v7(), "body": "a\0b" }), "body"),
        (json!({ "id": Uuid::nil(), "body": "a" }), "id"),
        (json!({ "id": Uuid::now_v7(), "body": "a", "title": "t".repeat(201) }), "title"),
        (json!({ "id": Uuid::now_v7(), "body": "a", "kind": "standing" }), "kind"),
    ];
    for (draft, field) in refused {
        let answer = ines.request(Method::PUT, &path, Some(draft)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"][0]["field"]),
            (422, &json!(field)),
            "{}",
            answer.text
        );
    }
    let most =
        ines.request(Method::PUT, &path, Some(json!({ "id": Uuid::now_v7(), "body": "é".repeat(20_000) }))).await;
    assert_eq!(most.status, 200);
}

#[tokio::test]
async fn a_preview_is_what_will_be_posted_and_runs_nothing() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let body = "**gras** <script>alert(1)</script>\n\n- [x] fait\n\n| a | b |\n|---|---|\n| 1 | 2 |";
    let preview = ines.post("/api/v1/preview", json!({ "body": body })).await.json()["html"].clone();
    let posted = ines.say(&group.standing, body).await;
    assert_eq!(preview, posted["html"]);
    let html = preview.as_str().unwrap();
    assert!(html.contains("&lt;script&gt;") && html.contains("<strong>gras</strong>") && html.contains("<td>1</td>"));
    assert!(html.contains(r#"<label><input type="checkbox" checked="" disabled=""> fait</label>"#), "{html}");
    let empty = ines.post("/api/v1/preview", json!({ "body": " " })).await;
    assert_eq!((empty.status.as_u16(), &empty.json()["errors"][0]["code"]), (422, &json!("required")));
}

#[tokio::test]
async fn who_has_no_script_looks_at_a_message_with_its_files_before_sending_it() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let form = format!("/threads/{}/messages", group.standing);
    let id = Uuid::now_v7().to_string();
    let fields = [("id", id.as_str()), ("body", "un *mot* & <b>"), ("preview", "1")];
    let looked = ines.upload(&form, &fields, &[("grille.txt", b"abc"), ("notes.txt", b"def")]).await;
    assert_eq!(looked.status, 200);
    assert!(looked.text.contains("<p>un <em>mot</em> &amp; &lt;b&gt;</p>"), "{}", looked.text);
    assert_eq!(written(&looked.text), "un *mot* &#38; &#60;b&#62;");
    assert!(looked.text.contains(&format!(r#"name="id" value="{id}""#)), "under the same id");
    let messages = format!("/api/v1/threads/{}/messages", group.standing);
    assert_eq!(ines.get(&messages).await.json()["items"], json!([]), "nothing is sent yet");
    let attached: Vec<_> = looked.text.split(r#"name="attachments" value=""#).skip(1).map(|rest| &rest[..36]).collect();
    assert_eq!(attached.len(), 2);
    // One of the two is taken out.
    let fields = [("id", id.as_str()), ("body", "un *mot*"), ("attachments", attached[0])];
    assert_eq!(ines.upload(&form, &fields, &[]).await.status, 303);
    let posted = &ines.get(&messages).await.json()["items"][0];
    assert_eq!((&posted["id"], &posted["attachments"][0]["name"]), (&json!(id), &json!("grille.txt")));
    assert_eq!(posted["attachments"].as_array().unwrap().len(), 1);
    // A message that is refused keeps its files too.
    let refused = ines.upload(&form, &[("body", &"é".repeat(20_001))], &[("lourd.txt", b"abc")]).await;
    assert!(refused.text.contains("Ce texte est trop long.") && refused.text.contains("lourd.txt"), "{}", refused.text);
    // A file of somebody else is nobody's to attach.
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let theirs =
        camille.upload(&format!("/api/v1/groups/{}/files", group.id), &[], &[("secret.txt", b"s")]).await.json();
    let stolen = theirs["id"].as_str().unwrap();
    let page = ines.upload(&form, &[("body", "x"), ("attachments", stolen), ("preview", "1")], &[]).await.text;
    assert!(!page.contains("secret.txt"), "{page}");
}

/// What is offered in a place.
async fn offered(actor: &Actor, place: &str, of: &str, words: &str) -> Vec<String> {
    let answer = actor.page(&format!("{place}/completion?of={of}&q={}", web::paths::encoded(words))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let texts = answer.text.split(r#"data-text=""#).skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
    texts.map(str::to_owned).collect()
}

#[tokio::test]
async fn what_can_be_named_is_of_the_group_for_who_may_read_it() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut members = Vec::new();
    for name in ["Élodie Masson", "Hugo Lemaire", "Noël Érard"] {
        let person = server.person(name).await;
        ines.add(&group, &person, "member").await;
        members.push(person);
    }
    let stranger = server.person("Élodie Dehors").await;
    let thread = format!("/threads/{}", group.standing);
    assert_eq!(
        offered(&ines, &thread, "people", "elo").await,
        ["@Élodie Masson "],
        "accents are folded, strangers are not"
    );
    assert_eq!(offered(&ines, &thread, "people", "ERARD").await, ["@Noël Érard "], "by any of its words");
    assert_eq!(offered(&ines, &thread, "people", "a%_").await, [] as [&str; 0]);
    assert_eq!(offered(&ines, &thread, "people", "").await[0], "@Élodie Masson ", "by name");
    members[1].say(&group.standing, "Je suis là").await;
    assert_eq!(offered(&ines, &thread, "people", "").await[0], "@Hugo Lemaire ", "who speaks here comes first");
    assert!(
        !offered(&members[0], &thread, "people", "elo").await.iter().any(|name| name.contains("Masson")),
        "not oneself"
    );
    ines.remove(&group, &members[2]).await;
    assert_eq!(offered(&ines, &thread, "people", "erard").await, [] as [&str; 0]);
    for place in [thread.clone(), format!("/channels/{}", group.channel)] {
        assert_eq!(stranger.page(&format!("{place}/completion?of=people&q=")).await.status, 404);
    }
    assert_eq!(offered(&ines, &format!("/channels/{}", group.channel), "people", "hugo").await, ["@Hugo Lemaire "]);
}

#[tokio::test]
async fn what_is_referred_to_becomes_a_link_that_a_message_keeps() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let fields = [("title", "Grille [v2] d’évaluation"), ("purpose", "Mesurer"), ("type", "tool")];
    let document =
        ines.upload(&format!("/api/v1/groups/{}/documents", group.id), &fields, &[("g.txt", b"a")]).await.json();
    let opening = json!({ "title": "Évaluer ensemble", "body": "Bonjour" });
    let opened = ines.post(&format!("/api/v1/channels/{}/threads", group.channel), opening).await.json();
    let meeting = json!({
        "title": "Évaluation, suite", "objective": "Voir", "starts_at": "2031-10-02T07:30:00Z",
        "ends_at": "2031-10-02T09:30:00Z", "timezone": "Europe/Paris", "mode": "remote", "state": "draft",
    });
    let meeting = ines.post(&format!("/api/v1/groups/{}/meetings", group.id), meeting).await.json();
    let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
    let thread = format!("/threads/{}", group.standing);
    let found = offered(&ines, &thread, "things", "evalu").await;
    let expected = [
        format!(r"[Grille \[v2\] d’évaluation](/documents/{}) ", id(&document)),
        format!("[Évaluation, suite](/meetings/{}) ", id(&meeting)),
        format!("[Évaluer ensemble](/threads/{}) ", id(&opened)),
    ];
    assert_eq!(found, expected);
    let theirs = offered(&camille, &thread, "things", "evalu").await;
    assert_eq!(theirs.len(), 2, "the draft of a meeting is its animators'");
    let posted = ines.say(&group.standing, &found[0]).await;
    let link =
        format!(r#"<a href="/documents/{}" rel="noopener nofollow ugc">Grille [v2] d’évaluation</a>"#, id(&document));
    assert!(posted["html"].as_str().unwrap().contains(&link), "{}", posted["html"]);
}

#[tokio::test]
async fn a_message_is_put_otherwise_by_a_form_of_its_author_alone() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let message = camille.say(&group.standing, "Une <faute>").await["id"].as_str().unwrap().to_owned();
    let path = format!("/messages/{message}/edit");
    let form = camille.page(&path).await;
    assert_eq!(form.status, 200);
    assert!(form.text.contains(&format!(r#"action="{path}""#)) && form.text.contains("Une &#60;faute&#62;</textarea>"));
    assert!(!form.text.contains("<html"), "a part, for the place where the message stands");
    assert_eq!(ines.page(&path).await.status, 403, "an animator removes, and rewrites nothing");
    assert_eq!(server.person("Mehdi").await.page(&path).await.status, 404);
    camille.request(Method::DELETE, &format!("/api/v1/messages/{message}"), None).await;
    assert_eq!(camille.page(&path).await.status, 404);
}

#[tokio::test]
async fn the_enter_key_sends_for_who_chose_it() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let thread = format!("/threads/{}", group.standing);
    let chosen = |page: String| (page.contains("data-enter-sends"), page.contains("Maj+Entrée va à la ligne."));
    assert_eq!(chosen(ines.page(&thread).await.text), (false, false));
    let fields = [("name", "Inès"), ("locale", "fr"), ("theme", "system"), ("enter_sends", "true")];
    assert_eq!(ines.form("/settings", &fields).await.status, 303);
    assert_eq!(ines.get("/api/v1/me").await.json()["enter_sends"], true);
    assert_eq!(chosen(ines.page(&thread).await.text), (true, true));
    assert_eq!(ines.form("/settings", &fields[..3]).await.status, 303);
    assert_eq!(chosen(ines.page(&thread).await.text), (false, false), "and no longer for who chose otherwise");
}

#[tokio::test]
async fn what_a_screen_reader_is_told_of_new_messages_is_chosen() {
    let server = Server::start().await;
    let ines = server.person("Inès").await;
    assert!(ines.page("/").await.text.contains(r#"data-announce="words""#));
    let fields = [("name", "Inès"), ("locale", "fr"), ("theme", "system"), ("announce", "count")];
    assert_eq!(ines.form("/settings", &fields).await.status, 303);
    assert_eq!(ines.get("/api/v1/me").await.json()["announce"], "count");
    assert!(ines.page("/").await.text.contains(r#"data-announce="count""#));
    assert_eq!(ines.form("/settings", &fields[..3]).await.status, 303);
    assert_eq!(ines.get("/api/v1/me").await.json()["announce"], "count", "a form that does not ask leaves it");
    let wrong = [("name", "Inès"), ("locale", "fr"), ("theme", "system"), ("announce", "loud")];
    assert_eq!(ines.form("/settings", &wrong).await.status, 422);
}

#[tokio::test]
async fn a_body_reads_as_it_is_written_and_nests_within_reason() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let turned = ines.say(&group.standing, "facture\u{202e}fdp.exe \u{2066}x\u{2069}\u{7}").await;
    assert_eq!(turned["body"], "facturefdp.exe x");
    for deep in [">".repeat(10_000), "[".repeat(10_000), "*a ".repeat(6_000)] {
        let began = std::time::Instant::now();
        let posted = ines.say(&group.standing, &deep).await;
        assert!(began.elapsed().as_secs() < 5 && posted["html"].as_str().unwrap().matches("<blockquote").count() <= 24);
    }
    let page = ines.page(&format!("/threads/{}", group.standing)).await;
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn whom_one_answers_is_said_with_how_many_can_read_it() {
    let server = Server::start().await;
    let (ines, group): (Actor, Group) = server.group().await;
    let names = ["Sophie Bailleul", "Nadia Verhaeghe", "Hugo Lemaire", "Camille Delattre"];
    let mut people = Vec::new();
    for name in names {
        let person = server.person(name).await;
        ines.add(&group, &person, "member").await;
        people.push(person);
    }
    let page = format!("/threads/{}", group.standing);
    let sentence = |page: String| {
        let label = page.split("data-answered").nth(1).unwrap().split("</label>").next().unwrap().to_owned();
        label.split_once('>').unwrap().1.replace("</span>", "").trim().to_owned()
    };
    assert_eq!(sentence(ines.page(&page).await.text), "— 5 membres peuvent la lire");
    for person in [0, 3, 0, 1, 2] {
        people[person].say(&group.standing, "Bonjour").await;
    }
    ines.say(&group.standing, "Merci").await;
    assert_eq!(sentence(people[3].page(&page).await.text), "à Nadia, Hugo et Inès — 5 membres peuvent la lire");
    assert_eq!(sentence(ines.page(&page).await.text), "à Sophie, Nadia et Hugo — 5 membres peuvent la lire");
}
