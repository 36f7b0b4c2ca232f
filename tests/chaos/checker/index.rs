//! A history, by what is asked of it.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use crate::history::{Line, Verb, What, Who};

/// Something that was asked, with all its tries and answers.
#[derive(Clone, Debug)]
pub(crate) struct Op {
    /// Who asked.
    pub(crate) who: Who,
    /// What for.
    pub(crate) verb: Verb,
    /// Of which message.
    pub(crate) message: Uuid,
    /// In which stream.
    pub(crate) stream: Uuid,
    /// In which thread.
    pub(crate) thread: Uuid,
    /// When it was first asked.
    pub(crate) invoked_us: u64,
    /// What it was answered, each time.
    pub(crate) oks: Vec<Ack>,
    /// Whether it was refused.
    pub(crate) failed: bool,
    /// How many tries stayed without an answer.
    pub(crate) unknown: u32,
}

/// An answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ack {
    /// When it came.
    pub(crate) at_us: u64,
    /// The sequence that it tells.
    pub(crate) seq: i64,
    /// The position that it tells.
    pub(crate) position: Option<i32>,
    /// Whether it says that nothing new happened.
    pub(crate) duplicate: bool,
}

/// An event of the log.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// What happened.
    pub(crate) kind: String,
    /// To what.
    pub(crate) subject: Uuid,
    /// About whom.
    pub(crate) person: Option<Uuid>,
    /// Who caused it.
    pub(crate) actor: Option<Uuid>,
    /// All that followers are told of it.
    pub(crate) digest: u64,
}

/// What the database holds of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    /// Its thread.
    pub(crate) thread: Uuid,
    /// Its position there.
    pub(crate) position: i32,
}

/// A history, by what is asked of it.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Which person an actor is.
    pub(crate) people: HashMap<Who, Uuid>,
    /// What was asked.
    pub(crate) ops: BTreeMap<Uuid, Op>,
    /// The logs.
    pub(crate) log: HashMap<Uuid, BTreeMap<i64, Event>>,
    /// More than one event in one place.
    pub(crate) twice: Vec<(Uuid, i64)>,
    /// Where the streams stand.
    pub(crate) last: HashMap<Uuid, i64>,
    /// The messages, with every row of them.
    pub(crate) stored: HashMap<Uuid, Vec<Stored>>,
}

impl Index {
    /// Reads a history.
    pub(crate) fn of(history: &[Line]) -> Self {
        let mut index = Self::default();
        for line in history {
            index.read(line);
        }
        index
    }

    fn read(&mut self, line: &Line) {
        match &line.what {
            What::Actor { person, .. } => {
                self.people.insert(line.who, *person);
            }
            What::Invoke { op, verb, message, stream, thread } => {
                self.ops.entry(*op).or_insert_with(|| Op {
                    who: line.who,
                    verb: *verb,
                    message: *message,
                    stream: *stream,
                    thread: *thread,
                    invoked_us: line.at_us,
                    oks: Vec::new(),
                    failed: false,
                    unknown: 0,
                });
            }
            What::Ok { op, seq, position, duplicate } => {
                let ack = Ack { at_us: line.at_us, seq: *seq, position: *position, duplicate: *duplicate };
                self.ops.entry(*op).and_modify(|op| op.oks.push(ack));
            }
            What::Fail { op, .. } => {
                self.ops.entry(*op).and_modify(|op| op.failed = true);
            }
            What::Info { op } => {
                self.ops.entry(*op).and_modify(|op| op.unknown += 1);
            }
            What::Log { stream, seq, kind, subject, person, actor, digest, .. } => {
                let (kind, digest) = (kind.clone(), *digest);
                let event = Event { kind, subject: *subject, person: *person, actor: *actor, digest };
                if self.log.entry(*stream).or_default().insert(*seq, event).is_some() {
                    self.twice.push((*stream, *seq));
                }
            }
            What::Stream { stream, last_seq } => {
                self.last.insert(*stream, *last_seq);
            }
            What::Stored { message, thread, position } => {
                self.stored.entry(*message).or_default().push(Stored { thread: *thread, position: *position });
            }
            _ => {}
        }
    }

    /// The event at a place.
    pub(crate) fn event(&self, stream: Uuid, seq: i64) -> Option<&Event> {
        self.log.get(&stream)?.get(&seq)
    }

    /// Who asked for something.
    pub(crate) fn person_of(&self, op: &Op) -> Option<Uuid> {
        self.people.get(&op.who).copied()
    }

    /// The places of each kind of event about each subject, in all streams.
    pub(crate) fn places(&self) -> HashMap<(&str, Uuid), Vec<(Uuid, i64)>> {
        let mut places: HashMap<_, Vec<_>> = HashMap::new();
        for (stream, events) in &self.log {
            for (seq, event) in events {
                places.entry((event.kind.as_str(), event.subject)).or_default().push((*stream, *seq));
            }
        }
        places
    }

    /// The spells in which each person was a member of each stream's group, both ends included.
    pub(crate) fn memberships(&self) -> HashMap<(Uuid, Uuid), Vec<(i64, i64)>> {
        let mut spells: HashMap<(Uuid, Uuid), Vec<(i64, i64)>> = HashMap::new();
        for (stream, events) in &self.log {
            for (seq, event) in events {
                let Some(person) = event.person else { continue };
                let of = spells.entry((*stream, person)).or_default();
                match event.kind.as_str() {
                    "member.added" => of.push((*seq, i64::MAX)),
                    "member.removed" => {
                        if let Some(last) = of.last_mut() {
                            last.1 = *seq;
                        }
                    }
                    _ => {}
                }
            }
        }
        spells
    }
}
