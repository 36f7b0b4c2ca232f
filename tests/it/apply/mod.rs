//! Fetch, then apply, is fetching after (I4): for every kind of event, what a client of the API holds after the event's
//! `data` is what it would be answered now.

mod held;

use std::{collections::BTreeMap, pin::Pin};

use reqwest::Method;
use serde_json::{Value, json};
use words::EventKind;

use self::held::{Held, apply};
use crate::support::{Actor, Answer, Group, Pages, Server, Socket, page};

/// A group with one of everything and a conversation, before the event, and a member who follows them.
struct World {
    server: Server,
    ines: Actor,
    camille: Actor,
    nadia: Actor,
    group: Group,
    /// A group that Camille is not in yet.
    other: String,
    thread: String,
    message: String,
    document: String,
    meeting: String,
    /// The three's, as its group; its thread, and what was said in it.
    conversation: String,
    between: String,
    said: String,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        let (ines, group) = server.group().await;
        let (camille, nadia) = (server.person("Camille").await, server.person("Nadia").await);
        for member in [&camille, &nadia] {
            ines.add(&group, member, "member").await;
        }
        let other = json!({ "name": "Parentalité", "purpose": "", "access": "open" });
        let other = text(&ines.post("/api/v1/groups", other).await.json()["id"]);
        let archived = json!({ "name": "Archives", "purpose": "" });
        let archived = ines.post(&format!("/api/v1/groups/{}/channels", group.id), archived).await.json();
        patch(&ines, &format!("/api/v1/channels/{}", text(&archived["id"])), json!({ "archived": true })).await;
        let threads = format!("/api/v1/channels/{}/threads", group.channel);
        let opened = ines.post(&threads, json!({ "kind": "question", "body": "Qui a un modèle ?" })).await.json();
        ines.post(&threads, json!({ "title": "Autre chose", "body": "Bonjour" })).await;
        let (thread, message) = (text(&opened["id"]), text(&opened["message"]["id"]));
        nadia.say(&thread, "Moi").await;
        camille.say(&thread, "Moi aussi").await;
        let document = upload(&ines, &group, "grille.csv").await;
        upload(&ines, &group, "autre.csv").await;
        let meeting = ines.post(&format!("/api/v1/groups/{}/meetings", group.id), scheduled()).await.json();
        let meeting = text(&meeting["id"]);
        let begun = ines.post("/api/v1/conversations", json!({ "people": [camille.id, nadia.id] })).await.json();
        let between = text(&begun["thread"]);
        let said = text(&ines.say(&between, "Entre nous").await["id"]);
        let conversation = text(&ines.get("/api/v1/conversations").await.json()["items"][0]["id"]);
        Self {
            server,
            ines,
            camille,
            nadia,
            group,
            other,
            thread,
            message,
            document,
            meeting,
            conversation,
            between,
            said,
        }
    }

    /// Every address at which a member reads something of the group, or of their own.
    fn addresses(&self) -> Vec<String> {
        let group = format!("/api/v1/groups/{}", self.group.id);
        let parts = ["members", "channels", "documents", "meetings"].map(|part| format!("{group}/{part}"));
        // How far one read is told by moving nowhere, which is noted the first time: before what is followed.
        let mut addresses =
            vec![format!("/api/v1/threads/{}/read", self.thread), format!("/api/v1/threads/{}/read", self.between)];
        addresses.extend(parts);
        addresses.extend([
            group,
            "/api/v1/me".to_owned(),
            "/api/v1/groups".to_owned(),
            "/api/v1/conversations".to_owned(),
            "/api/v1/notifications".to_owned(),
            "/api/v1/favourites".to_owned(),
            format!("/api/v1/channels/{}", self.group.channel),
            format!("/api/v1/channels/{}/threads", self.group.channel),
            format!("/api/v1/threads/{}", self.thread),
            format!("/api/v1/threads/{}/messages", self.thread),
            format!("/api/v1/threads/{}", self.group.standing),
            format!("/api/v1/threads/{}/messages", self.group.standing),
            format!("/api/v1/threads/{}/follow", self.thread),
            format!("/api/v1/threads/{}", self.between),
            format!("/api/v1/threads/{}/messages", self.between),
            format!("/api/v1/threads/{}/follow", self.between),
            format!("/api/v1/documents/{}", self.document),
            format!("/api/v1/meetings/{}", self.meeting),
        ]);
        addresses
    }

    fn act_of(&self, kind: EventKind) -> Acting<'_> {
        Box::pin(self.act(kind))
    }

    /// What happens. A kind that is added to the dictionary does not compile without its line here.
    #[expect(clippy::too_many_lines, reason = "a table: a kind each")]
    async fn act(&self, kind: EventKind) {
        let Self { ines, camille, nadia, group, thread, message, document, meeting, between, said, .. } = self;
        let groups = format!("/api/v1/groups/{}", group.id);
        match kind {
            EventKind::GroupUpdated => patch(ines, &groups, json!({ "name": "Réseau", "purpose": "Ensemble" })).await,
            EventKind::MemberAdded => ines.add(group, &self.server.person("Bernard").await, "guest").await,
            EventKind::MemberChanged => {
                let changed = json!({ "user": nadia.id, "role": "animator" });
                done(&ines.post(&format!("{groups}/members"), changed).await);
                let renamed = [("name", "Nadia V."), ("locale", "fr"), ("theme", "light")];
                assert_eq!(nadia.form("/settings", &renamed).await.status, 303);
            }
            EventKind::MemberRemoved => {
                ines.remove(group, nadia).await;
                delete(nadia, &format!("/api/v1/conversations/{}", self.conversation)).await;
            }
            EventKind::ChannelCreated => {
                done(&ines.post(&format!("{groups}/channels"), json!({ "name": "16-25 ans", "purpose": "" })).await);
            }
            EventKind::ChannelUpdated => {
                patch(ines, &format!("/api/v1/channels/{}", group.channel), json!({ "name": "Évaluer" })).await;
            }
            EventKind::ChannelArchived => {
                patch(ines, &format!("/api/v1/channels/{}", group.channel), json!({ "archived": true })).await;
            }
            EventKind::ThreadCreated => {
                let threads = format!("/api/v1/channels/{}/threads", group.channel);
                done(&nadia.post(&threads, json!({ "body": "Une autre question" })).await);
            }
            EventKind::ThreadUpdated => {
                let changed = json!({ "title": "Modèles", "status": "resolved" });
                patch(ines, &format!("/api/v1/threads/{thread}"), changed).await;
            }
            EventKind::ThreadMoved => {
                patch(ines, &format!("/api/v1/threads/{thread}"), json!({ "pinned": true })).await;
                let channel =
                    ines.post(&format!("{groups}/channels"), json!({ "name": "Ailleurs", "purpose": "" })).await;
                let channel = json!({ "channel": channel.json()["id"] });
                patch(ines, &format!("/api/v1/threads/{thread}"), channel).await;
            }
            EventKind::MessageCreated => {
                nadia.say(thread, "En voici un").await;
                nadia.say(&group.standing, "Bonjour à tous").await;
                nadia.say(between, "Ce que j’en pense").await;
            }
            // The first message of a thread without a title gives it one.
            EventKind::MessageEdited => {
                patch(ines, &format!("/api/v1/messages/{message}"), json!({ "body": "Qui en a un ?" })).await;
                patch(ines, &format!("/api/v1/messages/{said}"), json!({ "body": "Entre nous trois" })).await;
            }
            EventKind::MessageDeleted => {
                delete(ines, &format!("/api/v1/messages/{message}")).await;
                delete(ines, &format!("/api/v1/messages/{said}")).await;
            }
            EventKind::MessagePreviewed => {
                patch(ines, &groups, json!({ "link_previews": true })).await;
                let web = Pages::start("127.0.0.1:0", |_| page("<title>Ailleurs</title>")).await;
                nadia.say(thread, &web.url("/")).await;
                preau::previews::catch_up(&self.server.db, None).await.unwrap();
                let outgoing = preau::outgoing::Outgoing::new(&[web.address]);
                preau::previews::fetch_due(&self.server.db, &outgoing).await.unwrap();
            }
            EventKind::ReactionSet => {
                put(nadia, &format!("/api/v1/messages/{message}/reactions/thanks"), json!({})).await;
                put(nadia, &format!("/api/v1/messages/{said}/reactions/thanks"), json!({})).await;
            }
            EventKind::VoteSet => {
                for thread in [thread, between] {
                    let poll = json!({ "body": "Quel jour ?", "options": ["mardi", "jeudi"] });
                    let poll = ines.post(&format!("/api/v1/threads/{thread}/polls"), poll).await;
                    done(&poll);
                    let vote = format!("/api/v1/messages/{}/vote", text(&poll.json()["id"]));
                    put(nadia, &vote, json!({ "options": [1] })).await;
                }
            }
            EventKind::FavouriteSet => {
                for message in [message, said] {
                    done(&put_plainly(camille, &format!("/api/v1/favourites/{message}")).await);
                }
            }
            EventKind::DocumentCreated => drop(upload(nadia, group, "relevé.csv").await),
            EventKind::DocumentUpdated => {
                patch(ines, &format!("/api/v1/documents/{document}"), json!({ "purpose": "Suivre" })).await;
            }
            EventKind::DocumentDeleted => delete(ines, &format!("/api/v1/documents/{document}")).await,
            EventKind::MeetingCreated => done(&ines.post(&format!("{groups}/meetings"), scheduled()).await),
            EventKind::MeetingUpdated => {
                let changed = json!({ "title": "Bilan", "starts_at": "2031-10-01T07:30:00Z", "state": "cancelled" });
                patch(ines, &format!("/api/v1/meetings/{meeting}"), changed).await;
            }
            EventKind::RsvpSet => {
                put(nadia, &format!("/api/v1/meetings/{meeting}/rsvp"), json!({ "answer": "remote" })).await;
                put(camille, &format!("/api/v1/meetings/{meeting}/rsvp"), json!({ "answer": "in_person" })).await;
            }
            EventKind::GroupJoined => {
                let joined = format!("/api/v1/groups/{}/members", self.other);
                done(&camille.post(&joined, json!({ "user": camille.id })).await);
                done(&camille.post("/api/v1/conversations", json!({ "people": [nadia.id] })).await);
            }
            EventKind::GroupLeft => {
                ines.remove(group, camille).await;
                delete(camille, &format!("/api/v1/conversations/{}", self.conversation)).await;
            }
            EventKind::ReadMoved => {
                nadia.say(thread, "Le voici").await;
                put(camille, &format!("/api/v1/threads/{thread}/read"), json!({ "position": 4 })).await;
                put(camille, &format!("/api/v1/threads/{between}/read"), json!({ "position": 1 })).await;
            }
            EventKind::FollowSet => {
                for thread in [thread, between] {
                    put(camille, &format!("/api/v1/threads/{thread}/follow"), json!({ "level": "muted" })).await;
                }
            }
            EventKind::NotificationCreated => {
                nadia.say(thread, "Et toi, @Camille ?").await;
                nadia.say(between, "Rien qu’entre nous").await;
                preau::notifications::catch_up(&self.server.db).await.unwrap();
            }
            EventKind::NotificationSeen => {
                nadia.say(thread, "Et toi, @Camille ?").await;
                preau::notifications::catch_up(&self.server.db).await.unwrap();
                let told = camille.get("/api/v1/notifications").await.json();
                delete(camille, &format!("/api/v1/notifications/{}", text(&told["items"][0]["id"]))).await;
            }
            EventKind::SettingsUpdated => {
                let changed = [("name", "Camille Delattre"), ("locale", "en"), ("theme", "dark")];
                assert_eq!(camille.form("/settings", &changed).await.status, 303);
            }
        }
    }
}

#[tokio::test]
async fn what_a_client_holds_after_an_event_is_what_it_would_be_answered() {
    for kind in EventKind::ALL {
        check(&World::new().await, *kind, World::act_of).await;
    }
}

#[tokio::test]
async fn what_a_reader_may_not_see_yet_is_not_told_to_them() {
    let world = World::new().await;
    let seen = check(&world, EventKind::MeetingCreated, |world, _| {
        Box::pin(async move {
            let draft = scheduled().as_object().cloned().unwrap();
            let draft = draft.into_iter().chain([("state".to_owned(), json!("draft"))]).collect::<Value>();
            done(&world.ines.post(&format!("/api/v1/groups/{}/meetings", world.group.id), draft).await);
        })
    })
    .await;
    for kind in ["thread.created", "meeting.created"] {
        let draft = seen.iter().find(|event| event["kind"] == kind).unwrap();
        assert_eq!(draft["data"], json!({ "id": draft["subject"]["id"] }), "a draft is the animators'");
    }
}

type Acting<'w> = Pin<Box<dyn Future<Output = ()> + 'w>>;

/// Fetches, follows, lets it happen, applies, and fetches again. Answers the events.
async fn check(world: &World, kind: EventKind, act: for<'w> fn(&'w World, EventKind) -> Acting<'w>) -> Vec<Value> {
    let me = &world.camille;
    let group = format!("/api/v1/groups/{}", world.group.id);
    let mut held = Held::new();
    for address in world.addresses() {
        let answer = fetched(me, &address).await;
        held.insert(address, answer);
    }
    let mut socket = me.socket("preau.v1.json").await;
    let mut at = BTreeMap::new();
    for log in [&held["/api/v1/me"], &held[&group], &held["/api/v1/conversations"]["items"][0]] {
        follow(&mut socket, log).await;
        at.insert(text(&log["stream"]), log["seq"].as_i64().unwrap());
    }
    act(world, kind).await;
    // An animator still reads the group that one has left, and the conversation.
    let conversation = fetched(&world.ines, "/api/v1/conversations").await["items"][0].take();
    let ends = [fetched(me, "/api/v1/me").await, fetched(&world.ines, &group).await, conversation];
    let mut seen = Vec::new();
    while ends.iter().any(|end| at[end["stream"].as_str().unwrap()] < end["seq"].as_i64().unwrap()) {
        let event = match socket.next_or_close().await {
            Ok(frame) if frame["type"] == "event" => frame,
            Ok(_) => continue,
            Err(code) => {
                assert_eq!(code, 4101, "who reads another language comes back and resumes");
                socket = me.socket("preau.v1.json").await;
                for (stream, seq) in &at {
                    let epoch = &ends[0]["epoch"];
                    let ask = json!({ "type": "subscribe", "stream": stream, "since": seq, "epoch": epoch });
                    socket.say(ask).await;
                }
                continue;
            }
        };
        apply(&mut held, me, &event).await;
        at.insert(text(&event["stream"]), event["seq"].as_i64().unwrap());
        seen.push(event);
    }
    assert!(seen.iter().any(|event| event["kind"] == kind.as_str()), "{kind:?} happened: {seen:?}");
    let mut addresses = world.addresses();
    addresses.extend(held.keys().filter(|address| !addresses.contains(address)).cloned().collect::<Vec<_>>());
    for address in addresses {
        let held = held.get(&address).unwrap_or(&Value::Null);
        assert_eq!(*held, fetched(me, &address).await, "{address} after {kind:?}: {seen:?}");
    }
    seen
}

async fn follow(socket: &mut Socket, log: &Value) {
    let ask =
        json!({ "type": "subscribe", "id": 1, "stream": log["stream"], "since": log["seq"], "epoch": log["epoch"] });
    socket.say(ask).await;
    assert_eq!(socket.next_of("subscribed").await["result"], "ok");
    socket.next_of("live").await;
}

/// What an address answers; nothing if there is nothing to be read there.
async fn fetched(who: &Actor, address: &str) -> Value {
    let answer = if address.ends_with("/read") {
        who.request(Method::PUT, address, Some(json!({ "position": 0 }))).await
    } else {
        who.get(address).await
    };
    if answer.status == 404 { Value::Null } else { answer.json() }
}

async fn patch(who: &Actor, address: &str, body: Value) {
    done(&who.request(Method::PATCH, address, Some(body)).await);
}

async fn put(who: &Actor, address: &str, body: Value) {
    done(&who.request(Method::PUT, address, Some(body)).await);
}

async fn put_plainly(who: &Actor, address: &str) -> Answer {
    who.request(Method::PUT, address, None).await
}

async fn delete(who: &Actor, address: &str) {
    done(&who.request(Method::DELETE, address, None).await);
}

fn done(answer: &Answer) {
    assert!(answer.status.is_success(), "{}: {}", answer.status, answer.text);
}

async fn upload(who: &Actor, group: &Group, name: &str) -> String {
    let fields = [("title", name), ("purpose", ""), ("type", "tool"), ("tags", "")];
    let answer = who.upload(&format!("/api/v1/groups/{}/documents", group.id), &fields, &[(name, b"a;b")]).await;
    done(&answer);
    text(&answer.json()["id"])
}

fn scheduled() -> Value {
    json!({
        "title": "Renouvellement du label",
        "objective": "Préparer",
        "starts_at": "2031-10-02T07:30:00Z",
        "ends_at": "2031-10-02T10:30:00Z",
        "timezone": "Europe/Paris",
        "mode": "hybrid",
        "agenda": [{ "title": "Météo du jour", "minutes": 15 }],
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}
