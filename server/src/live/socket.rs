//! The socket: reads frames, runs commands in the order in which they came, writes what is queued together.

use std::{
    collections::HashSet,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{
    SinkExt, StreamExt,
    stream::{FuturesOrdered, SplitSink, SplitStream},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    connections::Connections,
    frame::{self, ClientFrame, ServerFrame},
    hub::{ConnectionId, Format, Join},
    hubs::Hubs,
    outbox::{Outbox, Queue, queue},
    session::{Action, Close, HEARTBEAT, LIMITS, Session},
};
use crate::{clock::Clock, http::Viewer};

/// How long one write may take.
const WRITE: Duration = Duration::from_secs(10);
/// How many commands of one connection may be under way.
const UNDER_WAY: usize = 256;
/// How long a draining server lets clients come back elsewhere at different times, at most.
const SPREAD_MS: u64 = 5000;

static CONNECTION: AtomicU64 = AtomicU64::new(1);

/// The answer of a command, on its way; none for what is not answered.
pub type Answer = Pin<Box<dyn Future<Output = Option<Utf8Bytes>> + Send>>;

/// Runs a command up to the point where its place in the order is taken, and answers later; given by the roof.
pub type Run = Arc<dyn Fn(Viewer, ClientFrame) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// What every socket needs.
#[derive(Clone)]
pub struct Live {
    /// The hubs.
    pub hubs: Hubs,
    /// Who is connected.
    pub connections: Connections,
    /// How commands are run.
    pub run: Run,
    /// The clock.
    pub clock: Clock,
    /// Whether commands are counted.
    pub counted: bool,
    /// Ends when the server drains.
    pub drain: CancellationToken,
    /// Holds the server's stop until the last socket has ended.
    pub sockets: tokio_util::task::TaskTracker,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("hubs", &self.hubs).finish_non_exhaustive()
    }
}

/// Serves a connection until it ends, for whatever reason.
pub async fn serve(live: Live, socket: WebSocket, viewer: Viewer, format: Format) {
    let _held = live.sockets.token();
    let id = CONNECTION.fetch_add(1, Ordering::Relaxed);
    let Some(registered) = live.connections.register(id, &viewer) else { return };
    let (sink, stream) = socket.split();
    let (outbox, queued) = queue();
    let mut connection = Connection {
        id,
        live: live.clone(),
        viewer,
        format,
        outbox: Arc::new(outbox),
        session: Session::new(live.counted),
        began: Instant::now(),
        pending: FuturesOrdered::new(),
    };
    connection.welcome();
    let writer = Writer { sink, queued };
    let close = connection.run(writer, stream, registered.ended()).await;
    for &stream in connection.session.streams() {
        connection.live.hubs.leave(stream, id).await;
    }
    tracing::debug!(connection = id, code = close.map_or(1000, |close| close as u16), "a connection ended");
}

struct Connection {
    id: ConnectionId,
    live: Live,
    viewer: Viewer,
    format: Format,
    outbox: Arc<Outbox>,
    session: Session,
    began: Instant,
    pending: FuturesOrdered<Answer>,
}

impl Connection {
    fn welcome(&self) {
        let now = frame::instant(self.live.clock.now());
        self.outbox.push(frame::print(&ServerFrame::Welcome {
            version: 1,
            connection: Uuid::now_v7(),
            build: web::assets::build(),
            heartbeat_ms: u64::try_from(HEARTBEAT.as_millis()).unwrap_or(u64::MAX),
            limits: LIMITS,
            now,
        }));
    }

    /// Runs until the other side goes or we close; answers the code that we closed with.
    async fn run(
        &mut self,
        mut writer: Writer,
        mut stream: SplitStream<WebSocket>,
        ended: CancellationToken,
    ) -> Option<Close> {
        let cut = writer.queued.cut();
        let mut beat = tokio::time::interval(Duration::from_secs(1));
        loop {
            let step = tokio::select! {
                () = ended.cancelled() => Step::Close(Close::SessionEnded),
                () = cut.cancelled() => Step::Close(Close::Slow),
                () = self.live.drain.cancelled() => return self.drain(writer).await,
                Some(answer) = self.pending.next(), if !self.pending.is_empty() => Step::Answer(answer),
                queued = writer.queued.next() => Step::Write(queued?),
                message = stream.next(), if self.pending.len() < UNDER_WAY => Step::Message(message?.ok()?),
                _ = beat.tick() => Step::Tick,
            };
            let close = match step {
                Step::Close(close) => Some(close),
                Step::Answer(answer) => {
                    if let Some(answer) = answer {
                        self.outbox.push(answer);
                    }
                    None
                }
                Step::Write(first) => {
                    writer.write(first).await?;
                    None
                }
                Step::Message(message) => self.message(message, &mut writer).await,
                Step::Tick => {
                    let actions = self.session.tick(self.began.elapsed());
                    self.act(actions, &mut writer).await
                }
            };
            if let Some(close) = close {
                writer.close(close).await;
                return Some(close);
            }
        }
    }

    async fn message(&mut self, message: Message, writer: &mut Writer) -> Option<Close> {
        let now = self.began.elapsed();
        match message {
            Message::Text(text) => {
                let actions = self.session.frame(&text, now);
                self.act(actions, writer).await
            }
            Message::Binary(_) => Some(Close::BadFrame),
            Message::Ping(_) | Message::Pong(_) => {
                self.session.heard(now);
                None
            }
            Message::Close(_) => {
                self.outbox.cut();
                None
            }
        }
    }

    async fn act(&mut self, actions: Vec<Action>, writer: &mut Writer) -> Option<Close> {
        for action in actions {
            match action {
                Action::Send(frame) => self.outbox.push(frame),
                Action::Ping => writer.ping().await,
                Action::Positions => {
                    let streams = self.live.hubs.positions(self.session.streams());
                    self.outbox.push(frame::print(&ServerFrame::Positions { streams }));
                }
                Action::Join { id, stream, since } => {
                    let join = Join { connection: self.id, person: self.viewer.id, format: self.format, id, since };
                    self.live.hubs.join(stream, join, Arc::clone(&self.outbox)).await;
                }
                Action::Leave(stream) => self.live.hubs.leave(stream, self.id).await,
                Action::Watch(stream, threads) => {
                    self.live.hubs.watch(stream, self.id, HashSet::from_iter(threads)).await;
                }
                Action::Run(command) => {
                    let answer = (self.live.run)(self.viewer.clone(), command).await;
                    self.pending.push_back(answer);
                }
                Action::Close(close) => return Some(close),
            }
        }
        None
    }

    /// Says good-bye, answers what is under way, and closes: clients come back at different times.
    async fn drain(&mut self, mut writer: Writer) -> Option<Close> {
        let after_ms = rand::random_range(0..SPREAD_MS);
        while let Some(answer) = self.pending.next().await {
            if let Some(answer) = answer {
                self.outbox.push(answer);
            }
        }
        self.outbox.push(frame::print(&ServerFrame::Bye { after_ms }));
        while let Some(frame) = writer.queued.next_now() {
            writer.write(frame).await?;
        }
        writer.close(Close::Draining).await;
        Some(Close::Draining)
    }
}

enum Step {
    Close(Close),
    Answer(Option<Utf8Bytes>),
    Write(Utf8Bytes),
    Message(Message),
    Tick,
}

struct Writer {
    sink: SplitSink<WebSocket, Message>,
    queued: Queue,
}

impl Writer {
    /// Writes a frame and whatever else waits, with one flush. None if the other side is gone or does not read.
    async fn write(&mut self, first: Utf8Bytes) -> Option<()> {
        let all = async {
            self.sink.feed(Message::Text(first)).await?;
            while let Some(next) = self.queued.next_now() {
                self.sink.feed(Message::Text(next)).await?;
            }
            self.sink.flush().await
        };
        tokio::time::timeout(WRITE, all).await.ok()?.ok()
    }

    async fn ping(&mut self) {
        // A dead connection is found by its silence.
        drop(tokio::time::timeout(WRITE, self.sink.send(Message::Ping(axum::body::Bytes::new()))).await);
    }

    async fn close(&mut self, close: Close) {
        let frame = CloseFrame { code: close as u16, reason: Utf8Bytes::default() };
        // Whether or not it arrives, the connection ends.
        drop(tokio::time::timeout(WRITE, self.sink.send(Message::Close(Some(frame)))).await);
    }
}
