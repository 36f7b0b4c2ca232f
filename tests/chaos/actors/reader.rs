//! A reader: follows streams over a socket, in either form, and keeps what it makes of the events.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use tests::reducer::Stream;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{Phase, Signals, backoff};
use crate::{
    cast::Part,
    history::{What, digest_of},
    wire::{Api, Credential, Event, HTML, Heard, Unopened, Wire},
};

/// After so long without a word the server is asked whether it is there, and after as long again it is not.
const QUIET: Duration = Duration::from_millis(1200);

/// How many fragments are kept to be compared: more than a page shows.
const FRAGMENTS: usize = 1_000;

/// How far a reader has applied each stream that it follows.
pub(crate) type Applied = watch::Receiver<BTreeMap<Uuid, i64>>;

/// What a reader made of events: for each message that was told of since its last fresh start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    /// Its data, less its reactions, and these; by digest.
    pub(crate) data: HashMap<Uuid, (u64, u64)>,
    /// The fragments of the last of them.
    pub(crate) fragments: BTreeMap<Uuid, String>,
}

/// What a reader that has gone leaves.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// Whose it is.
    pub(crate) part: Part,
    /// What it made of events.
    pub(crate) kept: Kept,
}

/// How deliveries are timed.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    /// Whether they are just now, in which round, and whether somebody reads slowly.
    pub(crate) now: watch::Receiver<Option<(u32, bool)>>,
    /// How many were.
    pub(crate) count: Arc<AtomicUsize>,
}

/// A reader.
#[derive(Debug)]
pub(crate) struct Reader {
    part: Part,
    credential: Credential,
    protocol: &'static str,
    /// Which threads it watches, if it does as browsers do.
    watched: Vec<Uuid>,
    signals: Signals,
    follows: Vec<Uuid>,
    streams: BTreeMap<Uuid, Stream<Value>>,
    epoch: String,
    applied: watch::Sender<BTreeMap<Uuid, i64>>,
    kept: Kept,
    failures: u32,
    /// The last request's number, and from where each that is not answered asked.
    requests: i64,
    asked: HashMap<i64, i64>,
    /// Where deliveries are timed.
    timed: Option<Timed>,
}

/// How a connection ended.
enum End {
    Lost,
    Over,
}

impl Reader {
    /// Somebody who follows these streams in a form, and how far they are.
    pub(crate) fn new(part: Part, protocol: &'static str, follows: Vec<Uuid>, signals: Signals) -> (Self, Applied) {
        let (applied, progress) = watch::channel(BTreeMap::new());
        let credential = part.person.credential();
        let reader = Self {
            part,
            credential,
            protocol,
            watched: Vec::new(),
            signals,
            follows,
            streams: BTreeMap::new(),
            epoch: String::new(),
            applied,
            kept: Kept::default(),
            failures: 0,
            requests: 0,
            asked: HashMap::new(),
            timed: None,
        };
        (reader, progress)
    }

    /// With a session instead of a token.
    pub(crate) fn with(self, credential: Credential) -> Self {
        Self { credential, ..self }
    }

    /// Who also watches threads.
    pub(crate) fn watching(self, watched: Vec<Uuid>) -> Self {
        Self { watched, ..self }
    }

    /// Whose deliveries are timed while there is something to say of slow readers.
    pub(crate) fn timed(self, timed: Timed) -> Self {
        Self { timed: Some(timed), ..self }
    }

    /// Reads until the run is over; what was made of it.
    pub(crate) async fn act(mut self) -> Result<Shown> {
        let api = Api::new(self.part.network.address(), self.credential.clone())?;
        while self.signals.phase() != Phase::Done {
            match self.part.connect_by(&self.credential, self.protocol).await {
                Ok(wire) => {
                    self.failures = 0;
                    if let End::Over = self.follow(wire, &api).await {
                        break;
                    }
                }
                Err(Unopened::Refused(code @ (401 | 403 | 4501 | 4503))) => {
                    self.part.note(What::Gone { code: Some(code) });
                    break;
                }
                Err(_) => {}
            }
            self.failures += 1;
            sleep(backoff(self.failures)).await;
        }
        Ok(Shown { part: self.part, kept: self.kept })
    }

    /// Follows over one connection, until it ends.
    async fn follow(&mut self, mut wire: Wire, api: &Api) -> End {
        for stream in self.follows.clone() {
            if self.subscribe(&mut wire, api, stream).await.is_none() {
                return End::Lost;
            }
        }
        let mut asked = false;
        loop {
            let heard = tokio::select! {
                () = self.signals.done() => return End::Over,
                heard = self.part.hear(&mut wire, Instant::now() + QUIET) => heard,
            };
            match heard {
                Heard::Frame(frame) => {
                    asked = false;
                    if self.take(&mut wire, api, frame).await.is_none() {
                        return End::Lost;
                    }
                }
                Heard::Nothing if asked => return End::Lost,
                Heard::Nothing => {
                    asked = true;
                    if !wire.say(&json!({ "type": "ping" })).await {
                        return End::Lost;
                    }
                    self.join_again(&mut wire, api).await;
                }
                Heard::Malformed(_) => return End::Lost,
                Heard::Closed(code) => {
                    if matches!(code, Some(4501 | 4503)) {
                        self.part.note(What::Gone { code });
                        return End::Over;
                    }
                    return End::Lost;
                }
            }
        }
    }

    /// Asks for a stream from where it was left; from where it stands, if it is not known yet.
    async fn subscribe(&mut self, wire: &mut Wire, api: &Api, id: Uuid) -> Option<()> {
        if !self.streams.contains_key(&id) && !self.fetch(api, id).await {
            // Not a member just now, or nobody answers: looked at again in a quiet moment.
            return Some(());
        }
        self.requests += 1;
        let number = self.requests;
        let stream = self.streams.get_mut(&id)?;
        stream.asked(number);
        let since = stream.applied();
        self.asked.insert(number, since);
        let frame = json!({ "type": "subscribe", "id": number, "stream": id, "since": since, "epoch": self.epoch });
        let said = wire.say(&frame).await;
        let watched = said && !self.watched.is_empty();
        if watched && !wire.say(&json!({ "type": "watch", "stream": id, "threads": self.watched })).await {
            return None;
        }
        said.then_some(())
    }

    /// Reads where a stream stands, and forgets what was made of it: it starts afresh.
    async fn fetch(&mut self, api: &Api, id: Uuid) -> bool {
        let path = if id == self.part.person.id { "/api/v1/me".to_owned() } else { format!("/api/v1/groups/{id}") };
        let Ok(answer) = api.ask(Method::GET, &path, None).await else { return false };
        let Ok(place) = answer.thing() else { return false };
        let (Some(seq), Some(epoch)) = (place["seq"].as_i64(), place["epoch"].as_str()) else { return false };
        epoch.clone_into(&mut self.epoch);
        self.kept = Kept::default();
        self.streams.insert(id, Stream::new(seq));
        self.note_applied(id, seq);
        true
    }

    /// Streams that were denied, or could not be read, are asked for again.
    async fn join_again(&mut self, wire: &mut Wire, api: &Api) {
        let missing = self.follows.iter().filter(|stream| !self.streams.contains_key(stream));
        for stream in missing.copied().collect::<Vec<_>>() {
            if self.subscribe(wire, api, stream).await.is_none() {
                // A connection that is lost is noticed by whoever listens to it.
                return;
            }
        }
    }

    async fn take(&mut self, wire: &mut Wire, api: &Api, frame: Value) -> Option<()> {
        let stream = frame["stream"].as_str().and_then(|stream| stream.parse::<Uuid>().ok());
        match (frame["type"].as_str().unwrap_or_default(), stream) {
            ("subscribed", Some(stream)) => return self.subscribed(wire, api, stream, &frame).await,
            ("event", _) => return self.event(wire, api, frame).await,
            ("positions", _) => {
                let stands = |id: &Uuid| frame["streams"][id.to_string()].as_i64().unwrap_or_default();
                let behind = self.streams.iter().filter(|(id, stream)| stream.is_behind(stands(id)));
                for stream in behind.map(|(id, _)| *id).collect::<Vec<_>>() {
                    self.subscribe(wire, api, stream).await?;
                }
            }
            // The database is away for a moment: the connection begins anew.
            ("error", _) => return None,
            ("pong", _) => self.join_again(wire, api).await,
            _ => {}
        }
        Some(())
    }

    async fn subscribed(&mut self, wire: &mut Wire, api: &Api, id: Uuid, frame: &Value) -> Option<()> {
        let request = frame["id"].as_i64();
        let counts = self.streams.get_mut(&id).is_some_and(|stream| stream.answered(request));
        match frame["result"].as_str() {
            Some("ok") => {
                // Not from where it is now: what the subscription before still brought comes again.
                let since = self.asked.remove(&request?)?;
                self.part.note(What::Subscribed { stream: id, since });
            }
            _ if !counts => {}
            Some("reset") => {
                self.streams.remove(&id);
                self.subscribe(wire, api, id).await?;
            }
            _ => {
                self.streams.remove(&id);
                self.applied.send_modify(|applied| {
                    applied.remove(&id);
                });
            }
        }
        Some(())
    }

    async fn event(&mut self, wire: &mut Wire, api: &Api, frame: Value) -> Option<()> {
        let (id, seq) = match Event::of(&frame) {
            Ok(event) => {
                self.part.note(event.heard());
                (event.stream, event.seq)
            }
            Err(malformed) => {
                self.part.note(malformed);
                return None;
            }
        };
        let stream = self.streams.get_mut(&id)?;
        let taken = stream.take(seq, frame);
        let at = stream.applied();
        for event in taken.apply {
            self.note_moved(&event);
            self.apply(&event);
        }
        self.note_applied(id, at);
        if taken.again { self.subscribe(wire, api, id).await } else { Some(()) }
    }

    fn note_applied(&self, id: Uuid, seq: i64) {
        self.applied.send_modify(|applied| {
            applied.insert(id, seq);
        });
    }

    fn note_moved(&self, event: &Value) {
        let thread = event["data"]["thread"].as_str().and_then(|thread| thread.parse::<Uuid>().ok());
        if let (Some("read.moved"), Some(thread)) = (event["kind"].as_str(), thread) {
            let position = event["data"]["position"].as_i64().unwrap_or_default();
            self.part.note(What::Moved { thread, position });
        }
    }

    fn apply(&mut self, event: &Value) {
        let kind = event["kind"].as_str().unwrap_or_default();
        let Some(message) = event["subject"]["id"].as_str().and_then(|id| id.parse::<Uuid>().ok()) else { return };
        if !kind.starts_with("message.") && kind != "reaction.set" {
            return;
        }
        if self.protocol == HTML {
            if let Some(html) = event["html"].as_str().filter(|html| html.contains(&format!("\"message-{message}\""))) {
                self.kept.fragments.insert(message, html.to_owned());
                // Ids are of their time: the first is the oldest.
                if self.kept.fragments.len() > FRAGMENTS {
                    self.kept.fragments.pop_first();
                }
            }
        } else if kind == "reaction.set" {
            let reactions = digest_of(&event["data"]["reactions"].to_string());
            if let Some(kept) = self.kept.data.get_mut(&message) {
                kept.1 = reactions;
            }
        } else {
            self.time(kind, &event["data"]);
            self.kept.data.insert(message, digests(&event["data"]));
        }
    }

    /// A message says when it was written.
    fn time(&self, kind: &str, data: &Value) {
        let Some(timed) = &self.timed else { return };
        let Some((round, slow)) = *timed.now.borrow() else { return };
        let written = data["body"].as_str().and_then(|body| body.rsplit(' ').next()?.parse::<u64>().ok());
        if let Some(written) = written.filter(|_| kind == "message.created") {
            let ms = self.part.recorder.now_us().saturating_sub(written) / 1000;
            self.part.note(What::Delivered { ms, slow, round });
            timed.count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A message's data, less its reactions, and these; by digest.
pub(crate) fn digests(message: &Value) -> (u64, u64) {
    let reactions = digest_of(&message["reactions"].to_string());
    let mut rest = message.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("reactions");
        // The answer to a post tells its place in the log beside.
        fields.remove("seq");
    }
    (digest_of(&rest.to_string()), reactions)
}
