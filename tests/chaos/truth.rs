//! What is there at the end: the log of the database, and what fresh reads answer, beside what readers made of events.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use preau::{
    clock::Clock,
    db::Db,
    documents,
    files::{Files, hex},
    reactions,
};
use reqwest::Method;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    actors::{Shown, digests},
    arena::Arena,
    cast::{Person, Room},
    history::{Form, Recorder, What, digest, digest_of},
    proxy::Network,
    store,
    wire::Api,
};

/// How long notifications may take, once everything is well.
const TELLING: Duration = Duration::from_secs(15);
/// How long one read may be tried.
const READ: Duration = Duration::from_secs(10);
/// In a week a file that nothing named is forgotten, in another its bytes are.
const OLD: TimeDelta = TimeDelta::days(9);
const SWEEPS: usize = 2;
/// How many messages are compared at once.
const TOGETHER: usize = 25;

/// What unread is counted by.
#[derive(Default)]
pub(crate) struct Places {
    messages: Vec<store::Message>,
    /// How far each person has read each thread.
    read: HashMap<(Uuid, Uuid), i32>,
}

/// Notes the logs, where they stand, the messages, and how far everybody has read.
pub(crate) async fn read_log(arena: &Arena, recorder: &Recorder) -> Result<Places> {
    let mut connection = arena.postgres.connect().await?;
    for (stream, last_seq) in store::last_seqs(&mut connection).await? {
        recorder.note(0, What::Stream { stream, last_seq });
    }
    for event in store::events(&mut connection).await? {
        let (thread, by) = (event.thread.map(|id| id.to_string()), event.actor.map(|id| id.to_string()));
        let subject = event.subject.to_string();
        let digest = digest(&event.kind, &subject, thread.as_deref(), by.as_deref(), &event.at());
        let store::Event { stream, seq, kind, subject, thread, person, actor, .. } = event;
        recorder.note(0, What::Log { stream, seq, kind, subject, thread, person, actor, digest });
    }
    let messages = store::messages(&mut connection).await?;
    for store::Message { id, thread, position, .. } in &messages {
        recorder.note(0, What::Stored { message: *id, thread: *thread, position: *position });
    }
    let mut read = HashMap::new();
    for store::Position { person, thread, up_to } in store::positions(&mut connection).await? {
        recorder.note(0, What::Position { person, thread, position: up_to.into() });
        read.insert((person, thread), up_to);
    }
    Ok(Places { messages, read })
}

/// Counts what somebody was told of the messages that name them. Nobody is sent a mail of a mention.
pub(crate) async fn count_mentions(arena: &Arena, person: Uuid, named: &[Uuid], recorder: &Recorder) -> Result<()> {
    let mut connection = arena.postgres.connect().await?;
    let until = Instant::now() + TELLING;
    let told = loop {
        let told = store::notifications(&mut connection, person).await?;
        if named.iter().all(|message| told.contains_key(message)) || Instant::now() > until {
            break told;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let mails = store::mails(&mut connection, person).await?;
    for message in named {
        let notifications = told.get(message).copied().unwrap_or(0);
        recorder.note(0, What::Mention { person, message: *message, notifications, mails, owed: 0 });
    }
    Ok(())
}

/// Compares what each reader made of events with what a fresh read answers.
pub(crate) async fn compare(animator: &Api, rooms: &[Room], shown: &[Shown]) -> Result<()> {
    let mut fresh = HashMap::new();
    for thread in rooms.iter().flat_map(|room| &room.threads) {
        read_thread(animator, *thread, &mut fresh).await?;
    }
    for shown in shown {
        let mut ids: Vec<_> = shown.kept.data.keys().collect();
        ids.sort_unstable();
        for some in ids.chunks(TOGETHER) {
            let of = |known: &HashMap<Uuid, (u64, u64)>| -> Vec<_> {
                some.iter().map(|id| known.get(id).copied()).collect()
            };
            let (live, now) = (of(&shown.kept.data), of(&fresh));
            let other = live.iter().zip(&now).position(|(live, now)| live != now).map_or(some[0], |at| some[at]);
            let subject = format!("message {other}");
            let (live, fresh) = (digest_of(&live), digest_of(&now));
            shown.part.note(What::Compared { form: Form::Json, subject, live, fresh });
        }
    }
    Ok(())
}

async fn read_thread(api: &Api, thread: Uuid, fresh: &mut HashMap<Uuid, (u64, u64)>) -> Result<()> {
    let mut after = 0;
    loop {
        let path = format!("/api/v1/threads/{thread}/messages?limit=200&after={after}");
        let page = api.read(&path, Instant::now() + READ).await?;
        for message in page["items"].as_array().into_iter().flatten() {
            fresh.insert(crate::cast::id(message)?, digests(message));
        }
        match page["next"].as_i64() {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}

/// Holds the fragments that a reader was sent last against a fresh page of the end of the thread that it watched: who has
/// read little of a long thread is shown its beginning unasked, of which no fragment is kept.
pub(crate) async fn compare_page(shown: &Shown, network: &Network, thread: Uuid, places: &Places) -> Result<()> {
    let of = places.messages.iter().filter(|message| message.thread == thread);
    let last = of.map(|message| message.position).max().unwrap_or(1);
    let page = page(&shown.part.person.api(network)?, &format!("/threads/{thread}?at={last}")).await?;
    for (message, fragment) in &shown.kept.fragments {
        if !page.contains(&format!("id=\"message-{message}\"")) {
            continue;
        }
        let live = digest_of(fragment);
        let fresh = if page.contains(fragment.trim()) { live } else { 0 };
        shown.part.note(What::Compared { form: Form::Html, subject: format!("message {message}"), live, fresh });
    }
    Ok(())
}

/// Holds how much a person is shown to be unread against a recount of the messages, and of how far they have read: up to
/// where they last posted, at least.
pub(crate) async fn count_unread(
    (person, network): (&Person, &Network),
    room: &Room,
    places: &Places,
    recorder: &Recorder,
) -> Result<()> {
    let page = page(&person.api(network)?, &format!("/channels/{}", room.channel)).await?;
    let read = attribute(&page, "data-read-positions=\"").context("a channel shows how far it was read")?;
    let known: HashMap<Uuid, i64> = serde_json::from_str(&read.replace("&#34;", "\"").replace("&quot;", "\""))?;
    for thread in &room.threads {
        let row = page.find(&format!("id=\"thread-row-{thread}\"")).context("a channel shows its threads")?;
        let last: i64 = attribute(&page[row..], "data-last-position=\"").context("a row tells its last")?.parse()?;
        let shown = last - known.get(thread).copied().unwrap_or(0);
        let of = places.messages.iter().filter(|message| message.thread == *thread);
        let own = of.clone().filter(|message| message.author == person.id).map(|message| message.position).max();
        let read = own.max(places.read.get(&(person.id, *thread)).copied());
        let counted = i64::try_from(of.count())? - i64::from(read.unwrap_or(0));
        recorder.note(0, What::Unread { person: person.id, thread: *thread, shown, counted });
    }
    Ok(())
}

/// Notes which bytes there are of each file; then what is left of both when everything is old enough to be swept.
pub(crate) async fn look_at_files(arena: &Arena, recorder: &Recorder) -> Result<()> {
    let folder = arena.folder.files();
    let mut connection = arena.postgres.connect().await?;
    for store::File { id, sha256 } in store::files(&mut connection).await? {
        let bytes = tokio::fs::read(blob(&folder, &sha256)).await.ok();
        recorder.note(0, What::File { file: id, digest: bytes.map(|bytes| digest_of(&bytes.as_slice())) });
    }
    let clock = Clock::at(Clock::system().now());
    let (db, files) = (Db::open(arena.postgres.options(), clock.clone(), reactions::react), Files::open(&folder)?);
    for _ in 0..SWEEPS {
        clock.advance(OLD);
        documents::sweep(&db, &files).await?;
    }
    db.close().await;
    let named: HashSet<_> =
        store::files(&mut connection).await?.into_iter().map(|file| blob(&folder, &file.sha256)).collect();
    let (mut there, mut unended) = (HashSet::new(), 0);
    for place in std::fs::read_dir(&folder)? {
        let place = place?;
        for blob in std::fs::read_dir(place.path())? {
            if place.file_name() == "incoming" {
                unended += 1;
            } else {
                there.insert(blob?.path());
            }
        }
    }
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (without_bytes, without_name) = (named.difference(&there).count(), there.difference(&named).count());
    recorder.note(
        0,
        What::Swept {
            files: count(named.len()),
            without_bytes: count(without_bytes),
            without_name: count(without_name),
            unended,
        },
    );
    Ok(())
}

/// Where the bytes of a file are.
fn blob(folder: &Path, sha256: &[u8]) -> PathBuf {
    let name = hex(sha256);
    folder.join(&name[..2]).join(name)
}

/// A file is taken again, by servers that were not started again since their disk was full.
pub(crate) async fn upload(api: &Api, room: &Room) -> Result<()> {
    let path = format!("/api/v1/groups/{}/files", room.stream);
    let part = reqwest::multipart::Part::bytes(b"Bonjour".to_vec()).file_name("bonjour.txt");
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = api.request(Method::POST, &path).header("accept", "application/json").multipart(form);
    let answer = Api::answered(request).await?;
    ensure!(answer.status.is_success(), "a file is refused after the storm: {} {}", answer.status, answer.text);
    Ok(())
}

/// Notes whether the nodes live, what they hold and have counted, and what their logs tell.
pub(crate) async fn read_nodes(arena: &mut Arena) -> Result<()> {
    for node in &mut arena.nodes {
        node.has_ended()?;
        node.note_counts().await;
        node.note_panics()?;
    }
    Ok(())
}

async fn page(api: &Api, path: &str) -> Result<String> {
    let until = Instant::now() + READ;
    loop {
        match Api::answered(api.request(Method::GET, path).header("accept", "text/html")).await {
            Ok(answer) if answer.status.is_success() => return Ok(answer.text),
            other if Instant::now() > until => return Ok(other?.text),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// What an attribute says that begins so.
fn attribute<'p>(page: &'p str, begins: &str) -> Option<&'p str> {
    let at = page.find(begins)? + begins.len();
    page[at..].split('"').next()
}
