//! Who takes part in a half, and where they meet.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

use crate::{
    actors::{
        Author, Browser, Crash, Marker, NAMED, Poller, Reader, Requester, Revocations, Shown, Signals, be_malicious,
        end_sessions, read_slowly, toggle_memberships, upload,
    },
    arena::Arena,
    cast::{Casting, Person, Room},
    history::Recorder,
    run::{Actors, CALM},
    truth::{self, Places},
    wire::{HTML, JSON},
};

/// How long the author of the quiet room thinks.
const QUIET: Duration = Duration::from_millis(700);
/// How many authors talk in each busy room, by sockets.
const AUTHORS: usize = 7;
/// How often deliveries are timed, without and with a slow reader about.
const ROUNDS: u32 = 2;

/// The people and their rooms: two that are busy, and one that is quiet enough for a browser.
pub(crate) struct Stage {
    animator: Person,
    /// Who writes by sockets.
    pub(crate) authors: Vec<Person>,
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
    /// Makes everybody and their rooms.
    pub(crate) async fn set(casting: &Casting, think: Duration) -> Result<Self> {
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
        let (passers, idler) = (some("Passante", 2).await?, casting.person(NAMED, false).await?);
        let (markers, uploaders) = (some("Attentive", 2).await?, some("Archiviste", 4).await?);
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
    pub(crate) async fn call_browser(&self, casting: &Casting) -> Result<Browser> {
        let person = &self.readers[5];
        let secret = casting.session(person.id).await?;
        Browser::open(casting.part(person, "browser"), &secret, self.rooms[2].threads[0]).await
    }

    /// Readers of one busy room each, in turn, and of their own stream; one of them has the quiet room too, by polls.
    pub(crate) fn call_readers(&self, casting: &Casting, actors: &mut Actors, signals: &Signals) {
        let follow = |number: usize, person: &Person| vec![self.room_of(number).stream, person.id];
        let both = vec![self.rooms[0].stream, self.rooms[2].stream];
        let part = casting.part(&self.readers[4], "poller");
        let (who, (poller, applied)) = (part.who, Poller::new(part, both.clone(), signals.clone()));
        actors.progress.push((who, both, applied));
        actors.pollers.spawn(poller.act());
        for (number, person) in self.readers[..4].iter().chain(&self.guests).enumerate() {
            let part = casting.part(person, if number < 4 { "reader" } else { "guest" });
            let (who, protocol) = (part.who, if number == 0 { HTML } else { JSON });
            let (mut reader, applied) = Reader::new(part, protocol, follow(number, person), signals.clone());
            if number == 0 {
                reader = reader.watching(self.rooms[0].threads.clone());
            }
            if number > 0 {
                reader = reader.timed(actors.timed());
            }
            actors.progress.push((who, follow(number, person), applied));
            actors.readers.spawn(reader.act());
        }
    }

    /// Authors of the two busy rooms, and one of the quiet one.
    pub(crate) fn call_authors(
        &self,
        casting: &Casting,
        actors: &mut Actors,
        (signals, crashes): (&Signals, Crash),
        arena: &Arena,
    ) {
        for (number, person) in self.authors.iter().enumerate() {
            let part = casting.part(person, "author");
            let dump = arena.folder.path().join(format!("outbox-{number}.json"));
            let signals = (signals.clone(), crashes.clone());
            let (room, think) = if number == 2 * AUTHORS { (2, QUIET) } else { (number % 2, self.think) };
            let author = Author::new(part, &self.rooms[room], number, signals, (think, dump));
            actors.writers.spawn(author.act());
        }
        for (number, person) in self.requesters.iter().enumerate() {
            let part = casting.part(person, "requester");
            let requester = Requester::new(part, &self.rooms[number % 2], signals.clone(), self.think);
            actors.writers.spawn(requester.act());
        }
    }

    /// Times deliveries while nothing is wrong: alone, then with a slow reader about, and so again.
    pub(crate) async fn time_deliveries(&self, casting: &Casting, actors: &mut Actors, signals: &Signals) {
        sleep(CALM / 3).await;
        for round in 0..ROUNDS {
            actors.time(round, false).await;
            let part = casting.part(&self.idler, "slow");
            let mut idling = JoinSet::new();
            idling.spawn(read_slowly(part, self.streams(), signals.clone()));
            actors.time(round, true).await;
        }
        self.call_idler(casting, actors, signals);
    }

    /// Somebody who reads slowly.
    pub(crate) fn call_idler(&self, casting: &Casting, actors: &mut Actors, signals: &Signals) {
        let part = casting.part(&self.idler, "slow");
        actors.writers.spawn(read_slowly(part, self.streams(), signals.clone()));
    }

    /// The animator, and whoever else does something of their own.
    pub(crate) fn call_others(&self, casting: &Arc<Casting>, actors: &mut Actors, signals: &Signals) {
        let plan = Revocations {
            guests: (4..).zip(&self.guests).map(|(number, guest)| (self.room_of(number).stream, guest.id)).collect(),
            pause: Duration::from_millis(1200),
        };
        let admin = casting.part(&self.animator, "animator");
        actors.writers.spawn(toggle_memberships(admin, plan, signals.clone()));
        for (number, person) in self.markers.iter().enumerate() {
            let marker = Marker::new(casting.part(person, "marker"), self.room_of(number), signals.clone());
            actors.markers.spawn(marker.act());
            let part = casting.part(person, "reader of marks");
            let (who, (reader, applied)) = (part.who, Reader::new(part, JSON, vec![person.id], signals.clone()));
            actors.progress.push((who, vec![person.id], applied));
            actors.readers.spawn(reader.act());
        }
        for (number, person) in self.uploaders.iter().enumerate() {
            let part = casting.part(person, "uploader");
            let uploading = upload(part, self.room_of(number).clone(), number > 0, signals.clone());
            actors.writers.spawn(uploading);
        }
        let outsider = casting.part(&self.outsider, "malicious");
        actors.writers.spawn(be_malicious(outsider, self.rooms.clone(), signals.clone()));
        for person in &self.passers {
            let ending = end_sessions(Arc::clone(casting), person.clone(), self.streams(), signals.clone());
            actors.writers.spawn(ending);
        }
    }

    /// Holds what is there at the end against what everybody made of it.
    pub(crate) async fn look_at_the_end(
        &self,
        arena: &mut Arena,
        (shown, places, named): (&[Shown], &Places, &[Uuid]),
        recorder: &Recorder,
    ) -> Result<()> {
        let network = arena.proxy.network();
        let animator = self.animator.api(&network)?;
        truth::count_mentions(arena, self.idler.id, named, recorder).await?;
        truth::compare(&animator, &self.rooms, shown).await?;
        let some = [&self.animator, &self.authors[0], &self.authors[1], &self.readers[0], &self.guests[0]];
        for person in some.into_iter().chain(&self.markers) {
            for room in &self.rooms {
                truth::count_unread((person, &network), room, places, recorder).await?;
            }
        }
        // Whoever opens a page has read it: only now.
        for shown in shown.iter().filter(|shown| shown.part.person.id == self.readers[0].id) {
            for thread in &self.rooms[0].threads {
                truth::compare_page(shown, &network, *thread, places).await?;
            }
        }
        truth::upload(&animator, &self.rooms[0]).await?;
        truth::look_at_files(arena, recorder).await?;
        truth::read_nodes(arena).await
    }
}
