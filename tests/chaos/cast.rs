//! Who takes part: people with accounts, and the groups in which they talk.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result};
use preau::{
    clock::Clock,
    db::Db,
    people::{self, NewPerson},
    reactions,
};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use tokio::time::Instant;
use uuid::Uuid;
use words::{Locale, PersonId};

use crate::{
    history::{Recorder, Verb, What, Who},
    proxy::Network,
    wire::{Api, Credential, Heard, Unopened, Wire},
};

/// How long the welcome of a connection is waited for.
const WELCOME: Duration = Duration::from_millis(2500);

/// A person.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Their id, and their stream's.
    pub(crate) id: Uuid,
    /// Their token.
    pub(crate) token: String,
}

/// A group, and where one talks in it.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// The group, and its stream.
    pub(crate) stream: Uuid,
    /// Its channel.
    pub(crate) channel: Uuid,
    /// Its threads.
    pub(crate) threads: Vec<Uuid>,
}

/// An actor's part in the run.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Its number.
    pub(crate) who: Who,
    /// Who it is.
    pub(crate) person: Person,
    /// How it reaches the server.
    pub(crate) network: Network,
    /// Where it notes what happens.
    pub(crate) recorder: Recorder,
}

/// Makes people, groups and parts.
#[derive(Debug)]
pub(crate) struct Casting {
    db: Db,
    network: Network,
    recorder: Recorder,
    numbers: AtomicU32,
}

impl Casting {
    /// Casting for a database that was migrated.
    pub(crate) fn new(options: PgConnectOptions, network: Network, recorder: Recorder, first: Who) -> Self {
        let db = Db::open(options, Clock::system(), reactions::react);
        Self { db, network, recorder, numbers: AtomicU32::new(first) }
    }

    /// Somebody with an account and a token.
    pub(crate) async fn person(&self, name: &str, admin: bool) -> Result<Person> {
        let address = format!("{}@reseau.example", Uuid::now_v7().simple());
        let new = NewPerson::checked(&address, name, admin, Locale::Fr).context("a name of the cast")?;
        let made = self.db.write(move |tx| {
            Box::pin(async move {
                let id = people::create(tx, &new).await?;
                Ok((id, people::create_token(tx, id).await?))
            })
        });
        let (id, token) = made.await.context("somebody of the cast")?;
        Ok(Person { id: id.0, token: token.reveal().to_owned() })
    }

    /// A session of somebody: the secret of its cookie.
    pub(crate) async fn session(&self, person: Uuid) -> Result<String> {
        let opened =
            self.db.write(move |tx| Box::pin(async move { people::open_session(tx, PersonId(person), "chaos").await }));
        Ok(opened.await.context("a session of the cast")?.reveal().to_owned())
    }

    /// A part for somebody.
    pub(crate) fn part(&self, person: &Person, name: &str) -> Part {
        let who = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.recorder.note(who, What::Actor { person: person.id, part: name.to_owned() });
        Part { who, person: person.clone(), network: self.network.clone(), recorder: self.recorder.clone() }
    }

    /// A group with threads, and its members.
    pub(crate) async fn room(&self, animator: &Person, members: &[&Person], threads: usize) -> Result<Room> {
        let (part, api) = (self.part(animator, "founder"), animator.api(&self.network)?);
        let group = json!({ "name": format!("Groupe {}", Uuid::now_v7()), "purpose": "", "access": "invite" });
        let stream = id(&api.make("/api/v1/groups", &group).await?)?;
        let channel = json!({ "name": "Évaluation", "purpose": "" });
        let channel = id(&api.make(&format!("/api/v1/groups/{stream}/channels"), &channel).await?)?;
        for member in members {
            let member = json!({ "user": member.id, "role": "member" });
            api.make(&format!("/api/v1/groups/{stream}/members"), &member).await?;
        }
        let mut room = Room { stream, channel, threads: Vec::new() };
        for number in 0..threads {
            let message = Uuid::now_v7();
            let opening = json!({ "title": format!("Discussion {number}"), "body": "Bonjour", "message_id": message });
            let thread = api.make(&format!("/api/v1/channels/{channel}/threads"), &opening).await?;
            let thread = id(&thread)?;
            let verb = Verb::Send;
            part.note(What::Invoke { op: message, verb, message, stream, thread });
            room.threads.push(thread);
        }
        Ok(room)
    }

    /// Lets go of the database.
    pub(crate) async fn close(self) {
        self.db.pool().close().await;
    }
}

impl Person {
    /// Their requests.
    pub(crate) fn api(&self, network: &Network) -> Result<Api> {
        Api::new(network.address(), self.credential())
    }

    /// What they show.
    pub(crate) fn credential(&self) -> Credential {
        Credential::Token(self.token.clone())
    }
}

impl Part {
    /// Notes what happens now.
    pub(crate) fn note(&self, what: What) {
        self.recorder.note(self.who, what);
    }

    /// A connection by the person's token that was welcomed.
    pub(crate) async fn connect(&self, protocol: &str) -> Result<Wire, Unopened> {
        self.connect_by(&self.person.credential(), protocol).await
    }

    /// A connection that was welcomed.
    pub(crate) async fn connect_by(&self, credential: &Credential, protocol: &str) -> Result<Wire, Unopened> {
        let mut wire = Wire::open(self.network.address(), credential, protocol).await?;
        match self.hear(&mut wire, Instant::now() + WELCOME).await {
            Heard::Frame(frame) if frame["type"] == "welcome" => Ok(wire),
            Heard::Closed(Some(code)) => Err(Unopened::Refused(code)),
            _ => Err(Unopened::Unreached),
        }
    }

    /// The next frame, waited for until then. What is none is noted, and ends the connection.
    pub(crate) async fn hear(&self, wire: &mut Wire, until: Instant) -> Heard {
        match wire.hear(until).await {
            Heard::Malformed(heard) => {
                self.note(What::Malformed { heard });
                Heard::Closed(None)
            }
            heard => heard,
        }
    }
}

/// The id of a thing.
pub(crate) fn id(thing: &Value) -> Result<Uuid> {
    Ok(thing["id"].as_str().context("a thing has an id")?.parse()?)
}
