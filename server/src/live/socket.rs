//! The socket: reads frames, runs commands in the order in which they came, and sees to what the others could not write.
//!
//! Nothing here waits for anything alone: while a command is handed in or a slow reader is written to, the end of the
//! session still closes the connection at once (I8). An idle connection is a task that sleeps until its next heartbeat:
//! the events that its hubs tell it are written without waking it.

use std::{
    collections::{HashSet, VecDeque},
    future::Future,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use futures_util::FutureExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tungstenite::{Error, Message, error::ProtocolError};
use uuid::Uuid;
use web::Text;
use words::{StreamId, ThreadId};

use super::{
    allowance::ByPerson,
    by_stream::ByStream,
    connections::{Connections, Registered},
    ending::Ending,
    frame::{self, ClientFrame, ServerFrame},
    hub::{ConnectionId, Format, Join},
    hubs::{Followed, Hubs},
    outbox::{self, Outbox},
    reader::Reader,
    session::{Action, Close, HEARTBEAT, LIMITS, Session, Turn},
    upgrade::Upgrading,
    wire::Chunk,
};
use crate::{clock::Clock, http::Viewer};

/// How long saying why we close, and hearing the other side do so, may take.
const CLOSING: Duration = Duration::from_secs(1);
/// How long a draining server waits for what is under way.
const DRAINING: Duration = Duration::from_secs(10);
/// How long a draining server lets clients come back elsewhere at different times, at most.
const SPREAD_MS: u64 = 5000;

/// The answer of a command, on its way; none for what is not answered.
pub type Answer = Pin<Box<dyn Future<Output = Option<Utf8Bytes>> + Send>>;

/// Runs a command up to the point where its place in the order is taken, and answers later; given by the roof.
pub type Run = Arc<dyn Fn(Viewer, ClientFrame) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// Moves read positions forward, and answers those that it could not move; given by the roof.
pub type Read = Arc<dyn Fn(Viewer, Vec<(ThreadId, i32)>) -> Reading + Send + Sync>;

type Reading = Pin<Box<dyn Future<Output = Vec<(ThreadId, i32)>> + Send>>;

type Placing = Pin<Box<dyn Future<Output = Option<(StreamId, ThreadId)>> + Send>>;

/// What every socket needs.
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
pub async fn serve(live: Arc<Live>, upgrading: Upgrading, viewer: Viewer, format: Format, tab: Option<Uuid>) {
    // How it begins and ends is in memory of its own: there are thousands of connections, and most are idle.
    let Some((_registered, mut connection)) = Box::pin(begin(live, upgrading, viewer, format, tab)).await else {
        return;
    };
    let close = Box::pin(connection.run()).await.err().flatten();
    Box::pin(connection.end(close)).await;
    tracing::debug!(connection = connection.id, code = close.map_or(1000, |close| close as u16), "a connection ended");
}

/// Takes a connection in and welcomes it; none if the other side is gone, or there are too many.
async fn begin(
    live: Arc<Live>,
    upgrading: Upgrading,
    viewer: Viewer,
    format: Format,
    tab: Option<Uuid>,
) -> Option<(Registered, Box<Connection>)> {
    let (stream, begun) = upgrading.stream().await?;
    let stream = Arc::new(stream);
    let registered = live.connections.register(&viewer, tab);
    let ending = registered.as_ref().map_or_else(|_| Arc::default(), Registered::ending);
    let outbox = Arc::new(Outbox::onto(Arc::clone(&stream), Arc::clone(&ending)));
    let reader = Reader::new(stream, begun, Arc::clone(&outbox));
    let Ok(registered) = registered else {
        drop(tokio::time::timeout(CLOSING, outbox.close(Chunk::close(Close::Overloaded as u16))).await);
        return None;
    };
    let connection = Box::new(Connection {
        id: registered.id(),
        session: Session::new(Text::of(viewer.locale), live.counted),
        ending,
        // How matters stood is of the moment of its request, and would weigh on every connection.
        viewer: Viewer { standing: None, ..viewer },
        format,
        outbox,
        held: ByStream::default(),
        began: Instant::now(),
        beginning: None,
        under_way: VecDeque::new(),
        reading: None,
        placing: None,
        reader,
        live,
    });
    connection.welcome();
    Some((registered, connection))
}

struct Connection {
    id: ConnectionId,
    live: Arc<Live>,
    viewer: Viewer,
    format: Format,
    session: Session,
    outbox: Arc<Outbox>,
    /// The hubs of the streams that it follows, or asked to.
    held: ByStream<Followed>,
    began: Instant,
    beginning: Option<Beginning>,
    /// The answers of the commands that were handed in, in their order.
    under_way: VecDeque<Answer>,
    /// Read positions that are being moved.
    reading: Option<Reading>,
    /// The thread in which the person writes, whose stream is being looked for.
    placing: Option<Placing>,
    reader: Reader,
    /// What ends it from our side at any time.
    ending: Arc<Ending>,
}

/// Why a connection ends: with a code that we say, or without a word since the other side is gone.
type Ended = Option<Close>;

enum Step {
    Begun(Answer),
    Answer(Option<Utf8Bytes>),
    Outbox(outbox::Turn),
    Message(Result<Message, Error>),
    Read(Vec<(ThreadId, i32)>),
    Placed(Option<(StreamId, ThreadId)>),
    Tick,
}

impl Connection {
    fn welcome(&self) {
        let now = frame::instant(self.live.clock.now());
        self.outbox.push(Chunk::text(&frame::print(&ServerFrame::Welcome {
            version: 1,
            connection: Uuid::now_v7(),
            build: web::assets::build(),
            heartbeat_ms: u64::try_from(HEARTBEAT.as_millis()).unwrap_or(u64::MAX),
            limits: LIMITS,
            now,
        })));
    }

    /// Runs until the other side goes or we must close.
    async fn run(&mut self) -> Result<(), Ended> {
        let mut beat = std::pin::pin!(tokio::time::sleep_until(self.began + self.session.due()));
        loop {
            self.start_turns();
            self.start_reads();
            self.note_sent();
            self.outbox.flush();
            if beat.deadline() > self.began + self.session.due() {
                beat.as_mut().reset(self.began + self.session.due());
            }
            let step = tokio::select! {
                close = self.ending.reached() => return Err(Some(close)),
                () = self.live.drain.cancelled() => return Box::pin(self.drain()).await,
                answer = done(&mut self.beginning), if self.beginning.is_some() => Step::Begun(answer),
                unmoved = done(&mut self.reading), if self.reading.is_some() => Step::Read(unmoved),
                place = done(&mut self.placing), if self.placing.is_some() => Step::Placed(place),
                answer = next(&mut self.under_way), if !self.under_way.is_empty() => Step::Answer(answer),
                turn = self.outbox.turn() => Step::Outbox(turn),
                message = self.reader.message(), if self.session.reads_on() => Step::Message(message),
                () = &mut beat => Step::Tick,
            };
            match step {
                Step::Begun(answer) => {
                    self.beginning = None;
                    self.under_way.push_back(answer);
                }
                Step::Answer(answer) => self.answer(answer),
                Step::Read(unmoved) => self.read(unmoved),
                Step::Placed(place) => {
                    self.placing = None;
                    self.typing(place);
                }
                Step::Outbox(outbox::Turn::Note) => {}
                Step::Outbox(outbox::Turn::Cut) => return Err(Some(Close::Slow)),
                Step::Message(message) => {
                    let actions = self.message(message)?;
                    self.carry_out(actions).await?;
                }
                Step::Tick => {
                    // What was sent counts for the positions.
                    self.note_sent();
                    let actions = self.session.tick(self.began.elapsed());
                    self.carry_out(actions).await?;
                    beat.as_mut().reset(self.began + self.session.due());
                }
            }
        }
    }

    /// Sends an answer, and those that are ready after it: they are written together.
    fn answer(&mut self, mut answer: Option<Utf8Bytes>) {
        loop {
            if let Some(frame) = answer {
                self.outbox.push(Chunk::text(&frame));
            }
            match next(&mut self.under_way).now_or_never() {
                Some(next) => answer = next,
                None => return,
            }
        }
    }

    /// Tells the hub of a thread's stream, if that is followed here, that the person writes in it.
    fn typing(&self, place: Option<(StreamId, ThreadId)>) {
        if let Some((stream, thread)) = place
            && let Some(followed) = self.held.get(stream)
        {
            followed.typing(self.id, thread);
        }
    }

    /// Takes note of what was sent.
    fn note_sent(&mut self) {
        for standing in self.outbox.sent() {
            if let Some(stream) = self.session.sent(standing) {
                self.held.remove(stream);
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

    /// Some read positions were moved, or could not be.
    fn read(&mut self, unmoved: Vec<(ThreadId, i32)>) {
        self.reading = None;
        self.session.unmoved(unmoved, self.began.elapsed());
    }

    /// Moves all read positions that were told, due or not, and those that could not be moved before once more.
    async fn finish_reads(&mut self) {
        if self.reading.is_some() {
            let unmoved = done(&mut self.reading).await;
            self.read(unmoved);
        }
        let positions = self.session.all_reads();
        if !positions.is_empty() {
            // There is no next time: what is not moved now is new to its reader until it is read again.
            drop((self.live.read)(self.viewer.clone(), positions).await);
        }
    }

    fn message(&mut self, message: Result<Message, Error>) -> Result<Vec<Action>, Ended> {
        let now = self.began.elapsed();
        match message {
            Ok(Message::Text(text)) => Ok(self.session.frame(&text, now)),
            Ok(Message::Ping(_) | Message::Pong(_)) => {
                self.session.heard(now);
                Ok(Vec::new())
            }
            Ok(Message::Close(_)) => {
                self.reader.answer();
                Err(None)
            }
            Err(
                Error::Io(_) | Error::ConnectionClosed | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
            ) => Err(None),
            // Longer than a frame may be, or no text.
            Ok(Message::Binary(_) | Message::Frame(_)) | Err(_) => Err(Some(Close::BadFrame)),
        }
    }

    /// Does what the session asks, unless the connection ends meanwhile: a hub may be busy for long.
    async fn carry_out(&mut self, actions: Vec<Action>) -> Result<(), Ended> {
        if actions.is_empty() {
            return Ok(());
        }
        let (ending, drain, outbox) = (Arc::clone(&self.ending), self.live.drain.clone(), Arc::clone(&self.outbox));
        // In memory of their own, for as long as it takes.
        let carried_out = Box::pin(async {
            tokio::select! {
                close = ending.reached() => Some(Err(Some(close))),
                () = drain.cancelled() => None,
                never = outbox.write_deferred() => match never {},
                acted = self.act(actions) => Some(acted),
            }
        });
        match carried_out.await {
            Some(acted) => acted,
            None => Box::pin(self.drain()).await,
        }
    }

    async fn act(&mut self, actions: Vec<Action>) -> Result<(), Ended> {
        for action in actions {
            match action {
                Action::Send(frame) => self.outbox.push(Chunk::text(&frame)),
                Action::Ping => self.outbox.push(Chunk::ping()),
                Action::Join { ticket, stream, since, watched } => {
                    let Viewer { id: person, locale, .. } = self.viewer;
                    let join = Join { connection: self.id, person, format: self.format, locale, ticket, since };
                    let followed = self.live.hubs.follow(stream);
                    self.held.insert(followed.clone());
                    followed.join(join, HashSet::from_iter(watched), Arc::clone(&self.outbox)).await;
                }
                Action::Leave(stream) => {
                    if let Some(followed) = self.held.remove(stream) {
                        followed.leave(self.id).await;
                    }
                }
                Action::Watch(stream, threads) => {
                    if let Some(followed) = self.held.get(stream) {
                        followed.watch(self.id, HashSet::from_iter(threads)).await;
                    }
                }
                // Another may be looked for: this one is lost, as anything that passes may be.
                Action::Typing(thread) => {
                    self.placing.get_or_insert_with(|| Box::pin(self.live.hubs.clone().place_of(thread)));
                }
                Action::Close(close) => return Err(Some(close)),
            }
        }
        Ok(())
    }

    /// Says good-bye, answers what is under way, and closes: clients come back at different times.
    async fn drain(&mut self) -> Result<(), Ended> {
        self.outbox.push(Chunk::text(&bye()));
        self.outbox.flush();
        let ending = Arc::clone(&self.ending);
        let answers = async {
            if let Some(beginning) = self.beginning.take() {
                self.under_way.push_back(beginning.await);
            }
            while !self.under_way.is_empty() {
                let answer = next(&mut self.under_way).await;
                self.answer(answer);
                self.outbox.flush();
            }
            self.finish_reads().await;
            self.outbox.written().await;
        };
        tokio::select! {
            close = ending.reached() => Err(Some(close)),
            // What takes longer is not acked: its sender asks again by the same id.
            _ = tokio::time::timeout(DRAINING, answers) => Err(Some(Close::Draining)),
        }
    }

    /// Says why it ends, where there is somebody to hear it, and lets everything go.
    async fn end(&mut self, close: Option<Close>) {
        if let Some(close) = close {
            let said = async {
                self.outbox.close(Chunk::close(close as u16)).await;
                self.reader.until_closed().await;
            };
            // Whether or not it arrives, the connection ends.
            drop(tokio::time::timeout(CLOSING, said).await);
        }
        // Whoever still gives to it knows from now on that nobody takes.
        self.outbox.end();
        drop(tokio::time::timeout(DRAINING, self.finish_reads()).await);
        let leave = async {
            for followed in self.held.drain() {
                followed.leave(self.id).await;
            }
        };
        // A hub that is busy for longer finds out by itself.
        drop(tokio::time::timeout(DRAINING, leave).await);
    }
}

/// What a draining server says: to come back, at different times.
pub fn bye() -> Utf8Bytes {
    frame::print(&ServerFrame::Bye { after_ms: rand::random_range(0..SPREAD_MS) })
}

/// Waits for the first answer, and takes it; for ever if none is on its way.
async fn next(under_way: &mut VecDeque<Answer>) -> Option<Utf8Bytes> {
    let Some(answer) = under_way.front_mut() else { return std::future::pending().await };
    let answer = answer.await;
    under_way.pop_front();
    answer
}

/// Waits for what is under way; for ever if nothing is.
async fn done<T>(under_way: &mut Option<Pin<Box<dyn Future<Output = T> + Send>>>) -> T {
    match under_way {
        Some(under_way) => under_way.await,
        None => std::future::pending().await,
    }
}
