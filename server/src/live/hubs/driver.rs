//! The I/O around one hub. Every reading and printing is a future of the hub's own task, so that they end with it.

use std::{collections::HashMap, panic::AssertUnwindSafe, pin::Pin, sync::Arc, sync::atomic::Ordering, time::Duration};

use axum::extract::ws::Utf8Bytes;
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;
use web::Text;
use words::{Locale, PersonId, StreamId};

use super::{Asked, Hubs, POLL, Request, Wake};
use crate::{
    db::promptly,
    error::{Error, Result},
    http::problem,
    live::{
        frame::{self, Content, ServerFrame, Somebody},
        hub::{
            Afterwards, Broken, ConnectionId, Hub, Pass, Printed, READ, Shown, TTL, Ticket, Todo, Typing, Variant,
            Wanted,
        },
        log::{Entry, Kind},
        outbox::{Outbox, Parcel, Standing},
        store,
        wire::Chunk,
    },
};

/// How many requests are taken before the hub is asked what to do about them.
const REQUESTS: usize = 256;
/// How many connections are written to before others have their turn.
const IN_A_ROW: usize = 64;
/// How many polls pass between two looks at who has gone without a word.
const SWEEP_POLLS: u32 = 30;
/// How long passes between two rounds of who writes.
const ROUND: Duration = Duration::from_secs(1);
/// When a request that met no database may be sent again.
const RETRY_MS: u64 = 1000;

/// What a hub asked for, once it is there.
enum Learnt {
    Origin(Uuid, i64),
    Rights(Option<HashMap<PersonId, i64>>),
    Events(Option<Vec<Entry>>),
    Older { after: i64, up_to: i64, entries: Option<Vec<Entry>> },
    Printed(Pass, Vec<Printed>, Vec<(PersonId, i64)>),
    Room(ConnectionId),
    Typists(Shown),
    Rested,
}

impl Learnt {
    /// The same, as if it could not have been read. Of what was printed nothing is left but that it is wanted still.
    fn unread(self) -> Self {
        match self {
            Self::Rights(_) => Self::Rights(None),
            Self::Events(_) => Self::Events(None),
            Self::Older { after, up_to, .. } => Self::Older { after, up_to, entries: None },
            Self::Printed(pass, printed, _) => {
                Self::Printed(pass, printed.into_iter().map(Printed::unavailable).collect(), Vec::new())
            }
            Self::Typists(_) => Self::Typists(Shown::default()),
            Self::Origin(..) | Self::Room(_) | Self::Rested => self,
        }
    }
}

type Job = Pin<Box<dyn Future<Output = Learnt> + Send>>;

pub(super) struct Driver {
    hubs: Hubs,
    stream: StreamId,
    wake: Arc<Wake>,
    epoch: watch::Receiver<Option<Uuid>>,
    outboxes: HashMap<ConnectionId, Arc<Outbox>>,
    /// Those that were given something that is not written yet.
    given: Vec<Arc<Outbox>>,
    until_sweep: u32,
    jobs: FuturesUnordered<Job>,
}

impl Driver {
    pub(super) fn new(hubs: Hubs, stream: StreamId, wake: Arc<Wake>) -> Self {
        let epoch = hubs.0.db.epochs();
        Self {
            hubs,
            stream,
            wake,
            epoch,
            outboxes: HashMap::new(),
            given: Vec::new(),
            until_sweep: SWEEP_POLLS,
            jobs: FuturesUnordered::new(),
        }
    }

    /// Serves until nobody holds the stream any more, or the server stops.
    pub(super) async fn run(mut self, asked: mpsc::Receiver<Request>) {
        let stop = self.hubs.0.stop.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.serve(asked) => {}
        }
        self.hubs.forget(self.stream);
    }

    async fn serve(&mut self, mut asked: mpsc::Receiver<Request>) {
        let Some(mut hub) = self.first_look(&mut asked).await else { return };
        let mut requests = Vec::new();
        loop {
            tokio::select! {
                taken = asked.recv_many(&mut requests, REQUESTS) => match taken {
                    0 => return,
                    _ => requests.drain(..).for_each(|request| self.take(&mut hub, request)),
                },
                Some(learnt) = self.jobs.next(), if !self.jobs.is_empty() => self.learn(&mut hub, learnt),
                () = self.wake.bell.notified() => self.woken(&mut hub),
                changed = self.epoch.changed() => match changed {
                    Ok(()) => self.look_again(&hub),
                    Err(_) => return,
                },
            }
            for todo in hub.advance(self.hubs.0.db.clock().now()) {
                self.carry_out(hub.epoch(), todo);
            }
            self.write().await;
        }
    }

    /// Starts from where the log ends. While the database is away, who asks is told so.
    async fn first_look(&mut self, asked: &mut mpsc::Receiver<Request>) -> Option<Hub> {
        loop {
            match promptly(origin(&self.hubs, self.stream)).await {
                Ok((epoch, last)) => return Some(Hub::new(epoch, last)),
                Err(error) => tracing::debug!(%error, "a stream could not be read"),
            }
            while let Ok(request) = asked.try_recv() {
                if let Request::Join(join, _, outbox) = request {
                    outbox.give(unavailable(self.stream, join.ticket, join.locale));
                    outbox.flush();
                }
            }
            if asked.is_closed() {
                return None;
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn take(&mut self, hub: &mut Hub, request: Request) {
        match request {
            Request::Join(join, watched, outbox) => {
                let connection = join.connection;
                self.outboxes.insert(connection, outbox);
                hub.join(join);
                // With the join, or a replay could begin without them.
                hub.watch(connection, watched);
            }
            Request::Leave(connection) => {
                hub.leave(connection);
                self.outboxes.remove(&connection);
            }
            Request::Watch(connection, threads) => hub.watch(connection, threads),
            Request::Typing(connection, thread) => hub.typing(connection, thread),
            Request::TypingElsewhere(typing) => hub.typing_elsewhere(typing),
            // Who does not wait any more does not need to know.
            Request::Done(sender) => drop(sender.send(())),
        }
    }

    fn woken(&mut self, hub: &mut Hub) {
        let (hinted, polled) = self.wake.look();
        if let Some(seq) = hinted {
            hub.hinted(seq);
        }
        if let Some(last) = polled {
            hub.polled(last);
            self.until_sweep = self.until_sweep.checked_sub(1).unwrap_or_else(|| {
                self.sweep(hub);
                SWEEP_POLLS
            });
        }
    }

    /// Lets those go whose connection has ended without a word.
    fn sweep(&mut self, hub: &mut Hub) {
        self.outboxes.retain(|&connection, outbox| {
            let stays = !outbox.is_cut();
            if !stays {
                hub.leave(connection);
            }
            stays
        });
    }

    fn look_again(&mut self, hub: &Hub) {
        if self.epoch.borrow_and_update().is_some_and(|epoch| epoch != hub.epoch()) {
            self.reread();
        }
    }

    fn learn(&mut self, hub: &mut Hub, mut learnt: Learnt) {
        // It may be of another log than the hub's: the origin is being read anew.
        if self.epoch.borrow().is_some_and(|epoch| epoch != hub.epoch()) {
            learnt = learnt.unread();
        }
        if matches!(learnt, Learnt::Rights(None) | Learnt::Events(None) | Learnt::Older { entries: None, .. }) {
            self.hubs.0.metrics.read_errors.fetch_add(1, Ordering::Relaxed);
        }
        match learnt {
            Learnt::Rights(began) => hub.rights(began.as_ref()),
            Learnt::Events(entries) => hub.fetched(entries),
            Learnt::Older { after, up_to, entries } => hub.older(after, up_to, entries),
            Learnt::Printed(pass, printed, ends) => hub.printed(pass, printed, &ends),
            Learnt::Room(connection) => hub.room(connection),
            Learnt::Typists(shown) => hub.typists(&shown),
            Learnt::Rested => hub.rested(),
            Learnt::Origin(epoch, last) => {
                if hub.reread(epoch, last) == Afterwards::BeginAgain {
                    self.jobs.clear();
                }
            }
        }
    }

    /// Writes to each connection all that it was given. The bytes of an event leave from here: a thousand readers cost
    /// a thousand writes, and wake no task of theirs.
    async fn write(&mut self) {
        for outboxes in std::mem::take(&mut self.given).chunks(IN_A_ROW) {
            for outbox in outboxes {
                outbox.flush();
            }
            if outboxes.len() == IN_A_ROW {
                tokio::task::yield_now().await;
            }
        }
    }

    fn carry_out(&mut self, epoch: Uuid, todo: Todo) {
        let stream = self.stream;
        match todo {
            Todo::Rights(people) => self.ask_rights(people),
            Todo::Read { after } => self.read(after),
            Todo::Older { after, up_to } => self.read_older(after, up_to),
            Todo::Print(pass, wanted) => self.print(pass, wanted),
            Todo::AwaitRoom(connection) => self.await_room(connection),
            Todo::Answer { connection, ticket: Ticket { number, id }, seq, outcome, from } => {
                let standing = Standing::Answered { stream, number, from };
                let frame = frame::print(&ServerFrame::Subscribed { id, stream, epoch, seq, result: outcome });
                self.give(connection, Parcel { chunk: Chunk::text(&frame), standing });
            }
            Todo::Out { connection, seq, outcome } => {
                let frame = frame::print(&ServerFrame::Subscribed { id: None, stream, epoch, seq, result: outcome });
                self.give(connection, Parcel { chunk: Chunk::text(&frame), standing: Standing::Out(stream) });
            }
            Todo::Unavailable { connection, ticket, locale } => {
                self.give(connection, unavailable(stream, ticket, locale));
            }
            Todo::Events { connections, seqs, chunk } => {
                let standing = Standing::At(stream, *seqs.end());
                for connection in connections {
                    self.give(connection, Parcel { chunk: chunk.clone(), standing });
                }
            }
            Todo::Live { connection, seq } => {
                let frame = frame::print(&ServerFrame::Live { stream, seq });
                self.give(connection, Parcel { chunk: Chunk::text(&frame), standing: Standing::Same });
            }
            Todo::Typists { typing, here, listeners } => self.ask_typists(typing, here, listeners),
            Todo::Pass { connections, chunk } => {
                for outbox in connections.iter().filter_map(|connection| self.outboxes.get(connection)) {
                    outbox.pass(chunk.clone());
                    self.given.push(Arc::clone(outbox));
                }
            }
            Todo::Rest => self.jobs.push(Box::pin(async {
                tokio::time::sleep(ROUND).await;
                Learnt::Rested
            })),
            Todo::Reread(broken) => {
                if let Broken::Gap { expected, found } = broken {
                    self.hubs.0.metrics.gaps.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(%stream, expected, found, "the log has a hole");
                }
                self.reread();
            }
        }
    }

    fn give(&mut self, connection: ConnectionId, parcel: Parcel) {
        let Some(outbox) = self.outboxes.get(&connection) else { return };
        let was_cut = outbox.is_cut();
        outbox.give(parcel);
        if outbox.is_cut() && !was_cut {
            self.hubs.0.metrics.slow.fetch_add(1, Ordering::Relaxed);
        }
        // What a connection is given in a row is written together.
        if self.given.last().is_none_or(|last| !Arc::ptr_eq(last, outbox)) {
            self.given.push(Arc::clone(outbox));
        }
    }

    fn ask_rights(&mut self, people: Vec<PersonId>) {
        let (hubs, stream) = (self.hubs.clone(), self.stream);
        hubs.0.metrics.rights.fetch_add(1, Ordering::Relaxed);
        self.jobs.push(Box::pin(async move {
            let read = async {
                let mut connection = hubs.0.db.live_pool().acquire().await?;
                (hubs.0.roof.may_follow)(&mut connection, stream, &people).await
            };
            Learnt::Rights(known(promptly(read).await, "rights could not be read"))
        }));
    }

    fn read(&mut self, after: i64) {
        let (hubs, stream) = (self.hubs.clone(), self.stream);
        self.jobs.push(Box::pin(async move {
            Learnt::Events(known(promptly(events(&hubs, stream, after, i64::MAX)).await, "events could not be read"))
        }));
    }

    fn read_older(&mut self, after: i64, up_to: i64) {
        let (hubs, stream) = (self.hubs.clone(), self.stream);
        self.jobs.push(Box::pin(async move {
            let entries = known(promptly(events(&hubs, stream, after, up_to)).await, "older events could not be read");
            Learnt::Older { after, up_to, entries }
        }));
    }

    fn print(&mut self, pass: Pass, wanted: Vec<Wanted>) {
        let (hubs, stream) = (self.hubs.clone(), self.stream);
        self.jobs.push(Box::pin(async move {
            let (printed, ends) = printed(&hubs, stream, wanted).await;
            Learnt::Printed(pass, printed, ends)
        }));
    }

    /// Asks the database each time: whoever changes their mind is told of no more, and told no more, from the next
    /// round on, on every node.
    fn ask_typists(&mut self, typing: Vec<Typing>, here: Vec<Typing>, listeners: Vec<PersonId>) {
        let (hubs, stream) = (self.hubs.clone(), self.stream);
        self.jobs.push(Box::pin(async move {
            let read = async {
                let mut connection = hubs.0.db.live_pool().acquire().await?;
                (hubs.0.roof.show_typing)(&mut connection, stream, &typing, &listeners).await
            };
            let willing = known(promptly(read).await, "who writes could not be read").unwrap_or_default();
            for (typing, _) in willing.typing.iter().filter(|(typing, _)| here.contains(typing)) {
                // Where there is one node nobody listens.
                drop(hubs.0.typings.send((stream, *typing)));
            }
            let frames = willing.typing.iter().map(|(typing, name)| (*typing, print_typing(stream, *typing, name)));
            Learnt::Typists(Shown { frames: frames.collect(), listeners: willing.listeners })
        }));
    }

    fn await_room(&mut self, connection: ConnectionId) {
        if let Some(outbox) = self.outboxes.get(&connection).cloned() {
            self.jobs.push(Box::pin(async move {
                outbox.has_room().await;
                Learnt::Room(connection)
            }));
        }
    }

    /// Reads the epoch and the end of the log anew.
    fn reread(&mut self) {
        let (hubs, stream) = (self.hubs.clone(), self.stream);
        self.jobs.push(Box::pin(async move {
            loop {
                match promptly(origin(&hubs, stream)).await {
                    Ok((epoch, last)) => return Learnt::Origin(epoch, last),
                    Err(error) => tracing::debug!(%error, "a stream could not be read anew"),
                }
                tokio::time::sleep(POLL).await;
            }
        }));
    }
}

/// The epoch, and where a stream ends. A stream that does not exist ends before its first event.
async fn origin(hubs: &Hubs, stream: StreamId) -> Result<(Uuid, i64)> {
    let db = &hubs.0.db;
    let mut connection = db.live_pool().acquire().await?;
    let epoch = db.epoch_of(&mut connection).await?;
    let last = store::last_seqs(&mut connection, &[stream.0]).await?;
    Ok((epoch, last.first().map_or(0, |(_, seq)| *seq)))
}

async fn events(hubs: &Hubs, stream: StreamId, after: i64, up_to: i64) -> Result<Vec<Entry>> {
    hubs.0.metrics.queries.fetch_add(1, Ordering::Relaxed);
    let mut connection = hubs.0.db.live_pool().acquire().await?;
    store::events(&mut connection, stream, after, up_to, READ).await
}

fn known<T>(read: Result<T>, otherwise: &'static str) -> Option<T> {
    read.inspect_err(|error| tracing::debug!(%error, otherwise)).ok()
}

/// Prints events in the wanted forms. Without a database it is tried again later; any other failure, and a kind that
/// this build does not know, must hold nobody up: followers are told to fetch the part (I20).
///
/// With them come the memberships that had ended when the subjects were read: read afterwards, so that whoever is not
/// among them was a member at all that is printed (I8).
async fn printed(hubs: &Hubs, stream: StreamId, wanted: Vec<Wanted>) -> (Vec<Printed>, Vec<(PersonId, i64)>) {
    let asked = |Wanted { entry, variants }: &Wanted| {
        entry.recorded(stream).map(|event| Asked { event, variants: variants.clone() })
    };
    let asked: Vec<_> = wanted.iter().filter_map(asked).collect();
    let mut rendered = if asked.is_empty() { Vec::new() } else { rendered(hubs, &asked).await }.into_iter();
    let after = wanted.last().map_or(0, |wanted| wanted.entry.seq);
    let ends = known(ends(hubs, stream, after).await, "ends of memberships could not be read");
    if ends.is_none() {
        rendered = wanted.iter().map(|_| Err(Error::Unavailable)).collect::<Vec<_>>().into_iter();
    }
    let mut printed = Vec::with_capacity(wanted.len());
    for Wanted { entry, variants } in wanted {
        let is_known = matches!(entry.kind, Kind::Known(_));
        let contents = rendered.by_ref().take(usize::from(is_known)).next().unwrap_or_else(|| Ok(Vec::new()));
        printed.push(print(hubs, stream, &entry, variants, contents));
        tokio::task::consume_budget().await;
    }
    (printed, ends.unwrap_or_default())
}

async fn ends(hubs: &Hubs, stream: StreamId, after: i64) -> Result<Vec<(PersonId, i64)>> {
    let mut connection = hubs.0.db.live_pool().acquire().await?;
    store::ends(&mut connection, stream, after).await
}

/// Renders events together. If that fails as a whole, each is tried alone, so that a bad one never fails its neighbours.
async fn rendered(hubs: &Hubs, asked: &[Asked]) -> Vec<Result<Vec<Content>>> {
    hubs.0.metrics.renders.fetch_add(1, Ordering::Relaxed);
    match promptly(render(hubs, asked)).await {
        Ok(rendered) => rendered,
        Err(Error::Unavailable) => asked.iter().map(|_| Err(Error::Unavailable)).collect(),
        Err(error) => {
            tracing::warn!(%error, events = asked.len(), "events could not be read together and are read one by one");
            let mut rendered = Vec::with_capacity(asked.len());
            for asked in asked {
                let alone = promptly(render(hubs, std::slice::from_ref(asked))).await;
                rendered.push(alone.and_then(|mut alone| alone.pop().unwrap_or_else(|| Ok(Vec::new()))));
            }
            rendered
        }
    }
}

/// What panics on one event must not end the hub, and with it everybody's other events.
async fn render(hubs: &Hubs, asked: &[Asked]) -> Result<Vec<Result<Vec<Content>>>> {
    let rendering = AssertUnwindSafe((hubs.0.roof.render)(&hubs.0.db, asked)).catch_unwind();
    rendering.await.unwrap_or_else(|_| Err(std::io::Error::other("the rendering panicked").into()))
}

fn print(
    hubs: &Hubs,
    stream: StreamId,
    entry: &Entry,
    variants: Vec<Variant>,
    contents: Result<Vec<Content>>,
) -> Printed {
    let contents = match contents {
        Ok(contents) => contents,
        Err(Error::Unavailable) => {
            let forms = variants.into_iter().map(|variant| (variant, None)).collect();
            return Printed { seq: entry.seq, forms };
        }
        Err(error) => {
            tracing::warn!(%error, %stream, seq = entry.seq, "an event could not be rendered");
            Vec::new()
        }
    };
    let mut contents = contents.into_iter();
    hubs.0.metrics.prints.fetch_add(variants.len() as u64, Ordering::Relaxed);
    let forms = variants.into_iter().map(|variant| {
        let content = contents.next().unwrap_or_else(|| Content::unknown(variant));
        (variant, Some(frame::print_event(stream, entry, &content)))
    });
    Printed { seq: entry.seq, forms: forms.collect() }
}

fn print_typing(stream: StreamId, Typing { thread, person }: Typing, name: &str) -> Utf8Bytes {
    let by = Somebody { id: person, name };
    frame::print(&ServerFrame::Ephemeral { stream, kind: "typing", thread, by, ttl_ms: TTL.num_milliseconds() })
}

fn unavailable(stream: StreamId, Ticket { number, id }: Ticket, locale: Locale) -> Parcel {
    let message = problem::sentence(&Error::Unavailable, Text::of(locale));
    let frame = ServerFrame::Error { id, code: "unavailable", message: &message, retry_after_ms: Some(RETRY_MS) };
    let standing = Standing::Answered { stream, number, from: None };
    Parcel { chunk: Chunk::text(&frame::print(&frame)), standing }
}
