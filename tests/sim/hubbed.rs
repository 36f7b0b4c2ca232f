//! The I/O around one hub, as `live::hubs::driver` does it: what the hub asks takes time, and may fail.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    rc::Rc,
};

use uuid::Uuid;
use web::Text;
use words::{Locale, PersonId, ThreadId};

use preau::{
    error::Error,
    live::{
        frame::{self, Change, Content, Outcome, ServerFrame},
        hub::{
            Afterwards, Broken, ConnectionId, Hub, Join, Learnt, Pass, Printed, READ, Ticket, Todo, Variant, Wanted,
        },
        log::Entry,
        outbox::{Parcel, Standing},
        session,
        wire::Chunk,
    },
};

use crate::{
    cast::{person_of, stream_id},
    figures::Figure,
    ground::Ground,
    known::Known,
    queue::Queue,
    twist::Twist,
};

/// What a connection asks of a hub.
#[derive(Debug)]
pub(crate) enum Request {
    Join(Join, HashSet<ThreadId>, Rc<Queue>),
    Leave(ConnectionId),
    Watch(ConnectionId, HashSet<ThreadId>),
}

/// Something that a hub asked for, and what it learns once it is there.
#[derive(Debug)]
struct Job {
    question: Question,
    learnt: Option<Learnt>,
}

#[derive(Clone, Debug)]
enum Question {
    Origin,
    Rights(Vec<PersonId>),
    Events { after: i64 },
    Older { after: i64, up_to: i64 },
    Print(Printing),
    Room(ConnectionId),
}

/// A printing: the contents are looked up, and afterwards the memberships that had ended by then (I8).
#[derive(Clone, Debug)]
struct Printing {
    pass: Pass,
    wanted: Vec<Wanted>,
    printed: Option<Vec<Printed>>,
    ends: Ends,
}

/// The ends of memberships, as far as they were looked up.
#[derive(Clone, Debug, Default)]
enum Ends {
    #[default]
    Unasked,
    Unread,
    Read(Vec<(PersonId, i64)>),
}

/// What came of looking something up.
#[derive(Debug)]
enum Found {
    /// It cannot be looked up yet.
    Nothing,
    /// A part of it: this is still to be looked up.
    Part(Question),
    All(Learnt),
}

#[derive(Debug)]
pub(crate) struct Hubbed {
    stream: usize,
    /// None before the first look at the log.
    hub: Option<Hub>,
    requests: VecDeque<Request>,
    jobs: Vec<Job>,
    hinted: Option<i64>,
    polled: Option<i64>,
    queues: BTreeMap<ConnectionId, Rc<Queue>>,
    /// How many connections hold it: it ends with the last.
    pub(crate) holders: usize,
}

impl Hubbed {
    pub(crate) fn new(stream: usize) -> Self {
        Self {
            stream,
            hub: None,
            requests: VecDeque::new(),
            jobs: Vec::new(),
            hinted: None,
            polled: None,
            queues: BTreeMap::new(),
            holders: 0,
        }
    }

    pub(crate) fn ask(&mut self, request: Request) {
        self.requests.push_back(request);
    }

    pub(crate) fn hint(&mut self, seq: i64) {
        self.hinted = self.hinted.max(Some(seq));
    }

    pub(crate) fn poll(&mut self, last: i64) {
        self.polled = self.polled.max(Some(last));
    }

    /// One thing happens, whichever the dice say; whether anything did.
    pub(crate) fn turn(&mut self, known: &mut Known, ground: &mut Ground) -> bool {
        let Some(mut hub) = self.hub.take() else { return self.first_look(known, ground) };
        let first = ground.dice.roll(3);
        let mut moved = false;
        for kind in (first..first + 3).map(|kind| kind % 3) {
            moved = match kind {
                0 => self.take_request(&mut hub),
                1 => self.work(&mut hub, known, ground),
                _ => self.wake(&mut hub),
            };
            if moved {
                break;
            }
        }
        let is_another = known.epoch.is_some_and(|epoch| epoch != hub.epoch());
        if is_another && !self.jobs.iter().any(|job| matches!(job.question, Question::Origin)) {
            self.begin(Question::Origin, ground);
            moved = true;
        }
        if moved {
            self.go_on(&mut hub, known, ground);
        }
        self.hub = Some(hub);
        moved
    }

    fn first_look(&mut self, known: &mut Known, ground: &mut Ground) -> bool {
        if known.reach(ground) {
            let epoch = known.epoch.unwrap_or_default();
            self.hub = Some(Hub::new(epoch, ground.store.last(self.stream)));
            return true;
        }
        let mut told = false;
        while let Some(request) = self.requests.pop_front() {
            if let Request::Join(join, _, queue) = request {
                ground.count(Figure::Unavailable);
                queue.give(unavailable(self.stream, join.ticket, join.locale), ground);
                told = true;
            }
        }
        told
    }

    fn take_request(&mut self, hub: &mut Hub) -> bool {
        match self.requests.pop_front() {
            Some(Request::Join(join, watched, queue)) => {
                let connection = join.connection;
                self.queues.insert(connection, queue);
                hub.join(join);
                hub.watch(connection, watched);
            }
            Some(Request::Leave(connection)) => {
                hub.leave(connection);
                self.queues.remove(&connection);
            }
            Some(Request::Watch(connection, threads)) => hub.watch(connection, threads),
            None => return false,
        }
        true
    }

    fn wake(&mut self, hub: &mut Hub) -> bool {
        let (hinted, polled) = (self.hinted.take(), self.polled.take());
        if let Some(seq) = hinted {
            hub.hinted(seq);
        }
        if let Some(last) = polled {
            hub.polled(last);
        }
        hinted.is_some() || polled.is_some()
    }

    /// Something that was asked is looked up, or what was found comes back.
    fn work(&mut self, hub: &mut Hub, known: &mut Known, ground: &mut Ground) -> bool {
        if self.jobs.is_empty() {
            return false;
        }
        let first = ground.dice.roll(self.jobs.len());
        for index in (first..first + self.jobs.len()).map(|index| index % self.jobs.len()) {
            if self.jobs[index].learnt.is_some() {
                let job = self.jobs.swap_remove(index);
                if let Some(learnt) = job.learnt {
                    self.learn(hub, known, learnt);
                }
                return true;
            }
            let question = self.jobs[index].question.clone();
            if matches!(&question, Question::Print(printing) if printing.is_begun()) && ground.is_late() {
                continue;
            }
            match self.look_up(question, known, ground) {
                Found::Nothing => continue,
                Found::Part(rest) => self.jobs[index].question = rest,
                Found::All(learnt) => self.jobs[index].learnt = Some(learnt),
            }
            return true;
        }
        false
    }

    fn look_up(&self, question: Question, known: &mut Known, ground: &mut Ground) -> Found {
        if let Question::Room(connection) = question {
            let has_room = self.queues.get(&connection).is_none_or(|queue| queue.has_room());
            return if has_room { Found::All(Learnt::Room(connection)) } else { Found::Nothing };
        }
        let reached = known.reach(ground);
        let (store, stream) = (&ground.store, self.stream);
        let most = usize::try_from(READ).unwrap_or(usize::MAX);
        Found::All(match question {
            // It is tried until it is read.
            Question::Origin if !reached => return Found::Nothing,
            Question::Origin => {
                known.epoch = Some(store.epoch);
                Learnt::Origin(known.epoch.unwrap_or_default(), store.last(stream))
            }
            Question::Rights(people) => Learnt::Rights(reached.then(|| rights(stream, &people, ground))),
            Question::Events { after } => {
                let entries = reached.then(|| store.events(stream, after, i64::MAX, most));
                Learnt::Events(entries.map(|entries| told(entries, ground)))
            }
            Question::Older { after, up_to } => {
                let entries = reached.then(|| store.events(stream, after, up_to, most));
                Learnt::Older { after, up_to, entries }
            }
            Question::Print(printing) => return printing.look_up(stream, reached.then_some(&*ground), ground.twist),
            Question::Room(_) => return Found::Nothing,
        })
    }

    fn learn(&mut self, hub: &mut Hub, known: &Known, learnt: Learnt) {
        if hub.learn(learnt, known.epoch) == Afterwards::BeginAgain {
            self.jobs.clear();
        }
    }

    /// Carries out what the hub asks.
    fn go_on(&mut self, hub: &mut Hub, known: &Known, ground: &mut Ground) {
        for todo in hub.advance(ground.clock(known.clock)) {
            self.carry_out(hub.epoch(), todo, ground);
        }
    }

    fn begin(&mut self, question: Question, ground: &mut Ground) {
        let kind = std::mem::discriminant(&question);
        let same = |job: &&Job| match (&job.question, &question) {
            (Question::Print(one), Question::Print(other)) => one.pass == other.pass,
            // A connection that asks to follow again may wait a second time.
            (Question::Origin | Question::Room(_), _) => false,
            (one, _) => std::mem::discriminant(one) == kind,
        };
        ground.check(!self.jobs.iter().any(|job| same(&job)), || format!("I10: asked twice at a time: {question:?}"));
        self.jobs.push(Job { question, learnt: None });
    }

    fn carry_out(&mut self, epoch: Uuid, todo: Todo, ground: &mut Ground) {
        let stream = stream_id(self.stream);
        match todo {
            Todo::Rights(people) => self.begin(Question::Rights(people), ground),
            Todo::Read { after } => self.begin(Question::Events { after }, ground),
            Todo::Older { after, up_to } => self.begin(Question::Older { after, up_to }, ground),
            Todo::Print(pass, wanted) => {
                self.begin(Question::Print(Printing { pass, wanted, printed: None, ends: Ends::Unasked }), ground);
            }
            Todo::AwaitRoom(connection) => {
                ground.count(Figure::Slow);
                self.begin(Question::Room(connection), ground);
            }
            Todo::Answer { connection, ticket: Ticket { number, id }, seq, outcome, from } => {
                ground.count(match outcome {
                    Outcome::Ok if from.is_some_and(|from| from < seq) => Figure::Replays,
                    Outcome::Ok => Figure::Subscribed,
                    Outcome::Reset => Figure::Resets,
                    Outcome::Denied => Figure::Denials,
                });
                let frame = frame::print(&ServerFrame::Subscribed { id, stream, epoch, seq, result: outcome });
                self.give(
                    connection,
                    Parcel { chunk: Chunk::text(&frame), standing: Standing::Answered { stream, number, from } },
                    ground,
                );
            }
            Todo::Out { connection, seq, outcome } => {
                ground.count(if outcome == Outcome::Denied { Figure::Evictions } else { Figure::Resets });
                let frame = frame::print(&ServerFrame::Subscribed { id: None, stream, epoch, seq, result: outcome });
                self.give(connection, Parcel { chunk: Chunk::text(&frame), standing: Standing::Out(stream) }, ground);
            }
            Todo::Unavailable { connection, ticket, locale } => {
                ground.count(Figure::Unavailable);
                self.give(connection, unavailable(self.stream, ticket, locale), ground);
            }
            Todo::Events { connections, seqs, chunk, .. } => {
                let standing = Standing::At(stream, *seqs.end());
                for connection in connections {
                    self.give(connection, Parcel { chunk: chunk.clone(), standing }, ground);
                }
            }
            Todo::Live { connection, seq } => {
                let frame = frame::print(&ServerFrame::Live { stream, seq });
                self.give(connection, Parcel { chunk: Chunk::text(&frame), standing: Standing::Same }, ground);
            }
            // Nobody types here: what passes is in no log, and no promise is about it but that it comes to nobody else.
            Todo::Typists { .. } | Todo::Pass { .. } | Todo::Rest => {}
            Todo::Reread(broken) => {
                ground.count(Figure::Rereads);
                let is_gap = matches!(broken, Broken::Gap { .. });
                ground.check(!is_gap, || format!("I2: a hole in {stream}: {broken:?}"));
                self.begin(Question::Origin, ground);
            }
        }
    }

    fn give(&self, connection: ConnectionId, parcel: Parcel, ground: &mut Ground) {
        let Some(queue) = self.queues.get(&connection) else { return };
        let was_cut = queue.is_cut();
        queue.give(parcel, ground);
        if queue.is_cut() && !was_cut {
            ground.count(Figure::Overflows);
            ground.note(|| format!("the queue of connection {connection} is full"));
        }
    }
}

impl Printing {
    fn is_begun(&self) -> bool {
        self.printed.is_some() || !matches!(self.ends, Ends::Unasked)
    }

    /// Looks up one part; time passes before the other.
    fn look_up(mut self, stream: usize, reached: Option<&Ground>, twist: Option<Twist>) -> Found {
        if self.printed.is_none() && (self.is_begun() || twist != Some(Twist::EndsFirst)) {
            self.printed = Some(self.wanted.iter().map(|wanted| printed(stream, wanted, reached)).collect());
        } else {
            let after = self.wanted.last().map_or(0, |wanted| wanted.entry.seq);
            self.ends = reached.map_or(Ends::Unread, |ground| Ends::Read(ends(stream, after, ground)));
        }
        match (self.printed.take(), std::mem::take(&mut self.ends)) {
            (Some(printed), Ends::Read(ends)) => Found::All(Learnt::Printed(self.pass, printed, ends)),
            (Some(printed), Ends::Unread) => {
                let unavailable = printed.into_iter().map(Printed::unavailable).collect();
                Found::All(Learnt::Printed(self.pass, unavailable, Vec::new()))
            }
            (printed, ends) => Found::Part(Question::Print(Self { printed, ends, ..self })),
        }
    }
}

/// The memberships that end after an event, and where.
fn ends(stream: usize, after: i64, ground: &Ground) -> Vec<(PersonId, i64)> {
    let later = told(ground.store.events(stream, after, i64::MAX, usize::MAX), ground);
    later.iter().filter_map(|entry| Some((entry.removed()?, entry.seq))).collect()
}

/// Where the memberships of those began who may follow.
fn rights(stream: usize, people: &[PersonId], ground: &Ground) -> HashMap<PersonId, i64> {
    let began = |person: &PersonId| {
        let began = ground.store.may_follow(stream, person_of(*person));
        began.or(ground.has(Twist::LetIn).then_some(1)).map(|began| (*person, began))
    };
    people.iter().filter_map(began).collect()
}

/// Events as the hub is told of them.
fn told(mut entries: Vec<Entry>, ground: &Ground) -> Vec<Entry> {
    if ground.has(Twist::IgnoreRemoval) {
        for entry in entries.iter_mut().filter(|entry| entry.removed().is_some()) {
            entry.kind = "member.hidden".into();
        }
    }
    entries
}

/// An event in the wanted forms: what there is now; nothing while the database is away.
fn printed(stream: usize, wanted: &Wanted, ground: Option<&Ground>) -> Printed {
    let entry = &wanted.entry;
    let form = |variant: Variant, ground: &Ground| {
        let data = serde_json::to_value(ground.store.content(stream, entry)).unwrap_or_default();
        let content = match variant {
            Variant::Json => Content::Json { data },
            Variant::Html { .. } => {
                let change = Change { target: String::new(), action: frame::Action::Reload, html: String::new() };
                Content::Html { change, also: Vec::new(), data: Some(data) }
            }
            Variant::Withheld { .. } => Content::unknown(variant),
        };
        frame::print_event(stream_id(stream), entry, &content)
    };
    let forms = wanted.variants.iter().map(|&variant| (variant, ground.map(|ground| form(variant, ground))));
    Printed { seq: entry.seq, forms: forms.collect() }
}

fn unavailable(stream: usize, Ticket { number, id }: Ticket, locale: Locale) -> Parcel {
    let frame = session::refusal(id, &Error::Unavailable, Text::of(locale));
    Parcel {
        chunk: Chunk::text(&frame),
        standing: Standing::Answered { stream: stream_id(stream), number, from: None },
    }
}
