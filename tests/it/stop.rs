//! The program itself, told to stop while people write.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use preau::live::bus::Transport;
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Actor, Folder, Group, Program, Server, Socket, until};

/// How long a stop may take.
const STOP: Duration = Duration::from_secs(15);

/// Who writes, and where.
#[derive(Clone)]
struct Author {
    url: String,
    token: String,
    thread: String,
    /// How much all of them were told together.
    said: Arc<AtomicU64>,
    /// Whether whoever shares requests out among nodes still sends them here.
    sent: Arc<AtomicBool>,
}

/// What an author was told.
#[derive(Default)]
struct Told {
    acked: Vec<Uuid>,
    failed: Vec<String>,
}

impl Author {
    /// Posts by requests, each by a connection of its own, until none is sent here any more: each that was is served.
    async fn by_requests(self) -> Told {
        let client = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        let mut told = Told::default();
        while self.sent.load(SeqCst) {
            let id = Uuid::now_v7();
            let request = client.post(format!("{}/api/v1/threads/{}/messages", self.url, self.thread));
            let request = request.bearer_auth(&self.token).json(&json!({ "id": id, "body": "par requête" }));
            match request.send().await {
                Ok(answer) if answer.status() == StatusCode::CREATED => told.acked.push(id),
                Ok(answer) => told.failed.push(answer.status().to_string()),
                Err(error) => told.failed.push(format!("{error:?}")),
            }
            self.said.fetch_add(1, SeqCst);
        }
        told
    }

    /// Sends requests here until the program says that it stops.
    async fn until_it_leaves(self) {
        let (client, url) =
            (Client::builder().pool_max_idle_per_host(0).build().unwrap(), format!("{}/readyz", self.url));
        while client.get(&url).send().await.expect("it says so before it goes").status().is_success() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.sent.store(false, SeqCst);
    }

    /// Posts by a socket until it ends, which the server says before.
    async fn by_socket(self) -> Told {
        let mut socket = Socket::open(&self.url, Some(&self.token), "preau.v1.json").await.unwrap();
        let (mut told, mut bye) = (Told::default(), false);
        loop {
            let id = Uuid::now_v7();
            let message = json!({ "id": id, "thread": self.thread, "body": "par le fil" });
            socket.try_say(json!({ "type": "send", "id": 1, "message": message })).await;
            loop {
                match socket.next_or_end().await {
                    Some(frame) if frame["type"] == "ack" => break told.acked.push(id),
                    Some(frame) if frame["type"] == "bye" => bye = true,
                    Some(frame) => assert_ne!(frame["type"], "error", "{frame}"),
                    None => {
                        assert!(bye, "the connection was cut");
                        return told;
                    }
                }
            }
            self.said.fetch_add(1, SeqCst);
        }
    }
}

/// One process: loaded, stopped, and held to what it told.
async fn stopped_under_load(beside: &Server, ines: &Actor, group: &Group, after: u64) -> usize {
    let folder = Folder::fresh();
    let program = Program::start(&beside.db.pool().connect_options(), folder.path()).await;
    let (url, token, thread) = (program.url.clone(), ines.token.clone(), group.standing.clone());
    let author = Author { url, token, thread, said: Arc::default(), sent: Arc::new(AtomicBool::new(true)) };
    let mut authors = JoinSet::new();
    for _ in 0..4 {
        authors.spawn(author.clone().by_requests());
        authors.spawn(author.clone().by_socket());
    }
    let balancer = tokio::spawn(author.clone().until_it_leaves());
    until("they write", || author.said.load(SeqCst) >= after).await;
    let took = program.stopped().await;
    assert!(took < STOP, "{took:?}");
    balancer.await.unwrap();
    let told = authors.join_all().await;
    let failed: Vec<_> = told.iter().flat_map(|told| &told.failed).collect();
    assert!(failed.is_empty(), "no request fails: {failed:?}");
    let acked: Vec<_> = told.iter().flat_map(|told| told.acked.clone()).collect();
    let kept: i64 = sqlx::query_scalar("select count(*) from messages where id = any($1)")
        .bind(&acked)
        .fetch_one(beside.db.pool())
        .await
        .unwrap();
    assert_eq!(usize::try_from(kept).unwrap(), acked.len(), "what was acked is there");
    acked.len()
}

#[tokio::test]
async fn a_program_that_is_told_to_stop_under_load_loses_nothing_and_refuses_no_request() {
    let rounds = if std::env::var_os("PREAU_LONG").is_some() { 100 } else { 3 };
    let beside = Server::start_node(Transport::Postgres).await;
    let (ines, group) = beside.group().await;
    let mut acked = 0;
    for round in 0..rounds {
        acked += stopped_under_load(&beside, &ines, &group, 20 + round * 17 % 100).await;
    }
    assert!(acked > 20 * usize::try_from(rounds).unwrap(), "{acked} were acked");
}
