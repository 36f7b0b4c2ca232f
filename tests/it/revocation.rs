//! Revocation under traffic (I8): whoever is removed gets their removal last, by every way in, and whose token ends is
//! closed at once. `PREAU_REMOVALS` says how many; each wave of them is removed while everybody writes and reads.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use uuid::Uuid;

use crate::support::{Actor, Group, PATIENCE, Place, Server, Socket, awaited};

/// How many are removed in one wave, and how many of them read the thread again and again too.
const WAVE: usize = 20;
const READERS: usize = 4;
/// Of how many removals one in a hundred is a figure.
const ENOUGH: usize = 100;
/// How many events come after the last removal of a wave, for whoever should not get them.
const AFTER: i64 = 10;

/// What the tasks of a wave are told and tell.
#[derive(Clone)]
struct Wave {
    group: Group,
    epoch: String,
    from: i64,
    stop: watch::Receiver<bool>,
    denied: mpsc::UnboundedSender<()>,
}

impl Wave {
    /// Somebody was told that they may not; returns once enough came that they must not get.
    async fn is_denied(&mut self) {
        self.denied.send(()).unwrap();
        self.stop.wait_for(|stop| *stop).await.unwrap();
    }

    fn stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

/// What somebody saw, by one way in, until they were told that they may not.
struct Seen {
    /// The sequences of the group's events, in the order in which they came.
    events: Vec<i64>,
    /// The kind of the last one.
    last: String,
    /// What the messages among them said, by their ids.
    bodies: Vec<(Uuid, String)>,
    /// When they were told.
    denied: Instant,
}

/// What an event says of a message.
fn body(frame: &Value) -> Option<(Uuid, String)> {
    let data = &frame["data"];
    Some((data["id"].as_str()?.parse().ok()?, data["body"].as_str()?.to_owned()))
}

/// Follows by socket to the end of the membership, and makes sure that nothing comes after it.
async fn by_socket(mut socket: Socket, mut wave: Wave) -> (Seen, Socket) {
    let (mut events, mut last, mut bodies) = (Vec::new(), String::new(), Vec::new());
    loop {
        let frame = socket.next().await;
        match frame["type"].as_str() {
            Some("event") => {
                events.push(frame["seq"].as_i64().unwrap());
                frame["kind"].as_str().unwrap().clone_into(&mut last);
                bodies.extend(body(&frame));
            }
            Some("subscribed") => {
                assert_eq!(frame["result"], "denied");
                assert_eq!(frame["seq"].as_i64(), events.last().copied(), "where the membership ended");
                break;
            }
            _ => {}
        }
    }
    let denied = Instant::now();
    wave.is_denied().await;
    socket.say(json!({ "type": "ping" })).await;
    loop {
        let frame = socket.next().await;
        if frame["type"] == "pong" {
            return (Seen { events, last, bodies, denied }, socket);
        }
        assert_eq!(frame["type"], "positions", "late");
    }
}

/// Follows by polls.
async fn by_poll(actor: Actor, mut wave: Wave) -> Seen {
    let (mut events, mut last, mut bodies, mut at) = (Vec::new(), String::new(), Vec::new(), wave.from);
    let (stream, epoch) = (wave.group.id.clone(), wave.epoch.clone());
    let frames = async |at: i64| {
        let answer = actor.get(&format!("/live/poll?at={stream}:{epoch}:{at}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["frames"].as_array().unwrap().clone()
    };
    'polls: loop {
        for frame in frames(at).await {
            assert_eq!(frame["stream"], stream.as_str());
            if frame["type"] == "subscribed" {
                assert_eq!(frame["result"], "denied", "{frame}");
                break 'polls;
            }
            at = frame["seq"].as_i64().unwrap();
            events.push(at);
            frame["kind"].as_str().unwrap().clone_into(&mut last);
            bodies.extend(body(&frame));
        }
    }
    let denied = Instant::now();
    wave.is_denied().await;
    for at in [at, at + 1, 0] {
        let late = frames(at).await;
        assert!(late.len() == 1 && late[0]["result"] == "denied", "late: {late:?}");
    }
    Seen { events, last, bodies, denied }
}

/// Reads the thread again and again; answers when it was last asked for and was there.
async fn by_reading(actor: Actor, wave: Wave) -> Option<Instant> {
    let path = format!("/api/v1/threads/{}/messages?limit=1", wave.group.standing);
    let (mut last, mut gone) = (None, false);
    while !wave.stopped() {
        let asked = Instant::now();
        match actor.get(&path).await.status.as_u16() {
            200 => {
                assert!(!gone, "it came back");
                last = Some(asked);
            }
            404 => gone = true,
            status => panic!("{status}"),
        }
    }
    last
}

/// Writes until told to stop: messages, edits and reactions.
async fn write(actor: Actor, group: Group, stop: watch::Receiver<bool>) -> usize {
    let mut written = 0;
    while !*stop.borrow() {
        let message = actor.say(&group.standing, &format!("message {written}")).await;
        let path = format!("/api/v1/messages/{}", message["id"].as_str().unwrap());
        actor.request(Method::PATCH, &path, Some(json!({ "body": format!("mieux {written}") }))).await;
        actor.request(Method::PUT, &format!("{path}/reactions/thanks"), None).await;
        written += 3;
    }
    written
}

async fn following(actor: &Actor, wave: &Wave) -> Socket {
    let mut socket = actor.socket("preau.v1.json").await;
    socket.next_of("welcome").await;
    let (stream, since, epoch) = (&wave.group.id, wave.from, &wave.epoch);
    socket.say(json!({ "type": "subscribe", "stream": stream, "since": since, "epoch": epoch })).await;
    assert_eq!(socket.next().await["result"], "ok");
    socket
}

async fn ended_at(server: &Server, group: &Group, actor: &Actor) -> i64 {
    let ended = sqlx::query_scalar("select ended_seq from members where group_id = $1 and person_id = $2");
    ended.bind(group.id.parse::<Uuid>().unwrap()).bind(actor.id.0).fetch_one(server.db.pool()).await.unwrap()
}

/// What messages say since an edit that came after an event. Each is edited once.
async fn edited_after(server: &Server, group: &Group, seq: i64) -> HashSet<(Uuid, String)> {
    let edited = sqlx::query_as(
        "select messages.id, body from events join messages on messages.id = subject_id
         where stream_id = $1 and seq > $2 and kind = 'message.edited'",
    );
    let edited = edited.bind(group.id.parse::<Uuid>().unwrap()).bind(seq).fetch_all(server.db.pool()).await.unwrap();
    edited.into_iter().collect()
}

/// How long each of a wave waited until they were told of their removal, and until their socket was closed.
async fn wave(server: &Server, ines: &Actor, group: &Group) -> (Vec<Duration>, Vec<Duration>) {
    let mut people = Vec::new();
    for number in 0..WAVE {
        let person = server.person(&format!("Personne {number}")).await;
        ines.add(group, &person, "member").await;
        people.push(person);
    }
    let Place { epoch, seq: from } = ines.place(group).await;
    let ((stopping, stop), (denied, mut denials)) = (watch::channel(false), mpsc::unbounded_channel());
    let wave = Wave { group: group.clone(), epoch, from, stop, denied };
    let (mut sockets, mut polls, mut readings) = (Vec::new(), Vec::new(), Vec::new());
    for person in &people {
        sockets.push(tokio::spawn(by_socket(following(person, &wave).await, wave.clone())));
        polls.push(tokio::spawn(by_poll(person.clone(), wave.clone())));
    }
    for person in people.iter().take(READERS) {
        readings.push(tokio::spawn(by_reading(person.clone(), wave.clone())));
    }
    let mut removed = Vec::new();
    for person in &people {
        ines.remove(group, person).await;
        removed.push(Instant::now());
    }
    for number in 0..2 * WAVE {
        let told = timeout(PATIENCE, denials.recv()).await;
        assert!(told.is_ok(), "{number} of {} were told of their removal, and the others follow still", 2 * WAVE);
    }
    let last = ines.place(group).await.seq;
    let came = async || (ines.place(group).await.seq >= last + AFTER).then_some(());
    awaited("those who stay write on", came).await;
    stopping.send(true).unwrap();
    for (reading, removed) in readings.into_iter().zip(&removed) {
        assert!(reading.await.unwrap().is_none_or(|read| read < *removed), "read after the removal was answered");
    }
    let (mut waits, mut open) = (Vec::new(), Vec::new());
    for (((person, removed), socket), poll) in people.iter().zip(&removed).zip(sockets).zip(polls) {
        let ended = ended_at(server, group, person).await;
        let (seen, socket) = socket.await.unwrap();
        assert_eq!(seen.events, (wave.from + 1..=ended).collect::<Vec<_>>(), "up to the removal, and no further");
        assert_eq!(seen.last, "member.removed");
        let polled = poll.await.unwrap();
        // Who is removed between two polls is not told of what came between them.
        let up_to = polled.events.last().map_or(wave.from, |&last| last);
        assert!(up_to <= ended, "{up_to} after {ended}");
        assert_eq!(polled.events, (wave.from + 1..=up_to).collect::<Vec<_>>());
        let newer = edited_after(server, group, ended).await;
        for seen in [seen, polled] {
            assert!(!seen.bodies.is_empty(), "what was said while they were members was shown");
            assert!(!seen.bodies.iter().any(|body| newer.contains(body)), "what was said after the end was shown");
            waits.push(seen.denied.saturating_duration_since(*removed));
        }
        open.push((person, socket));
    }
    (waits, ended(server, open).await)
}

/// Ends everybody's token, and answers how long their sockets stayed.
async fn ended(server: &Server, open: Vec<(&Actor, Socket)>) -> Vec<Duration> {
    let mut closing = Vec::new();
    for (person, mut socket) in open {
        let delete = sqlx::query("delete from tokens where person_id = $1").bind(person.id.0);
        delete.execute(server.db.pool()).await.unwrap();
        let began = Instant::now();
        closing.push(tokio::spawn(async move {
            assert_eq!(socket.closed().await, 4501);
            began.elapsed()
        }));
    }
    let mut waits = Vec::new();
    for closed in closing {
        waits.push(closed.await.unwrap());
    }
    waits
}

/// So many in a hundred waited no longer than that.
fn quantile(waits: &mut [Duration], in_a_hundred: usize) -> Duration {
    waits.sort_unstable();
    waits[(waits.len() * in_a_hundred).div_ceil(100) - 1]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_reaches_who_was_removed_whichever_way_they_read() {
    let removals: usize = std::env::var("PREAU_REMOVALS").map_or(WAVE, |number| number.parse().unwrap());
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (stopping, stop) = watch::channel(false);
    let mut writers = Vec::new();
    for name in ["Ana", "Bea"] {
        let writer = server.person(name).await;
        ines.add(&group, &writer, "member").await;
        writers.push(tokio::spawn(write(writer, group.clone(), stop.clone())));
    }
    let (mut told, mut closed) = (Vec::new(), Vec::new());
    for _ in 0..removals.div_ceil(WAVE) {
        let (waits, closings) = wave(&server, &ines, &group).await;
        told.extend(waits);
        closed.extend(closings);
    }
    stopping.send(true).unwrap();
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    let removed = closed.len();
    // One wave, beside other tests, says nothing of one in a hundred.
    let held = if removed < ENOUGH { 50 } else { 99 };
    let (told, closed) = (quantile(&mut told, held), quantile(&mut closed, held));
    println!(
        "{removed} removals under {written} writes: 0 late; told within {told:?}, closed within {closed:?} (p{held})"
    );
    let within = Duration::from_secs(1);
    assert!(written > 0 && told < within && closed < within, "{told:?} {closed:?}");
}
