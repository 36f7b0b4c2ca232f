//! A client, as the format's rules have it: it applies what comes, asks again for what is missing, and keeps what it
//! wrote until that is stored.

mod hearing;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use uuid::Uuid;
use words::{Locale, MessageId, ThreadId};

use preau::live::hub::{ConnectionId, Format};
use tests::reducer::{Outbox, Stream};

use crate::{
    cast::{FORGED, OWNERS, group_of, message_id, message_of, own_stream, stream_id, thread_id},
    figures::Figure,
    ground::{Author, Ground},
    history::Mark,
    shown::{Content, Shown},
    store::Page,
    twist::Twist,
};

/// Where the clients' clocks stand when the world begins.
const BEGAN: Duration = Duration::from_hours(24);

/// What a client shows of a stream, and how far it has applied it.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) stream: Stream<Event>,
    pub(crate) shown: Shown,
    /// The last event that it has applied, or that its page had.
    tip: Mark,
    generation: u32,
}

/// An event that came.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    seq: i64,
    mark: Mark,
    kind: String,
    content: Content,
}

/// Where the fetching of the page stands.
#[derive(Clone, Debug)]
pub(crate) enum Fetch {
    Idle,
    Wanted,
    /// It was answered, and is on its way; without a page, it failed.
    Coming(Option<Page>),
}

/// A request whose answer is awaited.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Subscribe(usize),
    Send(usize),
    /// Of something that another message's id is misused for.
    Forge(usize),
    Change {
        operation: usize,
        message: usize,
    },
}

impl Asked {
    /// Whether it is about a message.
    fn is_of(self, message: usize) -> bool {
        matches!(self, Self::Send(of) | Self::Forge(of) | Self::Change { message: of, .. } if of == message)
    }

    fn message(&self) -> Option<usize> {
        match *self {
            Self::Send(message) => Some(message),
            _ => None,
        }
    }
}

/// An edit or a removal that is not known to be done.
#[derive(Clone, Copy, Debug)]
struct Changing {
    operation: usize,
    message: usize,
    /// What it says instead; none of a removal.
    says: Option<u32>,
    sent: bool,
    not_before: Duration,
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) number: usize,
    pub(crate) person: usize,
    pub(crate) format: Format,
    /// By how many milliseconds its clock is wrong.
    pub(crate) clock: i64,
    pub(crate) signed_in: Option<usize>,
    pub(crate) link: Option<(usize, ConnectionId)>,
    pub(crate) fetch: Fetch,
    /// It reads nothing of what comes.
    pub(crate) stalled: bool,
    pub(crate) views: BTreeMap<usize, View>,
    pub(crate) outbox: Outbox<u32>,
    /// What it has to say, in order.
    pub(crate) says: Vec<String>,
    /// What was acked, or whose event came.
    pub(crate) known_stored: Vec<usize>,
    epoch: Uuid,
    changes: VecDeque<Changing>,
    requests: BTreeMap<i64, Asked>,
    request: i64,
    again: Vec<(Duration, usize)>,
    orders: u64,
}

impl Client {
    pub(crate) fn new(number: usize) -> Self {
        let formats = [Format::Json, Format::Html(Locale::Fr), Format::Html(Locale::En)];
        Self {
            number,
            person: OWNERS[number],
            format: formats[number % formats.len()],
            clock: 0,
            signed_in: None,
            link: None,
            fetch: Fetch::Wanted,
            stalled: false,
            views: BTreeMap::new(),
            outbox: Outbox::default(),
            says: Vec::new(),
            known_stored: Vec::new(),
            epoch: Uuid::nil(),
            changes: VecDeque::new(),
            requests: BTreeMap::new(),
            request: 0,
            again: Vec::new(),
            orders: 0,
        }
    }

    pub(crate) fn now(&self, ground: &Ground) -> Duration {
        let wrong_by = Duration::from_millis(self.clock.unsigned_abs());
        let now = BEGAN + ground.now;
        if self.clock < 0 { now.saturating_sub(wrong_by) } else { now + wrong_by }
    }

    /// Whether it has nothing left to do but to wait for what others do.
    pub(crate) fn is_at_rest(&self) -> bool {
        let fetched = matches!(self.fetch, Fetch::Idle);
        // Of a stream that the page has let go nobody answers.
        let asks = |asked: &Asked| matches!(asked, Asked::Subscribe(stream) if self.views.contains_key(stream));
        let follows = self.again.is_empty() && !self.requests.values().any(asks);
        self.link.is_some() && fetched && follows && self.changes.is_empty() && self.outbox.waiting().next().is_none()
    }

    /// Whether only another connection can tell what became of something that it sent.
    pub(crate) fn is_overdue(&self, ground: &Ground) -> bool {
        self.link.is_some() && self.outbox.is_overdue(self.now(ground))
    }

    pub(crate) fn write(&mut self, thread: usize, message: usize, ground: &mut Ground) {
        self.orders += 1;
        let author = Author { client: self.number, order: self.orders, asked: false, given_back: false };
        ground.authors.insert(message, author);
        let body = u32::try_from(message).unwrap_or(u32::MAX);
        self.outbox.write(thread_id(thread), message_id(message), body, self.now(ground));
        self.flush(ground);
    }

    /// Sends something else by the id of a message.
    pub(crate) fn forge(&mut self, message: usize, thread: usize) {
        if self.link.is_some() {
            let id = self.next_request();
            self.requests.insert(id, Asked::Forge(message));
            self.say_message(id, message_id(message), thread_id(thread), FORGED);
        }
    }

    fn say_message(&mut self, id: i64, message: MessageId, thread: ThreadId, body: u32) {
        self.says.push(format!(
            r#"{{"type":"send","id":{id},"message":{{"id":"{message}","thread":"{thread}","body":"{body}"}}}}"#
        ));
    }

    pub(crate) fn change(&mut self, message: usize, operation: usize, says: Option<u32>, ground: &Ground) {
        self.changes.push_back(Changing { operation, message, says, sent: false, not_before: Duration::ZERO });
        self.flush_changes(ground);
    }

    pub(crate) fn read(&mut self, thread: usize) {
        let shown = self.views.values().map(|view| view.shown.last[thread]).max();
        if let Some(position) = shown.filter(|&position| position > 0 && self.link.is_some()) {
            let thread = thread_id(thread);
            self.says.push(format!(r#"{{"type":"read","thread":"{thread}","position":{position}}}"#));
        }
    }

    /// There is a connection.
    pub(crate) fn connected(&mut self, node: usize, connection: ConnectionId, ground: &mut Ground) {
        self.link = Some((node, connection));
        self.outbox.connected();
        self.changes.iter_mut().for_each(|change| change.sent = false);
        let streams: Vec<_> = self.views.keys().copied().collect();
        for stream in streams {
            self.subscribe(stream);
        }
        self.flush(ground);
    }

    /// There is none any more, whoever ended it.
    pub(crate) fn disconnected(&mut self, ground: &Ground) {
        if ground.has(Twist::ForgetOutbox) {
            for asked in self.requests.values() {
                if let Asked::Send(message) = *asked {
                    self.outbox.stored(message_id(message));
                }
            }
        }
        self.link = None;
        self.says.clear();
        self.requests.clear();
        self.again.clear();
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, ground: &mut Ground) {
        let now = self.now(ground);
        for (thread, waiting) in self.outbox.take_stale(now) {
            let message = message_of(waiting.id);
            if ground.dice.happens(50) {
                ground.count(Figure::Resent);
                if let Some(author) = ground.authors.get_mut(&message) {
                    author.asked = true;
                }
                self.outbox.write(thread, waiting.id, waiting.message, now);
            } else {
                report(message, ground);
            }
        }
        if self.link.is_none() {
            return;
        }
        let (due, later) = self.again.drain(..).partition::<Vec<_>, _>(|&(at, _)| at <= ground.now);
        self.again = later;
        for (_, stream) in due {
            self.subscribe(stream);
        }
        self.flush(ground);
    }

    /// Says what is due.
    pub(crate) fn flush(&mut self, ground: &mut Ground) {
        if self.link.is_none() {
            return;
        }
        let mut due: Vec<_> = self.outbox.due(self.now(ground));
        if ground.has(Twist::Pipeline) {
            let sent: Vec<_> = self.requests.values().filter_map(Asked::message).collect();
            let others = self.outbox.waiting().filter(|(_, waiting)| !sent.contains(&message_of(waiting.id)));
            let others: Vec<_> = others.map(|(thread, waiting)| (thread, waiting.clone())).collect();
            due = others;
        }
        for (thread, waiting) in due {
            let (id, message, body) = (self.next_request(), waiting.id, waiting.message);
            self.requests.insert(id, Asked::Send(message_of(message)));
            ground.note(|| format!("client {} sends message {}", self.number, message_of(message)));
            self.say_message(id, message, thread, body);
        }
        self.flush_changes(ground);
    }

    fn flush_changes(&mut self, ground: &Ground) {
        let now = ground.now;
        let Some(&Changing { operation, message, says, .. }) =
            self.changes.front().filter(|change| !change.sent && change.not_before <= now && self.link.is_some())
        else {
            return;
        };
        let id = self.next_request();
        self.requests.insert(id, Asked::Change { operation, message });
        let kind = if says.is_none() { "delete" } else { "edit" };
        let body = says.map_or_else(String::new, |says| format!(r#","body":"{says}""#));
        let (operation, message) = (Uuid::from_u128(operation as u128 | 7 << 64), message_id(message));
        self.says.push(format!(r#"{{"type":"{kind}","id":{id},"op":"{operation}","message":"{message}"{body}}}"#));
        if let Some(first) = self.changes.front_mut() {
            first.sent = true;
        }
    }

    fn next_request(&mut self) -> i64 {
        self.request += 1;
        self.request
    }

    fn subscribe(&mut self, stream: usize) {
        let id = self.next_request();
        let Some(view) = self.views.get_mut(&stream).filter(|_| self.link.is_some()) else { return };
        view.stream.asked(id);
        // The latest request of a stream is answered: it takes the place of the one before.
        self.requests.retain(|_, asked| !matches!(asked, Asked::Subscribe(of) if *of == stream));
        self.requests.insert(id, Asked::Subscribe(stream));
        let (since, name) = (view.stream.applied(), stream_id(stream));
        let epoch = self.epoch;
        let said = format!(r#"{{"type":"subscribe","id":{id},"stream":"{name}","since":{since},"epoch":"{epoch}"}}"#);
        self.says.push(said);
        if matches!(self.format, Format::Html(_)) {
            let thread = thread_id(2 * stream);
            self.says.push(format!(r#"{{"type":"watch","stream":"{name}","threads":["{thread}"]}}"#));
        }
    }

    /// The page came: everything that it shows is shown, and followed from there.
    pub(crate) fn take_over(&mut self, page: Page, ground: &mut Ground) {
        self.fetch = Fetch::Idle;
        self.epoch = page.epoch;
        let seqs: Vec<_> = page.parts.iter().map(|part| (part.stream, part.seq)).collect();
        ground.note(|| format!("client {} takes over a page with {seqs:?}", self.number));
        let before = std::mem::take(&mut self.views);
        for part in page.parts {
            let earlier = before.get(&part.stream).filter(|view| view.generation == page.generation);
            let goes_back = earlier.is_some_and(|view| view.stream.applied() > part.seq);
            ground.check(!goes_back, || format!("I15: client {} goes back in {}", self.number, part.stream));
            let stream = Stream::new(part.seq);
            let view = View { stream, shown: part.shown, tip: part.tip, generation: page.generation };
            self.views.insert(part.stream, view);
        }
        for stream in before.into_keys().filter(|stream| !self.views.contains_key(stream)) {
            if self.link.is_some() {
                self.says.push(format!(r#"{{"type":"unsubscribe","stream":"{}"}}"#, stream_id(stream)));
            }
        }
        let streams: Vec<_> = self.views.keys().copied().collect();
        for stream in streams {
            self.subscribe(stream);
        }
    }

    /// What is not read of a thread, as the row shows it.
    pub(crate) fn unread(&self, thread: usize) -> Option<i32> {
        let (group, own) = (self.views.get(&group_of(thread))?, self.views.get(&own_stream(self.person))?);
        Some(group.shown.unread(&own.shown, thread))
    }
}

/// The writer is told that a message was not sent.
fn report(message: usize, ground: &mut Ground) {
    ground.count(Figure::NotSent);
    ground.note(|| format!("message {message} is given back"));
    if let Some(author) = ground.authors.get_mut(&message) {
        (author.asked, author.given_back) = (true, true);
    }
}
