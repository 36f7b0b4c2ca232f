//! Previews of links: nobody is asked until a group's animator wants it, and then seldom; what a page says of itself is
//! shown as text, and goes when its author, an animator or the group wants it gone.

use chrono::TimeDelta;
use preau::{
    clock::Clock,
    outgoing::{Outgoing, Refused},
    previews::{self, Asked},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Group, Pages, Reply, Server, answer, following, page};

/// A server, the web beside it, and a group that has an animator and a member.
struct Stage {
    server: Server,
    web: Pages,
    outgoing: Outgoing,
    ines: Actor,
    camille: Actor,
    group: Group,
}

fn web(path: &str) -> Reply {
    match path {
        "/page" => page(
            "<title>Autre</title><meta property=og:title content='Le &lt;label&gt;\u{202e}'>\
             <meta property=og:site_name content=IREV><meta name=description content='En bref'>",
        ),
        "/broken" => Reply::Whole(answer("500 Internal Server Error", "content-type: text/html", b"<title>x</title>")),
        path => page(&format!("<title>{path}</title>")),
    }
}

impl Stage {
    async fn set() -> Self {
        let server = Server::start_with(Clock::at(Clock::system().now()), 1 << 20).await;
        let web = Pages::start("127.0.0.1:0", web).await;
        let outgoing = Outgoing::new(&[web.address]);
        let (ines, group) = server.group().await;
        let camille = server.person("Camille").await;
        ines.add(&group, &camille, "member").await;
        Self { server, web, outgoing, ines, camille, group }
    }

    /// The animator says whether the group wants previews.
    async fn want(&self, on: bool) {
        let changed = self.ask(&self.ines, json!({ "link_previews": on })).await;
        assert_eq!(changed["link_previews"], on, "{changed}");
    }

    async fn ask(&self, who: &Actor, change: Value) -> Value {
        who.request(Method::PATCH, &format!("/api/v1/groups/{}", self.group.id), Some(change)).await.json()
    }

    /// What the workers do, until nothing is left to do now.
    async fn work(&self) -> Vec<Asked> {
        let own = self.server.url.parse().ok();
        previews::catch_up(&self.server.db, own.as_ref()).await.unwrap();
        previews::fetch_due(&self.server.db, &self.outgoing).await.unwrap()
    }

    async fn say(&self, body: &str) -> String {
        let said = self.camille.say(&self.group.standing, body).await;
        said["id"].as_str().unwrap().to_owned()
    }

    /// The page of the discussion, as a member reads it.
    async fn read(&self) -> String {
        self.camille.page(&format!("/threads/{}", self.group.standing)).await.text
    }

    /// How many previews it shows.
    async fn shown(&self) -> usize {
        self.read().await.matches("class=\"link-preview\"").count()
    }
}

#[tokio::test]
async fn nobody_is_asked_until_an_animator_wants_it() {
    let stage = Stage::set().await;
    stage.say(&stage.web.url("/page")).await;
    assert_eq!(stage.work().await, []);
    let refused = stage.ask(&stage.camille, json!({ "link_previews": true })).await;
    assert_eq!(refused["code"], "forbidden", "{refused}");
    stage.want(true).await;
    assert_eq!((stage.work().await.len(), stage.web.arrived()), (0, 0), "what was said before is not looked up");
    let mut socket = following(&stage.ines, &stage.group).await;
    let message = stage.say(&format!("Voir {}#partie", stage.web.url("/page"))).await;
    assert_eq!(stage.work().await, [Asked::Told]);
    let kinds = [socket.next_of("event").await, socket.next_of("event").await];
    assert_eq!((&kinds[0]["kind"], &kinds[1]["kind"]), (&json!("message.created"), &json!("message.previewed")));
    assert_eq!(kinds[1]["subject"]["id"], message);
    let read = stage.read().await;
    let card = format!(
        "<div class=\"link-preview\"><a href=\"{}\" rel=\"noopener noreferrer nofollow ugc\" dir=\"auto\">Le &#60;label&#62;</a>\
         <p class=\"tiny quiet\"><bdi>127.0.0.1</bdi> · <bdi>IREV</bdi></p><p class=\"small\" dir=\"auto\">En bref</p></div>",
        stage.web.url("/page")
    );
    assert!(read.contains(&card), "{read}");
    let head = &stage.web.asked()[0];
    assert!(head.starts_with("GET /page ") && !head.contains("cookie") && !head.contains("referer"), "{head}");
}

#[tokio::test]
async fn a_page_is_asked_once_a_week_and_each_server_seldom() {
    let stage = Stage::set().await;
    stage.want(true).await;
    let url = |path: &str| stage.web.url(path);
    stage.say(&format!("{} {} {} {}", url("/1"), url("/2"), url("/3"), url("/4"))).await;
    for number in 1..=3 {
        assert_eq!(stage.work().await.len(), 1, "one page of a server at a time");
        assert_eq!(stage.web.arrived(), number);
        stage.server.clock.advance(TimeDelta::seconds(6));
    }
    assert_eq!((stage.work().await.len(), stage.shown().await), (0, 3), "three links of a message");
    stage.say(&url("/1")).await;
    stage.say(&url("/broken")).await;
    assert_eq!(stage.work().await, [Asked::Refused(Refused::Status(500.try_into().unwrap()))]);
    assert_eq!(stage.shown().await, 4, "what is known is shown at once");
    stage.server.clock.advance(TimeDelta::days(6));
    stage.say(&format!("{} {}", url("/1"), url("/broken"))).await;
    assert_eq!((stage.work().await.len(), stage.web.arrived()), (0, 4), "nor is what failed asked again");
    stage.server.clock.advance(TimeDelta::days(2));
    stage.say(&url("/1")).await;
    assert_eq!((stage.work().await, stage.web.arrived()), (vec![Asked::Told], 5));
    assert_eq!(stage.shown().await, 6);
    let own = format!("{}/threads/{}", stage.server.url, stage.group.standing);
    stage.say(&own).await;
    assert_eq!(stage.work().await, [], "one’s own pages are not for strangers");
}

#[tokio::test]
async fn its_author_or_an_animator_takes_a_preview_away_and_nobody_else() {
    let stage = Stage::set().await;
    let (nadia, former, outsider) =
        (stage.server.person("Nadia").await, stage.server.person("Bernard").await, stage.server.person("Ondine").await);
    for member in [&nadia, &former] {
        stage.ines.add(&stage.group, member, "member").await;
    }
    stage.ines.remove(&stage.group, &former).await;
    stage.want(true).await;
    let (first, second) = (stage.say(&stage.web.url("/1")).await, stage.say(&stage.web.url("/1")).await);
    stage.work().await;
    assert_eq!(stage.shown().await, 2);
    let remove = |message: &str| format!("/messages/{message}/previews/remove");
    for (actor, status) in [(&nadia, 403), (&former, 404), (&outsider, 404)] {
        assert_eq!(actor.form(&remove(&first), &[]).await.status.as_u16(), status);
    }
    let offered = |page: String| page.contains("Retirer l’aperçu des liens");
    let actions = format!("/messages/{first}/actions");
    assert!(offered(stage.camille.page(&actions).await.text) && !offered(nadia.page(&actions).await.text));
    let mut socket = following(&stage.ines, &stage.group).await;
    for (actor, message) in [(&stage.camille, &first), (&stage.ines, &second)] {
        assert_eq!(actor.form(&remove(message), &[]).await.status, 303);
        assert_eq!(socket.next_of("event").await["kind"], "message.previewed");
    }
    assert_eq!(stage.shown().await, 0);
    assert!(!offered(stage.camille.page(&actions).await.text));
    let edit = json!({ "body": format!("{} encore, et {}", stage.web.url("/1"), stage.web.url("/2")) });
    let path = format!("/api/v1/messages/{first}");
    assert_eq!(stage.camille.request(Method::PATCH, &path, Some(edit)).await.status, 200);
    stage.server.clock.advance(TimeDelta::seconds(6));
    stage.work().await;
    assert_eq!(stage.shown().await, 1, "what was taken away stays away, what is new is shown");
    for body in ["sans lien".to_owned(), stage.web.url("/1")] {
        let edited = stage.camille.request(Method::PATCH, &path, Some(json!({ "body": body }))).await;
        assert_eq!(edited.status, 200);
        stage.work().await;
    }
    assert_eq!(stage.shown().await, 0, "also when its link goes and comes back");
}

#[tokio::test]
async fn a_preview_goes_with_its_link_its_message_and_the_wish_of_the_group() {
    let stage = Stage::set().await;
    stage.want(true).await;
    let edited = stage.say(&stage.web.url("/1")).await;
    let removed = stage.say(&stage.web.url("/1")).await;
    stage.say(&stage.web.url("/1")).await;
    stage.work().await;
    assert_eq!(stage.shown().await, 3);
    let path = format!("/api/v1/messages/{edited}");
    stage.camille.request(Method::PATCH, &path, Some(json!({ "body": "sans lien" }))).await;
    let mut socket = following(&stage.ines, &stage.group).await;
    stage.work().await;
    assert_eq!(socket.next_of("event").await["kind"], "message.previewed");
    assert_eq!(stage.shown().await, 2);
    stage.camille.request(Method::DELETE, &format!("/api/v1/messages/{removed}"), None).await;
    assert_eq!(stage.shown().await, 1);
    stage.want(false).await;
    assert_eq!(stage.shown().await, 0);
    let asked = stage.web.arrived();
    stage.say(&stage.web.url("/2")).await;
    stage.server.clock.advance(TimeDelta::seconds(6));
    assert_eq!((stage.work().await.len(), stage.web.arrived()), (0, asked));
    stage.want(true).await;
    assert_eq!((stage.work().await.len(), stage.shown().await), (0, 1), "what had been found is shown again");
    let kept = async || {
        previews::sweep(&stage.server.db).await.unwrap();
        let count = sqlx::query_scalar::<_, i64>("select count(*) from link_previews where url like '%/1'");
        (count.fetch_one(stage.server.db.pool()).await.unwrap(), stage.shown().await)
    };
    assert_eq!(kept().await, (1, 1), "what is led to stays");
    sqlx::query("delete from message_links using link_previews where link_previews.url_sha256 = message_links.url_sha256 and url like '%/1'")
        .execute(stage.server.db.pool())
        .await
        .unwrap();
    assert_eq!(kept().await.0, 0, "what nothing leads to goes");
    // However much it is: some in a transaction.
    sqlx::query(
        "insert into link_previews (url_sha256, url, host, wanted)
         select sha256(url::bytea), url, 'a.example', false
         from (select 'https://a.example/' || number || '/1' as url from generate_series(1, 2500) number) pages",
    )
    .execute(stage.server.db.pool())
    .await
    .unwrap();
    assert_eq!(kept().await.0, 0);
}

#[tokio::test]
async fn each_message_of_each_group_that_shows_a_page_is_told_of_once_it_answers() {
    let stage = Stage::set().await;
    stage.want(true).await;
    let other = json!({ "name": "Ailleurs", "purpose": "", "access": "invite" });
    let other = stage.ines.post("/api/v1/groups", other).await.json();
    let path = format!("/api/v1/groups/{}", other["id"].as_str().unwrap());
    let wanted = stage.ines.request(Method::PATCH, &path, Some(json!({ "link_previews": true }))).await;
    assert_eq!(wanted.status, 200, "{}", wanted.text);
    let channel = json!({ "name": "Général", "purpose": "" });
    let channel = stage.ines.post(&format!("{path}/channels"), channel).await;
    let threads = format!("/api/v1/channels/{}/threads", channel.json()["id"].as_str().unwrap());
    let opened = stage.ines.post(&threads, json!({ "body": stage.web.url("/1") })).await.json();
    let said = [stage.say(&stage.web.url("/1")).await, stage.say(&stage.web.url("/1")).await];
    let mut socket = following(&stage.ines, &stage.group).await;
    let ask = json!({ "type": "subscribe", "id": 2, "stream": other["stream"] });
    socket.say(ask).await;
    assert_eq!(socket.next_of("subscribed").await["result"], "ok");
    assert_eq!(stage.work().await, [Asked::Told]);
    let mut told = Vec::new();
    while told.len() < 3 {
        let event = socket.next_of("event").await;
        assert_eq!(event["kind"], "message.previewed", "{event}");
        told.push((event["stream"].clone(), event["subject"]["id"].clone()));
    }
    let of_group = |told: &(Value, Value)| told.0 == json!(stage.group.id);
    let (here, there): (Vec<_>, Vec<_>) = told.into_iter().partition(of_group);
    assert_eq!(here.into_iter().map(|(_, message)| message).collect::<Vec<_>>(), said.map(Value::from));
    assert_eq!(there, [(other["stream"].clone(), opened["message"]["id"].clone())]);
    assert_eq!(stage.server.torn().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_wanted_is_not_asked_once_the_group_wants_it_no_more() {
    let stage = Stage::set().await;
    stage.want(true).await;
    stage.say(&stage.web.url("/1")).await;
    previews::catch_up(&stage.server.db, None).await.unwrap();
    stage.want(false).await;
    assert_eq!((stage.work().await.len(), stage.web.arrived()), (0, 0));
}

#[tokio::test]
async fn the_form_of_a_group_turns_previews_on_and_off() {
    let stage = Stage::set().await;
    let edit = "/groups/reseau-cpo/edit";
    let form = stage.ines.page(edit).await.text;
    assert!(form.contains("Montrer un aperçu des liens") && !form.contains(" checked"), "{form}");
    let fields = [("name", "Réseau CPO"), ("purpose", ""), ("access", "invite"), ("link_previews", "true")];
    let posted = stage.ines.form(edit, &fields).await;
    assert_eq!(posted.status, 303, "{}", posted.text);
    assert!(stage.ines.page(edit).await.text.contains(" checked"));
    assert!(stage.camille.page("/groups/reseau-cpo").await.text.contains("Aperçu des liens"), "members know");
    assert_eq!(stage.ines.form(edit, &fields[..3]).await.status, 303);
    assert!(!stage.ines.page(edit).await.text.contains(" checked"));
    assert_eq!(stage.camille.form(edit, &fields).await.status, 403);
}
