//! What holds of a connection whatever is said to it, in whatever order: some hundred histories are made up each time.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use proptest::{collection::vec, option, prelude::*};
use serde_json::Value;
use uuid::Uuid;
use web::Text;
use words::{Locale, StreamId, ThreadId};

use crate::live::{
    frame::{self, tests::properties},
    session::{Action, Close, LIMITS, READS, Session, Standing, TURNS, Turn, UNDER_WAY, id_of},
};

/// The codes of refusals that the format has.
const CODES: [&str; 11] = [
    "bad_frame",
    "invalid",
    "unauthenticated",
    "forbidden",
    "not_found",
    "archived",
    "too_large",
    "rate_limited",
    "id_conflict",
    "conflict",
    "unavailable",
];

/// What happens to a connection.
#[derive(Clone, Debug)]
enum Step {
    /// A text comes.
    Text(String),
    /// A position in one of many threads was read.
    Read(u8, i32),
    /// What is being handed in is.
    HandedIn,
    /// The first of those under way is answered.
    Verdict,
    /// A hub's frame is sent; the number is how many requests ago it was asked for.
    Sent(Standing, u32),
    /// Time passes, in milliseconds; something was heard or not.
    Pass(u64, bool),
    /// The positions that are being moved are moved, or are not.
    Moved(bool),
}

fn steps() -> impl Strategy<Value = Step> {
    let stream = || (1..=4_u128).prop_map(|number| StreamId(Uuid::from_u128(number)));
    let standing = prop_oneof![
        (stream(), option::of(0..100_i64)).prop_map(|(stream, from)| Standing::Answered { stream, number: 0, from }),
        (stream(), 0..100_i64).prop_map(|(stream, seq)| Standing::At(stream, seq)),
        stream().prop_map(Standing::Out),
    ];
    prop_oneof![
        6 => properties::texts().prop_map(Step::Text),
        4 => (any::<u8>(), 0..i32::MAX).prop_map(|(thread, position)| Step::Read(thread, position)),
        3 => Just(Step::HandedIn),
        2 => Just(Step::Verdict),
        2 => (standing, 0..3_u32).prop_map(|(standing, ago)| Step::Sent(standing, ago)),
        2 => (0..20_000_u64, any::<bool>()).prop_map(|(passed, heard)| Step::Pass(passed, heard)),
        1 => any::<bool>().prop_map(Step::Moved),
    ]
}

/// A command, by its number.
struct Command(Option<i64>);

/// A connection and whoever drives it, as the socket does.
struct Driven {
    session: Session,
    now: Duration,
    /// What is being handed in, and what is not answered yet.
    beginning: Option<Command>,
    under_way: VecDeque<Command>,
    moving: Option<Vec<(ThreadId, i32)>>,
    /// How often each number was asked with, and how often it was answered.
    asked: HashMap<i64, usize>,
    answered: HashMap<i64, usize>,
    close: Option<Close>,
}

impl Driven {
    fn new(counted: bool) -> Self {
        Self {
            session: Session::new(Text::of(Locale::En), counted),
            now: Duration::ZERO,
            beginning: None,
            under_way: VecDeque::new(),
            moving: None,
            asked: HashMap::new(),
            answered: HashMap::new(),
            close: None,
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Text(text) => self.text(&text),
            Step::Read(thread, position) => {
                let thread = Uuid::from_u128(thread.into());
                self.text(&format!(r#"{{"type":"read","thread":"{thread}","position":{position}}}"#));
            }
            Step::HandedIn => self.under_way.extend(self.beginning.take()),
            Step::Verdict => {
                if let Some(Command(id)) = self.under_way.pop_front() {
                    self.answer(id);
                }
            }
            Step::Sent(Standing::Answered { stream, from, .. }, ago) => {
                let number = self.session.requests.saturating_sub(ago);
                self.session.sent(Standing::Answered { stream, number, from });
            }
            Step::Sent(standing, _) => drop(self.session.sent(standing)),
            Step::Pass(passed, heard) => {
                self.now += Duration::from_millis(passed);
                if heard {
                    self.session.heard(self.now);
                }
                let actions = self.session.tick(self.now);
                self.act(actions);
                assert!(self.close.is_some() || self.session.due() > self.now, "it sleeps until something is due");
            }
            Step::Moved(moved) => {
                if let Some(unmoved) = self.moving.take().filter(|_| !moved) {
                    self.session.unmoved(unmoved, self.now);
                }
            }
        }
        self.start();
    }

    fn text(&mut self, text: &str) {
        // As the socket does, which reads no more than may wait.
        if !self.session.reads_on() {
            return;
        }
        let id = match frame::parse(text) {
            Ok(frame) => id_of(&frame),
            Err(frame::Fault::Unknown(id) | frame::Fault::Invalid(id)) => id,
            Err(frame::Fault::NotJson) => None,
        };
        if let Some(id) = id {
            *self.asked.entry(id).or_default() += 1;
        }
        let actions = self.session.frame(text, self.now);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            assert_eq!(self.close, None, "nothing comes after the end");
            match action {
                Action::Send(frame) => self.say(&frame),
                // Its hub answers, once.
                Action::Join { ticket, watched, .. } => {
                    assert!(watched.len() <= 100);
                    self.answer(ticket.id);
                }
                Action::Close(close) => self.close = Some(close),
                Action::Ping | Action::Leave(_) | Action::Watch(..) | Action::Typing(_) => {}
            }
        }
    }

    /// What the socket does after each step.
    fn start(&mut self) {
        while let Some(turn) = self.session.turn(self.beginning.is_some(), self.under_way.len()) {
            match turn {
                Turn::Run(command) => {
                    assert!(self.beginning.is_none(), "one is handed in after the other");
                    self.beginning = Some(Command(id_of(&command)));
                }
                Turn::Refuse(frame) => self.say(&frame),
            }
        }
        if self.moving.is_none() {
            self.moving = self.session.due_reads();
        }
    }

    fn say(&mut self, frame: &str) {
        let frame: Value = serde_json::from_str(frame).unwrap();
        if frame["type"] == "error" {
            let code = frame["code"].as_str().unwrap();
            assert!(CODES.contains(&code), "{code} is no code of the format");
            assert!(frame["message"].as_str().is_some_and(|message| !message.is_empty()), "{frame}");
            self.answer(frame["id"].as_i64());
        } else {
            assert!(frame["type"] == "pong" || frame["type"] == "positions", "{frame}");
        }
    }

    fn answer(&mut self, id: Option<i64>) {
        let Some(id) = id else { return };
        let answered = self.answered.entry(id).or_default();
        *answered += 1;
        assert!(*answered <= self.asked.get(&id).copied().unwrap_or_default(), "{id} is answered once");
    }

    fn is_bounded(&self) {
        let Session { turns, reads, streams, watched, .. } = &self.session;
        assert!(turns.len() <= TURNS && reads.len() <= 2 * READS, "{} turns, {} reads", turns.len(), reads.len());
        assert!(streams.len() <= LIMITS.streams && watched.len() <= LIMITS.streams);
        assert!(self.under_way.len() <= UNDER_WAY, "{} commands", self.under_way.len());
    }

    /// Everything is answered that was asked, unless the connection ended before.
    fn settle(mut self) {
        while self.beginning.is_some() || !self.under_way.is_empty() || !self.session.turns.is_empty() {
            self.take(Step::HandedIn);
            self.take(Step::Verdict);
        }
        assert_eq!(self.answered, self.asked);
        let (kept, moved) = (self.session.reads.len(), self.session.all_reads().len());
        assert_eq!((moved, self.session.reads.len()), (kept, 0), "every position that is kept is moved at the end");
    }
}

proptest! {
    #[test]
    fn whatever_happens_everything_is_answered_once_and_nothing_grows(
        counted: bool,
        steps in vec(steps(), 0..200),
    ) {
        let mut driven = Driven::new(counted);
        for step in steps {
            driven.take(step);
            driven.is_bounded();
            if driven.close.is_some() {
                // Its driver asks it for nothing more but what was read.
                let kept = driven.session.reads.len();
                prop_assert_eq!(driven.session.all_reads().len(), kept);
                return Ok(());
            }
        }
        driven.settle();
    }
}
