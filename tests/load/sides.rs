//! What is compared: a crowd, and the programs that serve it.

use std::{
    any::Any,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{
    crowd::{Crowd, Faults, Pace, Protocol, Round, bare::Framing},
    processor,
    report::{Line, median, note, rounded},
};

/// A server under load, whatever it speaks.
pub(crate) trait Side {
    fn name(&self) -> &'static str;
    fn role(&self) -> Role;
    /// A round of talk, and the processor time that the servers spent on it, in seconds. Where it takes longer than it
    /// should, others are looked after.
    fn talk(&mut self, pace: Pace, lasting: Duration, others: &mut dyn FnMut() -> Result<()>) -> Result<(Round, f64)>;
    /// Answers what the server asks.
    fn idle(&mut self) -> Result<()>;
    fn faults(&self) -> Faults;
    /// How many messages are in the database, where there is one.
    fn rows(&self) -> Result<Option<u64>>;
}

/// What a side is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// It is measured, or a limit of the machine: its faults are ours.
    Own,
    /// It is what others wrote: its faults are its own.
    Peer,
}

/// Counts the messages that a side's database holds.
pub(crate) type Rows<'a> = Box<dyn Fn() -> Result<u64> + 'a>;

/// A side whose crowd is connected.
pub(crate) struct Connected<'a, P: Protocol> {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) crowd: Crowd<P>,
    /// Whose processor time counts.
    pub(crate) programs: Vec<u32>,
    pub(crate) rows: Option<Rows<'a>>,
    /// What ends with the side.
    #[expect(dead_code, reason = "held for its end")]
    pub(crate) owned: Box<dyn Any>,
}

impl<P: Protocol> Side for Connected<'_, P> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn role(&self) -> Role {
        self.role
    }

    fn talk(&mut self, pace: Pace, lasting: Duration, others: &mut dyn FnMut() -> Result<()>) -> Result<(Round, f64)> {
        let before = processor::time(&self.programs)?;
        let round = self.crowd.talk_while(pace, lasting, others)?;
        Ok((round, processor::time(&self.programs)? - before))
    }

    fn idle(&mut self) -> Result<()> {
        self.crowd.idle(Duration::ZERO)
    }

    fn faults(&self) -> Faults {
        self.crowd.faults()
    }

    fn rows(&self) -> Result<Option<u64>> {
        self.rows.as_ref().map(|rows| rows()).transpose()
    }
}

/// What the rounds of one side came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds {
    pub(crate) rounds: Vec<(Round, f64)>,
}

impl Rounds {
    /// The median over the rounds of something of each.
    pub(crate) fn median(&self, of: impl Fn(&Round, f64) -> f64) -> f64 {
        median(self.rounds.iter().map(|(round, processor)| of(round, *processor)).collect())
    }

    /// Processor time of the servers for each delivery, in µs.
    pub(crate) fn per_delivery(&self) -> f64 {
        self.median(|round, processor| processor * 1e6 / round.deliveries as f64)
    }

    /// Deliveries a second.
    pub(crate) fn deliveries(&self) -> f64 {
        self.median(|round, _| round.deliveries as f64 / round.elapsed.as_secs_f64())
    }

    /// Acks a second.
    pub(crate) fn acks(&self) -> f64 {
        self.median(|round, _| round.acks as f64 / round.elapsed.as_secs_f64())
    }

    /// The bytes of a delivery, with whatever else was read.
    pub(crate) fn weight(&self) -> f64 {
        self.median(|round, _| round.bytes as f64 / round.deliveries as f64)
    }

    /// A percentile of the times to the ack, in ms.
    pub(crate) fn ack(&self, percent: usize) -> f64 {
        self.median(|round, _| percentile(&round.ack, percent))
    }

    /// A percentile of the times to the last reader, in ms.
    pub(crate) fn last(&self, percent: usize) -> f64 {
        self.median(|round, _| percentile(&round.last, percent))
    }

    /// All of it, as a line shows it.
    pub(crate) fn figures(&self) -> Value {
        json!({
            "processor_us_per_delivery": rounded(self.per_delivery()),
            "deliveries_per_s": self.deliveries().round(),
            "acked_per_s": self.acks().round(),
            "bytes_per_delivery": self.weight().round(),
            "ack_ms": { "p50": rounded(self.ack(50)), "p99": rounded(self.ack(99)) },
            "last_reader_ms": { "p50": rounded(self.last(50)), "p99": rounded(self.last(99)) },
            "rounds_us_per_delivery": self.rounds.iter()
                .map(|(round, processor)| rounded(processor * 1e6 / round.deliveries as f64)).collect::<Vec<_>>(),
        })
    }
}

/// How the sides take turns: at which pace, how often, and for how long each time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    pub(crate) pace: Pace,
    pub(crate) times: usize,
    pub(crate) lasting: Duration,
}

impl Turns {
    /// Talks with each side in turn, so that what the machine does besides falls on all of them. Once all have had theirs,
    /// something else has.
    pub(crate) fn take(
        self,
        sides: &mut [Box<dyn Side + '_>],
        mut between: impl FnMut() -> Result<()>,
    ) -> Result<Vec<Rounds>> {
        let mut rounds = vec![Rounds::default(); sides.len()];
        for _ in 0..self.times {
            for (index, rounds) in rounds.iter_mut().enumerate() {
                rounds.rounds.push(self.round(sides, index)?);
            }
            between()?;
        }
        Ok(rounds)
    }

    /// One side's turn; the others are looked after.
    pub(crate) fn round(self, sides: &mut [Box<dyn Side + '_>], index: usize) -> Result<(Round, f64)> {
        let (before, rest) = sides.split_at_mut(index);
        let (side, after) = rest.split_first_mut().context("there is a side for each of its rounds")?;
        let mut others = || before.iter_mut().chain(after.iter_mut()).try_for_each(|other| other.idle());
        let (round, processor) = side.talk(self.pace, self.lasting, &mut others).with_context(|| side.name())?;
        others()?;
        let (per_second, each) = (round.deliveries as f64 / round.elapsed.as_secs_f64(), round.deliveries as f64);
        note(&format!(
            "  {}: {per_second:.0} deliveries/s, {:.3} µs each, {:.0} acks/s",
            side.name(),
            processor * 1e6 / each,
            round.acks as f64 / round.elapsed.as_secs_f64(),
        ));
        Ok((round, processor))
    }
}

/// Puts the figures of each side into the line, with what must be nothing. Préau's own faults, and those of a limit, make
/// the line void; a peer's are its own.
pub(crate) fn tell(line: &mut Line, sides: &[Box<dyn Side + '_>], rounds: &[Rounds]) -> Result<()> {
    for (side, rounds) in sides.iter().zip(rounds) {
        let (faults, rows) = (side.faults(), side.rows()?);
        let sound = faults.are_none() && rows.is_none_or(|rows| rows == faults.acks);
        line.valid(sound || side.role() == Role::Peer);
        let mut figures = rounds.figures();
        if let Value::Object(figures) = &mut figures {
            figures.insert("validity".to_owned(), validity(&faults, rows));
        }
        line.with(side.name(), figures);
    }
    Ok(())
}

fn validity(faults: &Faults, rows: Option<u64>) -> Value {
    json!({
        "lost": faults.lost, "duplicated": faults.duplicated, "reordered": faults.reordered,
        "channels_without_one_order": faults.disordered, "cut": faults.cut, "wrong": faults.wrong,
        "acks": faults.acks, "rows": rows,
    })
}

/// The time, in ms, that so many of a hundred stay under.
pub(crate) fn percentile(took: &[Duration], percent: usize) -> f64 {
    let mut took = took.to_vec();
    took.sort_unstable();
    let at = (took.len() * percent).div_ceil(100).saturating_sub(1);
    took.get(at).map_or(f64::NAN, |took| took.as_secs_f64() * 1000.0)
}

/// A program that serves, and ends with its owner.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Starts a program on the servers' processors, which says on its first line where it listens.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("its output is ours")?).read_line(&mut line)?;
        let address = line.trim().parse().with_context(|| format!("{command:?} does not say where it listens"))?;
        Ok(Self { child, address })
    }

    /// One of the limits: this very program.
    pub(crate) fn limit(framing: Framing) -> Result<Self> {
        let mut command = on_servers(&std::env::current_exe()?.to_string_lossy());
        command.args(["--limit", if framing == Framing::Length { "tcp" } else { "web-socket" }]);
        Self::start(command)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended by itself if this fails.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A command that runs on the servers' processors.
pub(crate) fn on_servers(program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &processor::of_servers(), program]);
    command
}
