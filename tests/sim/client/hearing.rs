//! What a client does about what it hears.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use serde::Deserialize;
use words::{PersonId, StreamId};

use tests::reducer::Stream;

use super::{Asked, Client, Event, Fetch, report};
use crate::{
    cast::{marked, message_id, message_of, stream_of},
    figures::Figure,
    ground::Ground,
    shown::Content,
    twist::Twist,
};

/// A frame of the server: the fields of all types.
#[derive(Deserialize)]
struct Heard<'f> {
    r#type: &'f str,
    id: Option<i64>,
    stream: Option<StreamId>,
    seq: Option<i64>,
    result: Option<&'f str>,
    kind: Option<&'f str>,
    by: Option<PersonId>,
    #[serde(borrow)]
    message: Option<Cow<'f, str>>,
    position: Option<i32>,
    code: Option<&'f str>,
    retry_after_ms: Option<u64>,
    streams: Option<HashMap<StreamId, i64>>,
    data: Option<Content>,
}

impl Client {
    /// A frame came.
    pub(crate) fn hear(&mut self, text: &str, ground: &mut Ground) {
        let Ok(heard) = serde_json::from_str::<Heard<'_>>(text) else {
            return ground.check(false, || format!("a frame that is none: {text}"));
        };
        match heard.r#type {
            "event" => self.event(heard, ground),
            "subscribed" => self.subscribed(&heard, ground),
            "positions" => self.positions(heard.streams.unwrap_or_default(), ground),
            "ack" => self.acked(&heard, ground),
            "error" => self.refused(&heard, ground),
            _ => {}
        }
    }

    fn event(&mut self, heard: Heard<'_>, ground: &mut Ground) {
        let Heard { stream: Some(stream), seq: Some(seq), kind: Some(kind), by: Some(by), .. } = heard else {
            return ground.check(false, || "an event without its fields".to_owned());
        };
        let (stream, mark, person) = (stream_of(stream), marked(by), self.person);
        let reaches = ground.history.may_know(person, mark);
        ground.check(reaches, || format!("I8: event {seq} of stream {stream} reaches person {person}"));
        if let Some(content) = &heard.data {
            let shows = content.as_of.is_some_and(|as_of| ground.history.may_know(person, as_of));
            ground.check(shows, || {
                format!("I8: event {seq} of stream {stream} shows person {person} what came after them: {content:?}")
            });
        } else {
            ground.count(Figure::Withheld);
        }
        // What comes while the page is fetched comes again after it.
        if !matches!(self.fetch, Fetch::Idle) {
            return;
        }
        let Some(view) = self.views.get_mut(&stream) else { return };
        let event = Event { seq, mark, kind: kind.to_owned(), content: heard.data.unwrap_or_default() };
        let is_twice = ground.has(Twist::ApplyTwice) && seq == view.stream.applied();
        let passes = ground.has(Twist::SwapEvents) || (ground.has(Twist::PassGap) && seq > view.stream.applied());
        if is_twice || passes {
            view.stream = Stream::new(seq);
            return self.apply(stream, &event, ground);
        }
        let taken = view.stream.take(seq, event);
        ground.check(!taken.again, || format!("I6: client {} sees a gap before {seq} of {stream}", self.number));
        for event in taken.apply {
            self.apply(stream, &event, ground);
        }
        if taken.again {
            self.subscribe(stream);
        }
    }

    fn apply(&mut self, stream: usize, event: &Event, ground: &mut Ground) {
        let Some(view) = self.views.get_mut(&stream) else { return };
        let written = ground.history.get(event.mark).copied();
        let follows = written
            .is_some_and(|written| written.stream == stream && written.seq == event.seq && written.before == view.tip);
        let number = self.number;
        ground.check(follows, || format!("I3: client {number} applies {} of {stream} after another", event.seq));
        view.tip = event.mark;
        view.shown.apply(&event.content);
        if let (Twist::CountUp, Some(thread)) = (ground.twist.unwrap_or(Twist::NoPoll), event.content.thread) {
            view.shown.last[thread] += i32::from(event.kind == "message.edited");
        }
        if event.content.reload {
            self.want_page();
        }
        if let (true, Some(message)) = (event.kind == "message.created", event.content.message) {
            self.stored(message, ground);
        }
    }

    fn stored(&mut self, message: usize, ground: &mut Ground) {
        if self.outbox.stored(message_id(message)) {
            self.known_stored.push(message);
            self.flush(ground);
        }
    }

    fn subscribed(&mut self, heard: &Heard<'_>, ground: &mut Ground) {
        if let Some(id) = heard.id {
            self.requests.remove(&id);
        }
        let Some(stream) = heard.stream.map(stream_of) else { return };
        let counts = self.views.get_mut(&stream).is_some_and(|view| view.stream.answered(heard.id));
        let Heard { id, result, seq, .. } = heard;
        let number = self.number;
        ground
            .note(|| format!("client {number} hears {result:?} {seq:?} of {stream} to {id:?}, which counts: {counts}"));
        match heard.result {
            Some("reset") if counts => self.want_page(),
            Some("denied") if counts => {
                self.views.remove(&stream);
            }
            _ => {}
        }
    }

    /// Asked for while it is fetched, it is fetched once: what it lacks then, its streams bring.
    fn want_page(&mut self) {
        if matches!(self.fetch, Fetch::Idle) {
            self.fetch = Fetch::Wanted;
        }
    }

    fn positions(&mut self, streams: HashMap<StreamId, i64>, ground: &mut Ground) {
        for (stream, seq) in streams.into_iter().map(|(stream, seq)| (stream_of(stream), seq)) {
            let pending = self.requests.values().any(|asked| matches!(asked, Asked::Subscribe(of) if *of == stream));
            let behind = self.views.get(&stream).is_some_and(|view| view.stream.is_behind(seq));
            if behind && !pending && matches!(self.fetch, Fetch::Idle) {
                let number = self.number;
                ground.check(false, || format!("I6: client {number} lacks what was before {seq} of {stream}"));
                self.subscribe(stream);
            }
        }
    }

    fn acked(&mut self, heard: &Heard<'_>, ground: &mut Ground) {
        let id = heard.message.as_deref().and_then(|id| id.parse().ok()).map(message_of);
        let Some(asked) = heard.id.and_then(|id| self.requests.remove(&id)) else {
            return ground.check(false, || format!("I1: an ack of {id:?} to no request"));
        };
        let (Some(message), Some(stream), Some(seq), Some(position)) = (id, heard.stream, heard.seq, heard.position)
        else {
            return ground.check(false, || "an ack without its fields".to_owned());
        };
        ground.check(asked.is_of(message), || format!("I1: {asked:?} is answered with the ack of {message}"));
        match asked {
            Asked::Send(_) => {
                let created = ground.history.created(message, stream_of(stream), seq, position);
                ground.check(created, || format!("I1: message {message} is acked as {seq} and is not stored so"));
                ground.note(|| format!("client {} hears that message {message} is stored", self.number));
                self.stored(message, ground);
            }
            // What a restore has lost is not there to stand against it.
            Asked::Forge(_) => {
                let was_lost = ground.lost.contains(&message);
                ground.check(was_lost, || format!("I1: something else is acked as message {message}"));
            }
            Asked::Change { operation, .. } => {
                let done = ground.history.has_done(operation, message);
                ground.check(done, || format!("I1: {asked:?} is acked and was never done"));
                self.changes.pop_front();
                self.flush_changes(ground);
            }
            Asked::Subscribe(_) => {}
        }
    }

    fn refused(&mut self, heard: &Heard<'_>, ground: &mut Ground) {
        let Some(asked) = heard.id.and_then(|id| self.requests.remove(&id)) else { return };
        let again = matches!(heard.code, Some("unavailable" | "rate_limited"));
        let wait = Duration::from_millis(heard.retry_after_ms.unwrap_or(1000));
        let (now, at) = (self.now(ground), ground.now + wait);
        match asked {
            Asked::Forge(_) => {}
            Asked::Subscribe(stream) => self.again.push((at, stream)),
            Asked::Send(message) if again => self.outbox.unknown(message_id(message), now, wait),
            Asked::Send(message) => {
                if self.outbox.refused(message_id(message)).is_some() {
                    report(message, ground);
                    self.flush(ground);
                }
            }
            Asked::Change { .. } => {
                if let Some(first) = self.changes.front_mut().filter(|_| again) {
                    (first.sent, first.not_before) = (false, at);
                } else {
                    self.changes.pop_front();
                    self.flush_changes(ground);
                }
            }
        }
    }
}
