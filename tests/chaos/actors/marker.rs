//! Somebody who reads on two devices at once, and says how far: in any order, over sockets that end right after, and by
//! requests.

use std::time::Duration;

use anyhow::Result;
use rand::seq::SliceRandom;
use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Phase, Signals, backoff};
use crate::{
    cast::{Part, Room},
    history::What,
    wire::{Api, JSON, Wire},
};

/// How long positions that were said wait to be moved together, and a little.
const TOGETHER: Duration = Duration::from_millis(1300);
/// How long a reader reads between two positions.
const PAUSE: Duration = Duration::from_millis(400);
/// How often the last position is said, at the end.
const TRIES: usize = 8;

/// A reader who says how far they are.
#[derive(Debug)]
pub(crate) struct Marker {
    part: Part,
    threads: Vec<Uuid>,
    signals: Signals,
    devices: [Option<Wire>; 2],
}

impl Marker {
    /// Somebody who reads the threads of a room.
    pub(crate) fn new(part: Part, room: &Room, signals: Signals) -> Self {
        Self { part, threads: room.threads.clone(), signals, devices: [None, None] }
    }

    /// Reads until the storm is over, then everything to its end.
    pub(crate) async fn act(mut self) -> Result<()> {
        let api = self.part.person.api(&self.part.network)?;
        let mut failures = 0;
        while self.signals.phase() == Phase::Storm {
            let thread = self.threads[rand::random_range(0..self.threads.len())];
            match last(&api, thread).await {
                Some(last) if self.read_up_to(&api, thread, last).await => failures = 0,
                _ => failures += 1,
            }
            let pause = if failures == 0 { PAUSE } else { backoff(failures) };
            self.signals.rest(pause).await;
        }
        for thread in self.threads.clone() {
            self.read_to_the_end(&api, thread).await;
        }
        Ok(())
    }

    /// Says several positions, the furthest of them anywhere among the others; false if nobody hears it.
    async fn read_up_to(&mut self, api: &Api, thread: Uuid, last: i64) -> bool {
        let mut positions = vec![last, last - 1, last - 4, rand::random_range(0..=last)];
        positions.retain(|position| *position >= 0);
        positions.shuffle(&mut rand::rng());
        for position in positions {
            let device = rand::random_range(0..self.devices.len());
            if !self.say(device, thread, position).await {
                return false;
            }
        }
        if rand::random_bool(0.3) {
            // What was said is moved before the connection ends.
            self.devices[rand::random_range(0..2)] = None;
        }
        if rand::random_bool(0.4) {
            self.ask(api, thread, rand::random_range(0..=last)).await;
        }
        true
    }

    async fn say(&mut self, device: usize, thread: Uuid, position: i64) -> bool {
        let wire = match self.devices[device].take() {
            Some(wire) => Some(wire),
            None => self.part.connect(JSON).await.ok(),
        };
        let Some(mut wire) = wire else { return false };
        self.part.note(What::Marking { thread, position });
        let said = wire.say(&json!({ "type": "read", "thread": thread, "position": position })).await;
        if said {
            self.devices[device] = Some(wire);
        }
        said
    }

    /// Says a position by a request; where the thread is read up to, if that is answered.
    async fn ask(&self, api: &Api, thread: Uuid, position: i64) -> Option<i64> {
        let asked_us = self.part.recorder.now_us();
        self.part.note(What::Marking { thread, position });
        let path = format!("/api/v1/threads/{thread}/read");
        let answer = api.ask(Method::PUT, &path, Some(&json!({ "position": position }))).await.ok()?;
        let position = answer.thing().ok()?["position"].as_i64()?;
        self.part.note(What::Marked { thread, position, asked_us });
        Some(position)
    }

    /// Says the last position over a socket until a request tells that it was moved there; or often enough.
    async fn read_to_the_end(&mut self, api: &Api, thread: Uuid) {
        for tries in 0..TRIES {
            if let Some(end) = last(api, thread).await
                && self.say(0, thread, end).await
            {
                sleep(TOGETHER).await;
                self.part.note(What::Owed { thread, position: end });
                if self.ask(api, thread, 0).await.is_some_and(|position| position >= end) {
                    return;
                }
            }
            self.devices[0] = None;
            sleep(backoff(u32::try_from(tries).unwrap_or_default())).await;
        }
    }
}

/// The last position of a thread.
async fn last(api: &Api, thread: Uuid) -> Option<i64> {
    let path = format!("/api/v1/threads/{thread}/messages?limit=1");
    let page = api.ask(Method::GET, &path, None).await.ok()?.thing().ok()?;
    page["items"].as_array()?.last()?["position"].as_i64()
}
