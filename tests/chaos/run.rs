//! One half of a run: everything is started, everybody acts while the storm blows, everything heals, and what is there is
//! held against what everybody saw.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

use crate::{
    actors::{Applied, Phase, Shown, Signals, Timed},
    arena::{Arena, Plan},
    cast::Casting,
    checker::DELIVERIES,
    history::{Recorder, What, Who},
    nemesis::{self, Storm},
    stage::Stage,
    store, truth,
};

/// How long everybody has to have everything, and what was written to be sent.
const CATCH_UP: Duration = Duration::from_secs(12);
const DRAIN: Duration = Duration::from_secs(25);
/// How long deliveries are timed, without and with slow readers about; how many must be; and how long that may take.
pub(crate) const CALM: Duration = Duration::from_millis(2500);
const CALM_AT_MOST: Duration = Duration::from_secs(8);

/// A half.
#[derive(Clone, Debug)]
pub(crate) struct Half {
    /// What is under test.
    pub(crate) plan: Plan,
    /// How long the storm blows.
    pub(crate) length: Duration,
    /// Where its randomness begins.
    pub(crate) seed: u64,
    /// The number of its first actor.
    pub(crate) first: Who,
    /// How many times as many faults as in a quick run.
    pub(crate) pace: u32,
    /// How long an author thinks.
    pub(crate) think: Duration,
    /// Whether the schema is changed while everybody acts.
    pub(crate) migrates: bool,
    /// The bug that the nodes have, once everybody is there.
    pub(crate) bug: Option<String>,
    /// Whether deliveries are timed before the storm.
    pub(crate) timed: bool,
    /// Whether one of the readers is a browser.
    pub(crate) browser: bool,
}

/// Everybody, while they act.
pub(crate) struct Actors {
    /// Who writes.
    pub(crate) writers: JoinSet<Result<()>>,
    /// Who follows by a socket.
    pub(crate) readers: JoinSet<Result<Shown>>,
    /// Who follows by requests.
    pub(crate) pollers: JoinSet<Result<()>>,
    /// Who reads everything to its end, once what was written is sent.
    pub(crate) markers: JoinSet<Result<()>>,
    /// How far each reader is in each stream that it follows.
    pub(crate) progress: Vec<(Who, Vec<Uuid>, Applied)>,
    phase: watch::Sender<Phase>,
    timing: watch::Sender<Option<(u32, bool)>>,
    delivered: Arc<AtomicUsize>,
}

/// Runs a half, and notes what happens.
pub(crate) async fn run(half: &Half, recorder: &Recorder) -> Result<()> {
    let mut arena = Arena::start(&half.plan, recorder).await.context("the servers do not start")?;
    let done = Box::pin(within(half, &mut arena, recorder)).await;
    if done.is_err() {
        crate::note(&arena.last_words());
    }
    done?;
    arena.stop().await
}

async fn within(half: &Half, arena: &mut Arena, recorder: &Recorder) -> Result<()> {
    note_beginning(half, arena, recorder);
    let network = arena.proxy.network();
    let casting = Casting::new(arena.postgres.options(), network.clone(), recorder.clone(), half.first);
    let casting = Arc::new(casting);
    let stage = Stage::set(&casting, half.think).await.context("the cast")?;
    if let Some(bug) = &half.bug {
        arena.plant(bug).await?;
    }
    let (phase, seen) = watch::channel(Phase::Storm);
    let (paused, is_paused) = watch::channel(false);
    let (crash, crashes) = watch::channel((usize::MAX, 0));
    let latest = Arc::new(watch::channel(None).0);
    let (named, mut naming) = mpsc::unbounded_channel();
    let signals = Signals { phase: seen, paused: is_paused, lose: Arc::new(AtomicU32::new(0)), latest, named };
    let mut actors = Actors {
        writers: JoinSet::new(),
        readers: JoinSet::new(),
        pollers: JoinSet::new(),
        markers: JoinSet::new(),
        progress: Vec::new(),
        phase,
        timing: watch::channel(None).0,
        delivered: Arc::default(),
    };
    let browser = if half.browser { Some(stage.call_browser(&casting).await?) } else { None };
    stage.call_readers(&casting, &mut actors, &signals);
    stage.call_authors(&casting, &mut actors, (&signals, crashes), arena);
    if half.timed {
        stage.time_deliveries(&casting, &mut actors, &signals).await;
    } else {
        stage.call_idler(&casting, &mut actors, &signals);
    }
    stage.call_others(&casting, &mut actors, &signals);
    let storm = Storm {
        length: half.length,
        pace: half.pace,
        migrates: half.migrates,
        seed: half.seed,
        signals: signals.clone(),
        paused,
        crash,
        authors: stage.authors.len(),
        recorder: recorder.clone(),
    };
    Box::pin(storm.blow(arena)).await.context("the storm")?;
    recorder.note(0, What::Healed);
    let settled = actors.settle(arena, recorder).await;
    // Also of what broke off there is an end, against which what was seen can be held.
    let places = truth::read_log(arena, recorder).await?;
    let shown = settled?;
    if let Some(browser) = browser {
        browser.compare().await?;
    }
    let named: Vec<_> = std::iter::from_fn(|| naming.try_recv().ok()).collect();
    stage.look_at_the_end(arena, (&shown, &places, &named), recorder).await?;
    if let Some(casting) = Arc::into_inner(casting) {
        casting.close().await;
    }
    Ok(())
}

/// Notes which faults the half must make, and which it cannot make here.
fn note_beginning(half: &Half, arena: &Arena, recorder: &Recorder) {
    let needs = if half.bug.is_some() { Vec::new() } else { nemesis::needs(&half.plan, half.length, half.migrates) };
    recorder.note(0, What::Half { needs });
    for (kind, why) in [("disk_full", arena.folder.refused()), ("clock_moved", arena.clock.refused())] {
        if let Some(why) = why {
            recorder.note(0, What::Impossible { kind: kind.to_owned(), why: why.to_owned() });
        }
    }
}

impl Actors {
    /// How a reader times deliveries.
    pub(crate) fn timed(&self) -> Timed {
        Timed { now: self.timing.subscribe(), count: Arc::clone(&self.delivered) }
    }

    /// Has deliveries timed, until there are enough of them or it takes too long: the judge sees which.
    pub(crate) async fn time(&self, round: u32, slow: bool) {
        self.delivered.store(0, Ordering::Relaxed);
        self.timing.send_replace(Some((round, slow)));
        let began = Instant::now();
        let lacks = |count: usize, for_long: Duration| for_long < CALM || count < DELIVERIES;
        while lacks(self.delivered.load(Ordering::Relaxed), began.elapsed()) && began.elapsed() < CALM_AT_MOST {
            sleep(Duration::from_millis(50)).await;
        }
        self.timing.send_replace(None);
    }

    /// Waits until what was written is sent, and everybody has everything; then everybody goes.
    async fn settle(mut self, arena: &Arena, recorder: &Recorder) -> Result<Vec<Shown>> {
        let healed = Instant::now();
        self.phase.send_replace(Phase::Drain);
        let sent = async {
            while let Some(ended) = self.writers.join_next().await {
                ended??;
            }
            anyhow::Ok(())
        };
        timeout(DRAIN, sent).await.context("what was written is not sent")??;
        self.catch_up(arena, recorder, healed).await?;
        let read = async {
            while let Some(ended) = self.markers.join_next().await {
                ended??;
            }
            anyhow::Ok(())
        };
        timeout(DRAIN, read).await.context("what was read is not told")??;
        self.phase.send_replace(Phase::Done);
        let mut shown = Vec::new();
        let gone = async {
            while let Some(ended) = self.readers.join_next().await {
                shown.push(ended??);
            }
            while let Some(ended) = self.pollers.join_next().await {
                ended??;
            }
            anyhow::Ok(())
        };
        timeout(DRAIN, gone).await.context("readers do not go")??;
        Ok(shown)
    }

    async fn catch_up(&self, arena: &Arena, recorder: &Recorder, healed: Instant) -> Result<()> {
        let mut connection = arena.postgres.connect().await?;
        let last: BTreeMap<Uuid, i64> = store::last_seqs(&mut connection).await?.into_iter().collect();
        let all = self
            .progress
            .iter()
            .flat_map(|(who, streams, applied)| streams.iter().map(move |stream| (*who, *stream, applied)));
        let mut behind: Vec<_> = all.collect();
        let deadline = Instant::now() + CATCH_UP;
        while !behind.is_empty() && Instant::now() < deadline {
            behind.retain(|(who, stream, applied)| {
                let (at, end) = (applied.borrow().get(stream).copied(), last.get(stream).copied());
                let there = at.is_some_and(|at| Some(at) >= end);
                if there {
                    let ms = u64::try_from(healed.elapsed().as_millis()).ok();
                    recorder.note(*who, What::Caught { stream: *stream, ms });
                }
                !there
            });
            sleep(Duration::from_millis(10)).await;
        }
        for (who, stream, _) in behind {
            recorder.note(who, What::Caught { stream, ms: None });
        }
        Ok(())
    }
}
