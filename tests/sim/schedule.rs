//! A schedule: what is done to a world step by step, then everything is healed and must come to rest.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use crate::{
    cast::{CLIENTS, GROUPS, NODES, PEOPLE, STREAMS, THREADS},
    dice::Dice,
    figures::{Figure, Figures},
    ground::{Hint, Mode},
    twist::Twist,
    world::World,
};

/// How many steps a schedule has.
pub(crate) const STEPS: u32 = 200;
/// How often a healed world is looked at, and how many times at most until it is at rest.
const BEAT_MS: u64 = 250;
const BEATS: u32 = 240;
/// How many rounds of small things one beat may take.
const ROUNDS: u32 = 20_000;

/// What came of a schedule.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) violation: Option<String>,
    pub(crate) figures: Figures,
    pub(crate) trace: Vec<String>,
}

/// What a seed draws: kept as it was drawn, since how steps are drawn may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) seed: u64,
    mode: Mode,
    /// Each with the dice of what happens by it: all of them, unless somebody looks for the shortest that fails.
    pub(crate) steps: Vec<(Step, Dice)>,
    /// The dice while everything heals.
    healing: Dice,
}

/// What is done to a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    Write(usize, usize),
    Misuse(usize),
    Change(usize, bool),
    Read(usize, usize),
    Connect(usize),
    Cut(usize),
    Stall(usize),
    Resume(usize),
    Membership(usize, usize),
    Expel(usize, usize),
    Archive(usize),
    EndSession(usize),
    Crash(usize),
    Drain(usize),
    Start(usize),
    Away,
    Back,
    Save,
    Restore,
    Pass(u64),
    ClientClock(usize, i64),
    NodeClock(usize, i64),
    Forge(usize, usize, i64),
    Burst(usize, usize),
    Heavy(usize),
    Nothing,
}

impl Schedule {
    pub(crate) fn new(seed: u64) -> Self {
        let mode = Mode::new(&mut Dice::new(seed));
        let step = |number| {
            let mut dice = Dice::of_step(seed, number);
            (Step::draw(mode, &mut dice), dice)
        };
        Self { seed, mode, steps: (0..STEPS).map(step).collect(), healing: Dice::of_step(seed, STEPS) }
    }

    /// Runs it. A panic of a machine is a violation too.
    pub(crate) fn run(&self, twist: Option<Twist>, traced: bool) -> Outcome {
        let mut world = World::new(self.mode, twist, traced);
        let ran = catch_unwind(AssertUnwindSafe(|| self.go(&mut world)));
        if let Err(panic) = ran {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|&said| said.to_owned()));
            world.ground.check(false, || format!("panic: {}", said.unwrap_or_default()));
        }
        let ground = world.ground;
        Outcome { violation: ground.violation, figures: ground.figures, trace: ground.trace.unwrap_or_default() }
    }

    fn go(&self, world: &mut World) {
        for (number, (step, dice)) in self.steps.iter().enumerate() {
            world.ground.dice = dice.clone();
            world.ground.note(|| format!("step {number}: {step:?}"));
            step.carry_out(world);
            let much = [0, 2, 4, 8, 12, 30][world.ground.dice.roll(6)];
            for _ in 0..much {
                world.happen();
            }
            if world.ground.violation.is_some() {
                return;
            }
        }
        world.ground.dice = self.healing.clone();
        heal(world);
    }
}

impl Step {
    /// Draws a step, of those that the seed allows.
    fn draw(mode: Mode, dice: &mut Dice) -> Self {
        let (client, node, thread) = (dice.roll(CLIENTS), dice.roll(NODES), dice.roll(THREADS));
        let (kind, amount) = (dice.roll(100), dice.roll(1000));
        let clock = [-3_600_000, -5_000, 5_000, 3_600_000][amount % 4];
        match kind {
            0..24 => Self::Write(client, thread),
            24..30 if mode.changes => Self::Change(client, amount % 3 == 0),
            30..34 => Self::Read(client, thread),
            34..48 => Self::Connect(client),
            48..52 => Self::Cut(client),
            52..54 if mode.slow => Self::Stall(client),
            54..57 => Self::Resume(client),
            57..61 if mode.revocations => Self::Membership(amount % GROUPS, amount / 2 % PEOPLE),
            61..63 if mode.revocations => Self::Expel(amount % GROUPS, amount / 2 % PEOPLE),
            63..64 if amount % 3 == 0 => Self::Archive(thread),
            63..64 => Self::Misuse(client),
            64..65 if mode.revocations => Self::EndSession(client),
            65..66 if mode.crashes => Self::Crash(node),
            66..67 if mode.crashes => Self::Drain(node),
            67..71 => Self::Start(node),
            71..72 if mode.outages => Self::Away,
            72..75 => Self::Back,
            75..76 if mode.restores => Self::Save,
            76..80 if mode.restores => Self::Restore,
            80..90 => Self::Pass([1, 50, 300, 1000, 1000, 2500, 11_000, 31_000, 65_000, 620_000][amount % 10]),
            90..91 if mode.clocks => Self::ClientClock(client, clock),
            91..92 if mode.clocks => Self::NodeClock(node, clock),
            92..94 if mode.forged => {
                Self::Forge(node, amount % STREAMS, i64::try_from(amount % 60).unwrap_or_default())
            }
            94..96 if mode.bursts => Self::Burst(thread, [20, 60, 120, 300, 700][amount % 5]),
            96..97 if mode.bursts => Self::Heavy(thread),
            _ => Self::Nothing,
        }
    }

    fn carry_out(self, world: &mut World) {
        let at = world.ground.clock(0);
        match self {
            Self::Write(client, thread) => world.write(client, thread),
            Self::Misuse(client) => world.forge(client),
            Self::Change(client, removes) => world.change(client, removes),
            Self::Read(client, thread) => world.clients[client].read(thread),
            Self::Connect(client) => {
                if world.clients[client].is_overdue(&world.ground) {
                    world.cut(client);
                }
                world.connect(client);
            }
            Self::Cut(client) => world.cut(client),
            Self::Stall(client) => world.clients[client].stalled = true,
            Self::Resume(client) => world.clients[client].stalled = false,
            Self::EndSession(client) => world.end_session(client),
            Self::Crash(node) => world.crash(node),
            Self::Drain(node) => world.drain(node),
            Self::Start(node) => world.start(node),
            Self::Away => {
                world.ground.count(Figure::Outages);
                world.ground.away = true;
            }
            Self::Back => world.ground.away = false,
            Self::Save => world.backup = Some(world.ground.store.clone()),
            Self::Restore => world.restore(),
            Self::Pass(ms) => world.pass(ms),
            Self::ClientClock(client, by) => {
                world.ground.count(Figure::ClocksMoved);
                world.clients[client].clock += by;
            }
            Self::NodeClock(node, by) => {
                world.ground.count(Figure::ClocksMoved);
                if let Some(node) = &mut world.nodes[node] {
                    node.known.clock += by;
                }
            }
            Self::Forge(node, stream, seq) => {
                world.ground.count(Figure::HintsForged);
                world.ground.bus.push(Hint { node, stream, seq });
            }
            Self::Membership(..) | Self::Expel(..) | Self::Archive(_) | Self::Burst(..) | Self::Heavy(_)
                if world.ground.away => {}
            Self::Membership(group, person) => {
                world.administer(|store, history| {
                    if store.is_member(group, person) {
                        store.remove(history, group, person, at);
                    } else {
                        store.add(history, group, person, at);
                    }
                });
            }
            Self::Expel(group, person) => {
                world.administer(|store, history| store.expel(history, group, person, at));
            }
            Self::Archive(thread) => world.administer(|store, history| store.archive(history, thread, at)),
            Self::Burst(thread, times) => world.administer(|store, history| store.touch(history, thread, times, at)),
            Self::Heavy(thread) => world.ground.store.make_heavy(thread),
            Self::Nothing => {}
        }
    }
}

/// Nothing fails any more: in bounded time everybody who may has everything, and everything written is stored or given
/// back.
fn heal(world: &mut World) {
    world.ground.note(|| "everything heals".to_owned());
    (world.ground.healing, world.ground.away) = (true, false);
    world.clients.iter_mut().for_each(|client| client.stalled = false);
    for _ in 0..BEATS {
        world.pass(BEAT_MS);
        for node in 0..NODES {
            world.start(node);
        }
        for client in 0..CLIENTS {
            if world.clients[client].is_overdue(&world.ground) {
                world.cut(client);
            }
            world.connect(client);
        }
        rest(world);
        if world.ground.violation.is_some() {
            return;
        }
        if world.unfinished().is_none() {
            return world.check_the_end();
        }
    }
    let unfinished = world.unfinished().unwrap_or_default();
    world.ground.check(false, || format!("liveness: {unfinished}"));
}

/// Everything that can happen does.
fn rest(world: &mut World) {
    for _ in 0..ROUNDS {
        let mut moved = false;
        for client in 0..CLIENTS {
            moved |= world.client_turn(client);
        }
        for index in 0..NODES {
            let Some(node) = &mut world.nodes[index] else { continue };
            moved |= node.hub_turns(&mut world.ground) | node.commit_turn(&mut world.ground) | node.poll_turn();
            let ids: Vec<_> = node.connections.keys().copied().collect();
            for id in ids {
                moved |= world.connection_turn(index, id);
            }
        }
        moved |= world.bus_turn();
        if !moved || world.ground.violation.is_some() {
            return;
        }
    }
    world.ground.check(false, || "liveness: it never comes to rest".to_owned());
}
