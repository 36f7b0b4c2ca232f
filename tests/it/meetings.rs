//! Meetings: scheduling, answering, what others learn.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Actor, Server, Socket, following};

fn body() -> Value {
    json!({
        "title": "Renouvellement du label",
        "objective": "Préparer les dossiers",
        "starts_at": "2031-10-02T07:30:00Z",
        "ends_at": "2031-10-02T10:30:00Z",
        "timezone": "Europe/Paris",
        "mode": "hybrid",
        "place": "Arras",
        "link": "https://visio.example/x",
        "agenda": [{ "title": "Météo du jour", "minutes": 15 }, { "title": "Tour des territoires", "minutes": 45 }],
    })
}

#[tokio::test]
async fn the_animator_schedules_members_answer_and_change_their_answer() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let path = format!("/api/v1/groups/{}/meetings", group.id);
    let refused = camille.post(&path, body()).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].clone()), (403, json!("forbidden")));
    let scheduled = ines.post(&path, body()).await;
    assert_eq!(scheduled.status, 201, "{}", scheduled.text);
    let meeting = scheduled.json();
    let id = meeting["id"].as_str().unwrap();
    assert_eq!(
        (&meeting["state"], &meeting["rsvp"], &meeting["timezone"]),
        (&json!("convened"), &Value::Null, &json!("Europe/Paris"))
    );

    let mut socket = following(&ines, &group).await;
    let rsvp = format!("/api/v1/meetings/{id}/rsvp");
    for answer in ["in_person", "remote", "remote"] {
        let answered = camille.request(Method::PUT, &rsvp, Some(json!({ "answer": answer }))).await;
        assert_eq!((answered.status.as_u16(), answered.json()["rsvp"].clone()), (200, json!(answer)));
    }
    for expected in [json!({ "in_person": 1, "remote": 0, "no": 0 }), json!({ "in_person": 0, "remote": 1, "no": 0 })] {
        let event = socket.next_of("event").await;
        assert_eq!(event["kind"], "rsvp.set");
        // What is told is what is so now: by the time of the first event the answer may have changed already.
        assert!(event["data"]["counts"] == expected || event["data"]["counts"]["remote"] == 1, "{event}");
    }
    let page = camille.page(&format!("/meetings/{id}")).await.text;
    for shown in ["9\u{a0}h\u{a0}30", "1 en visio", "Tour des territoires", "9\u{a0}h\u{a0}45", "Camille"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(camille.page("/").await.text.contains("Renouvellement du label"), "the next meeting is on the home page");
    let calendar = camille.get(&format!("/meetings/{id}/calendar.ics")).await;
    assert!(
        calendar.header("content-type").starts_with("text/calendar")
            && calendar.text.contains("TZID=Europe/Paris:20311002T093000")
    );
}

#[tokio::test]
async fn a_form_answers_without_a_script_and_a_cancelled_meeting_takes_no_answer() {
    let server = Server::start().await;
    let (ines, _) = server.group().await;
    let fields = [
        ("title", "Rencontre"),
        ("objective", "Se voir"),
        ("date", "2031-10-02"),
        ("from", "09:30"),
        ("to", "12:30"),
        ("mode", "in_person"),
        ("agenda", "Accueil | 10\nDébat | 50"),
    ];
    let scheduled = ines.form("/groups/reseau-cpo/meetings", &fields).await;
    assert_eq!(scheduled.status, 303, "{}", scheduled.text);
    let path = scheduled.header("location").to_owned();
    assert_eq!(ines.form(&format!("{path}/rsvp"), &[("answer", "in_person")]).await.header("location"), path);
    assert!(ines.page(&path).await.text.contains("1 sur place"));
    let api = format!("/api/v1{path}");
    let moved = ines.request(Method::PATCH, &api, Some(json!({ "place": "Lille" }))).await.json();
    assert_eq!(
        (&moved["place"], &moved["title"], &moved["agenda"][1]["minutes"]),
        (&json!("Lille"), &json!("Rencontre"), &json!(50))
    );
    assert_eq!(ines.request(Method::PATCH, &api, Some(json!({ "state": "cancelled" }))).await.status, 200);
    let late = ines.request(Method::PUT, &format!("{api}/rsvp"), Some(json!({ "answer": "no" }))).await;
    assert_eq!((late.status.as_u16(), late.json()["code"].clone()), (409, json!("conflict")));
    let backwards = [
        ("title", "Gardé"),
        ("objective", "o"),
        ("date", "2031-10-02"),
        ("from", "12:00"),
        ("to", "09:00"),
        ("mode", "remote"),
    ];
    let refused = ines.form("/groups/reseau-cpo/meetings", &backwards).await;
    assert!(
        refused.text.contains(r#"value="Gardé""#) && refused.text.contains("La fin doit venir"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn its_animator_changes_a_meeting_by_its_page_cancels_it_and_takes_that_back() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let mut distant = body();
    distant["timezone"] = json!("Indian/Reunion");
    let meeting = ines.post(&format!("/api/v1/groups/{}/meetings", group.id), distant).await.json();
    let path = format!("/meetings/{}", meeting["id"].as_str().unwrap());
    let form = ines.page(&format!("{path}/edit")).await.text;
    for kept in [r#"value="2031-10-02""#, r#"value="11:30""#, r#"value="14:30""#, "Tour des territoires | 45"] {
        assert!(form.contains(kept), "the hours of its own zone, {kept}: {form}");
    }
    let fields = [
        ("title", "Renouvellement, suite"),
        ("objective", "Finir"),
        ("date", "2031-10-03"),
        ("from", "11:30"),
        ("to", "13:00"),
        ("mode", "remote"),
    ];
    assert_eq!(camille.form(&format!("{path}/edit"), &fields).await.status, 403);
    assert_eq!(ines.form(&format!("{path}/edit"), &fields).await.header("location"), path);
    let changed = ines.get(&format!("/api/v1{path}")).await.json();
    assert_eq!(
        (&changed["title"], &changed["starts_at"], &changed["place"], &changed["timezone"]),
        (&json!("Renouvellement, suite"), &json!("2031-10-03T07:30:00Z"), &Value::Null, &json!("Indian/Reunion"))
    );
    let mut backwards = fields;
    backwards[4] = ("to", "09:00");
    let refused = ines.form(&format!("{path}/edit"), &backwards).await;
    assert!(
        refused.text.contains(r##"href="#to""##) && refused.text.contains("Renouvellement, suite"),
        "{}",
        refused.text
    );
    assert_eq!(camille.form(&format!("{path}/state"), &[("state", "cancelled")]).await.status, 403);
    let days = json!({ "ends_at": "2031-10-05T04:00:00Z" });
    ines.request(Method::PATCH, &format!("/api/v1{path}"), Some(days)).await;
    let mut renamed = fields;
    (renamed[0], renamed[4]) = (("title", "Trois jours"), ("to", "08:00"));
    assert_eq!(ines.form(&format!("{path}/edit"), &renamed).await.status, 303);
    let kept = ines.get(&format!("/api/v1{path}")).await.json();
    assert_eq!((&kept["title"], &kept["ends_at"]), (&json!("Trois jours"), &json!("2031-10-05T04:00:00Z")));
    assert_eq!(ines.form(&format!("{path}/state"), &[("state", "draft")]).await.status, 422, "no way back to a draft");
    for (state, shown, not_shown) in
        [("cancelled", "Rétablir la rencontre", "Votre réponse"), ("convened", "Votre réponse", "Rétablir")]
    {
        assert_eq!(ines.form(&format!("{path}/state"), &[("state", state)]).await.header("location"), path);
        let page = ines.page(&path).await.text;
        assert!(page.contains(shown) && !page.contains(not_shown), "{state}: {page}");
    }
    assert!(!camille.page(&path).await.text.contains("Annuler la rencontre"), "that is not hers to do");
    let cleared = ines.request(Method::PATCH, &format!("/api/v1{path}"), Some(json!({ "link": null }))).await.json();
    assert_eq!((&cleared["link"], &cleared["objective"]), (&Value::Null, &json!("Finir")));
}

#[tokio::test]
async fn a_subscription_shows_ones_own_meetings_and_no_others() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let path = format!("/api/v1/groups/{}/meetings", group.id);
    let mut draft = body();
    draft["state"] = json!("draft");
    draft["title"] = json!("Brouillon");
    ines.post(&path, draft).await;
    ines.post(&path, body()).await;
    let address = |page: String| {
        let end = page.find(".ics").unwrap();
        page[page[..end].rfind("/feeds/").unwrap()..end + 4].to_owned()
    };
    let first = address(camille.form("/meetings/feed", &[]).await.text);
    let calendar = server.stranger().get(&first).await;
    assert!(calendar.header("content-type").starts_with("text/calendar"), "{}", calendar.text);
    assert!(calendar.text.contains("SUMMARY:Renouvellement du label") && !calendar.text.contains("Brouillon"));
    assert!(camille.page("/meetings").await.text.contains("une nouvelle met fin"), "it is not shown again");
    let second = address(camille.form("/meetings/feed", &[]).await.text);
    assert_eq!(server.stranger().get(&first).await.status, 404, "a new one ends the old one");
    assert_eq!(server.stranger().get(&format!("/feeds/{}.ics", camille.token)).await.status, 404, "a token is no feed");
    ines.remove(&group, &camille).await;
    let calendar = server.stranger().get(&second).await;
    assert!(calendar.status == 200 && !calendar.text.contains("VEVENT"), "a former member: {}", calendar.text);
    camille.form("/settings/password", &[("password", "une phrase assez longue")]).await;
    assert_eq!(server.stranger().get(&second).await.status, 404, "a new password ends it");
    let third = address(camille.form("/meetings/feed", &[]).await.text);
    ines.add(&group, &camille, "member").await;
    assert_eq!(server.stranger().get(&third).await.status, 200);
    ines.add(&group, &camille, "animator").await;
    assert_eq!(server.stranger().get(&third).await.status, 404, "another role ends it");
    let fourth = address(camille.form("/meetings/feed", &[]).await.text);
    assert_eq!(camille.form("/meetings/feed/end", &[]).await.header("location"), "/meetings");
    assert_eq!(server.stranger().get(&fourth).await.status, 404, "its holder ends it");
}

#[tokio::test]
async fn a_draft_is_its_animators_and_a_meeting_is_its_groups() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (camille, outsider) = (server.person("Camille").await, server.person("Ondine").await);
    ines.add(&group, &camille, "member").await;
    let path = format!("/api/v1/groups/{}/meetings", group.id);
    let mut draft = body();
    draft["state"] = json!("draft");
    let draft = ines.post(&path, draft).await.json()["id"].as_str().unwrap().to_owned();
    let convened = ines.post(&path, body()).await.json()["id"].as_str().unwrap().to_owned();
    let status =
        |actor: Actor, id: String| async move { actor.get(&format!("/api/v1/meetings/{id}")).await.status.as_u16() };
    assert_eq!((status(ines.clone(), draft.clone()).await, status(camille.clone(), draft).await), (200, 404));
    assert_eq!(
        (status(camille.clone(), convened.clone()).await, status(outsider.clone(), convened.clone()).await),
        (200, 404)
    );
    assert_eq!(camille.get(&path).await.json()["items"].as_array().unwrap().len(), 1);
    ines.remove(&group, &camille).await;
    assert_eq!(status(camille.clone(), convened.clone()).await, 404, "a former member");
    let answer = camille
        .request(Method::PUT, &format!("/api/v1/meetings/{convened}/rsvp"), Some(json!({ "answer": "no" })))
        .await;
    assert_eq!(answer.status, 404);
    for wrong in [
        json!({ "timezone": "Mars/Olympus" }),
        json!({ "link": "javascript:alert(1)" }),
        json!({ "objective": "" }),
        json!({ "objective": "a\u{0}" }),
        json!({ "place": "Arras\u{202e}" }),
        json!({ "ends_at": "2031-10-02T07:30:00Z" }),
    ] {
        let mut body = body();
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let refused = ines.post(&path, body).await;
        let field = wrong.as_object().unwrap().keys().next().unwrap().clone();
        assert_eq!((refused.status.as_u16(), refused.json()["errors"][0]["field"].clone()), (422, json!(field)));
    }
    let mut turned = body();
    turned["objective"] = json!("Préparer\u{202e}\r\nles dossiers");
    assert_eq!(
        ines.post(&path, turned).await.json()["objective"],
        "Préparer\nles dossiers",
        "it reads as it is written"
    );
}

/// What comes over a socket up to an event of this kind, which is answered too.
async fn up_to(socket: &mut Socket, kind: &str) -> (String, Value) {
    let mut all = String::new();
    loop {
        let text = socket.next_text().await;
        all.push_str(&text);
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["type"] == "event" && frame["kind"] == kind {
            return (all, frame);
        }
    }
}

/// How somebody is answered at each address of a thread and of a message in it.
async fn statuses(actor: &Actor, thread: &str, message: &str) -> Vec<u16> {
    let (threads, messages) = (format!("/api/v1/threads/{thread}"), format!("/api/v1/messages/{message}"));
    let mut statuses = Vec::new();
    for (method, path, body) in [
        (Method::GET, threads.clone(), None),
        (Method::GET, format!("{threads}/messages"), None),
        (Method::PUT, format!("{threads}/read"), Some(json!({ "position": 0 }))),
        (Method::POST, format!("{threads}/messages"), Some(json!({ "body": "À mon avis" }))),
        (Method::PUT, format!("{messages}/reactions/thanks"), None),
        (Method::GET, format!("/threads/{thread}"), None),
        (Method::GET, format!("/messages/{message}/actions"), None),
    ] {
        statuses.push(actor.request(method, &path, body).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn the_thread_of_a_draft_is_its_animators_until_it_is_convened() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let mut sockets = [camille.socket("preau.v1.json").await, camille.socket("preau.v1.html").await];
    for socket in &mut sockets {
        socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id })).await;
        socket.next_of("live").await;
    }
    let mut draft = body();
    (draft["state"], draft["title"]) = (json!("draft"), json!("Fusion des postes"));
    let meeting = ines.post(&format!("/api/v1/groups/{}/meetings", group.id), draft).await.json();
    let thread = meeting["thread"].as_str().unwrap();
    let message = ines.say(thread, "Encore confidentiel").await["id"].as_str().unwrap().to_owned();
    let edited = Some(json!({ "body": "Toujours confidentiel" }));
    ines.request(Method::PATCH, &format!("/api/v1/messages/{message}"), edited).await;
    for socket in &mut sockets {
        let (told, event) = up_to(socket, "message.edited").await;
        assert!(!told.contains("Fusion") && !told.contains("confidentiel"), "{told}");
        assert!(event["html"].is_null() || event["action"] == "reload", "who has it open asks for it: {event}");
    }
    assert_eq!(statuses(&camille, thread, &message).await, [404; 7]);
    assert_eq!(statuses(&ines, thread, &message).await, [200, 200, 200, 201, 200, 200, 200]);
    let found = async |actor: &Actor| {
        let found = actor.get("/api/v1/search?q=confidentiel").await.json();
        found["messages"]["items"].as_array().unwrap().len()
    };
    assert_eq!((found(&camille).await, found(&ines).await), (0, 1));
    assert!(!camille.page("/").await.text.contains("À mon avis"));

    let state = async |state: &str| {
        let path = format!("/api/v1/meetings/{}", meeting["id"].as_str().unwrap());
        assert_eq!(ines.request(Method::PATCH, &path, Some(json!({ "state": state }))).await.status, 200);
    };
    state("convened").await;
    let [json, html] = &mut sockets;
    assert_eq!(up_to(json, "thread.updated").await.1["data"]["title"], "Fusion des postes");
    assert!(up_to(html, "thread.updated").await.1["html"].as_str().unwrap().contains("Fusion des postes"));
    assert!(camille.page("/").await.text.contains("À mon avis"));
    assert_eq!(statuses(&camille, thread, &message).await, [200, 200, 200, 201, 200, 200, 200]);
    assert_eq!(found(&camille).await, 1);
    state("draft").await;
    assert_eq!(statuses(&camille, thread, &message).await, [404; 7], "what was allowed before is asked anew");
    let send = json!({ "id": Uuid::now_v7(), "thread": thread, "body": "Encore moi" });
    json.say(json!({ "type": "send", "id": 9, "message": send })).await;
    assert_eq!(json.next_of("error").await["code"], "not_found");
}

#[tokio::test]
async fn a_form_that_shows_what_is_no_longer_so_undoes_nothing_and_is_not_lost() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let meeting = ines.post(&format!("/api/v1/groups/{}/meetings", group.id), body()).await.json();
    let fields = [("title", "Sur un outil"), ("purpose", "Suivre"), ("type", "tool")];
    let document = ines.upload(&format!("/api/v1/groups/{}/documents", group.id), &fields, &[("a.csv", b"a")]).await;
    let (meeting, document) = (meeting["id"].as_str().unwrap().to_owned(), document.json()["id"].clone());
    let document = document.as_str().unwrap();
    let when = [("date", "2031-10-02"), ("from", "09:30"), ("to", "12:30"), ("mode", "hybrid"), ("objective", "x")];
    // The page of each form, what is typed beside the title or the name, and the API's address.
    let forms = [
        (format!("/meetings/{meeting}/edit"), &when[..], "title", format!("/api/v1/meetings/{meeting}")),
        (format!("/documents/{document}"), &[("type", "tool")], "title", format!("/api/v1/documents/{document}")),
        (format!("/channels/{}/edit", group.channel), &[], "name", format!("/api/v1/channels/{}", group.channel)),
        ("/groups/reseau-cpo/edit".to_owned(), &[("access", "invite")], "name", format!("/api/v1/groups/{}", group.id)),
    ];
    let etag = |page: &str| page.split(r#"name="etag" value=""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    for (path, others, field, api) in forms {
        let shown = etag(&ines.page(&path).await.text);
        ines.request(Method::PATCH, &api, Some(json!({ field: "Changé entre-temps" }))).await;
        let typed = |etag: String| [others, &[(field, "Tapé ici"), ("etag", etag.leak())]].concat();
        let refused = ines.form(&path, &typed(shown)).await;
        for told in ["pendant que vous écriviez", r#"value="Tapé ici""#, "Voir ce qui est enregistré"] {
            assert!(refused.text.contains(told), "{path}: {told}: {}", refused.text);
        }
        assert_eq!(ines.get(&api).await.json()[field], "Changé entre-temps", "{path}");
        // Who has seen that sends it again.
        let sent = ines.form(&path, &typed(etag(&refused.text))).await;
        assert_eq!(sent.status, 303, "{path}: {}", sent.text);
        assert_eq!(ines.get(&api).await.json()[field], "Tapé ici", "{path}");
    }
}
