//! The fallback for networks that cut sockets: the same frames and cursors, one request at a time, and nothing kept
//! between two.
//!
//! A poll is a follower of the hubs like any other, for a short time: it joins each stream where the client stands, and
//! is answered as soon as they have something to say. It reads no log by itself, so every promise of the hubs holds.

use std::{collections::HashSet, sync::Arc, time::Duration};

use axum::extract::ws::Utf8Bytes;
use futures_util::{StreamExt, stream::FuturesOrdered};
use serde_json::Value;
use uuid::Uuid;
use web::Text;
use words::{StreamId, ThreadId};

use super::{
    by_stream::ByStream,
    connections::{Full, Registered},
    frame::{self, ClientFrame, Fault},
    hub::{Format, Join, Ticket},
    hubs::Followed,
    outbox::{Outbox, Standing},
    session::{Close, LIMITS, id_of, refusal},
    socket::{Answer, Live, bye},
};
use crate::{
    error::{Error, Result},
    http::Viewer,
};

/// The longest wait for something to say.
pub const LONGEST: Duration = Duration::from_secs(25);
/// How long hearing of every stream may take, beside the wait.
const CATCH_UP: Duration = Duration::from_secs(10);
/// What is gathered of replays before it is answered.
const ANSWER_BYTES: usize = 256 << 10;
/// How many commands one request may bring.
pub const COMMANDS: usize = 60;

/// Where a client stands in a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// Which.
    pub stream: StreamId,
    /// In which epoch.
    pub epoch: Uuid,
    /// The last sequence that it applied.
    pub seq: i64,
}

/// What a client asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Poll {
    /// How it wants events.
    pub format: Format,
    /// Which threads' fragments it wants.
    pub watched: HashSet<ThreadId>,
    /// What it follows, and from where.
    pub at: Vec<Cursor>,
    /// How long it waits for something to be said.
    pub wait: Duration,
}

/// What is new in the streams that a client follows: at once if there is something, or as soon as there is, or nothing
/// after its wait.
pub async fn poll(live: &Live, viewer: &Viewer, poll: &Poll) -> Result<Vec<Utf8Bytes>> {
    let _held = live.sockets.token();
    let registered = live.connections.register(viewer, None).map_err(|full| match full {
        Full::Person => Error::RateLimited { retry_after: LONGEST },
        Full::Process => Error::Unavailable,
    })?;
    for _ in &poll.at {
        if let Some(retry_after) = live.by_person.follow(viewer.id) {
            return Err(Error::RateLimited { retry_after });
        }
    }
    let until = tokio::time::Instant::now() + poll.wait;
    let ending = registered.ending();
    let mut follower = Follower::new(registered);
    let cut = follower.outbox.ending();
    tokio::select! {
        biased;
        // Who may not know any more is not told what was gathered for them.
        close = ending.reached() => return Err(refused(close)),
        () = live.drain.cancelled() => follower.frames.push(bye()),
        // What was taken before is a beginning of each stream: the rest comes with the next poll.
        _ = cut.reached() => {}
        () = follower.hear(live, viewer, poll, until) => {}
    }
    if follower.frames.is_empty() && cut.is_reached() {
        return Err(Error::Unavailable);
    }
    Ok(std::mem::take(&mut follower.frames))
}

/// Runs commands in their order, and answers each that has an answer.
pub async fn command(live: &Live, viewer: &Viewer, frames: Vec<Value>) -> Vec<Utf8Bytes> {
    let (mut answers, mut reads) = (Vec::new(), Vec::new());
    let mut under_way: FuturesOrdered<Answer> = FuturesOrdered::new();
    for frame in frames {
        match checked(live, viewer, &frame) {
            Ok(ClientFrame::Read { thread, position }) => reads.push((thread, position)),
            Ok(ClientFrame::Typing { .. }) => {}
            Ok(command) => {
                // Sends share a commit; whatever else sees what was done before it.
                if !matches!(command, ClientFrame::Send { .. }) {
                    answers.extend((&mut under_way).collect::<Vec<_>>().await);
                }
                under_way.push_back((live.run)(viewer.clone(), command).await);
            }
            Err(refusal) => under_way.push_back(Box::pin(std::future::ready(Some(refusal)))),
        }
    }
    answers.extend(under_way.collect::<Vec<_>>().await);
    if !reads.is_empty() {
        // Nothing is kept between two requests: what is not moved now is new to its reader until it is read again.
        drop((live.read)(viewer.clone(), reads).await);
    }
    answers.into_iter().flatten().collect()
}

/// A command, or the frame that says why it is none.
fn checked(live: &Live, viewer: &Viewer, frame: &Value) -> Result<ClientFrame, Utf8Bytes> {
    let text = frame.to_string();
    let refuse = |id, error: &Error| Err(refusal(id, error, Text::of(viewer.locale)));
    if text.len() > LIMITS.frame_bytes {
        let id = frame.get("id").and_then(Value::as_i64);
        return refuse(id, &Error::TooLarge { limit_bytes: LIMITS.frame_bytes as u64 });
    }
    let frame = match frame::parse(&text) {
        Ok(ClientFrame::Unsubscribe { .. } | ClientFrame::Watch { .. } | ClientFrame::Ping) | Err(Fault::NotJson) => {
            return refuse(None, &Error::BadRequest("frame"));
        }
        Ok(ClientFrame::Subscribe { id, .. }) | Err(Fault::Unknown(id)) => {
            return refuse(id, &Error::BadRequest("frame"));
        }
        Ok(command) => command,
        Err(Fault::Invalid(id)) => return refuse(id, &Error::Invalid(Vec::new())),
    };
    match live.by_person.command(viewer.id) {
        Some(retry_after) => refuse(id_of(&frame), &Error::RateLimited { retry_after }),
        None => Ok(frame),
    }
}

/// One poll among the followers of its hubs. Dropped, it follows no more.
struct Follower {
    registered: Registered,
    outbox: Arc<Outbox>,
    held: ByStream<Followed>,
    /// The streams of which something is told.
    told: HashSet<StreamId>,
    frames: Vec<Utf8Bytes>,
    bytes: usize,
}

impl Follower {
    fn new(registered: Registered) -> Self {
        Self {
            registered,
            outbox: Arc::default(),
            held: ByStream::default(),
            told: HashSet::new(),
            frames: Vec::new(),
            bytes: 0,
        }
    }

    /// Gathers what there is to say.
    async fn hear(&mut self, live: &Live, viewer: &Viewer, poll: &Poll, until: tokio::time::Instant) {
        // A database that is away holds nobody longer than this: what was gathered is answered.
        drop(tokio::time::timeout(CATCH_UP, self.catch_up(live, viewer, poll)).await);
        if self.frames.is_empty() {
            drop(tokio::time::timeout_at(until, self.first_news()).await);
        }
        // And what was said with it: a removal is told together with what comes of it.
        for told in std::mem::take(&mut self.told) {
            if let Some(followed) = self.held.get(told) {
                followed.done().await;
            }
        }
        while self.take().is_some() {}
    }

    /// Joins one stream after the other, so that their replays never fill the queue together.
    async fn catch_up(&mut self, live: &Live, viewer: &Viewer, poll: &Poll) {
        for &Cursor { stream, epoch, seq } in &poll.at {
            let join = Join {
                connection: self.registered.id(),
                person: viewer.id,
                format: poll.format,
                locale: viewer.locale,
                ticket: Ticket { number: 0, id: None },
                since: Some((seq, Some(epoch))),
            };
            let followed = live.hubs.follow(stream);
            self.held.insert(followed.clone());
            followed.join(join, poll.watched.clone(), Arc::clone(&self.outbox)).await;
            while !self.is_settled(stream).await {
                if self.bytes >= ANSWER_BYTES {
                    return;
                }
            }
        }
    }

    /// Takes the next frame, and answers whether it is the last one about joining this stream.
    async fn is_settled(&mut self, joined: StreamId) -> bool {
        self.outbox.filled().await;
        match self.take() {
            // Only the end of a replay tells nothing of where a stream stands.
            Some(Standing::Same | Standing::Answered { from: None, .. }) => true,
            Some(Standing::Out(stream)) => stream == joined,
            _ => false,
        }
    }

    async fn first_news(&mut self) {
        while self.frames.is_empty() {
            self.outbox.filled().await;
            self.take();
        }
    }

    /// Takes a frame off the queue, and keeps it if it is news: that a stream is followed and that its replay is over
    /// goes without saying.
    fn take(&mut self) -> Option<Standing> {
        let parcel = self.outbox.take()?;
        if !matches!(parcel.standing, Standing::Same | Standing::Answered { from: Some(_), .. }) {
            self.bytes += parcel.chunk.bytes().len();
            self.frames.extend(parcel.chunk.said().map(Utf8Bytes::from));
        }
        if let Standing::At(stream, _) = parcel.standing {
            self.told.insert(stream);
        }
        Some(parcel.standing)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.outbox.cut();
        for followed in self.held.drain() {
            followed.let_go(self.registered.id());
        }
    }
}

fn refused(close: Close) -> Error {
    match close {
        Close::Forbidden => Error::Forbidden,
        // The next one is answered in the language that its person reads now.
        Close::StateTooOld => Error::Unavailable,
        _ => Error::Unauthenticated,
    }
}
