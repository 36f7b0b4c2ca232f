//! An author without a socket: each message is a request, and while the database is paused most of them are cancelled
//! half-way by closing their connection, to be sent again later by the same id.

use std::time::Duration;

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::{Phase, Signals, backoff};
use crate::{
    cast::{Part, Room},
    history::{Verb, What},
    wire::Api,
};

/// An author by requests.
#[derive(Debug)]
pub(crate) struct Requester {
    part: Part,
    room: Room,
    thread: Uuid,
    signals: Signals,
    think: Duration,
}

impl Requester {
    /// An author in the first thread of a room.
    pub(crate) fn new(part: Part, room: &Room, signals: Signals, think: Duration) -> Self {
        Self { part, thread: room.threads[0], room: room.clone(), signals, think }
    }

    /// Writes until the storm is over and the last message is known to be stored.
    pub(crate) async fn act(mut self) -> Result<()> {
        let api = self.part.person.api(&self.part.network)?;
        while self.signals.phase() == Phase::Storm {
            let message = Uuid::now_v7();
            let body = format!("Par requête {message} à {}", self.part.recorder.now_us());
            if !self.post(&api, message, &json!({ "id": message, "body": body })).await {
                return Ok(());
            }
            if rand::random_bool(0.3) {
                self.read(&api).await;
            }
            let pause = if *self.signals.paused.borrow() { Duration::ZERO } else { self.think };
            self.signals.rest(pause).await;
        }
        Ok(())
    }

    /// Posts a message until it is known what became of it; false if the run ended before.
    async fn post(&mut self, api: &Api, message: Uuid, body: &Value) -> bool {
        let (stream, thread) = (self.room.stream, self.thread);
        let path = format!("/api/v1/threads/{thread}/messages");
        let mut tries = 0;
        while self.signals.phase() != Phase::Done {
            self.part.note(What::Invoke { op: message, verb: Verb::Send, message, stream, thread });
            // Dropping a request closes its connection.
            let asked = tokio::select! {
                asked = api.ask(Method::POST, &path, Some(body)) => asked.ok(),
                () = self.signals.paused_for(Duration::from_millis(rand::random_range(10..60))) => {
                    let until_us = self.part.recorder.now_us();
                    self.part.note(What::Fault { kind: "cancelled_request".to_owned(), until_us });
                    None
                }
            };
            match asked {
                Some(answer) if answer.status.is_success() => {
                    let duplicate = answer.status == reqwest::StatusCode::OK;
                    let posted = answer.thing().unwrap_or_default();
                    let position = posted["position"].as_i64().and_then(|position| i32::try_from(position).ok());
                    let seq = posted["seq"].as_i64().unwrap_or_default();
                    self.part.note(What::Ok { op: message, seq, position, duplicate });
                    return true;
                }
                Some(answer) if answer.status.is_client_error() => {
                    self.part.note(What::Fail { op: message, code: answer.code() });
                    return true;
                }
                _ => self.part.note(What::Info { op: message }),
            }
            tries += 1;
            if !self.paused() {
                sleep(backoff(tries)).await;
            }
        }
        false
    }

    fn paused(&self) -> bool {
        *self.signals.paused.borrow()
    }

    /// Looks where the stream stands: no node may be behind what this author was told.
    async fn read(&self, api: &Api) {
        let (stream, asked_us) = (self.room.stream, self.part.recorder.now_us());
        let Ok(answer) = api.ask(Method::GET, &format!("/api/v1/groups/{stream}"), None).await else { return };
        let Ok(group) = answer.thing() else { return };
        if let Some(seq) = group["seq"].as_i64() {
            self.part.note(What::Read { stream, seq, asked_us });
        }
    }
}
