//! Signing in and out, by form, without JavaScript.

use chrono::TimeDelta;
use preau::clock::Clock;
use reqwest::Method;
use serde_json::json;

use crate::support::Server;

/// The secret of the link, and the code, of the mail that was just queued.
async fn last_mail(server: &Server) -> (String, String) {
    let mails = preau::mail::latest(&server.db, 1).await.unwrap();
    let text = mails[0].text_body.clone();
    let link = text.lines().find(|line| line.starts_with("http")).unwrap().to_owned();
    let code =
        text.rsplit(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 6).unwrap_or_default().to_owned();
    (link.replace(&server.url, ""), code)
}

#[tokio::test]
async fn one_signs_in_by_the_link_of_a_mail_and_a_filter_that_follows_it_uses_nothing_up() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let email = camille.email.clone();
    let browser = server.stranger();
    let asked = browser.form("/sign-in", &[("email", &email), ("next", "/groups")]).await;
    assert_eq!((asked.status.as_u16(), asked.header("location")), (303, "/sign-in/code?next=/groups"));
    let (link, _) = last_mail(&server).await;
    for _ in 0..3 {
        let read = server.stranger().get(&link).await;
        assert!(read.status.is_success() && read.text.contains("Bonjour Camille"));
    }
    assert_eq!(browser.get("/groups").await.status, 303, "reading the link signed nobody in");
    assert_eq!(browser.form(&link, &[]).await.status, 303);
    assert_eq!(browser.get("/groups").await.status, 200);
    let again = server.stranger().form(&link, &[]).await;
    assert!(again.text.contains("plus valable"), "a link works once");
}

#[tokio::test]
async fn the_code_works_in_the_browser_that_asked_for_it_and_five_times_at_most() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let email = camille.email.clone();
    let browser = server.stranger();
    browser.form("/sign-in", &[("email", &email)]).await;
    let (_, code) = last_mail(&server).await;
    assert_eq!(code.len(), 6);
    let elsewhere = server.stranger().form("/sign-in/code", &[("code", &code)]).await;
    assert!(elsewhere.text.contains("Ce code ne convient pas"), "{}", elsewhere.text);
    assert_eq!(
        browser.form("/sign-in/code", &[("code", &code), ("next", "//evil.example")]).await.header("location"),
        "/"
    );
    assert_eq!(browser.get("/settings").await.status, 200);

    let guesser = server.stranger();
    guesser.form("/sign-in", &[("email", &email)]).await;
    let (_, code) = last_mail(&server).await;
    for _ in 0..5 {
        guesser.form("/sign-in/code", &[("code", "000000")]).await;
    }
    guesser.form("/sign-in/code", &[("code", &code)]).await;
    assert_eq!(guesser.get("/settings").await.status, 303, "the right code comes too late");
}

#[tokio::test]
async fn an_unknown_address_is_answered_like_a_known_one_and_gets_no_mail() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let email = camille.email.clone();
    let known = server.stranger().form("/sign-in", &[("email", &email)]).await;
    let unknown = server.stranger().form("/sign-in", &[("email", "personne@nulle-part.example")]).await;
    assert_eq!((known.status, known.header("location")), (unknown.status, unknown.header("location")));
    assert_eq!(preau::mail::latest(&server.db, 10).await.unwrap().len(), 1);
    let malformed = server.stranger().form("/sign-in", &[("email", "pas une adresse")]).await;
    assert!(
        malformed.text.contains(r#"value="pas une adresse""#) && malformed.text.contains("aria-invalid"),
        "kept and marked"
    );
}

#[tokio::test]
async fn tries_are_counted() {
    let server = Server::start().await;
    let browser = server.stranger();
    let mut answers = Vec::new();
    for _ in 0..10 {
        let fields = [("email", "a@b.example"), ("password", "x")];
        answers.push(browser.form("/sign-in/password", &fields).await.status.as_u16());
    }
    assert_eq!((answers[0], answers[9]), (200, 429));
}

#[tokio::test]
async fn a_password_signs_in_and_too_short_a_one_is_refused() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let email = camille.email.clone();
    let short = camille.form("/settings/password", &[("password", "court")]).await;
    assert!(short.text.contains("au moins 12 caractères"), "{}", short.text);
    let phrase = "quatre mots assez longs";
    assert_eq!(camille.form("/settings/password", &[("password", phrase)]).await.status, 303);
    let browser = server.stranger();
    let wrong = browser.form("/sign-in/password", &[("email", &email), ("password", "autre chose encore")]).await;
    assert_eq!(wrong.status, 200);
    assert_eq!(browser.form("/sign-in/password", &[("email", &email), ("password", phrase)]).await.status, 303);
    let settings = browser.get("/settings").await;
    assert!(settings.text.contains("Celle-ci"), "one's session is in the list");
    browser.form("/sign-out", &[]).await;
    assert_eq!(browser.get("/settings").await.status, 303);
}

#[tokio::test]
async fn the_cookie_is_for_the_server_alone_and_a_forged_form_does_nothing() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let id = camille.id;
    let link = server.db.write(move |tx| Box::pin(async move { preau::people::link(tx, id).await })).await.unwrap();
    let path = format!("/sign-in/{}", link.reveal());
    for forged in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let answer = server.stranger().send(Method::POST, &path, &[forged]).await;
        assert_eq!(answer.status, 403, "{forged:?}");
    }
    let signed_in = server.stranger().send(Method::POST, &path, &[("sec-fetch-site", "same-origin")]).await;
    let cookie = signed_in.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
}

#[tokio::test]
async fn one_reads_in_ones_own_language() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    assert!(camille.page("/groups").await.text.contains(r#"<html lang="fr""#));
    let saved = camille.form("/settings", &[("name", "Camille D."), ("locale", "en"), ("theme", "dark")]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let page = camille.page("/groups").await.text;
    assert!(page.contains(r#"<html lang="en" data-theme="dark""#) && page.contains("Camille D."), "{page}");
    let refused = camille.post("/api/v1/groups", json!({ "name": "x", "access": "open" })).await;
    assert_eq!(refused.json()["code"], "forbidden");
}

#[tokio::test]
async fn a_page_says_of_ones_own_stream_where_it_stood_when_its_language_was_read() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    let change = async {
        for locale in ["en", "fr"].repeat(10) {
            let saved = camille.form("/settings", &[("name", "Camille"), ("locale", locale), ("theme", "dark")]).await;
            assert_eq!(saved.status, 303, "{}", saved.text);
        }
    };
    let session = server.session(&camille).await;
    let read = async || {
        let (browser, mut pages) = (server.stranger(), Vec::new());
        for _ in 0..40 {
            let headers = [("cookie", session.as_str()), ("accept", "text/html")];
            pages.push(browser.send(Method::GET, "/groups", &headers).await.text);
        }
        pages
    };
    let ((), some, others) = tokio::join!(change, read(), read());
    let changes = "select seq from events where stream_id = $1 and kind = 'settings.updated'";
    let changes: Vec<i64> = sqlx::query_scalar(changes).bind(camille.id.0).fetch_all(server.db.pool()).await.unwrap();
    assert_eq!(changes.len(), 20);
    for page in some.iter().chain(&others) {
        let after = page.split(r#"data-streams=""#).nth(1).unwrap().split(&camille.id.to_string()).nth(1).unwrap();
        let digits = after.trim_start_matches("&#34;:").chars().take_while(char::is_ascii_digit).collect::<String>();
        let seq: i64 = digits.parse().unwrap();
        let locale = ["fr", "en"][changes.iter().filter(|&&change| change <= seq).count() % 2];
        assert!(page.contains(&format!(r#"<html lang="{locale}""#)), "at {seq} of {changes:?}: {page}");
    }
}

#[tokio::test]
async fn the_home_page_tells_what_waits_and_what_is_new_since_the_last_visit() {
    let clock = Clock::at("2031-03-03T08:00:00Z".parse().unwrap());
    let server = Server::start_with(clock.clone(), 1 << 20).await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille Delattre").await;
    let access = json!({ "access": "request" });
    ines.request(Method::PATCH, &format!("/api/v1/groups/{}", group.id), Some(access)).await;
    let ondine = server.person("Ondine Marin").await;
    ines.add(&group, &camille, "member").await;
    let email = camille.email.clone();
    let browser = server.stranger();
    browser.form("/sign-in", &[("email", &email)]).await;
    browser.form(&last_mail(&server).await.0, &[]).await;
    assert!(browser.get("/").await.text.contains("Bienvenue dans le réseau"), "the first visit");
    clock.advance(TimeDelta::minutes(5));
    let path = format!("/api/v1/groups/{}/documents", group.id);
    let fields = [("title", "Tableau de suivi"), ("purpose", "Suivre les actions"), ("type", "tool")];
    // A session that ends leaves the visit known.
    browser.form("/sign-out", &[]).await;
    clock.advance(TimeDelta::days(3));
    ines.upload(&path, &fields, &[("suivi.csv", b"a;b")]).await;
    let link = [("title", "Cadre national"), ("url", "https://irev.example"), ("type", "link")];
    ines.upload(&path, &link, &[]).await;
    let hugo = server.person("Hugo Lemaire").await;
    ines.add(&group, &hugo, "member").await;
    ondine.form("/groups/reseau-cpo/join", &[]).await;
    clock.advance(TimeDelta::minutes(1));
    browser.form("/sign-in", &[("email", &email)]).await;
    browser.form(&last_mail(&server).await.0, &[]).await;
    for _ in 0..2 {
        let page = browser.get("/").await.text;
        for told in ["Depuis votre dernière visite", "Tableau de suivi", "Cadre national", "Hugo Lemaire"] {
            assert!(page.contains(told), "{told}: {page}");
        }
        // Within the same visit it stays new.
        clock.advance(TimeDelta::minutes(30));
    }
    assert!(!browser.get("/").await.text.contains("Ondine Marin"), "whom to let in is the animators' to know");
    assert!(ines.page("/").await.text.contains("Ondine Marin"));
}

#[tokio::test]
async fn the_first_page_of_a_visit_knows_the_visit_before_though_nothing_is_noted_of_this_one() {
    let clock = Clock::at("2031-03-03T08:00:00Z".parse().unwrap());
    let server = Server::start_with(clock.clone(), 1 << 20).await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let session = server.session(&camille).await;
    let home = async || {
        let headers = [("cookie", session.as_str()), ("accept", "text/html")];
        server.stranger().send(Method::GET, "/", &headers).await.text
    };
    assert!(home().await.contains("Bienvenue dans le réseau"), "the first visit");
    clock.advance(TimeDelta::days(3));
    let fields = [("title", "Tableau de suivi"), ("purpose", "Suivre les actions"), ("type", "tool")];
    ines.upload(&format!("/api/v1/groups/{}/documents", group.id), &fields, &[("suivi.csv", b"a;b")]).await;
    // Whoever holds a row of a person keeps nobody waiting, and nothing is noted meanwhile.
    let mut holding = server.db.pool().begin().await.unwrap();
    let lock = sqlx::query("select from people where id = $1 for update").bind(camille.id.0);
    lock.execute(&mut *holding).await.unwrap();
    for _ in 0..2 {
        let page = home().await;
        assert!(page.contains("Depuis votre dernière visite") && page.contains("Tableau de suivi"), "{page}");
    }
    holding.rollback().await.unwrap();
}

#[tokio::test]
async fn what_was_typed_while_the_session_ended_is_shown_again() {
    let server = Server::start().await;
    let (_, group) = server.group().await;
    let mut gone = server.person("Camille").await;
    gone.token = "0".repeat(64);
    let thread = format!("/threads/{}/messages", group.standing);
    let meeting = [("title", "Rencontre"), ("objective", "Préparer"), ("password", "secret"), ("agenda", "Un | 5")];
    let lost = [
        (gone.upload(&thread, &[("body", "Un long <message>")], &[("a.txt", b"x")]).await, "Un long &#60;message&#62;"),
        (gone.form("/groups/reseau-cpo/meetings", &meeting).await, "Rencontre\n\nPréparer\n\nUn | 5"),
    ];
    for (answer, typed) in &lost {
        assert_eq!(answer.status, 401);
        for shown in [typed, "Votre session a pris fin", r#"href="/sign-in"#] {
            assert!(answer.text.contains(shown), "{shown}: {}", answer.text);
        }
        assert!(!answer.text.contains("secret"));
    }
    let empty = gone.form("/sign-out", &[]).await;
    assert!(empty.status == 401 && !empty.text.contains("<textarea"), "nothing was typed: {}", empty.text);
    assert_eq!(gone.post(&format!("/api/v1{thread}"), json!({ "body": "x" })).await.json()["code"], "unauthenticated");
}
