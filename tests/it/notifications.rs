//! Who is told of what, and why; what one follows, and what one has seen.

use reqwest::Method;
use serde_json::{Value, json};
use words::PersonId;

use crate::support::{Actor, Group, Server};

/// A group with an animator, two members and a guest, and a thread of Ana's that asks something.
struct Scene {
    server: Server,
    ines: Actor,
    ana: Actor,
    bea: Actor,
    guest: Actor,
    group: Group,
    question: String,
}

async fn scene() -> Scene {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let [ana, bea, guest] = [server.person("Ana Lys").await, server.person("Béa").await, server.person("Gil").await];
    for (who, role) in [(&ana, "member"), (&bea, "member"), (&guest, "guest")] {
        ines.add(&group, who, role).await;
    }
    let opened = json!({ "kind": "question", "body": "Qui a déjà évalué ?" });
    let opened = ana.post(&format!("/api/v1/channels/{}/threads", group.channel), opened).await.json();
    let question = text(&opened["id"]);
    Scene { server, ines, ana, bea, guest, group, question }
}

impl Scene {
    /// The reasons and the words of what somebody is told, the last first.
    async fn told(&self, who: &Actor) -> Vec<(String, String)> {
        preau::notifications::catch_up(&self.server.db).await.unwrap();
        let list = who.get("/api/v1/notifications").await.json();
        let told = |one: &Value| (text(&one["reason"]), text(&one["extract"]));
        list["items"].as_array().unwrap().iter().map(told).collect()
    }

    async fn level(&self, who: &Actor, thread: &str) -> String {
        preau::notifications::catch_up(&self.server.db).await.unwrap();
        text(&who.get(&format!("/api/v1/threads/{thread}/follow")).await.json()["level"])
    }

    /// Gives somebody a post in a territory, which is made for it.
    async fn post_in(&self, person: PersonId, name: &str, code: &str) {
        let territory = uuid::Uuid::now_v7();
        sqlx::query(
            "insert into territories (id, code, name, department, department_name, latitude, longitude)
             values ($1, $2, $3, '62', 'Pas-de-Calais', 50, 2)",
        )
        .bind(territory)
        .bind(code)
        .bind(name)
        .execute(self.server.db.pool())
        .await
        .unwrap();
        sqlx::query(
            "insert into assignments (id, person_id, territory_id, role, from_date) values ($1, $2, $3, 'cpo_city', '2020-01-01')",
        )
        .bind(uuid::Uuid::now_v7())
        .bind(person.0)
        .bind(territory)
        .execute(self.server.db.pool())
        .await
        .unwrap();
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

fn pair(reason: &str, extract: &str) -> (String, String) {
    (reason.to_owned(), extract.to_owned())
}

#[tokio::test]
async fn who_is_named_is_told_once_and_follows_the_thread() {
    let scene = scene().await;
    let outsider = scene.server.person("Ondine").await;
    let said = scene.ines.say(&scene.question, "Avec @ana lys et @Béa, pas @Ondine ni @Bé").await;
    let linked = text(&said["html"]);
    assert!(linked.contains(&format!(r#"<a href="/people/{}""#, scene.bea.id)), "{linked}");
    assert!(!linked.contains(&outsider.id.to_string()), "who is not there is named by nobody: {linked}");
    for _ in 0..2 {
        assert_eq!(scene.told(&scene.bea).await, [pair("mention", "Avec @ana lys et @Béa, pas @Ondine ni @Bé")]);
    }
    let ana = scene.told(&scene.ana).await;
    assert_eq!(
        ana.iter().map(|(reason, _)| reason.as_str()).collect::<Vec<_>>(),
        ["mention"],
        "named, and answered: once"
    );
    assert_eq!(scene.told(&outsider).await, []);
    assert_eq!(scene.level(&scene.bea, &scene.question).await, "followed");
    assert_eq!(scene.level(&scene.guest, &scene.question).await, "normal");
    // In code and in an address a name is text; one's own is no news.
    for body in ["`@Béa`", "bea@Béa.example", "```\n@Béa\n```"] {
        let said = scene.bea.say(&scene.group.standing, body).await;
        assert!(!text(&said["html"]).contains("/people/"), "{said}");
    }
    scene.bea.say(&scene.group.standing, "Moi, @Béa").await;
    assert_eq!(scene.told(&scene.bea).await.len(), 1);
    // Who is named by an edit is told then.
    let path = format!("/api/v1/messages/{}", text(&said["id"]));
    scene.ines.request(Method::PATCH, &path, Some(json!({ "body": "Et @Gil ?" }))).await;
    assert_eq!(scene.told(&scene.guest).await, [pair("mention", "Et @Gil ?")]);
}

#[tokio::test]
async fn territories_and_channels_name_those_who_are_there() {
    let scene = scene().await;
    scene.post_in(scene.bea.id, "Arras", "ARR").await;
    scene.ines.say(&scene.group.standing, "Comment fait @Arras ?").await;
    scene.ines.say(&scene.group.standing, "Comment fait @ARR ?").await;
    let told = [pair("territory", "Comment fait @ARR ?"), pair("territory", "Comment fait @Arras ?")];
    assert_eq!(scene.told(&scene.bea).await, told);
    assert_eq!(scene.told(&scene.ana).await, []);
    let silence = json!({ "level": "none" });
    let path = format!("/api/v1/channels/{}/level", scene.group.channel);
    assert_eq!(scene.guest.request(Method::PUT, &path, Some(silence)).await.status, 200);
    scene.ines.say(&scene.group.standing, "À @Évaluation : le label").await;
    assert_eq!(scene.told(&scene.ana).await, [pair("channel", "À @Évaluation : le label")]);
    assert_eq!(scene.told(&scene.guest).await, [], "who wants to hear nothing of it");
    scene.ines.say(&scene.group.standing, "Même toi, @Gil").await;
    assert_eq!(scene.told(&scene.guest).await, [pair("mention", "Même toi, @Gil")], "but who is named");
}

#[tokio::test]
async fn who_asks_is_told_of_answers_and_everybody_of_an_announcement() {
    let scene = scene().await;
    scene.bea.say(&scene.question, "Nous").await;
    scene.ana.say(&scene.question, "Merci").await;
    assert_eq!(scene.told(&scene.ana).await, [pair("answer", "Nous")]);
    assert_eq!(scene.level(&scene.ana, &scene.question).await, "followed", "who opens a thread follows it");
    assert_eq!(scene.level(&scene.bea, &scene.question).await, "followed", "and so does who answers");
    let muted = json!({ "level": "muted" });
    scene.ana.request(Method::PUT, &format!("/api/v1/threads/{}/follow", scene.question), Some(muted)).await;
    scene.bea.say(&scene.question, "Encore").await;
    assert_eq!(scene.told(&scene.ana).await.len(), 1, "what is muted is silent");
    let announced = json!({ "kind": "announcement", "body": "Le label est renouvelé" });
    scene.ines.post(&format!("/api/v1/channels/{}/threads", scene.group.channel), announced).await;
    assert_eq!(scene.told(&scene.guest).await, [pair("announcement", "Le label est renouvelé")]);
    assert_eq!(scene.told(&scene.ines).await, []);
}

#[tokio::test]
async fn who_said_that_they_do_not_follow_a_thread_is_not_made_to() {
    let scene = scene().await;
    let path = format!("/api/v1/threads/{}/follow", scene.question);
    scene.bea.request(Method::PUT, &path, Some(json!({ "level": "muted" }))).await;
    scene.bea.request(Method::PUT, &path, Some(json!({ "level": "normal" }))).await;
    scene.bea.say(&scene.question, "Une fois").await;
    assert_eq!(scene.level(&scene.bea, &scene.question).await, "normal");
}

#[tokio::test]
async fn what_was_read_or_opened_is_seen_and_the_bell_counts_the_rest() {
    let scene = scene().await;
    for body in ["Un, @Béa", "Deux, @Béa", "Trois, @Béa"] {
        scene.ines.say(&scene.question, body).await;
    }
    let unseen = async || {
        let page = scene.bea.page("/groups").await.text;
        let bell = page.split("data-unseen=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let count = bell.split_whitespace().count();
        assert_eq!(page.contains(&format!("<title>({count}) ")), count > 0, "the title says it too");
        count
    };
    assert_eq!(scene.told(&scene.bea).await.len(), 3);
    assert_eq!(unseen().await, 3);
    let list = scene.bea.get("/api/v1/notifications").await.json();
    let newest = format!("/api/v1/notifications/{}", text(&list["items"][0]["id"]));
    assert_eq!(scene.ana.request(Method::DELETE, &newest, None).await.status, 404, "each sees their own");
    for _ in 0..2 {
        assert_eq!(scene.bea.request(Method::DELETE, &newest, None).await.status, 204);
    }
    assert_eq!(unseen().await, 2);
    let read = json!({ "position": 2 });
    scene.bea.request(Method::PUT, &format!("/api/v1/threads/{}/read", scene.question), Some(read)).await;
    assert_eq!(unseen().await, 1);
    let home = scene.bea.page("/").await.text;
    assert!(home.contains("Inès vous écrit") && home.contains("Deux, @Béa") && !home.contains("Un, @Béa"), "{home}");
    assert_eq!(scene.bea.form("/notifications/seen", &[]).await.status, 303);
    assert_eq!(unseen().await, 0);
}

#[tokio::test]
async fn a_former_member_is_told_nothing_and_a_removed_message_tells_nothing() {
    let scene = scene().await;
    let first = scene.ines.say(&scene.question, "Un, @Béa").await;
    scene.ines.say(&scene.question, "Deux, @Béa").await;
    assert_eq!(scene.told(&scene.bea).await.len(), 2);
    scene.ines.request(Method::DELETE, &format!("/api/v1/messages/{}", text(&first["id"])), None).await;
    assert_eq!(scene.told(&scene.bea).await, [pair("mention", "Deux, @Béa")]);
    scene.ines.say(&scene.question, "Trois, @Béa").await;
    scene.ines.remove(&scene.group, &scene.bea).await;
    assert_eq!(scene.told(&scene.bea).await, [], "neither what was told nor what is on its way");
    let page = scene.bea.page("/notifications").await.text;
    assert!(!page.contains("@Béa") && page.contains("Personne ne vous a mentionné"), "{page}");
}

#[tokio::test]
async fn the_inbox_holds_what_one_follows_unread_first() {
    let scene = scene().await;
    let inbox = async |who: &Actor| -> Vec<String> {
        preau::notifications::catch_up(&scene.server.db).await.unwrap();
        let list = who.get("/api/v1/inbox").await.json();
        list["items"].as_array().unwrap().iter().map(|thread| text(&thread["title"])).collect()
    };
    let open = async |title: &str| {
        let path = format!("/api/v1/channels/{}/threads", scene.group.channel);
        text(&scene.ana.post(&path, json!({ "title": title, "body": "Bonjour" })).await.json()["id"])
    };
    let (first, _) = (open("Un").await, open("Deux").await);
    assert_eq!(inbox(&scene.ana).await, ["Deux", "Un", "Qui a déjà évalué ?"]);
    scene.ines.say(&scene.question, "Nous").await;
    assert_eq!(inbox(&scene.ana).await[0], "Qui a déjà évalué ?", "what holds something unread comes first");
    assert_eq!(inbox(&scene.guest).await, Vec::<String>::new());
    let all = json!({ "level": "all" });
    scene.guest.request(Method::PUT, &format!("/api/v1/channels/{}/level", scene.group.channel), Some(all)).await;
    let muted = json!({ "level": "muted" });
    scene.guest.request(Method::PUT, &format!("/api/v1/threads/{first}/follow"), Some(muted)).await;
    assert_eq!(inbox(&scene.guest).await, ["Qui a déjà évalué ?", "Deux"], "a whole channel, but what is muted");
    let page = scene.guest.page("/notifications").await.text;
    assert!(page.contains("2 discussions avec du nouveau"), "{page}");
    let shown = page.split(r#"name="shown" value=""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(scene.guest.form("/notifications/read", &[("shown", &shown)]).await.status, 303);
    assert!(scene.guest.page("/notifications").await.text.contains("Vous avez tout lu."));
    assert_eq!(scene.guest.form("/notifications/read", &[("shown", "x:y")]).await.status, 422);
}

#[tokio::test]
async fn ten_thousand_names_are_refused_and_the_text_is_kept() {
    let scene = scene().await;
    for number in 0..51 {
        let name = format!("Personne {number:02}");
        let person = scene.server.person(&name).await;
        scene.ines.add(&scene.group, &person, "member").await;
    }
    let many = (0..51).map(|number| format!("@Personne {number:02} ")).collect::<Vec<_>>().concat();
    let path = format!("/threads/{}/messages", scene.question);
    let refused = scene.ines.upload(&path, &[("body", &many)], &[]).await;
    assert!(
        refused.text.contains("mentionne trop de monde") && refused.text.contains("@Personne 50"),
        "{}",
        refused.text
    );
    let fewer = many.replace("@Personne 50 ", "");
    assert_eq!(scene.ines.upload(&path, &[("body", &fewer)], &[]).await.status, 303);
    let strange = "@x ".repeat(6_000);
    assert_eq!(scene.ines.upload(&path, &[("body", &strange)], &[]).await.status, 303, "names of nobody are text");
}
