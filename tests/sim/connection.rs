//! One connection on its node, as `live::socket` serves it: commands in turn, and what is queued written as far as the
//! network takes it.

use std::{
    collections::{BTreeSet, VecDeque},
    rc::Rc,
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use web::Text;
use words::Locale;

use preau::live::{
    frame::{self, ClientFrame, ServerFrame},
    hub::Format,
    outbox::{Parcel, Standing},
    session::{Action, Close, Session, Turn},
    wire::Chunk,
};

use crate::{cast::stream_of, figures::Figure, ground::Ground, queue::Queue, twist::Twist};

/// How many frames the network holds for who does not read.
const NETWORK: usize = 12;
/// How long one write may take.
const WRITE: Duration = Duration::from_secs(10);
/// How many frames are written before anything else is looked at.
const TOGETHER: usize = 128;
/// How many commands may be under way.
const UNDER_WAY: usize = 64;

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) person: usize,
    /// The session by which it was opened.
    pub(crate) signed_in: usize,
    pub(crate) format: Format,
    pub(crate) session: Session,
    pub(crate) queue: Rc<Queue>,
    /// What is on its way from the client, and to it.
    pub(crate) up: VecDeque<String>,
    pub(crate) down: VecDeque<String>,
    pub(crate) beginning: Option<ClientFrame>,
    pub(crate) under_way: VecDeque<Slot>,
    /// The streams whose hubs it holds.
    pub(crate) held: BTreeSet<usize>,
    /// The client is gone, and nobody has said so.
    pub(crate) broken: bool,
    pub(crate) draining: bool,
    pub(crate) close: Option<Close>,
    began: Duration,
    blocked: Option<Duration>,
    slots: u64,
}

/// The place of an answer among those of its connection.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) number: u64,
    /// Known once the command is done.
    pub(crate) answer: Option<Utf8Bytes>,
}

impl Connection {
    pub(crate) fn new(person: usize, signed_in: usize, format: Format, now: Duration) -> Self {
        Self {
            person,
            signed_in,
            format,
            session: Session::new(Text::of(Locale::Fr), true),
            queue: Rc::default(),
            up: VecDeque::new(),
            down: VecDeque::new(),
            beginning: None,
            under_way: VecDeque::new(),
            held: BTreeSet::new(),
            broken: false,
            draining: false,
            close: None,
            began: now,
            blocked: None,
            slots: 0,
        }
    }

    pub(crate) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.began)
    }

    /// The place of an answer that is not known yet.
    pub(crate) fn slot(&mut self) -> u64 {
        self.slots += 1;
        self.under_way.push_back(Slot { number: self.slots, answer: None });
        self.slots
    }

    pub(crate) fn answer(&mut self, number: u64, answer: Utf8Bytes) {
        if let Some(slot) = self.under_way.iter_mut().find(|slot| slot.number == number) {
            slot.answer = Some(answer);
        }
    }

    /// Whether nothing but the end of it can be looked at: a write waits for the network.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.is_some()
    }

    /// The next answer in turn goes to the queue; whether one did.
    pub(crate) fn pass_on(&mut self, ground: &mut Ground) -> bool {
        let Some(frame) = self.under_way.front_mut().and_then(|slot| slot.answer.take()) else { return false };
        self.under_way.pop_front();
        self.push(&frame, ground);
        true
    }

    pub(crate) fn push(&self, frame: &Utf8Bytes, ground: &mut Ground) {
        self.queue.give(Parcel { chunk: Chunk::text(frame), standing: Standing::Same }, ground);
    }

    /// Begins the commands whose turn it is.
    pub(crate) fn start_turns(&mut self, ground: &mut Ground) {
        while let Some(turn) = self.session.turn(self.beginning.is_some(), self.under_way.len()) {
            match turn {
                Turn::Run(command) => self.beginning = Some(command),
                Turn::Refuse(frame) => {
                    let number = self.slot();
                    self.answer(number, frame);
                }
            }
        }
        let under_way = self.under_way.len();
        ground.check(under_way <= UNDER_WAY, || format!("I10: {under_way} commands under way"));
    }

    /// The next frame of the client is read, if it may be.
    pub(crate) fn read(&mut self, now: Duration) -> Option<Vec<Action>> {
        if !self.session.reads_on() {
            return None;
        }
        let text = self.up.pop_front()?;
        Some(self.session.frame(&text, now.saturating_sub(self.began)))
    }

    pub(crate) fn tick(&mut self, now: Duration) -> Vec<Action> {
        if self.blocked.is_some_and(|since| now.saturating_sub(since) >= WRITE) {
            return vec![Action::Close(Close::Slow)];
        }
        let age = self.age(now);
        self.session.tick(age)
    }

    /// Writes what waits, as far as the network takes it. Answers the streams that are not followed any more, and
    /// whether anything moved.
    pub(crate) fn write(&mut self, now: Duration, ground: &mut Ground) -> (Vec<usize>, bool) {
        let (mut left, mut moved) = (Vec::new(), false);
        for _ in 0..TOGETHER {
            if self.queue.is_empty() {
                self.blocked = None;
                break;
            }
            if self.down.len() >= NETWORK && !self.broken {
                self.blocked.get_or_insert(now);
                break;
            }
            self.blocked = None;
            let Some(parcel) = self.queue.take() else { break };
            moved = true;
            if let Some(stream) = self.session.sent(parcel.standing) {
                left.push(stream_of(stream));
            }
            if !self.broken {
                self.put_down(&parcel, ground);
            }
        }
        (left, moved)
    }

    fn put_down(&mut self, parcel: &Parcel, ground: &mut Ground) {
        let is_event = matches!(parcel.standing, Standing::At(..));
        for text in parcel.chunk.said() {
            let twist = ground.twist.filter(|_| is_event && ground.dice.happens(10));
            match twist {
                Some(Twist::SkipEvent | Twist::PassGap) => continue,
                Some(Twist::ApplyTwice) => self.down.push_back(text.to_owned()),
                _ => {}
            }
            self.down.push_back(text.to_owned());
            let length = self.down.len();
            if twist == Some(Twist::SwapEvents) && length > 1 {
                self.down.swap(length - 1, length - 2);
            }
            ground.count(if is_event { Figure::Events } else { Figure::Frames });
        }
    }

    /// Says good-bye: nothing more is read.
    pub(crate) fn drain(&mut self, ground: &mut Ground) {
        self.draining = true;
        self.push(&frame::print(&ServerFrame::Bye { after_ms: 500 }), ground);
    }
}
