//! What is there at the end: the log of the database, and what fresh reads answer, beside what readers made of events.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, Result, ensure};
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

/// How long one read may be tried.
const READ: Duration = Duration::from_secs(10);
/// How many messages are compared at once.
const TOGETHER: usize = 25;

/// Notes the logs, where they stand, and the messages.
pub(crate) async fn read_log(arena: &Arena, recorder: &Recorder) -> Result<Vec<store::Message>> {
    let mut connection = arena.postgres.connect().await?;
    for (stream, last_seq) in store::last_seqs(&mut connection).await? {
        recorder.note(0, What::Stream { stream, last_seq });
    }
    for event in store::events(&mut connection).await? {
        let (thread, by) = (event.thread.map(|id| id.to_string()), event.actor.map(|id| id.to_string()));
        let subject = event.subject.to_string();
        let digest = digest(&event.kind, &subject, thread.as_deref(), by.as_deref(), &event.at());
        let store::Event { stream, seq, kind, subject, thread, person, .. } = event;
        recorder.note(0, What::Log { stream, seq, kind, subject, thread, person, digest });
    }
    let messages = store::messages(&mut connection).await?;
    for store::Message { id, thread, position, .. } in &messages {
        recorder.note(0, What::Stored { message: *id, thread: *thread, position: *position });
    }
    Ok(messages)
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

/// Holds the fragments that a reader was sent last against a fresh page of the thread that it watched.
pub(crate) async fn compare_page(shown: &Shown, network: &Network, thread: Uuid) -> Result<()> {
    let page = page(&shown.part.person.api(network)?, &format!("/threads/{thread}")).await?;
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

/// Holds how much a person is shown to be unread against a recount of the messages and of where they last posted.
pub(crate) async fn count_unread(
    (person, network): (&Person, &Network),
    room: &Room,
    messages: &[store::Message],
    recorder: &Recorder,
) -> Result<()> {
    let page = page(&person.api(network)?, &format!("/channels/{}", room.channel)).await?;
    let read = attribute(&page, "data-read-positions=\"").context("a channel shows how far it was read")?;
    let read: HashMap<Uuid, i64> = serde_json::from_str(&read.replace("&#34;", "\"").replace("&quot;", "\""))?;
    for thread in &room.threads {
        let row = page.find(&format!("id=\"thread-row-{thread}\"")).context("a channel shows its threads")?;
        let last: i64 = attribute(&page[row..], "data-last-position=\"").context("a row tells its last")?.parse()?;
        let shown = last - read.get(thread).copied().unwrap_or(0);
        let of = messages.iter().filter(|message| message.thread == *thread);
        let own = of.clone().filter(|message| message.author == person.id).map(|message| message.position).max();
        let counted = i64::try_from(of.count())? - i64::from(own.unwrap_or(0));
        recorder.note(0, What::Unread { person: person.id, thread: *thread, shown, counted });
    }
    Ok(())
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

/// Notes what the nodes hold in memory, and those of their counters that must stay 0.
pub(crate) async fn read_nodes(arena: &Arena, recorder: &Recorder) {
    for node in &arena.nodes {
        if let Some(kib) = node.memory_kib() {
            recorder.note(0, What::Memory { kib });
        }
        let metrics = node.answer("/metrics").await.filter(|answer| answer.starts_with("HTTP/1.1 200"));
        let lines = metrics.iter().flat_map(|metrics| metrics.lines()).filter(|line| !line.starts_with('#'));
        for (name, value) in lines.filter_map(|line| line.rsplit_once(' ')) {
            let held = ["gap", "overflow_nonephemeral"].iter().any(|word| name.contains(word));
            if let Some(value) = value.trim().parse::<u64>().ok().filter(|_| held) {
                recorder.note(0, What::Counter { name: name.to_owned(), value });
            }
        }
    }
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
