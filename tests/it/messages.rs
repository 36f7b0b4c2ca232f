//! Posting, reading, editing, removing: the API and the pages.

use std::collections::HashMap;

use preau::threads;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use words::{PersonId, ThreadId};

use crate::support::{Server, awaited, counted, locked, told};

#[tokio::test]
async fn a_retry_is_answered_like_the_first_time_and_another_content_is_a_conflict() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/api/v1/threads/{}/messages", group.standing);
    let id = Uuid::now_v7();
    let first = ines.post(&path, json!({ "id": id, "body": "  bonjour\r\nà tous " })).await;
    let again = ines.post(&path, json!({ "id": id, "body": "bonjour\nà tous" })).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
    assert_eq!(first.json(), again.json());
    assert_eq!((&first.json()["body"], &first.json()["position"]), (&json!("bonjour\nà tous"), &json!(1)));
    let other = ines.post(&path, json!({ "id": id, "body": "autre" })).await;
    assert_eq!((other.status.as_u16(), other.json()["code"].clone()), (409, json!("id_conflict")));
    let edited =
        ines.request(Method::PATCH, &format!("/api/v1/messages/{id}"), Some(json!({ "body": "corrigé" }))).await;
    assert_eq!(edited.json()["body"], "corrigé");
    let late = ines.post(&path, json!({ "id": id, "body": "bonjour\nà tous" })).await;
    assert_eq!(
        (late.status.as_u16(), late.json()["body"].clone()),
        (200, json!("corrigé")),
        "a late retry undoes nothing"
    );
}

#[tokio::test]
async fn sends_at_the_same_time_get_positions_and_sequences_without_holes() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut posts = tokio::task::JoinSet::new();
    for number in 0..60 {
        let (ines, path) = (ines.clone(), format!("/api/v1/threads/{}/messages", group.standing));
        posts.spawn(async move { ines.post(&path, json!({ "body": format!("n° {number}") })).await.json() });
    }
    let posted: Vec<Value> = posts.join_all().await;
    let sorted = |key: &str| {
        let mut values: Vec<_> = posted.iter().map(|message| message[key].as_i64().unwrap()).collect();
        values.sort_unstable();
        values
    };
    assert_eq!(sorted("position"), (1..=60).collect::<Vec<_>>());
    let seqs = sorted("seq");
    assert_eq!(seqs, (seqs[0]..seqs[0] + 60).collect::<Vec<_>>());
}

#[tokio::test]
async fn messages_are_read_by_windows_ascending() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    for number in 1..=7 {
        ines.say(&group.standing, &number.to_string()).await;
    }
    let read = |query: &'static str| {
        let (ines, path) = (ines.clone(), format!("/api/v1/threads/{}/messages?{query}", group.standing));
        async move {
            let list = ines.get(&path).await.json();
            let positions: Vec<_> =
                list["items"].as_array().unwrap().iter().map(|m| m["position"].as_i64().unwrap()).collect();
            (positions, list["next"].as_i64())
        }
    };
    assert_eq!(read("limit=3").await, (vec![5, 6, 7], Some(5)));
    assert_eq!(read("limit=3&before=5").await, (vec![2, 3, 4], Some(2)));
    assert_eq!(read("limit=3&before=2").await, (vec![1], None));
    assert_eq!(read("limit=3&after=3").await, (vec![4, 5, 6], Some(6)));
    assert_eq!(read("limit=3&after=6").await, (vec![7], None));
}

#[tokio::test]
async fn a_thread_is_opened_with_its_first_message_and_opened_once() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/api/v1/channels/{}/threads", group.channel);
    let (id, message) = (Uuid::now_v7(), Uuid::now_v7());
    let body = json!({ "id": id, "message_id": message, "kind": "question", "body": "Qui a **déjà** fait ?\nMerci" });
    let first = ines.post(&path, body.clone()).await;
    let again = ines.post(&path, body).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200), "{}", again.text);
    let thread = first.json();
    assert_eq!(
        (&thread["status"], &thread["last_position"], &thread["message"]["position"]),
        (&json!("open"), &json!(1), &json!(1))
    );
    assert_eq!(thread["title"], "Qui a **déjà** fait ?");
    let list = ines.get(&path).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2, "with the standing one");
}

#[tokio::test]
async fn a_thread_that_is_opened_twice_at_once_is_opened_once() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/api/v1/channels/{}/threads", group.channel);
    let body = json!({ "id": Uuid::now_v7(), "message_id": Uuid::now_v7(), "kind": "message", "body": "Bonjour" });
    let holding = locked(&server, group.id.parse().unwrap()).await;
    let both = async { tokio::join!(ines.post(&path, body.clone()), ines.post(&path, body.clone())) };
    let go_on = async {
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        awaited("both wait", async || {
            let waiting = sqlx::query_scalar::<_, i64>(waiting).fetch_one(server.db.pool()).await.unwrap();
            (waiting == 2).then_some(())
        })
        .await;
        holding.rollback().await.unwrap();
    };
    let ((first, second), ()) = tokio::join!(both, go_on);
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201], "{} {}", first.text, second.text);
    assert_eq!(first.json()["id"], second.json()["id"]);
}

#[tokio::test]
async fn only_the_author_edits_and_the_author_or_an_animator_removes() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (ana, bea) = (server.person("Ana").await, server.person("Bea").await);
    ines.add(&group, &ana, "member").await;
    ines.add(&group, &bea, "member").await;
    let message = ana.say(&group.standing, "d’Ana").await;
    let path = format!("/api/v1/messages/{}", message["id"].as_str().unwrap());
    let edit = |body: &str| Some(json!({ "body": body }));
    assert_eq!(bea.request(Method::PATCH, &path, edit("de Bea")).await.status, 403);
    assert_eq!(ines.request(Method::PATCH, &path, edit("d’Inès")).await.status, 403);
    assert_eq!(bea.request(Method::DELETE, &path, None).await.status, 403);
    assert_eq!(ana.request(Method::PATCH, &path, edit("mieux")).await.status, 200);
    assert_eq!(ines.request(Method::DELETE, &path, None).await.status, 204);
    let list = ana.get(&format!("/api/v1/threads/{}/messages", group.standing)).await.json();
    assert_eq!((&list["items"][0]["body"], &list["items"][0]["position"]), (&Value::Null, &json!(1)));
    assert!(ana.page(&format!("/threads/{}", group.standing)).await.text.contains("Message retiré"));
}

#[tokio::test]
async fn a_message_says_what_hangs_on_it_also_where_that_was_another_messages() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let said = ["un", "deux", "trois"].map(|body| ines.say(&group.standing, body));
    let [one, two, three] = futures_util::future::join_all(said).await.try_into().unwrap();
    let [one, two, three]: [String; 3] = [one, two, three].map(|said: Value| said["id"].as_str().unwrap().to_owned());
    let run = async |sql: &str| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(server.db.pool()).await.unwrap();
    };
    let hung = async |message: &str| -> i16 {
        let asked = sqlx::query_scalar("select hung from messages where id = $1::text::uuid").bind(message.to_owned());
        asked.fetch_one(server.db.pool()).await.unwrap()
    };
    let put = format!(
        "insert into files (id, group_id, uploader_id, name, size_bytes, media_type, sha256, created_at)
           select id, group_id, author_id, 'a.txt', 1, 'text/plain', decode(repeat('00', 32), 'hex'), now()
           from messages where id = '{one}';
         insert into link_previews (url_sha256, url, host, wanted)
           values (decode(repeat('00', 32), 'hex'), 'https://lille.example/', 'lille.example', false)"
    );
    run(&put).await;
    let insertion = |table: &'static str, columns: &str, values: &str| {
        (
            table,
            format!("insert into {table} (message_id, {columns}) select id, {values} from messages where id = '{one}'"),
        )
    };
    let mut all = 0;
    for (kind, (table, insert)) in [
        (1, insertion("attachments", "ordinal, file_id", "0, id")),
        (2, insertion("reactions", "person_id, name, created_at", "author_id, 'thanks', now()")),
        (8, insertion("pins", "person_id, pinned_at", "author_id, now()")),
        (16, insertion("polls", "multiple", "false")),
        (32, insertion("message_links", "url_sha256, ordinal", "decode(repeat('00', 32), 'hex'), 1")),
    ] {
        run(&insert).await;
        all += kind;
        assert_eq!(hung(&one).await, all, "{table}");
        run(&format!("update {table} set message_id = '{two}' where message_id = '{one}'")).await;
        assert_eq!(hung(&two).await, all, "{table}, taken along");
    }
    let moved =
        format!("insert into moves select '{two}'::uuid, id, author_id, now() from messages where id = '{three}'");
    run(&moved).await;
    assert_eq!((hung(&two).await, hung(&three).await), (all | 4, 4));
}

#[tokio::test]
async fn unread_is_what_was_said_after_one_read() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    for body in ["un", "deux", "trois"] {
        ines.say(&group.standing, body).await;
    }
    let list = format!("/channels/{}", group.channel);
    assert!(camille.page(&list).await.text.contains("3 nouveaux"));
    let read = camille
        .request(Method::PUT, &format!("/api/v1/threads/{}/read", group.standing), Some(json!({ "position": 2 })))
        .await;
    assert_eq!(read.json()["position"], 2);
    assert!(camille.page(&list).await.text.contains("1 nouveau"));
    let back = camille
        .request(Method::PUT, &format!("/api/v1/threads/{}/read", group.standing), Some(json!({ "position": 1 })))
        .await;
    assert_eq!(back.json()["position"], 2, "it moves forward only");
    let thread = camille.page(&format!("/threads/{}", group.standing)).await.text;
    assert!(thread.contains(r#"id="new-messages""#), "the marker stands before what is new");
    assert!(!ines.page(&list).await.text.contains("nouveau</span>"), "one’s own messages are read");
}

/// Where somebody's read positions are, by thread, and how many events told of them.
async fn read_by(server: &Server, person: PersonId) -> (HashMap<Uuid, i32>, i64) {
    let positions: Vec<(Uuid, i32)> =
        sqlx::query_as("select thread_id, position from read_positions where person_id = $1")
            .bind(person.0)
            .fetch_all(server.db.pool())
            .await
            .unwrap();
    let told = "select count(*) from events where stream_id = $1 and kind = 'read.moved'";
    let told = sqlx::query_scalar(told).bind(person.0).fetch_one(server.db.pool()).await.unwrap();
    (positions.into_iter().collect(), told)
}

#[tokio::test]
async fn read_positions_move_together_forward_and_where_one_may_read() {
    let server = Server::start().await;
    let ((ines, group), (paul, other)) = (server.group().await, server.group_named("Réseau REP").await);
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    paul.add(&other, &camille, "member").await;
    paul.say(&other.standing, "avant").await;
    paul.remove(&other, &camille).await;
    let mut threads = vec![group.standing.clone()];
    for number in 0..9 {
        let opened = json!({ "body": format!("sujet {number}") });
        let opened = ines.post(&format!("/api/v1/channels/{}/threads", group.channel), opened).await.json();
        threads.push(opened["id"].as_str().unwrap().to_owned());
    }
    for thread in &threads {
        ines.say(thread, "et encore").await;
    }
    let threads: Vec<ThreadId> = threads.iter().map(|thread| thread.parse().unwrap()).collect();
    let (standing, first) = (threads[0], threads[1]);
    let viewer = preau::people::viewer(&mut server.db.pool().acquire().await.unwrap(), camille.id).await;
    let (reads, viewer) = (threads::Reads::new(told(&server)), viewer.unwrap().unwrap());
    let read = async |positions: Vec<(ThreadId, i32)>| {
        let (unmoved, statements) = counted(reads.mark(viewer.clone(), positions)).await;
        assert_eq!(unmoved, []);
        statements
    };
    // Also what is beyond the end, what is named twice and what may not be read.
    let elsewhere: ThreadId = other.standing.parse().unwrap();
    read(vec![(standing, 7), (first, 1), (first, 2), (first, 1), (elsewhere, 1)]).await;
    let expected = HashMap::from([(standing.0, 1), (first.0, 2)]);
    assert_eq!(read_by(&server, camille.id).await, (expected.clone(), 2));
    let one = read(vec![(first, 1), (standing, 0)]).await;
    assert_eq!(read_by(&server, camille.id).await, (expected, 2), "never back, and nothing is told of nothing");
    assert_eq!(read(threads.iter().map(|&thread| (thread, 2)).collect()).await, one, "as many statements as for one");
    let (positions, told) = read_by(&server, camille.id).await;
    assert_eq!((positions.len(), told), (10, 10));
    assert_eq!(server.torn().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_many_people_read_is_moved_at_once_and_nobody_waits_for_another() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let people = [server.person("Camille").await, server.person("Paul").await, server.person("Sofia").await];
    let mut viewers = Vec::new();
    for person in &people {
        ines.add(&group, person, "member").await;
        let viewer = preau::people::viewer(&mut server.db.pool().acquire().await.unwrap(), person.id).await;
        viewers.push(viewer.unwrap().unwrap());
    }
    let standing: ThreadId = group.standing.parse().unwrap();
    for _ in 0..3 {
        ines.say(&group.standing, "bonjour").await;
    }
    let reads = threads::Reads::new(told(&server));
    let mark = |person: usize, position| reads.mark(viewers[person].clone(), vec![(standing, position)]);
    let (_, one) = counted(mark(0, 1)).await;
    let (_, all) = counted(async { tokio::join!(mark(0, 2), mark(1, 2), mark(2, 2)) }).await;
    assert_eq!(all, one, "as many statements as for one");
    for person in &people {
        assert_eq!(read_by(&server, person.id).await.0, HashMap::from([(standing.0, 2)]));
    }
    // Who has no right to the thread moves nothing of it, whoever has one beside them.
    let stranger = server.person("Nora").await;
    let viewer = preau::people::viewer(&mut server.db.pool().acquire().await.unwrap(), stranger.id).await;
    let (stranger, viewer) = (stranger.id, viewer.unwrap().unwrap());
    tokio::join!(reads.mark(viewer, vec![(standing, 2)]), mark(1, 2));
    assert_eq!(read_by(&server, stranger).await, (HashMap::new(), 0));
    let reads = threads::Reads::new(server.db.clone());
    let holding = locked(&server, people[0].id.0).await;
    let mark = |person: usize| {
        let (reads, viewer) = (reads.clone(), viewers[person].clone());
        tokio::spawn(async move { reads.mark(viewer, vec![(standing, 3)]).await })
    };
    let (held, others) = (mark(0), [mark(1), mark(2)]);
    for other in others {
        assert_eq!(other.await.unwrap(), []);
    }
    let moved = async |person: usize| read_by(&server, people[person].id).await.0[&standing.0];
    assert_eq!((moved(0).await, moved(1).await, moved(2).await), (2, 3, 3), "the others did not wait");
    holding.rollback().await.unwrap();
    assert_eq!(held.await.unwrap(), []);
    assert_eq!((moved(0).await, read_by(&server, people[0].id).await.1), (3, 3), "and it was moved alone");
    assert_eq!(server.torn().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_form_posts_once_and_keeps_what_was_refused() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/threads/{}/messages", group.standing);
    let id = Uuid::now_v7().to_string();
    for _ in 0..2 {
        let posted = ines.upload(&path, &[("id", &id), ("body", "bonjour")], &[]).await;
        assert_eq!(posted.header("location"), format!("/threads/{}#message-{id}", group.standing));
    }
    let list = ines.get(&format!("/api/v1/threads/{}/messages", group.standing)).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "a resubmitted form is a duplicate");
    let long = "é".repeat(20_001);
    let refused = ines.upload(&path, &[("body", &long)], &[]).await;
    assert!(refused.text.contains(&long) && refused.text.contains("trop long"), "nothing typed is lost");
}

#[tokio::test]
async fn bad_json_gets_a_problem_document_with_a_code_and_never_a_500() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/api/v1/threads/{}/messages", group.standing);
    let cases = [
        (json!({ "body": "x", "colour": "red" }), 422, "invalid", "colour"),
        (json!({ "body": 3 }), 422, "invalid", "body"),
        (json!({}), 422, "invalid", "."),
        (json!({ "body": "x", "id": "pas-un-uuid" }), 422, "invalid", "id"),
        (json!({ "body": "x", "id": Uuid::nil() }), 422, "invalid", "id"),
        (json!({ "body": "" }), 422, "invalid", "body"),
        (json!({ "body": "a\u{0}b" }), 422, "invalid", "body"),
        (json!({ "body": "x".repeat(300_000) }), 413, "too_large", ""),
        (json!({ "body": "x", "attachments": [Uuid::now_v7()] }), 422, "invalid", "attachments"),
    ];
    for (body, status, code, field) in cases {
        let answer = ines.post(&path, body.clone()).await;
        let problem = answer.json();
        assert_eq!((answer.status.as_u16(), &problem["code"]), (status, &json!(code)), "{}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        if !field.is_empty() {
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }
    }
    assert_eq!(ines.get("/api/v1/threads/nope/messages").await.status, 404);
    assert_eq!(ines.request(Method::PUT, &path, Some(json!({}))).await.json()["code"], "method_not_allowed");
}

#[tokio::test]
async fn a_message_is_found_by_its_words_however_they_are_written_and_by_members_only() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (camille, outsider) = (server.person("Camille Delattre").await, server.person("Ondine").await);
    ines.add(&group, &camille, "member").await;
    ines.say(&group.standing, "Une évaluation à Mons-en-Barœul, avec les parents").await;
    let found = |actor: crate::support::Actor, words: &'static str| async move {
        let path = format!("/api/v1/search?q={}", web::paths::encoded(words));
        actor.get(&path).await.json()["messages"]["items"].as_array().unwrap().len()
    };
    for words in ["mons en baroeul", "EVALUATIONS", "parent", "évaluation"] {
        assert_eq!(found(camille.clone(), words).await, 1, "{words}");
        assert_eq!(found(outsider.clone(), words).await, 0, "{words}");
    }
    let page = camille.page("/search?q=evaluation").await.text;
    assert!(page.contains("1 résultat") && page.contains("href=\"/messages/"), "{page}");
    let people = camille.get("/api/v1/search?q=delat").await.json();
    assert_eq!(people["people"]["items"][0]["title"], "Camille Delattre");
    ines.remove(&group, &camille).await;
    assert_eq!(found(camille.clone(), "evaluation").await, 0, "a former member finds nothing");
    for odd in ["", "   ", "\u{0}", "' \" & | !", "a:*"] {
        assert_eq!(camille.get(&format!("/api/v1/search?q={}", web::paths::encoded(odd))).await.status, 200, "{odd:?}");
    }
}

#[tokio::test]
async fn a_thread_is_named_and_resolved_by_its_opener_and_by_animators() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (camille, hugo) = (server.person("Camille").await, server.person("Hugo").await);
    ines.add(&group, &camille, "member").await;
    ines.add(&group, &hugo, "member").await;
    let threads = format!("/api/v1/channels/{}/threads", group.channel);
    let question = json!({ "title": "Qui a un modèle ?", "kind": "question", "body": "Bonjour" });
    let id = camille.post(&threads, question).await.json()["id"].as_str().unwrap().to_owned();
    let plain = camille.post(&threads, json!({ "body": "Une simple remarque" })).await.json();
    let path = format!("/api/v1/threads/{id}");
    let refused = hugo.request(Method::PATCH, &path, Some(json!({ "status": "resolved" }))).await;
    assert_eq!(refused.status, 403, "it is neither his question nor his group");
    let resolved = camille.request(Method::PATCH, &path, Some(json!({ "status": "resolved" }))).await.json();
    assert_eq!((&resolved["status"], &resolved["title"]), (&json!("resolved"), &json!("Qui a un modèle ?")));
    let renamed = ines.request(Method::PATCH, &path, Some(json!({ "title": "Modèles de protocole" }))).await.json();
    assert_eq!((&renamed["status"], &renamed["title"]), (&json!("resolved"), &json!("Modèles de protocole")));
    let asks_nothing = format!("/api/v1/threads/{}", plain["id"].as_str().unwrap());
    let wrong = camille.request(Method::PATCH, &asks_nothing, Some(json!({ "status": "resolved" }))).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["errors"][0]["field"].clone()), (422, json!("status")));
    let standing = format!("/api/v1/threads/{}", group.standing);
    let standing = ines.request(Method::PATCH, &standing, Some(json!({ "title": "Autre" }))).await;
    assert_eq!(standing.status, 403, "the standing thread has the channel's name");
    let page = camille.page(&format!("/threads/{id}")).await.text;
    assert!(page.contains("Reposer la question") && page.contains("Plus d’actions"), "{page}");
    assert!(!hugo.page(&format!("/threads/{id}")).await.text.contains("Reposer la question"));
    let edit = format!("/threads/{id}/edit");
    assert_eq!(camille.form(&edit, &[("status", "open")]).await.status, 303);
    let long = camille.form(&edit, &[("title", &"t".repeat(201))]).await;
    assert!(long.text.contains("Ce texte est trop long") && long.text.contains("Marquer comme résolue"));
    assert!(long.text.contains(&format!(r#"value="{}""#, "t".repeat(201))), "what was typed is shown: {}", long.text);
    let plain = camille.page(&format!("/threads/{}", plain["id"].as_str().unwrap())).await.text;
    assert!(!plain.contains(r#"value="Une simple remarque""#), "a first line is no title: {plain}");
    ines.remove(&group, &camille).await;
    assert_eq!(camille.request(Method::PATCH, &path, Some(json!({ "title": "x" }))).await.status, 404);
}

#[tokio::test]
async fn who_posted_before_is_judged_anew_each_time() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let karim = server.person("Karim").await;
    ines.add(&group, &karim, "member").await;
    let mut socket = karim.socket("preau.v1.json").await;
    let send = |id: i64| {
        let message = json!({ "id": Uuid::now_v7(), "thread": group.standing, "body": "bonjour" });
        json!({ "type": "send", "id": id, "message": message })
    };
    socket.say(send(1)).await;
    assert_eq!(socket.next_of("ack").await["id"], 1);

    ines.remove(&group, &karim).await;
    for id in [2, 3] {
        socket.say(send(id)).await;
        let refused = socket.next_of("error").await;
        assert_eq!((&refused["id"], &refused["code"]), (&json!(id), &json!("not_found")), "{refused}");
    }
    ines.add(&group, &karim, "member").await;
    socket.say(send(4)).await;
    assert_eq!(socket.next_of("ack").await["id"], 4, "back in the group");

    let channel = format!("/api/v1/channels/{}", group.channel);
    let archived = ines.request(Method::PATCH, &channel, Some(json!({ "archived": true }))).await;
    assert_eq!(archived.status, 200, "{}", archived.text);
    socket.say(send(5)).await;
    assert_eq!(socket.next_of("error").await["code"], "archived");
}
