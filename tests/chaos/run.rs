//! One half of a run: everything is started, everybody acts while the storm blows, everything heals, and what is there is
//! held against what everybody saw.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

use crate::{
    actors::{self, Applied, Author, Browser, Marker, Phase, Poller, Reader, Requester, Revocations, Shown, Signals},
    arena::{Arena, Plan},
    cast::{Casting, Person, Room},
    history::{Recorder, What, Who},
    nemesis::Storm,
    store, truth,
    wire::{HTML, JSON},
};

/// How long everybody has to have everything, and what was written to be sent.
const CATCH_UP: Duration = Duration::from_secs(12);
const DRAIN: Duration = Duration::from_secs(25);
/// How long deliveries are timed, without and with slow readers about.
const CALM: Duration = Duration::from_secs(3);
/// How long the author of the quiet room thinks.
const QUIET: Duration = Duration::from_millis(700);
/// How many authors talk in each busy room, by sockets.
const AUTHORS: usize = 7;

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

/// Everybody's parts, while they act.
struct Company {
    writers: JoinSet<Result<()>>,
    readers: JoinSet<Result<Shown>>,
    pollers: JoinSet<Result<()>>,
    /// Who reads everything to its end, once what was written is sent.
    markers: JoinSet<Result<()>>,
    /// How far each reader is in each stream that it follows.
    progress: Vec<(Who, Vec<Uuid>, Applied)>,
    phase: watch::Sender<Phase>,
    slow: watch::Sender<Option<bool>>,
}

/// Runs a half, and notes what happens.
pub(crate) async fn run(half: &Half, recorder: &Recorder) -> Result<()> {
    let mut arena = Arena::start(&half.plan).await.context("the servers do not start")?;
    let done = Box::pin(within(half, &mut arena, recorder)).await;
    if done.is_err() {
        crate::note(&arena.last_words());
    }
    done?;
    arena.stop().await
}

async fn within(half: &Half, arena: &mut Arena, recorder: &Recorder) -> Result<()> {
    for (kind, why) in [("disk_full", arena.folder.refused()), ("clock_moved", arena.clock.refused())] {
        if let Some(why) = why {
            recorder.note(0, What::Refused { kind: kind.to_owned(), why: why.to_owned() });
        }
    }
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
    let signals = Signals { phase: seen, paused: is_paused, lose: Arc::new(AtomicU32::new(0)), latest };
    let slow = watch::channel(None).0;
    let mut company = Company {
        writers: JoinSet::new(),
        readers: JoinSet::new(),
        pollers: JoinSet::new(),
        markers: JoinSet::new(),
        progress: Vec::new(),
        phase,
        slow,
    };
    let browser = if half.browser { Some(stage.call_browser(&casting).await?) } else { None };
    stage.call_readers(&casting, &mut company, &signals);
    stage.call_authors(&casting, &mut company, (&signals, crashes), arena)?;
    if half.timed {
        stage.time_deliveries(&casting, &mut company, &signals).await;
    } else {
        stage.call_idler(&casting, &mut company, &signals);
    }
    stage.call_others(&casting, &mut company, &signals);
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
    storm.blow(arena).await.context("the storm")?;
    recorder.note(0, What::Healed);
    let shown = company.settle(arena, recorder).await?;
    if let Some(browser) = browser {
        browser.compare().await?;
    }
    stage.look_at_the_end(arena, &shown, recorder).await?;
    if let Some(casting) = Arc::into_inner(casting) {
        casting.close().await;
    }
    Ok(())
}

impl Company {
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

/// The people and their rooms: two that are busy, and one that is quiet enough for a browser.
struct Stage {
    animator: Person,
    authors: Vec<Person>,
    requesters: Vec<Person>,
    readers: Vec<Person>,
    guests: Vec<Person>,
    idler: Person,
    passers: Vec<Person>,
    markers: Vec<Person>,
    uploaders: Vec<Person>,
    outsider: Person,
    rooms: Vec<Room>,
    think: Duration,
}

impl Stage {
    async fn set(casting: &Casting, think: Duration) -> Result<Self> {
        let animator = casting.person("Inès Charge", true).await?;
        let some = async |name: &str, count: usize| -> Result<Vec<Person>> {
            let mut people = Vec::new();
            for number in 0..count {
                people.push(casting.person(&format!("{name} {number}"), false).await?);
            }
            Ok(people)
        };
        let (authors, requesters) = (some("Autrice", 2 * AUTHORS + 1).await?, some("Requérant", 2).await?);
        let (readers, guests) = (some("Lectrice", 6).await?, some("Invitée", 3).await?);
        let (passers, idler) = (some("Passante", 2).await?, casting.person("Lambin", false).await?);
        let (markers, uploaders) = (some("Attentive", 2).await?, some("Archiviste", 2).await?);
        let outsider = casting.person("Malveillant", false).await?;
        let mut members: Vec<&Person> =
            [&authors, &requesters, &readers, &guests, &passers, &markers, &uploaders].into_iter().flatten().collect();
        members.push(&idler);
        let mut rooms = Vec::new();
        for threads in [3, 3, 1] {
            rooms.push(casting.room(&animator, &members, threads).await?);
        }
        Ok(Self {
            animator,
            authors,
            requesters,
            readers,
            guests,
            idler,
            passers,
            markers,
            uploaders,
            outsider,
            rooms,
            think,
        })
    }

    /// The busy room that the reader of a number follows: guests come after four others.
    fn room_of(&self, number: usize) -> &Room {
        &self.rooms[number % 2]
    }

    fn streams(&self) -> Vec<Uuid> {
        self.rooms.iter().map(|room| room.stream).collect()
    }

    /// Somebody with the shipped client, on the page of the quiet room's thread.
    async fn call_browser(&self, casting: &Casting) -> Result<Browser> {
        let person = &self.readers[5];
        let secret = casting.session(person.id).await?;
        Browser::open(casting.part(person, "browser"), &secret, self.rooms[2].threads[0]).await
    }

    /// Readers of one busy room each, in turn, and of their own stream; one of them has the quiet room too, by polls.
    fn call_readers(&self, casting: &Casting, company: &mut Company, signals: &Signals) {
        let follow = |number: usize, person: &Person| vec![self.room_of(number).stream, person.id];
        let both = vec![self.rooms[0].stream, self.rooms[2].stream];
        let part = casting.part(&self.readers[4], "poller");
        let (who, (poller, applied)) = (part.who, Poller::new(part, both.clone(), signals.clone()));
        company.progress.push((who, both, applied));
        company.pollers.spawn(poller.act());
        for (number, person) in self.readers[..4].iter().chain(&self.guests).enumerate() {
            let part = casting.part(person, if number < 4 { "reader" } else { "guest" });
            let (who, protocol) = (part.who, if number == 0 { HTML } else { JSON });
            let (mut reader, applied) = Reader::new(part, protocol, follow(number, person), signals.clone());
            if number == 0 {
                reader = reader.watching(self.rooms[0].threads.clone());
            }
            if number == 1 {
                reader = reader.timed(company.slow.subscribe());
            }
            company.progress.push((who, follow(number, person), applied));
            company.readers.spawn(reader.act());
        }
    }

    fn call_authors(
        &self,
        casting: &Casting,
        company: &mut Company,
        (signals, crashes): (&Signals, actors::Crash),
        arena: &Arena,
    ) -> Result<()> {
        for (number, person) in self.authors.iter().enumerate() {
            let part = casting.part(person, "author");
            let dump = arena.folder.path().join(format!("outbox-{number}.json"));
            let signals = (signals.clone(), crashes.clone());
            let (room, think) = if number == 2 * AUTHORS { (2, QUIET) } else { (number % 2, self.think) };
            let author = Author::new(part, &self.rooms[room], number, signals, (think, dump));
            company.writers.spawn(author.act());
        }
        for (number, person) in self.requesters.iter().enumerate() {
            let part = casting.part(person, "requester");
            let requester = Requester::new(part, &self.rooms[number % 2], signals.clone(), self.think);
            company.writers.spawn(requester.act());
        }
        ensure!(company.writers.len() == self.authors.len() + self.requesters.len(), "an author is missing");
        Ok(())
    }

    /// Times deliveries while nothing is wrong: alone, then with a slow reader about.
    async fn time_deliveries(&self, casting: &Casting, company: &mut Company, signals: &Signals) {
        sleep(CALM / 3).await;
        company.slow.send_replace(Some(false));
        sleep(CALM).await;
        self.call_idler(casting, company, signals);
        company.slow.send_replace(Some(true));
        sleep(CALM).await;
        company.slow.send_replace(None);
    }

    fn call_idler(&self, casting: &Casting, company: &mut Company, signals: &Signals) {
        let part = casting.part(&self.idler, "slow");
        company.writers.spawn(actors::read_slowly(part, self.streams(), signals.clone()));
    }

    fn call_others(&self, casting: &Arc<Casting>, company: &mut Company, signals: &Signals) {
        let plan = Revocations {
            guests: (4..).zip(&self.guests).map(|(number, guest)| (self.room_of(number).stream, guest.id)).collect(),
            pause: Duration::from_millis(1200),
        };
        let admin = casting.part(&self.animator, "animator");
        company.writers.spawn(actors::toggle_memberships(admin, plan, signals.clone()));
        for (number, person) in self.markers.iter().enumerate() {
            let marker = Marker::new(casting.part(person, "marker"), self.room_of(number), signals.clone());
            company.markers.spawn(marker.act());
            let part = casting.part(person, "reader of marks");
            let (who, (reader, applied)) = (part.who, Reader::new(part, JSON, vec![person.id], signals.clone()));
            company.progress.push((who, vec![person.id], applied));
            company.readers.spawn(reader.act());
        }
        for (number, person) in self.uploaders.iter().enumerate() {
            let part = casting.part(person, "uploader");
            let uploading = actors::upload(part, self.room_of(number).clone(), number > 0, signals.clone());
            company.writers.spawn(uploading);
        }
        let outsider = casting.part(&self.outsider, "malicious");
        company.writers.spawn(actors::be_malicious(outsider, self.rooms.clone(), signals.clone()));
        for person in &self.passers {
            let ending = actors::end_sessions(Arc::clone(casting), person.clone(), self.streams(), signals.clone());
            company.writers.spawn(ending);
        }
    }

    async fn look_at_the_end(&self, arena: &Arena, shown: &[Shown], recorder: &Recorder) -> Result<()> {
        let network = arena.proxy.network();
        let places = truth::read_log(arena, recorder).await?;
        let animator = self.animator.api(&network)?;
        truth::compare(&animator, &self.rooms, shown).await?;
        let some = [&self.animator, &self.authors[0], &self.authors[1], &self.readers[0], &self.guests[0]];
        for person in some.into_iter().chain(&self.markers) {
            for room in &self.rooms {
                truth::count_unread((person, &network), room, &places, recorder).await?;
            }
        }
        // Whoever opens a page has read it: only now.
        for shown in shown.iter().filter(|shown| shown.part.person.id == self.readers[0].id) {
            for thread in &self.rooms[0].threads {
                truth::compare_page(shown, &network, *thread).await?;
            }
        }
        truth::upload(&animator, &self.rooms[0]).await?;
        truth::look_at_files(arena, recorder).await?;
        truth::read_nodes(arena, recorder).await;
        Ok(())
    }
}
