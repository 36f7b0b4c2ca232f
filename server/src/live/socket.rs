//! The socket: reads frames, runs commands in the order in which they came, writes what is queued together.
//!
//! Nothing here waits for anything alone: while a command is handed in or a slow reader is written to, the end of the
//! session still closes the connection at once (I8).

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    pin::Pin,
    sync::Arc,
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
use web::Text;
use words::{StreamId, ThreadId};

use super::{
    allowance::ByPerson,
    connections::{Connections, Ending},
    frame::{self, ClientFrame, ServerFrame},
    hub::{ConnectionId, Format, Join},
    hubs::{Followed, Hubs},
    outbox::Outbox,
    session::{Action, Close, HEARTBEAT, LIMITS, Session, Turn},
};
use crate::{clock::Clock, http::Viewer};

/// How long one write may take.
const WRITE: Duration = Duration::from_secs(10);
/// How long saying why we close may take.
const CLOSING: Duration = Duration::from_secs(1);
/// How long a draining server waits for what is under way.
const DRAINING: Duration = Duration::from_secs(10);
/// How many frames are written before anything else is looked at.
const TOGETHER: usize = 128;
/// How long a draining server lets clients come back elsewhere at different times, at most.
const SPREAD_MS: u64 = 5000;

/// The answer of a command, on its way; none for what is not answered.
pub type Answer = Pin<Box<dyn Future<Output = Option<Utf8Bytes>> + Send>>;

/// Runs a command up to the point where its place in the order is taken, and answers later; given by the roof.
pub type Run = Arc<dyn Fn(Viewer, ClientFrame) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// Moves read positions forward; given by the roof.
pub type Read = Arc<dyn Fn(Viewer, Vec<(ThreadId, i32)>) -> Reading + Send + Sync>;

type Reading = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What every socket needs.
#[derive(Clone)]
pub struct Live {
    /// The hubs.
    pub hubs: Hubs,
    /// Who is connected.
    pub connections: Connections,
    /// How commands are run.
    pub run: Run,
    /// How read positions are moved.
    pub read: Read,
    /// What people who poll have taken of their allowances.
    pub by_person: Arc<ByPerson>,
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

/// A command that is being handed in.
type Beginning = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Serves a connection until it ends, for whatever reason.
pub async fn serve(live: Live, mut socket: WebSocket, viewer: Viewer, format: Format, tab: Option<Uuid>) {
    let _held = live.sockets.token();
    let Ok(registered) = live.connections.register(&viewer, tab) else {
        return say_close(&mut socket, Close::Overloaded).await;
    };
    let id = registered.id();
    let (sink, stream) = socket.split();
    let outbox = Arc::new(Outbox::default());
    let ends = Ends { ending: registered.ending(), cut: outbox.cutting() };
    let mut connection = Connection {
        id,
        session: Session::new(Text::of(viewer.locale), live.counted),
        viewer,
        format,
        outbox: Arc::clone(&outbox),
        held: HashMap::new(),
        began: Instant::now(),
        beginning: None,
        under_way: FuturesOrdered::new(),
        reading: None,
        sink,
        ends,
        live,
    };
    connection.welcome();
    let close = connection.run(stream).await.err().flatten();
    if let Some(close) = close {
        say_close(&mut connection.sink, close).await;
    }
    // Whoever still gives to it knows from now on that nobody takes.
    outbox.cut();
    drop(tokio::time::timeout(DRAINING, connection.finish_reads()).await);
    for (_, followed) in connection.held.drain() {
        followed.leave(id).await;
    }
    tracing::debug!(connection = id, code = close.map_or(1000, |close| close as u16), "a connection ended");
}

struct Connection {
    id: ConnectionId,
    live: Live,
    viewer: Viewer,
    format: Format,
    session: Session,
    outbox: Arc<Outbox>,
    /// The hubs of the streams that it follows, or asked to.
    held: HashMap<StreamId, Followed>,
    began: Instant,
    beginning: Option<Beginning>,
    under_way: FuturesOrdered<Answer>,
    /// Read positions that are being moved.
    reading: Option<Reading>,
    sink: SplitSink<WebSocket, Message>,
    ends: Ends,
}

/// What ends a connection from our side at any time.
#[derive(Clone)]
struct Ends {
    ending: Arc<Ending>,
    cut: CancellationToken,
}

/// Why a connection ends: with a code that we say, or without a word since the other side is gone.
type Ended = Option<Close>;

enum Step {
    Begun(Answer),
    Answer(Option<Utf8Bytes>),
    Write,
    Message(Option<Result<Message, axum::Error>>),
    Read,
    Tick,
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

    /// Runs until the other side goes or we must close.
    async fn run(&mut self, mut stream: SplitStream<WebSocket>) -> Result<(), Ended> {
        let mut beat = tokio::time::interval(Duration::from_secs(1));
        loop {
            self.start_turns();
            self.start_reads();
            let step = tokio::select! {
                close = self.ends.reached() => return Err(Some(close)),
                () = self.live.drain.cancelled() => return self.drain().await,
                answer = begun(&mut self.beginning), if self.beginning.is_some() => Step::Begun(answer),
                () = done(&mut self.reading), if self.reading.is_some() => Step::Read,
                Some(answer) = self.under_way.next(), if !self.under_way.is_empty() => Step::Answer(answer),
                () = self.outbox.filled() => Step::Write,
                message = stream.next(), if self.session.reads_on() => Step::Message(message),
                _ = beat.tick() => Step::Tick,
            };
            match step {
                Step::Begun(answer) => {
                    self.beginning = None;
                    self.under_way.push_back(answer);
                }
                Step::Answer(answer) => {
                    if let Some(answer) = answer {
                        self.outbox.push(answer);
                    }
                }
                Step::Read => self.reading = None,
                Step::Write => self.write().await?,
                Step::Message(message) => self.message(message.ok_or(None)?).await?,
                Step::Tick => {
                    let actions = self.session.tick(self.began.elapsed());
                    self.act(actions).await?;
                }
            }
        }
    }

    /// Begins the commands whose turn it is.
    fn start_turns(&mut self) {
        while let Some(turn) = self.session.turn(self.beginning.is_some(), self.under_way.len()) {
            match turn {
                Turn::Run(command) => self.beginning = Some((self.live.run)(self.viewer.clone(), command)),
                Turn::Refuse(frame) => self.under_way.push_back(Box::pin(std::future::ready(Some(frame)))),
            }
        }
    }

    /// Moves the read positions that are due, one lot after the other.
    fn start_reads(&mut self) {
        if self.reading.is_none()
            && let Some(positions) = self.session.due_reads()
        {
            self.reading = Some((self.live.read)(self.viewer.clone(), positions));
        }
    }

    /// Moves all read positions that were told, due or not.
    async fn finish_reads(&mut self) {
        if let Some(reading) = self.reading.take() {
            reading.await;
        }
        let positions = self.session.all_reads();
        if !positions.is_empty() {
            (self.live.read)(self.viewer.clone(), positions).await;
        }
    }

    async fn message(&mut self, message: Result<Message, axum::Error>) -> Result<(), Ended> {
        let now = self.began.elapsed();
        match message {
            Ok(Message::Text(text)) => {
                let actions = self.session.frame(&text, now);
                self.act(actions).await
            }
            Ok(Message::Ping(_) | Message::Pong(_)) => {
                self.session.heard(now);
                Ok(())
            }
            Ok(Message::Close(_)) => {
                // The library answers the close when it is next used.
                drop(tokio::time::timeout(CLOSING, self.sink.flush()).await);
                Err(None)
            }
            // Longer than a frame may be, or no text: if it is the network that failed, nobody hears the code.
            Ok(Message::Binary(_)) | Err(_) => Err(Some(Close::BadFrame)),
        }
    }

    async fn act(&mut self, actions: Vec<Action>) -> Result<(), Ended> {
        for action in actions {
            match action {
                Action::Send(frame) => self.outbox.push(frame),
                Action::Ping => {
                    let ping = self.sink.send(Message::Ping(axum::body::Bytes::new()));
                    self.ends.unless(ping).await?;
                }
                Action::Join { ticket, stream, since, watched } => {
                    let Viewer { id: person, locale, .. } = self.viewer;
                    let join = Join { connection: self.id, person, format: self.format, locale, ticket, since };
                    let held = self.held.entry(stream).or_insert_with(|| self.live.hubs.follow(stream));
                    held.join(join, HashSet::from_iter(watched), Arc::clone(&self.outbox)).await;
                }
                Action::Leave(stream) => {
                    if let Some(followed) = self.held.remove(&stream) {
                        followed.leave(self.id).await;
                    }
                }
                Action::Watch(stream, threads) => {
                    if let Some(followed) = self.held.get(&stream) {
                        followed.watch(self.id, HashSet::from_iter(threads)).await;
                    }
                }
                Action::Close(close) => return Err(Some(close)),
            }
        }
        Ok(())
    }

    /// Writes what waits, with one flush.
    async fn write(&mut self) -> Result<(), Ended> {
        let Self { sink, outbox, session, held, ends, .. } = self;
        let all = async {
            for _ in 0..TOGETHER {
                let Some(parcel) = outbox.take() else { break };
                sink.feed(Message::Text(parcel.frame)).await?;
                if let Some(stream) = session.sent(parcel.standing) {
                    held.remove(&stream);
                }
            }
            sink.flush().await
        };
        ends.unless(all).await
    }

    /// Says good-bye, answers what is under way, and closes: clients come back at different times.
    async fn drain(&mut self) -> Result<(), Ended> {
        self.outbox.push(bye());
        self.write().await?;
        let answers = async {
            if let Some(beginning) = self.beginning.take() {
                self.under_way.push_back(beginning.await);
            }
            while let Some(answer) = self.under_way.next().await {
                if let Some(answer) = answer {
                    self.outbox.push(answer);
                }
            }
            self.finish_reads().await;
        };
        // What takes longer is not acked: its sender asks again by the same id.
        drop(tokio::time::timeout(DRAINING, answers).await);
        self.write().await?;
        Err(Some(Close::Draining))
    }
}

impl Ends {
    async fn reached(&self) -> Close {
        tokio::select! {
            biased;
            close = self.ending.reached() => close,
            () = self.cut.cancelled() => Close::Slow,
        }
    }

    /// Writes, unless the connection must end before it is done.
    async fn unless(&self, writing: impl Future<Output = Result<(), axum::Error>>) -> Result<(), Ended> {
        tokio::select! {
            close = self.reached() => Err(Some(close)),
            written = tokio::time::timeout(WRITE, writing) => match written {
                Ok(written) => written.map_err(|_| None),
                Err(_) => Err(Some(Close::Slow)),
            },
        }
    }
}

async fn say_close(sink: &mut (impl SinkExt<Message> + Unpin), close: Close) {
    let frame = CloseFrame { code: close as u16, reason: Utf8Bytes::default() };
    // Whether or not it arrives, the connection ends.
    drop(tokio::time::timeout(CLOSING, sink.send(Message::Close(Some(frame)))).await);
}

/// What a draining server says: to come back, at different times.
pub fn bye() -> Utf8Bytes {
    frame::print(&ServerFrame::Bye { after_ms: rand::random_range(0..SPREAD_MS) })
}

/// Waits until read positions are moved, if some are being.
async fn done(reading: &mut Option<Reading>) {
    if let Some(reading) = reading {
        reading.await;
    }
}

/// Waits for a command to be handed in; for ever if there is none.
async fn begun(beginning: &mut Option<Beginning>) -> Answer {
    match beginning {
        Some(beginning) => beginning.await,
        None => std::future::pending().await,
    }
}
