//! Every failpoint of the write path with every fault: after each, everything or nothing is there.

use std::path::Path;

use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

use crate::support::{Actor, Folder, Group, Program, Server, Socket, awaited};

/// What a message passes on its way.
const OF_A_MESSAGE: [&str; 6] =
    ["after_lock", "after_insert", "before_commit", "after_commit_before_ack", "after_ack_before_hint", "render"];

/// A network whose server is the program itself, and may be killed.
struct Network {
    /// Sees the same database, for what a test asks of it.
    eye: Server,
    database: PgConnectOptions,
    data: Folder,
    program: Program,
    ines: Actor,
    group: Group,
    epoch: Value,
}

/// What became of a command, as its sender sees it.
#[derive(Debug)]
enum Outcome {
    Acked(Value),
    Refused(Value),
    Cut,
}

impl Network {
    async fn start() -> Self {
        let eye = Server::start().await;
        let (ines, group) = eye.group().await;
        let epoch = ines.get("/api/v1/me").await.json()["epoch"].clone();
        let (database, data) = ((*eye.db.pool().connect_options()).clone(), Folder::fresh());
        let program = Program::start(&database, data.path()).await;
        let ines = ines.at_url(&program.url);
        Self { eye, database, data, program, ines, group, epoch }
    }

    /// Sets a failpoint, once, and does what meets it; a program that was killed is started again.
    async fn meet<T>(&mut self, place: &str, fault: &str, act: impl AsyncFnOnce(&Self) -> T) -> T {
        self.program.set(&format!("{place}=1*return({fault})")).await;
        let outcome = act(self).await;
        self.program.meets(place).await;
        if fault == "kill" {
            let next = Program::start(&self.database, self.data.path()).await;
            std::mem::replace(&mut self.program, next).killed().await;
            self.ines = self.ines.at_url(&self.program.url);
        }
        outcome
    }

    async fn number(&self, query: &'static str, id: Uuid) -> i64 {
        sqlx::query_scalar(query).bind(id).fetch_one(self.eye.db.pool()).await.unwrap()
    }

    /// How often a message is stored, having seen that nothing is stored by half and the log has no hole.
    async fn stored(&self, message: Uuid) -> i64 {
        let stored = self.number("select count(*) from messages where id = $1", message).await;
        assert_eq!(self.eye.torn().await, Vec::<String>::new());
        stored
    }

    async fn follow(&self, since: i64) -> Socket {
        let mut socket = self.ines.socket("preau.v1.json").await;
        let ask = json!({ "type": "subscribe", "stream": self.group.id, "since": since, "epoch": self.epoch });
        socket.say(ask).await;
        assert_eq!(socket.next_of("subscribed").await["result"], "ok");
        socket
    }

    async fn seq(&self) -> i64 {
        self.number("select last_seq from streams where id = $1", self.group.id.parse().unwrap()).await
    }

    fn send(&self, message: Uuid) -> Value {
        let message = json!({ "id": message, "thread": self.group.standing, "body": "bonjour" });
        json!({ "type": "send", "id": 7, "message": message })
    }
}

/// Sends a command over a connection of its own, and waits for what becomes of it.
async fn sent(actor: &Actor, command: Value) -> Outcome {
    let mut socket = actor.socket("preau.v1.json").await;
    socket.say(command).await;
    loop {
        match socket.next_or_end().await {
            Some(frame) if frame["type"] == "ack" => return Outcome::Acked(frame),
            Some(frame) if frame["type"] == "error" => return Outcome::Refused(frame),
            Some(_) => {}
            None => return Outcome::Cut,
        }
    }
}

async fn acked(actor: &Actor, command: Value) -> Value {
    match sent(actor, command).await {
        Outcome::Acked(ack) => ack,
        other => panic!("an ack was expected: {other:?}"),
    }
}

/// The sequences that a follower is given, up to one.
async fn given(socket: &mut Socket, up_to: i64) -> Vec<i64> {
    let mut given = Vec::new();
    while given.last() != Some(&up_to) {
        given.push(socket.next_of("event").await["seq"].as_i64().unwrap());
    }
    given
}

async fn a_message_meets(network: &mut Network, place: &str, fault: &str) {
    let cell = format!("{place}, {fault}");
    let since = network.seq().await;
    let mut follower = network.follow(since).await;
    let message = Uuid::now_v7();
    let send = network.send(message);
    let outcome = network.meet(place, fault, async |network| sent(&network.ines, send).await).await;
    let stored = network.stored(message).await;
    let committed = OF_A_MESSAGE.iter().position(|&known| known == place) >= Some(3);
    match &outcome {
        Outcome::Acked(ack) => {
            assert_eq!((stored, &ack["duplicate"]), (1, &json!(false)), "what is acked is stored: {cell}");
        }
        Outcome::Refused(refusal) => {
            assert_eq!(refusal["code"], "unavailable", "the same id tells: {cell}");
            assert_eq!(stored == 1, committed, "{cell}");
        }
        Outcome::Cut => assert_eq!((fault, stored == 1), ("kill", committed), "{cell}"),
    }
    let retried = acked(&network.ines, network.send(message)).await;
    assert_eq!(retried["duplicate"], stored == 1, "a retry knows what is stored: {cell}");
    if let Outcome::Acked(ack) = &outcome {
        assert_eq!((&ack["seq"], &ack["position"]), (&retried["seq"], &retried["position"]), "{cell}");
    }
    assert_eq!(network.stored(message).await, 1, "and stores it once: {cell}");
    let second = Uuid::now_v7();
    let last = acked(&network.ines, network.send(second)).await["seq"].as_i64().unwrap();
    assert_eq!(network.stored(second).await, 1, "another message goes through: {cell}");
    let all: Vec<_> = (since + 1..=last).collect();
    assert_eq!(given(&mut network.follow(since).await, last).await, all, "who resumes gets everything: {cell}");
    if fault != "kill" {
        assert_eq!(given(&mut follower, last).await, all, "and so does who stayed: {cell}");
    }
}

/// The names of the blobs in the folder of files.
fn blobs(data: &Path) -> Vec<String> {
    let folders = std::fs::read_dir(data.join("files")).unwrap().map(|entry| entry.unwrap().path());
    let blobs =
        folders.filter(|folder| !folder.ends_with("incoming")).flat_map(|folder| std::fs::read_dir(folder).unwrap());
    blobs.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

async fn an_upload_meets(network: &mut Network, fault: &str) {
    let path = format!("/api/v1/groups/{}/files", network.group.id);
    let (name, before) = (format!("{fault}.txt"), named(network).await);
    let content = Uuid::now_v7().to_string();
    let file = [(name.as_str(), content.as_bytes())];
    let answer =
        network.meet("file_rename", fault, async |network| network.ines.try_upload(&path, &[], &file).await.ok()).await;
    let rows = named(network).await;
    let held = blobs(network.data.path());
    assert!(rows.iter().all(|row| held.contains(row)), "no row without its file: {fault}");
    let answered = answer.is_some_and(|answer| answer.status == 201);
    assert_eq!(rows.len() - before.len(), usize::from(answered), "no answer without its row: {fault}");
    let again = network.ines.upload(&path, &[], &file).await;
    assert_eq!(again.status, 201, "the same upload goes through: {fault}: {}", again.text);
    let (message, file) = (Uuid::now_v7(), again.json()["id"].clone());
    let mut send = network.send(message);
    send["message"]["attachments"] = json!([file]);
    acked(&network.ines, send).await;
    let read = network.ines.get(&format!("/api/v1/files/{}", file.as_str().unwrap())).await;
    assert_eq!(read.text, content, "{fault}");
}

/// The blobs that rows name.
async fn named(network: &Network) -> Vec<String> {
    let query = "select encode(sha256, 'hex') from files";
    sqlx::query_scalar(query).fetch_all(network.eye.db.pool()).await.unwrap()
}

async fn a_mail_meets(network: &mut Network, fault: &str) {
    let address = format!("{fault}@reseau.example");
    let path = format!("/api/v1/groups/{}/members", network.group.id);
    let invite = json!({ "email": address, "role": "member" });
    let answer = network.meet("outbox_after_send", fault, async |network| network.ines.post(&path, invite).await).await;
    assert_eq!(answer.status, 201, "an invitation does not wait for its mail: {fault}: {}", answer.text);
    // Time passes: whatever was claimed is due again.
    let pool = network.eye.db.pool();
    let due = "update mails set due_at = created_at where recipient = $1 and sent_at is null";
    sqlx::query(due).bind(&address).execute(pool).await.unwrap();
    let sent = "select id from mails where recipient = $1 and sent_at is not null";
    awaited(&format!("the mail is marked in the end: {fault}"), async || {
        sqlx::query_scalar::<_, Uuid>(sent).bind(&address).fetch_optional(pool).await.unwrap()
    })
    .await;
    let folder = std::fs::read_dir(network.data.path().join("mail")).unwrap();
    let mails = folder.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    assert_eq!(mails.filter(|mail| mail.contains(&address)).count(), 1, "and is there once: {fault}");
}

async fn everything_meets(fault: &str) {
    let mut network = Network::start().await;
    for place in OF_A_MESSAGE {
        a_message_meets(&mut network, place, fault).await;
    }
    an_upload_meets(&mut network, fault).await;
    a_mail_meets(&mut network, fault).await;
}

#[tokio::test]
async fn an_error_anywhere_on_the_way_leaves_everything_or_nothing() {
    everything_meets("error").await;
}

#[tokio::test]
async fn a_panic_anywhere_on_the_way_leaves_everything_or_nothing() {
    everything_meets("panic").await;
}

#[tokio::test]
async fn a_delay_anywhere_on_the_way_changes_nothing() {
    everything_meets("delay").await;
}

#[tokio::test]
async fn a_kill_anywhere_on_the_way_leaves_everything_or_nothing() {
    everything_meets("kill").await;
}
