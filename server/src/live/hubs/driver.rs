//! The I/O around one hub. Every reading and printing is a future of the hub's own task, so that they end with it.

use std::{panic::AssertUnwindSafe, pin::Pin, sync::Arc, sync::atomic::Ordering, time::Duration};

use axum::extract::ws::Utf8Bytes;
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use litemap::LiteMap;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;
use web::Text;
use words::{Locale, PersonId, StreamId};

use super::{Asked, Hubs, POLL, Request, Wake};
use crate::{
    error::{Error, Result},
    live::{
        frame::{self, Content, ServerFrame, Somebody},
        hub::{
            Afterwards, Broken, ConnectionId, Hub, Learnt, Pass, Printed, READ, Shown, TTL, Ticket, Todo, Typing,
            Variant, Wanted,
        },
        log::{Entry, Kind},
        outbox::{Outbox, Parcel, Standing},
        session, store,
        wire::Chunk,
    },
};

/// How many requests are taken before the hub is asked what to do about them.
const REQUESTS: usize = 256;
/// How many connections are written to before others have their turn.
const IN_A_ROW: usize = 64;
/// How many events are rendered before others have their turn.
const RENDERED: usize = 8;
/// How many polls pass between two looks at who has gone without a word.
const SWEEP_POLLS: u32 = 30;
/// How long passes between two rounds of who writes.
const ROUND: Duration = Duration::from_secs(1);

type Job = Pin<Box<dyn Future<Output = Learnt> + Send>>;

pub(super) struct Driver {
    hubs: Hubs,
    stream: StreamId,
    wake: Arc<Wake>,
    epoch: watch::Receiver<Option<Uuid>>,
    outboxes: LiteMap<ConnectionId, Arc<Outbox>>,
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
            outboxes: LiteMap::new(),
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
            match origin(&self.hubs, self.stream).await {
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

    fn learn(&mut self, hub: &mut Hub, learnt: Learnt) {
        if learnt.is_unread() {
            self.hubs.0.metrics.read_errors.fetch_add(1, Ordering::Relaxed);
        }
        let epoch = *self.epoch.borrow();
        if hub.learn(learnt, epoch) == Afterwards::BeginAgain {
            self.jobs.clear();
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
                self.defer(connection, Parcel { chunk: Chunk::text(&frame), standing });
            }
            Todo::Out { connection, seq, outcome } => {
                let frame = frame::print(&ServerFrame::Subscribed { id: None, stream, epoch, seq, result: outcome });
                self.give(connection, Parcel { chunk: Chunk::text(&frame), standing: Standing::Out(stream) });
            }
            Todo::Unavailable { connection, ticket, locale } => {
                self.defer(connection, unavailable(stream, ticket, locale));
            }
            Todo::Events { pass, connections, seqs, chunk } => {
                let standing = Standing::At(stream, *seqs.end());
                for connection in connections {
                    let parcel = Parcel { chunk: chunk.clone(), standing };
                    match pass {
                        Pass::New => self.give(connection, parcel),
                        Pass::Replay => self.defer(connection, parcel),
                    }
                }
            }
            Todo::Live { connection, seq } => {
                let frame = frame::print(&ServerFrame::Live { stream, seq });
                self.defer(connection, Parcel { chunk: Chunk::text(&frame), standing: Standing::Same });
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

    /// Gives a connection what all its stream's followers are given now: it is written from here.
    fn give(&mut self, connection: ConnectionId, parcel: Parcel) {
        let Some(outbox) = self.put(connection, parcel, Outbox::give) else { return };
        // What a connection is given in a row is written together.
        if self.given.last().is_none_or(|last| !Arc::ptr_eq(last, &outbox)) {
            self.given.push(outbox);
        }
    }

    /// Leaves a connection what it is told as it comes or catches up: other hubs may have something for it too.
    fn defer(&self, connection: ConnectionId, parcel: Parcel) {
        self.put(connection, parcel, Outbox::defer);
    }

    fn put(&self, connection: ConnectionId, parcel: Parcel, how: fn(&Outbox, Parcel)) -> Option<Arc<Outbox>> {
        let outbox = self.outboxes.get(&connection)?;
        let was_cut = outbox.is_cut();
        how(outbox, parcel);
        if outbox.is_cut() && !was_cut {
            self.hubs.0.metrics.slow.fetch_add(1, Ordering::Relaxed);
        }
        Some(Arc::clone(outbox))
    }

    fn ask_rights(&mut self, people: Vec<PersonId>) {
        let (hubs, stream) = (self.hubs.clone(), self.stream);
        hubs.0.metrics.rights.fetch_add(1, Ordering::Relaxed);
        self.jobs.push(Box::pin(async move {
            let may_follow = hubs.0.roof.may_follow;
            let read = hubs.0.db.follow(async |connection| may_follow(connection, stream, &people).await);
            Learnt::Rights(known(read.await, "rights could not be read"))
        }));
    }

    fn read(&mut self, after: i64) {
        let (hubs, stream) = (self.hubs.clone(), self.stream);
        self.jobs.push(Box::pin(async move {
            Learnt::Events(known(events(&hubs, stream, after, i64::MAX).await, "events could not be read"))
        }));
    }

    fn read_older(&mut self, after: i64, up_to: i64) {
        let (hubs, stream) = (self.hubs.clone(), self.stream);
        self.jobs.push(Box::pin(async move {
            let entries = known(events(&hubs, stream, after, up_to).await, "older events could not be read");
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
            let show_typing = hubs.0.roof.show_typing;
            let read = hubs.0.db.follow(async |connection| show_typing(connection, stream, &typing, &listeners).await);
            let willing = known(read.await, "who writes could not be read").unwrap_or_default();
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
                match origin(&hubs, stream).await {
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
    let read = db.follow(async |connection| {
        let epoch = db.epoch_of(connection).await?;
        Ok((epoch, store::last_seqs(connection, &[stream.0]).await?))
    });
    let (epoch, last) = read.await?;
    Ok((epoch, last.first().map_or(0, |(_, seq)| *seq)))
}

async fn events(hubs: &Hubs, stream: StreamId, after: i64, up_to: i64) -> Result<Vec<Entry>> {
    hubs.0.metrics.queries.fetch_add(1, Ordering::Relaxed);
    hubs.0.db.follow(async |connection| store::events(connection, stream, after, up_to, READ).await).await
}

fn known<T>(read: Result<T>, otherwise: &'static str) -> Option<T> {
    read.inspect_err(|error| tracing::debug!(%error, otherwise)).ok()
}

/// Prints events in the wanted forms. Without a database it is tried again later; any other failure, and a kind that
/// this build does not know, must hold nobody up: followers are told to fetch the part (I20).
///
/// With them come the memberships that had ended when the subjects were read: read afterwards, so that whoever is not
/// among them was a member at all that is printed (I8).
async fn printed(hubs: &Hubs, stream: StreamId, wanted: Vec<Wanted>) -> (Vec<Printed>, Ends) {
    let asked = |Wanted { entry, variants }: &Wanted| {
        entry.recorded(stream).map(|event| Asked { event, variants: variants.clone() })
    };
    let asked: Vec<_> = wanted.iter().filter_map(asked).collect();
    let after = wanted.last().map_or(0, |wanted| wanted.entry.seq);
    let rendered = rendered(hubs, stream, &asked, after).await;
    let is_away = rendered.is_none();
    let (contents, ends) = rendered.unwrap_or_default();
    let mut contents = contents.into_iter();
    let mut printed = Vec::with_capacity(wanted.len());
    for Wanted { entry, variants } in wanted {
        let is_known = matches!(entry.kind, Kind::Known(_));
        let contents = match contents.by_ref().take(usize::from(is_known)).next() {
            _ if is_away => Err(Error::Unavailable),
            contents => contents.unwrap_or_else(|| Ok(Vec::new())),
        };
        printed.push(print(hubs, stream, &entry, variants, contents));
        tokio::task::consume_budget().await;
    }
    (printed, ends)
}

/// Memberships that end, and where.
type Ends = Vec<(PersonId, i64)>;

/// What events say, each in its forms, and the ends of memberships after the last of them.
type Rendered = (Vec<Result<Vec<Content>>>, Ends);

/// Renders events together; nothing if the database is away. If it fails otherwise, each is tried alone, so that a bad
/// one never fails its neighbours.
async fn rendered(hubs: &Hubs, stream: StreamId, asked: &[Asked], after: i64) -> Option<Rendered> {
    if !asked.is_empty() {
        hubs.0.metrics.renders.fetch_add(1, Ordering::Relaxed);
    }
    match render(hubs, stream, asked, after).await {
        Ok(rendered) => Some(rendered),
        Err(Error::Unavailable) => None,
        Err(error) => {
            tracing::warn!(%error, events = asked.len(), "events could not be read together and are read one by one");
            let (mut contents, mut ends) = (Vec::with_capacity(asked.len()), Vec::new());
            for asked in asked {
                match render(hubs, stream, std::slice::from_ref(asked), after).await {
                    Ok((content, known)) => {
                        contents.extend(content);
                        ends.extend(known);
                    }
                    Err(error) => contents.push(Err(error)),
                }
            }
            Some((contents, ends))
        }
    }
}

/// What panics on one event must not end the hub, and with it everybody's other events.
async fn render(hubs: &Hubs, stream: StreamId, asked: &[Asked], after: i64) -> Result<Rendered> {
    let now = hubs.0.db.clock().now();
    let rendering = async {
        let read = hubs.0.db.follow(async |connection| {
            let forms = match asked {
                [] => None,
                asked => Some((hubs.0.roof.render)(connection, now, asked).await?),
            };
            Ok((forms, store::ends(connection, stream, after).await?))
        });
        let (forms, ends) = read.await?;
        let mut contents = Vec::with_capacity(asked.len());
        if let Some(forms) = forms {
            for some in asked.chunks(RENDERED) {
                contents.extend(some.iter().map(&forms));
                tokio::task::yield_now().await;
            }
        }
        Ok((contents, ends))
    };
    let rendered = AssertUnwindSafe(rendering).catch_unwind().await;
    rendered.unwrap_or_else(|_| Err(std::io::Error::other("the rendering panicked").into()))
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
    let frame = session::refusal(id, &Error::Unavailable, Text::of(locale));
    Parcel { chunk: Chunk::text(&frame), standing: Standing::Answered { stream, number, from: None } }
}
