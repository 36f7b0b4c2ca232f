//! Search: what is found, by whom, and what is said where nothing is.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use preau::{
    clock::Clock,
    search,
    territories::{self, NewTerritory},
};
use serde_json::{Value, json};
use words::Post;

use crate::support::{Actor, Group, Server};

/// The titles of what is found, of one kind.
async fn titles(actor: &Actor, kind: &str, question: &str) -> Vec<String> {
    let found = actor.get(&address(&[("q", question)])).await;
    assert_eq!(found.status, 200, "{question}: {}", found.text);
    let found = found.json();
    let items = found[kind]["items"].as_array().unwrap();
    items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

/// How many messages are found.
async fn count(actor: &Actor, question: &str) -> usize {
    let found = actor.get(&address(&[("q", question)])).await.json();
    found["messages"]["items"].as_array().unwrap().len()
}

fn address(fields: &[(&str, &str)]) -> String {
    format!("/api/v1{}", web::paths::search(fields))
}

/// The extracts of messages that are found by the fields of the form.
async fn extracts(actor: &Actor, fields: &[(&str, &str)]) -> Vec<String> {
    let found = actor.get(&address(fields)).await;
    assert_eq!(found.status, 200, "{fields:?}: {}", found.text);
    let found = found.json();
    let items = found["messages"]["items"].as_array().unwrap();
    items.iter().map(|item| item["extract"].as_str().unwrap().to_owned()).collect()
}

async fn open(actor: &Actor, group: &Group, title: &str, kind: &str, body: &str) -> Value {
    let threads = format!("/api/v1/channels/{}/threads", group.channel);
    let opened = actor.post(&threads, json!({ "title": title, "kind": kind, "body": body })).await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    opened.json()
}

/// A server whose clock the test moves.
async fn standing_still() -> Server {
    Server::start_with(Clock::at("2026-10-01T10:00:00Z".parse().unwrap()), 1 << 20).await
}

fn territory() -> NewTerritory {
    NewTerritory {
        code: "MEB".to_owned(),
        name: "Mons-en-Barœul".to_owned(),
        communes: vec!["Mons-en-Barœul".to_owned()],
        insee: vec!["59410".to_owned()],
        department: "59".to_owned(),
        department_name: "Nord".to_owned(),
        quarters: "Nouveau Mons".to_owned(),
        label_since: None,
        latitude: 50.6,
        longitude: 3.1,
    }
}

#[tokio::test]
async fn words_are_found_in_french_and_in_english_with_their_accents_and_acronyms() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    for body in [
        "Une évaluation à Mons-en-Barœul, avec les parents",
        "Le bilan des QPV de la région",
        "Chaque quartier prioritaire de la politique de la ville a son conseil",
        "Notes from yesterday: two meetings were planned and the policies evaluated",
        "We meet again on Monday",
    ] {
        ines.say(&group.standing, body).await;
    }
    for (question, wanted) in [
        ("EVALUATIONS parent", 1),
        ("mons en baroeul", 1),
        ("Mons-en-Barœul", 1),
        ("l’évaluation", 1),
        ("évalu*", 2),
        ("qpv", 2),
        ("quartiers prioritaires de la politique de la ville", 2),
        ("quartier prioritaire", 2),
        ("quartier prioritaire bilan", 1),
        ("meeting", 2),
        ("meetings", 2),
        ("plan policy", 1),
        ("\"quartier prioritaire\"", 1),
        ("\"prioritaire quartier\"", 0),
        ("évaluation -parents", 0),
        ("bilan région à la", 1),
        ("meetings chocolat", 0),
    ] {
        assert_eq!(count(&ines, question).await, wanted, "{question}");
    }
}

#[tokio::test]
async fn only_a_present_member_finds_what_is_said_in_a_group() {
    let server = standing_still().await;
    let (ines, group) = server.group().await;
    let (camille, guest, stranger) =
        (server.person("Camille").await, server.person("Gaspard").await, server.person("Ondine").await);
    ines.add(&group, &camille, "member").await;
    ines.add(&group, &guest, "guest").await;
    open(&camille, &group, "Chevaliers du printemps", "question", "Qui connaît les chevaliers, et les troubadours ?")
        .await;
    let path = format!("/api/v1/groups/{}/documents", group.id);
    let fields = [("title", "Chevaliers en tableau"), ("purpose", "Compter"), ("type", "tool")];
    ines.upload(&path, &fields, &[("liste_des-chevaliers.csv", b"a;b")]).await;
    let kinds = ["messages", "documents", "threads"];
    for (actor, wanted) in [(&ines, 1), (&camille, 1), (&guest, 1), (&stranger, 0)] {
        for kind in kinds {
            assert_eq!(titles(actor, kind, "chevaliers").await.len(), wanted, "{kind} of {}", actor.email);
        }
        let places = actor.page("/search/places?q=cheval").await.text;
        assert_eq!(places.contains("Chevaliers du printemps"), wanted == 1, "{places}");
        let channels = actor.page("/search/places?q=%C3%A9valuation").await.text;
        assert_eq!(channels.contains("/channels/"), wanted == 1, "{channels}");
    }
    assert_eq!(titles(&camille, "documents", "listes").await, ["Chevaliers en tableau"], "by the name of its file");
    server.clock.set(server.clock.now() + chrono::TimeDelta::hours(1));
    search::gather(&server.db).await.unwrap();
    let corrected = camille.get(&address(&[("q", "trubadours")])).await.json();
    assert_eq!(corrected["corrected"], "troubadours");
    ines.remove(&group, &camille).await;
    for kind in kinds {
        assert_eq!(titles(&camille, kind, "chevaliers").await, Vec::<String>::new(), "{kind} of a former member");
    }
    let places = camille.page("/search/places").await.text;
    assert!(!places.contains("Chevaliers"), "nor among their last places: {places}");
    let corrected = camille.get(&address(&[("q", "trubadours")])).await.json();
    assert_eq!(corrected["corrected"], Value::Null, "nor is what strangers write betrayed by a correction");
    assert_eq!(server.stranger().get("/search?q=chevaliers").await.status, 303);
}

#[tokio::test]
async fn each_filter_does_the_same_typed_or_in_its_field() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille Delattre").await;
    ines.add(&group, &camille, "member").await;
    let (person, from) = (camille.id, NaiveDate::from_ymd_opt(2020, 1, 1).unwrap());
    let assigned = server.db.write(move |tx| {
        Box::pin(async move {
            let id = territories::add(tx, &territory()).await?;
            territories::assign(tx, person, Some(id), Post::CpoCity, (from, None)).await
        })
    });
    assigned.await.unwrap();
    ines.say(&group.standing, "Une grille de l’animatrice").await;
    let thread = open(&camille, &group, "Atelier de lecture", "message", "La grille : https://exemple.example").await;
    let thread = thread["id"].as_str().unwrap();
    let file = [("a.txt", b"abc".as_slice())];
    let path = format!("/threads/{thread}/messages");
    assert_eq!(camille.upload(&path, &[("body", "La grille jointe")], &file).await.status, 303);
    let today = web::date::day(server.clock.now());
    let (before, after) = (today.succ_opt().unwrap().to_string(), today.pred_opt().unwrap().to_string());
    let name = ["de:delattre", "from:\"Camille Delattre\"", "de: camille"];
    let cases = [
        (&name[..], ("author", "camille delattre"), 2),
        (&["dans:\"Atelier de lecture\"", "in:lecture"], ("place", "atelier"), 2),
        (&["dans:évaluation"], ("place", "evaluation"), 3),
        (&["avec:document", "has:file"], ("has", "document"), 1),
        (&["avec:lien", "has:link"], ("has", "link"), 1),
        (&[&format!("avant:{before}"), &format!("before:{before}")], ("before", &before), 3),
        (&[&format!("avant:{today}"), "avant:2001"], ("before", "mai 2001"), 0),
        (&[&format!("apres:{after}"), &format!("après:{after}")], ("after", &after), 3),
        (&[&format!("apres:{today}")], ("after", &today.to_string()), 0),
        (&["territoire:MEB", "territory:\"mons en baroeul\""], ("territory", "Mons"), 2),
        (&["type:message", "type:messages"], ("kind", "message"), 3),
        (&["type:rencontre", "type:meeting"], ("kind", "meeting"), 0),
    ];
    for (typed, field, wanted) in cases {
        let by_field = extracts(&ines, &[("q", "grille"), field]).await;
        assert_eq!(by_field.len(), wanted, "{field:?}");
        for typed in typed {
            assert_eq!(extracts(&ines, &[("q", &format!("{typed} grille"))]).await, by_field, "{typed}");
        }
        let alone = extracts(&ines, &[field]).await;
        assert!(alone.len() >= wanted, "without a word: {field:?} {alone:?}");
    }
    let page = ines.page(&web::paths::search(&[("q", "grille de:camille"), ("place", "lecture")])).await.text;
    for shown in [
        "De\u{a0}: camille",
        "Dans\u{a0}: lecture",
        r#"href="/search?q=grille&#38;place=lecture""#,
        r#"href="/search?q=grille&#38;author=camille""#,
        r#"name="q" type="search" value="grille""#,
        r#"value="camille""#,
        "2 résultats",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[tokio::test]
async fn a_filter_that_is_not_understood_is_said_beside_its_field_and_the_rest_is_found() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    ines.say(&group.standing, "Une grille").await;
    for (field, typed, sentence) in [
        ("before", "avant:hier", "n’est pas une date reconnue"),
        ("kind", "type:truc", "n’est pas un type connu"),
        ("has", "avec:plaisir", "ne se cherche pas ainsi"),
        ("author", "de:zébulon", "Personne ne porte le nom"),
        ("place", "dans:nullepart", "Aucun de vos groupes"),
        ("territory", "territoire:atlantide", "Aucun territoire"),
        ("after", "avant:2026-01-01 apres:2026-06-01", "à la fois après et avant"),
    ] {
        let question = format!("grille {typed}");
        let found = ines.get(&address(&[("q", &question)])).await.json();
        assert_eq!(found["messages"]["items"].as_array().unwrap().len(), 1, "{typed}");
        assert_eq!(found["remarks"].as_array().unwrap().len(), 1, "{found}");
        let said = found["remarks"][0].clone();
        assert!(said["detail"].as_str().unwrap().contains(sentence), "{said}");
        assert!(typed.contains("apres") || said["field"] == field, "{said}");
        let page = ines.page(&web::paths::search(&[("q", &question)])).await.text;
        assert!(page.contains(sentence) && page.contains("1 résultat"), "{page}");
    }
    let unknown = ines.get(&address(&[("q", "grille:une")])).await.json();
    assert_eq!(unknown["messages"]["items"].as_array().unwrap().len(), 1, "what is no filter is words");
    assert_eq!(unknown["remarks"][0]["field"], "q");
}

#[tokio::test]
async fn a_mistyped_word_is_put_right_and_said_so() {
    let server = standing_still().await;
    let (ines, group) = server.group().await;
    ines.say(&group.standing, "La cartographie externe commence").await;
    assert!(ines.page("/search?q=cartogrphie").await.text.contains("Aucun résultat"), "nothing was gathered yet");
    server.clock.set(server.clock.now() + chrono::TimeDelta::hours(1));
    assert_eq!(search::gather(&server.db).await.unwrap(), 1);
    assert_eq!(search::gather(&server.db).await.unwrap(), 0, "each message is read once");
    let page = ines.page("/search?q=cartogrphie+externe").await.text;
    assert!(page.contains("Résultats pour «\u{a0}cartographie externe\u{a0}»"), "{page}");
    assert!(page.contains("Chercher plutôt «\u{a0}cartogrphie externe\u{a0}»"), "{page}");
    let insist = "/search?q=cartogrphie%20externe&exact=1";
    assert!(page.contains(&insist.replace('&', "&#38;")), "{page}");
    let page = ines.page(insist).await.text;
    assert!(page.contains("Aucun résultat pour «\u{a0}cartogrphie externe\u{a0}»"), "{page}");
    let ask = "/publish?intent=ask&#38;body=cartogrphie%20externe";
    assert!(page.contains(ask) && page.contains("Poser la question au réseau"), "{page}");
}

#[tokio::test]
async fn names_are_found_mistyped() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let nadia = server.person("Nadia Verhaeghe").await;
    ines.add(&group, &nadia, "member").await;
    open(&ines, &group, "Protocole de suivi", "message", "Bonjour").await;
    assert_eq!(titles(&ines, "people", "verhaege").await, ["Nadia Verhaeghe"]);
    assert_eq!(titles(&ines, "threads", "protocol suivi").await, ["Protocole de suivi"]);
    let path = format!("/api/v1/groups/{}/documents", group.id);
    let fields = [("title", "Trame d’entretien"), ("purpose", ""), ("type", "minutes"), ("tags", "Parentalité")];
    ines.upload(&path, &fields, &[("trame.txt", b"abc")]).await;
    assert_eq!(titles(&ines, "documents", "entretein").await, ["Trame d’entretien"]);
    assert_eq!(titles(&ines, "minutes", "parentalités").await, ["Trame d’entretien"], "by its tag");
    assert_eq!(titles(&ines, "minutes", "type:document parentalités").await, Vec::<String>::new());
}

#[tokio::test]
async fn answered_questions_come_first_and_link_to_their_place() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let thread = open(&ines, &group, "Quel prestataire ?", "question", "Pour la cartographie").await;
    let thread = thread["id"].as_str().unwrap();
    let answer = ines.say(thread, "La cartographie : voyez avec 1 < 2 & « l’équipe »").await;
    ines.say(&group.standing, "Rien sur la cartographie").await;
    assert_eq!(titles(&ines, "answers", "cartographie").await, Vec::<String>::new(), "it is open");
    let resolved = json!({ "status": "resolved" });
    ines.request(reqwest::Method::PATCH, &format!("/api/v1/threads/{thread}"), Some(resolved)).await;
    assert_eq!(titles(&ines, "answers", "cartographie").await, ["Quel prestataire ?"]);
    assert_eq!(titles(&ines, "answers", "prestataires").await, ["Quel prestataire ?"], "by its title");
    assert_eq!(count(&ines, "cartographie").await, 3);
    let page = ines.page("/search?q=cartographie").await.text;
    let (answers, messages) = page.split_once("id=\"found-message\"").unwrap();
    assert!(answers.contains("id=\"found-answer\""), "{page}");
    let link = format!("/messages/{}\"", answer["id"].as_str().unwrap());
    assert!(answers.contains(&link) && !messages.contains(&link), "once, and first: {page}");
    assert!(answers.contains("La <mark>cartographie</mark> : voyez avec 1 &#60; 2 &#38; « l’équipe »"), "{page}");
    assert!(answers.contains("Inès") && answers.contains("Réseau CPO › Évaluation"), "{page}");
}

#[tokio::test]
async fn markup_and_marks_in_a_message_stay_text() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let hostile =
        "<script>alert(1)</script> zinzolin 1 < 2 \"zinzolin\" & \u{1}zinzolin\u{2} <img src=x onerror=alert(1)>";
    let said = ines.say(&group.standing, "Bonjour").await;
    let id = said["id"].as_str().unwrap();
    // As something else than our own gates might have written it.
    let written = sqlx::query("update messages set body = $2 where id = $1::uuid").bind(id).bind(hostile);
    written.execute(server.db.pool()).await.unwrap();
    open(&ines, &group, "<img src=x> zinzolin", "message", "Bonjour").await;
    let page = ines.page("/search?q=zinzolin").await.text;
    let main = page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    assert!(main.contains("<mark>zinzolin</mark> 1 &#60; 2 &#34;<mark>zinzolin</mark>&#34;"), "{main}");
    assert!(!main.contains("<script") && !main.contains("<img"), "{main}");
    assert!(main.contains("&#60;img src=x&#62; zinzolin"), "{main}");
    let extract = &extracts(&ines, &[("q", "zinzolin")]).await[0];
    assert!(extract.contains("zinzolin 1 < 2") && !extract.contains(['\u{1}', '\u{2}']), "{extract:?}");
}

/// Each word of a text is found, and marked in it: the stem of the index is the extract's.
#[tokio::test]
async fn every_word_is_marked_where_it_is_found() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let texts = [
        include_str!("../../web/src/meetings/fr.ftl"),
        include_str!("../../web/src/conversations/fr.ftl"),
        include_str!("../../web/src/page/fr.ftl"),
    ];
    let said = texts.iter().flat_map(|text| text.split(|c: char| !c.is_alphabetic())).map(str::to_lowercase);
    let words: BTreeSet<_> = said.filter(|word| (4..20).contains(&word.chars().count())).collect();
    let words: Vec<_> = words.into_iter().collect();
    // Each is shown whole.
    for some in words.chunks(12) {
        ines.say(&group.standing, &some.join(" ")).await;
    }
    let (mut marked, mut empty) = (0, Vec::new());
    for word in &words {
        let page = ines.page(&web::paths::search(&[("q", word), ("kind", "message"), ("exact", "1")])).await.text;
        if page.contains(&format!("<mark>{word}</mark>")) {
            marked += 1;
        } else {
            empty.push(word);
        }
    }
    assert!(marked > 500, "{marked}");
    // What the index does not know finds nothing, and is marked nowhere.
    for word in empty {
        assert_eq!(count(&ines, word).await, 0, "{word}");
    }
}

/// Several steps down, over messages of one instant in two groups, more of them than a step takes, and over a burst; and
/// whichever way the index gives a word's messages.
#[tokio::test]
async fn the_latest_messages_are_walked_through_without_a_gap_or_a_repetition() {
    let server = Server::start().await;
    let ((ines, group), (paul, other)) = (server.group().await, server.group_named("Réseau REP").await);
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    paul.add(&other, &camille, "member").await;
    paul.add(&other, &ines, "member").await;
    let insert = "insert into messages
          (id, thread_id, group_id, position, created_seq, author_id, body, html, fingerprint, created_at)
        select gen_random_uuid(), thread, grp, 1000 + n, 100000 + n,
          case when n % 23 = 0 then $1::uuid else $2::uuid end,
          'mot ' || n || case when n % 2 = 0 then ' zinzolin' else '' end, '', decode(repeat('00', 32), 'hex'),
          timestamptz '2026-01-01' + interval '1 second' * case when n between 300 and 700 then 43 else n / 7 end
        from generate_series(1, 1400) n, (values ($3::uuid, $4::uuid), ($5, $6)) place (grp, thread)
        where n % 3 <> 0 or grp = $3";
    let id = |id: &str| id.parse::<uuid::Uuid>().unwrap();
    let inserted = sqlx::query(insert).bind(camille.id.0).bind(ines.id.0).bind(id(&group.id)).bind(id(&group.standing));
    inserted.bind(id(&other.id)).bind(id(&other.standing)).execute(server.db.pool()).await.unwrap();
    let wanted = async |which: &str| -> Vec<String> {
        let wanted = format!("select id::text from messages where {which} order by created_at desc, id desc");
        sqlx::query_scalar(sqlx::AssertSqlSafe(wanted)).fetch_all(server.db.pool()).await.unwrap()
    };
    let of_camille = wanted(&format!("author_id = '{}'", camille.id.0)).await;
    // More than the index gives of one word, and fewer than it gives of two.
    let of_word = wanted("body like '%zinzolin'").await;
    assert!(of_camille.len() > 90 && (1_000..1_400).contains(&of_word.len()), "{} {}", of_camille.len(), of_word.len());
    for (field, value, limit, wanted) in [
        ("author", "Camille", "3", &of_camille),
        ("author", "Camille", "10", &of_camille),
        ("author", "Camille", "100", &of_camille),
        ("q", "zinzolin", "100", &of_word),
        ("q", "zinzolin mot", "100", &of_word),
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let asked = [(field, value), ("kind", "message"), ("limit", limit), ("cursor", &cursor)];
            let found = ines.get(&address(&asked)).await.json();
            let items = found["messages"]["items"].as_array().unwrap().clone();
            seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            let Some(next) = found["messages"]["next"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(&seen, wanted, "{value}, {limit} at a time");
    }
}

#[tokio::test]
async fn a_list_goes_on_where_it_ended() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    for number in 0..45 {
        ines.say(&group.standing, &format!("Compteur numéro {number}")).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let found = ines.get(&address(&[("q", "compteurs"), ("cursor", &cursor)])).await.json();
        let items = found["messages"]["items"].as_array().unwrap().clone();
        seen.extend(items.iter().map(|item| item["extract"].as_str().unwrap().to_owned()));
        assert!(items.len() <= 20 && seen.len() <= 45, "{seen:?}");
        let Some(next) = found["messages"]["next"].as_str() else { break };
        cursor = next.to_owned();
    }
    let wanted: Vec<_> = (0..45).rev().map(|number| format!("Compteur numéro {number}")).collect();
    assert_eq!(seen, wanted);
    let page = ines.page("/search?q=compteurs").await.text;
    assert!(page.contains("20 premiers résultats, d’autres suivent"), "{page}");
    let more = page.split("href=\"").find(|rest| rest.contains("cursor=")).unwrap().split('"').next().unwrap();
    let next = ines.page(&more.replace("&#38;", "&")).await.text;
    assert!(next.contains("numéro 24") && !next.contains("numéro 25") && next.contains("Voir tous les résultats"));
    for odd in ["message", "message.x.y", "answer.1.2", "message.99999999999999999999.x", "person.\0"] {
        assert_eq!(ines.get(&address(&[("q", "x"), ("cursor", odd)])).await.status, 422, "{odd}");
    }
}

#[tokio::test]
async fn whatever_is_typed_is_answered_soon() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    ines.say(&group.standing, "Bonjour").await;
    let (words, long) = ("mot ".repeat(10_000), "é".repeat(20_000));
    for odd in [
        "'",
        "\\",
        "\"",
        "«",
        "' \" & | ! ( ) : * <->",
        "a:*",
        "le la les de",
        "à",
        "-bonjour",
        "- - -",
        "de:",
        "avant:",
        "\u{202e}bonjour\u{0}",
        "½* ⅓",
        "'*'",
        "abc'*",
        "abc\\*",
        "\"le la\"",
        "type:territoire",
        "%%% ___",
        "REP+",
        "+",
        "::::",
        "a:b:c",
        "de:\"",
        "avant:2026-13-45",
        "\u{1}\u{2}",
        "😀",
        "bonjour:*",
        "!bonjour & (",
        &words,
        &long,
    ] {
        for path in ["/search", "/api/v1/search", "/search/places"] {
            let began = std::time::Instant::now();
            // An address has an end: what is longer than it may be is refused before it is a question.
            let question = odd.chars().take(9_000).collect::<String>();
            let answer = ines.page(&format!("{path}?q={}", web::paths::encoded(&question))).await;
            assert!(answer.status == 200 || answer.status == 414 || answer.status == 431, "{odd:.40}: {}", answer.text);
            assert!(began.elapsed().as_secs() < 3, "{odd:.40}");
        }
    }
    assert_eq!(count(&ines, "bonjour \u{202e}\u{0}").await, 1);
    assert_eq!(count(&ines, "le la les").await, 0, "empty words alone find nothing");
    for wrong in [("limit", "0"), ("limit", "101")] {
        assert_eq!(ines.get(&address(&[("q", "x"), wrong])).await.status, 422);
    }
}

#[tokio::test]
async fn whoever_animates_edits_the_acronyms_and_the_next_search_reads_them_so() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (camille, member) = (server.person("Camille").await, server.person("Marc").await);
    ines.add(&group, &camille, "animator").await;
    ines.add(&group, &member, "member").await;
    ines.say(&group.standing, "Le groupe d’appui départemental se réunit").await;
    let add = |acronym: &'static str, expansion: &'static str| [("acronym", acronym), ("expansion", expansion)];
    // Everybody reads them, and sees no form; who animates nothing edits none.
    let read = member.page("/glossary").await.text;
    assert!(read.contains("quartier prioritaire") && !read.contains(r#"name="acronym""#), "{read}");
    assert_eq!(member.form("/glossary", &add("GAD", "groupe d’appui départemental")).await.status, 403);
    assert!(camille.page("/search").await.text.contains(r#"href="/glossary""#));
    assert!(ines.page("/settings").await.text.contains(r#"href="/glossary""#), "an administrator looks there");
    assert!(!camille.page("/settings").await.text.contains(r#"href="/glossary""#));
    assert_eq!(count(&camille, "GAD").await, 0);
    let added = camille.form("/glossary", &add(" GAD ", "groupe  d’appui départemental")).await;
    assert_eq!((added.status.as_u16(), added.header("location")), (303, "/glossary?done=1"));
    assert_eq!(count(&camille, "GAD").await, 1, "at once");
    // What is refused is said, and what was typed is kept.
    for (acronym, expansion, said) in [
        ("GAD", "groupe d’appui départemental", "déjà là avec ce sens"),
        ("<GAD>", "groupe de <b>travail", "2 à 12 lettres"),
        ("GAD", "", "nécessaire"),
    ] {
        let refused = camille.form("/glossary", &add(acronym, expansion)).await;
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
        assert!(refused.text.contains(&format!(r#"value="{}""#, acronym.replace('<', "&#60;").replace('>', "&#62;"))));
    }
    let list = camille.page("/glossary").await.text;
    let before = &list[..list.find("GAD</strong>").unwrap_or_else(|| panic!("{list}"))];
    let after = &list[before.len()..];
    let place = &after[after.find("/glossary/").unwrap()..][..46];
    assert_eq!(member.page(place).await.status, 403);
    assert_eq!(member.form(&format!("{place}/remove"), &[]).await.status, 403);
    let kept = camille.form(place, &add("GAD", "x")).await.text;
    assert!(kept.contains(r#"value="x""#) && kept.contains(r#"aria-invalid="true""#), "{kept}");
    assert!(camille.form(place, &add("QPV", "quartier prioritaire")).await.text.contains("déjà là"));
    assert_eq!(camille.form(place, &add("GDA", "groupe d’appui départemental")).await.status, 303);
    assert_eq!((count(&camille, "GAD").await, count(&camille, "GDA").await), (0, 1));
    // Removed, brought back, removed and added again.
    let removed = ines.form(&format!("{place}/remove"), &[]).await;
    assert_eq!(removed.status, 303);
    assert_eq!(count(&camille, "GDA").await, 0);
    let offered = ines.page(removed.header("location")).await.text;
    assert!(
        offered.contains(&format!(r#"action="{place}/restore""#)) && offered.contains("GDA est retiré"),
        "{offered}"
    );
    assert!(!member.page(removed.header("location")).await.text.contains("/restore"));
    assert_eq!(ines.form(&format!("{place}/restore"), &[]).await.status, 303);
    assert_eq!(count(&camille, "GDA").await, 1);
    assert_eq!(ines.form(&format!("{place}/remove"), &[]).await.status, 303);
    assert_eq!(ines.form(&format!("{place}/remove"), &[]).await.status, 404);
    assert_eq!(ines.page(place).await.status, 404);
    assert_eq!(camille.form("/glossary", &add("GDA", "groupe d’appui départemental")).await.status, 303);
    assert_eq!(count(&camille, "GDA").await, 1);
}
