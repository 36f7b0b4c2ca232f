//! Somebody with an account who is a member of nothing, and tries everything all the same.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use super::{Phase, Signals, backoff};
use crate::{
    cast::{Part, Room},
    history::{Verb, What},
    wire::{Event, Heard, JSON, Wire},
};

/// How long it waits for something to come of it.
const LISTEN: Duration = Duration::from_millis(800);

/// Tries until the storm is over.
pub(crate) async fn be_malicious(part: Part, rooms: Vec<Room>, mut signals: Signals) -> Result<()> {
    let mut round = 0;
    while signals.phase() == Phase::Storm {
        round += 1;
        if let Ok(mut wire) = part.connect(JSON).await {
            let mut asked = Vec::new();
            for room in &rooms {
                let victim = signals.latest.borrow().map(|(_, message)| message);
                for (verb, frame) in attempts(room, victim, &part) {
                    if let Some((verb, op, message)) = verb {
                        let (stream, thread) = (room.stream, room.threads[0]);
                        part.note(What::Invoke { op, verb, message, stream, thread });
                        asked.push((frame["id"].clone(), op));
                    }
                    wire.say(&frame).await;
                }
            }
            listen(&part, &mut wire, &mut asked).await;
            for (_, op) in asked {
                part.note(What::Info { op });
            }
            wire.say_message(nonsense(round)).await;
        }
        signals.rest(backoff(6)).await;
    }
    Ok(())
}

type Attempt = (Option<(Verb, Uuid, Uuid)>, Value);

/// What is tried in a room: to follow it from its beginning, to speak there, to change what somebody said.
fn attempts(room: &Room, victim: Option<Uuid>, part: &Part) -> Vec<Attempt> {
    let number = || i64::from(rand::random::<u32>());
    let message = Uuid::now_v7();
    let said = json!({ "id": message, "thread": room.threads[0], "body": "Je suis aussi là" });
    let mut all: Vec<Attempt> = vec![
        (None, json!({ "type": "subscribe", "id": number(), "stream": room.stream })),
        (None, json!({ "type": "subscribe", "id": number(), "stream": part.person.id })),
        (Some((Verb::Send, message, message)), json!({ "type": "send", "id": number(), "message": said })),
        (None, json!({ "type": "read", "thread": room.threads[0], "position": 1_000_000 })),
    ];
    if let Some(message) = victim {
        let (edit, delete, react) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        all.extend([
            (
                Some((Verb::Edit, edit, message)),
                json!({ "type": "edit", "id": number(), "op": edit, "message": message, "body": "Faux" }),
            ),
            (
                Some((Verb::Delete, delete, message)),
                json!({ "type": "delete", "id": number(), "op": delete, "message": message }),
            ),
            (
                Some((Verb::React, react, message)),
                json!({ "type": "react", "id": number(), "op": react, "message": message, "name": "useful", "on": true }),
            ),
        ]);
    }
    all
}

/// Notes whatever comes of it: each ack and each event is one too many.
async fn listen(part: &Part, wire: &mut Wire, asked: &mut Vec<(Value, Uuid)>) {
    let until = Instant::now() + LISTEN;
    while let Heard::Frame(frame) = part.hear(wire, until).await {
        let stream = frame["stream"].as_str().and_then(|stream| stream.parse::<Uuid>().ok());
        let (seq, text) = (frame["seq"].as_i64().unwrap_or_default(), |name: &str| frame[name].as_str());
        match (text("type"), stream) {
            (Some("subscribed"), Some(stream)) if frame["result"] == "ok" => {
                part.note(What::Subscribed { stream, since: seq });
            }
            (Some("event"), _) => match Event::of(&frame) {
                Ok(event) => part.note(event.heard()),
                Err(malformed) => part.note(malformed),
            },
            (Some(kind @ ("ack" | "error")), _) => {
                let Some(index) = asked.iter().position(|(id, _)| *id == frame["id"]) else { continue };
                let (_, op) = asked.swap_remove(index);
                let code = text("code").unwrap_or_default().to_owned();
                part.note(match kind {
                    "ack" => What::Ok { op, seq, position: None, duplicate: frame["duplicate"] == true },
                    _ if code == "unavailable" => What::Info { op },
                    _ => What::Fail { op, code },
                });
            }
            _ => {}
        }
    }
}

/// What is no frame at all.
fn nonsense(round: usize) -> Message {
    match round % 4 {
        0 => Message::text("{"),
        1 => Message::binary(vec![0; 64]),
        2 => Message::text("x".repeat(70 << 10)),
        _ => Message::text("[]"),
    }
}
