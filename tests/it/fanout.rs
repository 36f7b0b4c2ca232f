//! What the fan-out costs: counted, since a cost that nobody counts grows.

use std::sync::atomic::Ordering::SeqCst;

use preau::{
    fanout,
    live::{hub::Variant, hubs::Asked},
};
use serde_json::json;
use words::{
    Event, GroupId, Locale, MessageId, ThreadId,
    events::{EventRow, Recorded},
};

use crate::support::{Group, Server, Socket, counted, told};

/// How many events are recorded together.
const EVENTS: usize = 24;

fn edits(group: &Group, messages: &[MessageId]) -> Vec<Event> {
    let (group, thread): (GroupId, ThreadId) = (group.id.parse().unwrap(), group.standing.parse().unwrap());
    let edited = |&message| Event::MessageEdited { group, thread, message };
    messages.iter().cycle().take(EVENTS).map(edited).collect()
}

#[tokio::test]
async fn what_is_committed_together_is_read_together_and_printed_once_a_form() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut sockets: Vec<Socket> = Vec::new();
    for number in 0..9 {
        let person = server.person(&format!("Personne {number}")).await;
        ines.add(&group, &person, "member").await;
        let mut socket = person.socket(if number % 3 == 0 { "preau.v1.html" } else { "preau.v1.json" }).await;
        socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id })).await;
        if number == 0 {
            socket.say(json!({ "type": "watch", "stream": group.id, "threads": [group.standing] })).await;
        }
        sockets.push(socket);
    }
    let mut messages = Vec::new();
    for number in 0..3 {
        let said = ines.say(&group.standing, &format!("message {number}")).await;
        messages.push(said["id"].as_str().unwrap().parse().unwrap());
    }
    for socket in &mut sockets {
        while socket.next_of("event").await["subject"]["id"] != json!(messages[2]) {}
    }
    let metrics = server.sockets.hubs().metrics();
    let counted = || [&metrics.queries, &metrics.renders, &metrics.prints].map(|count| count.load(SeqCst));
    let before = counted();
    let events = edits(&group, &messages);
    let stream: GroupId = group.id.parse().unwrap();
    let record = server.db.write(move |tx| {
        Box::pin(async move {
            tx.lock(stream.into()).await?;
            for event in events {
                tx.record(event, None).await?;
            }
            Ok(())
        })
    });
    record.await.unwrap();
    for socket in &mut sockets {
        for _ in 0..EVENTS {
            assert_eq!(socket.next_of("event").await["kind"], "message.edited");
        }
    }
    let after = counted();
    let cost: Vec<_> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    // Data, rows, and the thread itself for who watches it.
    assert_eq!(cost, [1, 1, 3 * EVENTS as u64]);
}

#[tokio::test]
async fn the_subjects_of_many_events_cost_as_many_statements_as_one() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut messages = Vec::new();
    for number in 0..6 {
        let said = ines.say(&group.standing, &format!("message {number}")).await;
        messages.push(said["id"].as_str().unwrap().parse().unwrap());
    }
    let variants = vec![Variant::Json, Variant::Html { locale: Locale::Fr, watched: true }];
    let asked = |event: Event| {
        let row: EventRow = event.row();
        Asked { event: Recorded { seq: 1, row, actor: None, at: server.clock.now() }, variants: variants.clone() }
    };
    let asked: Vec<_> = edits(&group, &messages).into_iter().map(asked).collect();
    let db = told(&server);
    let mut connection = db.pool().acquire().await.unwrap();
    for asked in [&asked[..1], &asked] {
        let rendering = fanout::render(&mut connection, server.clock.now(), asked);
        let (rendered, statements) = counted(rendering).await;
        let forms = rendered.unwrap();
        assert!(asked.iter().all(|asked| forms(asked).is_ok_and(|forms| forms.len() == 2)));
        assert_eq!(statements, 2, "messages, which have neither files nor reactions, and their threads");
    }
}
