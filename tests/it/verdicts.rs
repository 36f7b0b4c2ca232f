//! The order of verdicts: no right to read, then a duplicate, then an archived channel, then the rest.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Actor, Group, Server, Socket};

/// Sends a command, and answers the code of its refusal, `duplicate` or `done`.
async fn verdict(socket: &mut Socket, command: &Value) -> String {
    socket.say(command.clone()).await;
    loop {
        let frame = socket.next().await;
        match frame["type"].as_str() {
            Some("error") => return frame["code"].as_str().unwrap().to_owned(),
            Some("ack") if frame["duplicate"] == true => return "duplicate".to_owned(),
            Some("ack") => return "done".to_owned(),
            _ => {}
        }
    }
}

/// One of each command, all of which an animator may do to the message.
fn commands(group: &Group, message: &Value) -> Vec<Value> {
    let (thread, first) = (Uuid::now_v7(), Uuid::now_v7());
    vec![
        json!({ "type": "send", "id": 1, "message": { "id": Uuid::now_v7(), "thread": group.standing, "body": "un" } }),
        json!({ "type": "open", "id": 2, "thread": { "id": thread, "channel": group.channel, "kind": "announcement" },
            "message": { "id": first, "body": "deux" } }),
        json!({ "type": "edit", "id": 3, "op": Uuid::now_v7(), "message": message["id"], "body": "mieux" }),
        json!({ "type": "react", "id": 4, "op": Uuid::now_v7(), "message": message["id"], "name": "thanks", "on": true }),
        json!({ "type": "delete", "id": 5, "op": Uuid::now_v7(), "message": message["id"] }),
    ]
}

async fn archive(actor: &Actor, group: &Group, archived: bool) {
    let path = format!("/api/v1/channels/{}", group.channel);
    let answer = actor.request(Method::PATCH, &path, Some(json!({ "archived": archived }))).await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

#[tokio::test]
async fn a_command_that_was_done_is_a_duplicate_whatever_changed_since() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let dora = server.person("Dora").await;
    ines.add(&group, &dora, "animator").await;
    let message = dora.say(&group.standing, "bonjour").await;
    let mut socket = dora.socket("preau.v1.json").await;
    let commands = commands(&group, &message);
    for command in &commands {
        assert_eq!(verdict(&mut socket, command).await, "done", "{command}");
    }
    let seq = async || ines.get(&format!("/api/v1/groups/{}", group.id)).await.json()["seq"].clone();
    archive(&ines, &group, true).await;
    let before = seq().await;
    for command in &commands {
        assert_eq!(verdict(&mut socket, command).await, "duplicate", "archived: {command}");
    }
    let path = format!("/api/v1/groups/{}/members", group.id);
    ines.remove(&group, &dora).await;
    for command in &commands {
        assert_eq!(verdict(&mut socket, command).await, "not_found", "no right to read: {command}");
    }
    ines.post(&path, json!({ "user": dora.id, "role": "guest" })).await;
    for command in &commands {
        assert_eq!(verdict(&mut socket, command).await, "duplicate", "a guest now: {command}");
    }
    assert_eq!(seq().await, before.as_i64().unwrap() + 2, "nobody was told of anything but the membership");
}

#[tokio::test]
async fn an_archived_channel_is_said_before_what_else_forbids() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let guest = server.person("Guy").await;
    ines.add(&group, &guest, "guest").await;
    let message = ines.say(&group.standing, "bonjour").await;
    let mut socket = guest.socket("preau.v1.json").await;
    let verdicts = async |socket: &mut Socket| {
        let mut verdicts = Vec::new();
        for command in commands(&group, &message) {
            verdicts.push(verdict(socket, &command).await);
        }
        verdicts
    };
    archive(&ines, &group, true).await;
    assert_eq!(verdicts(&mut socket).await, ["archived"; 5]);
    archive(&ines, &group, false).await;
    assert_eq!(verdicts(&mut socket).await, ["done", "forbidden", "forbidden", "done", "forbidden"]);
}

#[tokio::test]
async fn a_stranger_is_told_nothing_but_that_there_is_nothing() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let message = ines.say(&group.standing, "bonjour").await;
    let camille = server.person("Camille").await;
    let mut socket = camille.socket("preau.v1.json").await;
    for command in commands(&group, &message) {
        assert_eq!(verdict(&mut socket, &command).await, "not_found", "{command}");
    }
    let long = json!({ "id": Uuid::now_v7(), "thread": group.standing, "body": "x".repeat(20_001) });
    let long = json!({ "type": "send", "id": 9, "message": long });
    assert_eq!(verdict(&mut socket, &long).await, "not_found", "before anything that is wrong with it");
    let mut socket = ines.socket("preau.v1.json").await;
    assert_eq!(verdict(&mut socket, &long).await, "invalid");
}

#[tokio::test]
async fn the_key_of_an_operation_is_that_of_one_message() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (first, second) = (ines.say(&group.standing, "un").await, ines.say(&group.standing, "deux").await);
    let mut socket = ines.socket("preau.v1.json").await;
    let op = Uuid::now_v7();
    let edit =
        |message: &Value| json!({ "type": "edit", "id": 1, "op": op, "message": message["id"], "body": "mieux" });
    assert_eq!(verdict(&mut socket, &edit(&first)).await, "done");
    assert_eq!(verdict(&mut socket, &edit(&second)).await, "id_conflict", "it was not done to this one");
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "animator").await;
    let hers = camille.say(&group.standing, "trois").await;
    let mut socket = camille.socket("preau.v1.json").await;
    assert_eq!(verdict(&mut socket, &edit(&hers)).await, "done", "each person has their own keys");
    let nothing = json!({ "type": "edit", "id": 2, "op": Uuid::now_v7(), "message": hers["id"], "body": "mieux" });
    assert_eq!(verdict(&mut socket, &nothing).await, "duplicate", "what changes nothing is acked, and no event");
}

/// The verdict on a command that is sent without a socket.
async fn posted(actor: &Actor, command: &Value) -> String {
    let answer = actor.post("/live/commands", json!({ "frames": [command] })).await.json();
    let frame = &answer["frames"][0];
    match frame["code"].as_str() {
        Some(code) => code.to_owned(),
        None if frame["duplicate"] == true => "duplicate".to_owned(),
        None => "done".to_owned(),
    }
}

#[tokio::test]
async fn the_key_of_an_operation_is_that_of_one_verb_and_its_words() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let message = ines.say(&group.standing, "un").await;
    let mut socket = ines.socket("preau.v1.json").await;
    let asked = |verb: Value, op: Uuid| {
        let mut command = json!({ "id": 1, "op": op, "message": message["id"] });
        command.as_object_mut().unwrap().extend(verb.as_object().unwrap().clone());
        command
    };
    let verbs = [
        json!({ "type": "edit", "body": "mieux" }),
        json!({ "type": "edit", "body": "encore mieux" }),
        json!({ "type": "react", "name": "thanks", "on": true }),
        json!({ "type": "react", "name": "useful", "on": true }),
        json!({ "type": "react", "name": "thanks", "on": false }),
        // Last, since nothing else can be done to the message then.
        json!({ "type": "delete" }),
    ];
    let ops = verbs.each_ref().map(|_| Uuid::now_v7());
    for (verb, &op) in verbs.iter().zip(&ops) {
        assert_eq!(verdict(&mut socket, &asked(verb.clone(), op)).await, "done", "{verb}");
    }
    for (number, verb) in verbs.iter().enumerate() {
        for (op, expected) in [(ops[number], "duplicate"), (ops[(number + 1) % ops.len()], "id_conflict")] {
            let command = asked(verb.clone(), op);
            assert_eq!(verdict(&mut socket, &command).await, expected, "{command}");
            assert_eq!(posted(&ines, &command).await, expected, "without a socket: {command}");
        }
    }
}
