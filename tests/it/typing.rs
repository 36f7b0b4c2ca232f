//! Who writes is told, as it passes, to those who chose both to show it and to see it, and to nobody else.

use preau::live::bus::Transport;
use serde_json::{Value, json};

use crate::support::{Actor, Group, Server, Socket, following};

/// Chooses to show that one writes and to see that others do, or not to.
async fn choose(actor: &Actor, name: &str, shows: bool) {
    let mut fields = vec![("name", name), ("locale", "fr"), ("theme", "system")];
    fields.extend(shows.then_some(("typing", "true")));
    let saved = actor.form("/settings", &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    assert_eq!(actor.get("/api/v1/me").await.json()["shows_typing"], shows);
    let ticked = r#"name="typing" value="true" aria-describedby="typing-hint" checked"#;
    assert_eq!(actor.page("/settings").await.text.contains(ticked), shows);
}

/// Somebody in a group, who chose it or did not.
async fn member(server: &Server, ines: &Actor, group: &Group, name: &str, shows: bool) -> Actor {
    let person = server.person(name).await;
    ines.add(group, &person, "member").await;
    if shows {
        choose(&person, name, true).await;
    }
    person
}

/// A page that shows a thread.
async fn watching(actor: &Actor, group: &Group, thread: &str) -> Socket {
    let mut socket = actor.socket("preau.v1.html").await;
    socket.say(json!({ "type": "watch", "stream": group.id, "threads": [thread] })).await;
    socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id })).await;
    socket.next_of("live").await;
    socket
}

async fn types(socket: &mut Socket, thread: &str) {
    socket.say(json!({ "type": "typing", "thread": thread })).await;
}

/// The same, and returns once the hub has it: nothing else may be on its way to the socket.
async fn types_first(socket: &mut Socket, thread: &str) {
    types(socket, thread).await;
    // The first answer may overtake it, the second comes after it.
    for _ in 0..2 {
        socket.say(json!({ "type": "ping" })).await;
        assert_eq!(socket.next().await["type"], "pong");
    }
}

/// What passes on a socket before a message that is posted now.
async fn before_the_next_message(socket: &mut Socket, author: &Actor, thread: &str) -> Vec<Value> {
    author.say(thread, "voilà").await;
    let mut passed = Vec::new();
    loop {
        let frame = socket.next().await;
        match frame["type"].as_str() {
            Some("event") => return passed,
            Some("ephemeral") => passed.push(frame),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn it_is_told_to_those_who_chose_it_and_look_at_the_thread_and_to_nobody_else() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let nadia = member(&server, &ines, &group, "Nadia Verhaeghe", true).await;
    let camille = member(&server, &ines, &group, "Camille", true).await;
    let hugo = member(&server, &ines, &group, "Hugo", false).await;
    let path = format!("/api/v1/channels/{}/threads", group.channel);
    let other = ines.post(&path, json!({ "title": "Ailleurs", "body": "x" })).await.json()["id"].clone();
    let thread = group.standing.as_str();
    let mut writing = watching(&nadia, &group, thread).await;
    let mut own = following(&nadia, &group).await;
    let mut reading = watching(&camille, &group, thread).await;
    let mut program = following(&camille, &group).await;
    let mut elsewhere = watching(&camille, &group, other.as_str().unwrap()).await;
    let mut without = following(&hugo, &group).await;

    types(&mut writing, thread).await;
    let told = reading.next_text().await;
    let expected = format!(
        r#"{{"type":"ephemeral","stream":"{}","kind":"typing","thread":"{thread}","by":{{"id":"{}","name":"Nadia Verhaeghe"}},"ttl_ms":8000}}"#,
        group.id, nadia.id
    );
    assert_eq!(told, expected);
    assert_eq!(program.next_text().await, expected);
    // Who did not choose it says so in vain; what is told next is told to those who do not write it themselves.
    types_first(&mut without, thread).await;
    types(&mut program, thread).await;
    for socket in [&mut own, &mut writing] {
        assert_eq!(socket.next().await["by"]["name"], "Camille");
    }
    for socket in [&mut own, &mut writing, &mut reading, &mut program, &mut elsewhere, &mut without] {
        assert_eq!(before_the_next_message(socket, &ines, thread).await, [] as [Value; 0]);
    }
}

#[tokio::test]
async fn it_is_told_at_once_when_one_begins_seldom_while_one_goes_on_and_anew_after_a_message() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let nadia = member(&server, &ines, &group, "Nadia", true).await;
    let camille = member(&server, &ines, &group, "Camille", true).await;
    let mut writing = following(&nadia, &group).await;
    let mut reading = following(&camille, &group).await;
    for _ in 0..9 {
        types(&mut writing, &group.standing).await;
    }
    assert_eq!(reading.next().await["by"]["name"], "Nadia");
    nadia.say(&group.standing, "un").await;
    assert_eq!(reading.next().await["type"], "event", "the others are not told");
    types(&mut writing, &group.standing).await;
    assert_eq!(reading.next().await["by"]["name"], "Nadia", "before what was told is half over");
}

#[tokio::test]
async fn who_changes_their_mind_is_told_of_no_more_and_told_no_more() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let nadia = member(&server, &ines, &group, "Nadia", true).await;
    let camille = member(&server, &ines, &group, "Camille", true).await;
    let hugo = member(&server, &ines, &group, "Hugo", true).await;
    let (mut of_nadia, mut of_camille) = (following(&nadia, &group).await, following(&camille, &group).await);
    let mut of_hugo = following(&hugo, &group).await;
    types(&mut of_nadia, &group.standing).await;
    assert_eq!(of_camille.next().await["by"]["name"], "Nadia");
    assert_eq!(of_hugo.next().await["by"]["name"], "Nadia");
    choose(&camille, "Camille", false).await;
    nadia.say(&group.standing, "un").await;
    assert_eq!(of_camille.next().await["type"], "event");
    assert_eq!(of_hugo.next().await["type"], "event");
    types_first(&mut of_camille, &group.standing).await;
    types(&mut of_nadia, &group.standing).await;
    assert_eq!(of_hugo.next().await["by"]["name"], "Nadia");
    assert_eq!(before_the_next_message(&mut of_camille, &ines, &group.standing).await, [] as [Value; 0]);
}

#[tokio::test]
async fn strangers_and_former_members_are_told_nothing_and_nothing_is_told_of_them() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    choose(&ines, "Inès", true).await;
    let nadia = member(&server, &ines, &group, "Nadia", true).await;
    let camille = member(&server, &ines, &group, "Camille", true).await;
    let stranger = server.person("Personne").await;
    choose(&stranger, "Personne", true).await;
    let mut outside = stranger.socket("preau.v1.json").await;
    outside.say(json!({ "type": "subscribe", "id": 1, "stream": group.id })).await;
    assert_eq!(outside.next_of("subscribed").await["result"], "denied");
    let mut of_nadia = following(&nadia, &group).await;
    let mut of_camille = following(&camille, &group).await;
    let mut of_ines = following(&ines, &group).await;
    types(&mut outside, &group.standing).await;
    types(&mut of_nadia, &group.standing).await;
    for socket in [&mut of_camille, &mut of_ines] {
        assert_eq!(socket.next().await["by"]["name"], "Nadia");
    }
    ines.remove(&group, &camille).await;
    assert_eq!(of_camille.next_of("event").await["kind"], "member.removed");
    assert_eq!(of_camille.next().await["result"], "denied");
    types(&mut of_camille, &group.standing).await;
    nadia.say(&group.standing, "un").await;
    assert_eq!(of_ines.next().await["kind"], "member.removed");
    assert_eq!(of_ines.next().await["kind"], "message.created");
    types(&mut of_nadia, &group.standing).await;
    assert_eq!(of_ines.next().await["by"]["name"], "Nadia", "who stays is told");
    for socket in [&mut outside, &mut of_camille] {
        socket.say(json!({ "type": "ping" })).await;
        assert_eq!(socket.next().await["type"], "pong", "nothing came meanwhile");
    }
}

#[tokio::test]
async fn who_polls_is_told_of_what_happens_and_not_of_what_passes() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let nadia = member(&server, &ines, &group, "Nadia", true).await;
    let camille = member(&server, &ines, &group, "Camille", true).await;
    let mut of_nadia = following(&nadia, &group).await;
    let mut of_camille = following(&camille, &group).await;
    let standing = camille.get(&format!("/api/v1/groups/{}", group.id)).await.json();
    let path =
        format!("/live/poll?at={}:{}:{}&wait=25", group.id, standing["epoch"].as_str().unwrap(), standing["seq"]);
    let poll = tokio::spawn({
        let camille = camille.clone();
        async move { camille.get(&path).await }
    });
    let said =
        nadia.post("/live/commands", json!({ "frames": [{ "type": "typing", "thread": group.standing }] })).await;
    assert_eq!((said.status.as_u16(), said.text.as_str()), (200, r#"{"frames":[]}"#));
    types(&mut of_nadia, &group.standing).await;
    assert_eq!(of_camille.next().await["type"], "ephemeral");
    ines.say(&group.standing, "bonjour").await;
    let frames = poll.await.unwrap().json()["frames"].clone();
    assert_eq!((frames.as_array().unwrap().len(), &frames[0]["kind"]), (1, &json!("message.created")), "{frames}");
}

#[tokio::test]
async fn it_is_told_on_other_nodes_too() {
    let here = Server::start_node(Transport::Postgres).await;
    let there = Server::start_beside(&here).await;
    let (ines, group) = here.group().await;
    let nadia = member(&here, &ines, &group, "Nadia", true).await;
    let camille = member(&here, &ines, &group, "Camille", true).await;
    let hugo = member(&here, &ines, &group, "Hugo", false).await;
    let mut writing = following(&nadia, &group).await;
    let mut reading = following(&camille.at(&there), &group).await;
    let mut without = following(&hugo.at(&there), &group).await;
    types(&mut writing, &group.standing).await;
    assert_eq!(reading.next().await["by"]["name"], "Nadia");
    assert_eq!(before_the_next_message(&mut without, &ines, &group.standing).await, [] as [Value; 0]);
}
