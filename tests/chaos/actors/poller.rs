//! A reader behind a network that cuts sockets: the same frames, one request at a time.

use std::collections::BTreeMap;

use anyhow::Result;
use reqwest::Method;
use serde_json::Value;
use tokio::{sync::watch, time::sleep};
use uuid::Uuid;

use super::{Applied, Phase, Signals, backoff};
use crate::{
    cast::Part,
    history::What,
    wire::{Api, Event},
};

/// How long a poll waits for something, in seconds: less than a request may take.
const WAIT: u32 = 1;

/// Where it stands in a stream.
#[derive(Clone, Debug)]
struct Place {
    epoch: String,
    seq: i64,
}

/// A reader by polls.
#[derive(Debug)]
pub(crate) struct Poller {
    part: Part,
    signals: Signals,
    follows: Vec<Uuid>,
    places: BTreeMap<Uuid, Place>,
    applied: watch::Sender<BTreeMap<Uuid, i64>>,
}

impl Poller {
    /// Somebody who follows these groups, and how far they are.
    pub(crate) fn new(part: Part, follows: Vec<Uuid>, signals: Signals) -> (Self, Applied) {
        let (applied, progress) = watch::channel(BTreeMap::new());
        (Self { part, signals, follows, places: BTreeMap::new(), applied }, progress)
    }

    /// Polls until the run is over.
    pub(crate) async fn act(mut self) -> Result<()> {
        let api = self.part.person.api(&self.part.network)?;
        let mut failures = 0;
        while self.signals.phase() != Phase::Done {
            let missing: Vec<_> = self.follows.iter().filter(|id| !self.places.contains_key(id)).copied().collect();
            for stream in missing {
                self.fetch(&api, stream).await;
            }
            let asked = self.places.clone();
            let Some(frames) = self.poll(&api).await else {
                failures += 1;
                sleep(backoff(failures)).await;
                continue;
            };
            failures = 0;
            for (stream, place) in &asked {
                self.part.note(What::Subscribed { stream: *stream, since: place.seq });
            }
            for frame in &frames {
                self.take(frame);
            }
        }
        Ok(())
    }

    async fn fetch(&mut self, api: &Api, stream: Uuid) {
        let Ok(answer) = api.ask(Method::GET, &format!("/api/v1/groups/{stream}"), None).await else { return };
        let Ok(group) = answer.thing() else { return };
        if let (Some(seq), Some(epoch)) = (group["seq"].as_i64(), group["epoch"].as_str()) {
            self.places.insert(stream, Place { epoch: epoch.to_owned(), seq });
            self.note_applied(stream, seq);
        }
    }

    async fn poll(&self, api: &Api) -> Option<Vec<Value>> {
        let at = self.places.iter().map(|(stream, Place { epoch, seq })| format!("{stream}:{epoch}:{seq}"));
        let at = at.collect::<Vec<_>>().join(",");
        let path = format!("/live/poll?format=json&wait={WAIT}&at={at}");
        let answer = api.ask(Method::GET, &path, None).await.ok()?;
        if !answer.status.is_success() {
            return None;
        }
        // What came came whole: its length is told before.
        let frames = serde_json::from_str::<Value>(&answer.text).ok();
        let frames = frames.and_then(|answer| answer["frames"].as_array().cloned());
        if frames.is_none() {
            self.part.note(What::Malformed { heard: answer.text });
        }
        frames
    }

    fn take(&mut self, frame: &Value) {
        let text = |name: &str| frame[name].as_str();
        match text("type") {
            Some("event") => match Event::of(frame) {
                Ok(event) => self.event(&event),
                Err(malformed) => self.part.note(malformed),
            },
            Some("subscribed") if frame["result"] != "ok" => {
                if let Some(stream) = text("stream").and_then(|id| id.parse::<Uuid>().ok()) {
                    self.places.remove(&stream);
                }
            }
            Some(_) => {}
            None => self.part.note(What::Malformed { heard: frame.to_string() }),
        }
    }

    fn event(&mut self, event: &Event) {
        self.part.note(event.heard());
        if let Some(place) = self.places.get_mut(&event.stream).filter(|place| event.seq == place.seq + 1) {
            place.seq = event.seq;
            self.note_applied(event.stream, event.seq);
        }
    }

    fn note_applied(&self, stream: Uuid, seq: i64) {
        self.applied.send_modify(|applied| {
            applied.insert(stream, seq);
        });
    }
}
