//! What is shown as unread, held against a recount of the messages themselves after ten thousand random operations (I9).

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use words::PersonId;

use crate::support::{Actor, Group, Server};

/// How many operations there are, by how many people at once, and how often all is recounted meanwhile.
const OPERATIONS: usize = 10_000;
const PEOPLE: usize = 5;
const RECOUNTS: usize = 4;
/// How many channels there are.
const CHANNELS: usize = 3;

/// What the navigation calls its link to conversations, where it names channels.
const CONVERSATIONS: &str = "conversations";

/// The unread threads of each channel, and of the conversations, as the navigation tells them; none for a channel that is
/// silenced.
type Told = BTreeMap<String, Option<BTreeSet<String>>>;

/// Where people do things.
struct Place {
    server: Server,
    group: Group,
    channels: Vec<String>,
    /// Who does them.
    people: Vec<PersonId>,
}

/// One who does things, one after the other, and what they know of: threads with how long they were, and messages of their
/// own with where they were said.
struct Person {
    actor: Actor,
    dice: StdRng,
    threads: Vec<(String, i64)>,
    messages: Vec<(String, String, i64)>,
    /// How far they have read, of what no one moved since.
    read: BTreeMap<String, i64>,
    done: usize,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

#[tokio::test]
async fn what_is_shown_as_unread_is_what_a_recount_says_after_ten_thousand_operations() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let mut channels = vec![group.channel.clone()];
    for number in 1..CHANNELS {
        let made = json!({ "name": format!("Salon {number}"), "purpose": "" });
        channels.push(text(&ines.post(&format!("/api/v1/groups/{}/channels", group.id), made).await.json()["id"]));
    }
    // There is something to answer from the beginning.
    let opened = json!({ "title": "Sujet", "body": "Au début" });
    let opened = ines.post(&format!("/api/v1/channels/{}/threads", group.channel), opened).await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    let mut place = Place { server, group, channels, people: Vec::new() };
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let actor = if number == 0 { ines.clone() } else { place.server.person(&format!("Membre {number}")).await };
        if number > 0 {
            ines.add(&place.group, &actor, "member").await;
        }
        place.people.push(actor.id);
        let dice = StdRng::seed_from_u64(number as u64);
        people.push(Person { actor, dice, threads: Vec::new(), messages: Vec::new(), read: BTreeMap::new(), done: 0 });
    }
    let mut recounted = 0;
    for _ in 0..RECOUNTS {
        join_all(people.iter_mut().map(|person| person.live(&place, OPERATIONS / PEOPLE / RECOUNTS))).await;
        for person in &people {
            recounted += place.recount(person).await;
        }
    }
    assert!(people.iter().map(|person| person.done).sum::<usize>() >= OPERATIONS * 3 / 4, "most of it can be done");
    assert!(recounted > 100, "there was something unread: {recounted}");
    assert_eq!(place.server.torn().await, Vec::<String>::new());
}

impl Person {
    /// Does so many things that are drawn at random. What another one made impossible meanwhile is refused, and no harm.
    async fn live(&mut self, place: &Place, operations: usize) {
        for _ in 0..operations {
            self.look(place).await;
            let done = match self.dice.random_range(0..100) {
                0..40 => self.post().await,
                40..62 => self.read().await,
                62..72 => self.unread().await,
                72..80 => self.open(place).await,
                80..84 => self.remove().await,
                84..88 => self.follow().await,
                88..91 => self.level(place).await,
                91..95 => self.visit().await,
                95..97 => self.begin(place).await,
                97 => self.leave().await,
                _ => self.arrange(place).await,
            };
            self.done += usize::from(done);
        }
    }

    /// Learns from time to time which threads there are.
    async fn look(&mut self, place: &Place) {
        if !self.threads.is_empty() && self.dice.random_range(0..25) > 0 {
            return;
        }
        self.threads.clear();
        for channel in &place.channels {
            let list = self.actor.get(&format!("/api/v1/channels/{channel}/threads?limit=50")).await.json();
            let threads = list["items"].as_array().unwrap().iter();
            self.threads.extend(threads.map(|thread| (text(&thread["id"]), thread["last_position"].as_i64().unwrap())));
        }
        let conversations = conversations(&self.actor).await;
        let known = |one: &Value| (text(&one["thread"]), one["last_position"].as_i64().unwrap());
        self.threads.extend(conversations.iter().map(known));
    }

    fn thread(&mut self) -> (String, i64) {
        self.threads.choose(&mut self.dice).cloned().unwrap()
    }

    fn message(&mut self) -> Option<(String, String, i64)> {
        self.messages.choose(&mut self.dice).cloned()
    }

    /// Notes how far they have read, if that is further.
    fn has_read(&mut self, thread: &str, position: i64) {
        let read = self.read.entry(thread.to_owned()).or_default();
        *read = (*read).max(position);
    }

    async fn post(&mut self) -> bool {
        let (thread, _) = self.thread();
        let posted = self.actor.post(&format!("/api/v1/threads/{thread}/messages"), json!({ "body": "Encore" })).await;
        if posted.status != 201 {
            return false;
        }
        let posted = posted.json();
        let position = posted["position"].as_i64().unwrap();
        // What one says oneself is read, and all before it.
        self.has_read(&thread, position);
        self.messages.push((text(&posted["id"]), thread, position));
        true
    }

    async fn read(&mut self) -> bool {
        let (thread, last) = self.thread();
        let position = self.dice.random_range(0..=last);
        let path = format!("/api/v1/threads/{thread}/read");
        let moved = self.actor.request(Method::PUT, &path, Some(json!({ "position": position }))).await;
        if moved.status != 200 {
            return false;
        }
        let now = moved.json()["position"].as_i64().unwrap();
        if let Some(known) = self.read.insert(thread, now) {
            assert_eq!(now, known.max(position), "never back");
        }
        true
    }

    async fn unread(&mut self) -> bool {
        // A message that was moved keeps its place where it was said.
        let Some((message, thread, position)) = self.message() else { return false };
        let marked = self.actor.form(&format!("/messages/{message}/unread"), &[]).await;
        if marked.status == 303
            && let Some(read) = self.read.get_mut(&thread)
        {
            *read = (*read).min(position - 1);
        }
        marked.status == 303
    }

    async fn open(&mut self, place: &Place) -> bool {
        let channel = place.channels.choose(&mut self.dice).unwrap();
        let opened = json!({ "title": "Sujet", "body": "Au début" });
        let opened = self.actor.post(&format!("/api/v1/channels/{channel}/threads"), opened).await;
        assert_eq!(opened.status, 201, "{}", opened.text);
        let opened = opened.json();
        let (thread, message) = (text(&opened["id"]), text(&opened["message"]["id"]));
        self.has_read(&thread, 1);
        self.threads.push((thread.clone(), 1));
        self.messages.push((message, thread, 1));
        true
    }

    async fn remove(&mut self) -> bool {
        let Some((message, ..)) = self.message() else { return false };
        let path = format!("/api/v1/messages/{message}");
        self.actor.request(Method::DELETE, &path, None).await.status.is_success()
    }

    async fn follow(&mut self) -> bool {
        let ((thread, _), level) = (self.thread(), *["followed", "normal", "muted"].choose(&mut self.dice).unwrap());
        let path = format!("/api/v1/threads/{thread}/follow");
        self.actor.request(Method::PUT, &path, Some(json!({ "level": level }))).await.status == 200
    }

    async fn level(&mut self, place: &Place) -> bool {
        let channel = place.channels.choose(&mut self.dice).unwrap();
        let level = *["all", "mine", "mine", "none"].choose(&mut self.dice).unwrap();
        let path = format!("/api/v1/channels/{channel}/level");
        self.actor.request(Method::PUT, &path, Some(json!({ "level": level }))).await.status == 200
    }

    /// Opens a thread in a browser, which reads what it shows. How far that is, is nothing that this one knows.
    async fn visit(&mut self) -> bool {
        let (thread, _) = self.thread();
        let page = self.actor.page(&format!("/threads/{thread}")).await;
        self.read.remove(&thread);
        page.status == 200
    }

    /// Begins a conversation with some of the others, or finds it, and is in it again if they had left.
    async fn begin(&mut self, place: &Place) -> bool {
        let others: Vec<_> = place.people.iter().filter(|_| self.dice.random_bool(0.4)).collect();
        let begun = self.actor.post("/api/v1/conversations", json!({ "people": others })).await;
        if begun.status != 200 {
            return false;
        }
        let thread = text(&begun.json()["thread"]);
        if self.threads.iter().all(|(known, _)| *known != thread) {
            self.threads.push((thread, 0));
        }
        true
    }

    async fn leave(&mut self) -> bool {
        let held = conversations(&self.actor).await;
        let Some(conversation) = held.choose(&mut self.dice) else { return false };
        let (path, thread) = (format!("/api/v1/conversations/{}", text(&conversation["id"])), &conversation["thread"]);
        self.threads.retain(|(known, _)| known != thread);
        self.read.remove(thread.as_str().unwrap());
        self.actor.request(Method::DELETE, &path, None).await.status == 204
    }

    /// Splits a thread, merges one, moves one, closes one or opens one again: an animator does.
    async fn arrange(&mut self, place: &Place) -> bool {
        let ((thread, _), (other, _)) = (self.thread(), self.thread());
        match (self.dice.random_range(0..4), self.message()) {
            (0, Some((message, ..))) => {
                let body = json!({ "title": "La suite", "extent": "following" });
                self.actor.post(&format!("/api/v1/messages/{message}/split"), body).await.status.is_success()
            }
            (1, _) if thread != other => {
                let merged =
                    self.actor.post(&format!("/api/v1/threads/{thread}/merge"), json!({ "into": other })).await;
                // Who had read it to its end has read what they moved there.
                self.read.remove(&other);
                merged.status.is_success()
            }
            (2, _) => {
                let channel = place.channels.choose(&mut self.dice).unwrap();
                self.change(&thread, json!({ "channel": channel })).await
            }
            (_, _) => {
                let closed = self.dice.random_bool(0.3);
                self.change(&thread, json!({ "closed": closed })).await
            }
        }
    }

    async fn change(&self, thread: &str, body: Value) -> bool {
        self.actor.request(Method::PATCH, &format!("/api/v1/threads/{thread}"), Some(body)).await.status == 200
    }
}

impl Place {
    /// Holds what a person is shown against the messages and how far they have read; answers how many threads of theirs
    /// hold something unread.
    async fn recount(&self, person: &Person) -> usize {
        let rows: Vec<(Uuid, Option<Uuid>, i64, i64, bool, bool)> = sqlx::query_as(
            "select threads.id, threads.channel_id, count(messages.id),
               count(messages.id) filter (where messages.position > coalesce(read_positions.position, 0)),
               coalesce(follows.level = 'muted', false), coalesce(channel_levels.level = 'none', false)
             from threads
             left join messages on messages.thread_id = threads.id
             left join read_positions on read_positions.thread_id = threads.id and read_positions.person_id = $2
             left join follows on follows.thread_id = threads.id and follows.person_id = $2
             left join channel_levels
               on channel_levels.channel_id = threads.channel_id and channel_levels.person_id = $2
             where threads.group_id = $1
               or threads.kind = 'conversation' and exists (
                 select from members
                 where members.group_id = threads.group_id and members.person_id = $2 and members.ended_seq is null)
             group by threads.id, read_positions.position, follows.level, channel_levels.level",
        )
        .bind(self.group.id.parse::<Uuid>().unwrap())
        .bind(person.actor.id.0)
        .fetch_all(self.server.db.pool())
        .await
        .unwrap();
        let mut unread = 0;
        let links = self.channels.iter().map(String::as_str).chain([CONVERSATIONS]);
        let mut expected: Told = links.map(|link| (link.to_owned(), Some(BTreeSet::new()))).collect();
        let mut counts = BTreeMap::new();
        for (thread, channel, said, left, muted, silent) in rows {
            let thread = thread.to_string();
            let channel = channel.map_or_else(|| CONVERSATIONS.to_owned(), |channel| channel.to_string());
            if let Some(read) = person.read.get(&thread) {
                assert_eq!(said - left, *read, "how far {} has read, as they remember it", person.actor.id);
            }
            unread += usize::from(left > 0);
            counts.insert(thread.clone(), left);
            match expected.get_mut(&channel) {
                Some(told) if silent => *told = None,
                Some(Some(told)) if left > 0 && !muted => drop(told.insert(named(&thread))),
                _ => {}
            }
        }
        let page = person.actor.page("/notifications").await.text;
        assert_eq!(navigation(&page), expected, "the navigation of {}", person.actor.id);
        assert_eq!(Some(marked(&person.actor).await), expected[CONVERSATIONS], "conversations of {}", person.actor.id);
        let mut listed = rows_of(&page).len();
        for one in conversations(&person.actor).await {
            let shown = one["last_position"].as_i64().unwrap() - one["read"].as_i64().unwrap();
            assert_eq!(shown, counts[one["thread"].as_str().unwrap()], "{one} for {}", person.actor.id);
            listed += usize::from(shown > 0);
        }
        for channel in &self.channels {
            let list = person.actor.page(&format!("/channels/{channel}?show=unread")).await.text;
            let rows = rows_of(&list);
            listed += rows.len();
            for (thread, shown) in rows.into_iter().chain(rows_of(&page)) {
                assert_eq!(shown, counts[&thread], "what is unread of {thread} for {}", person.actor.id);
            }
        }
        assert!(listed > 0 || unread == 0);
        unread
    }
}

/// A person's conversations: as many as there can be.
async fn conversations(of: &Actor) -> Vec<Value> {
    of.get("/api/v1/conversations").await.json()["items"].as_array().unwrap().clone()
}

/// A thread as the navigation lists it.
fn named(thread: &str) -> String {
    thread.rsplit_once('-').unwrap().1.to_owned()
}

/// The conversations that a person's list marks as unread.
async fn marked(of: &Actor) -> BTreeSet<String> {
    let page = of.page("/conversations").await.text;
    between(&page, "conversation thread-row--unread\" href=\"/threads/", "\"").map(named).collect()
}

/// What stands between two words, wherever they stand.
fn between<'t>(text: &'t str, begin: &'t str, end: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(begin).skip(1).filter_map(move |rest| Some(rest.split_once(end)?.0))
}

fn navigation(page: &str) -> Told {
    let (_, rest) = page.split_once("<nav class=\"navigation\"").unwrap();
    let (links, _) = rest.split_once("</nav>").unwrap();
    let told = between(links, "data-channel=\"", ">").filter_map(|link| {
        let (channel, rest) = link.split_once('"')?;
        let unread = between(rest, "data-unread-threads=\"", "\"").next();
        let threads = unread.map(|threads| threads.split_whitespace().map(str::to_owned).collect());
        Some((channel.to_owned(), threads))
    });
    told.collect()
}

/// Each listed thread with how many messages are said to be unread, in words where there are some.
fn rows_of(page: &str) -> Vec<(String, i64)> {
    let rows = between(page, "<li id=\"thread-row-", "</li>").map(|row| {
        let thread = row.split('"').next().unwrap().to_owned();
        let said = between(row, "data-unread", "</span>").next().unwrap();
        let count: String = said.chars().filter(char::is_ascii_digit).collect();
        (thread, count.parse().unwrap_or(0))
    });
    rows.collect()
}
