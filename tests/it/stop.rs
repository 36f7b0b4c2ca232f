//! The program itself, told to stop while people write.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use preau::live::bus::Transport;
use reqwest::{Client, StatusCode};
use serde_json::json;
use sqlx::ConnectOptions;
use tokio::{
    process::{Child, Command},
    task::JoinSet,
};
use uuid::Uuid;

use crate::support::{Actor, Folder, Group, Server, Socket, database};

/// How long a stop may take.
const STOP: Duration = Duration::from_secs(15);

struct Program {
    child: Child,
    url: String,
    _folder: Folder,
}

impl Program {
    /// Starts it on a database, and waits until it is ready.
    async fn start(database_url: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (folder, url) = (Folder::fresh(), format!("http://127.0.0.1:{port}"));
        let child = Command::new(env!("CARGO_BIN_EXE_faulty"))
            .args(["serve", "--rate-limits", "off", "--listen", &format!("127.0.0.1:{port}")])
            .env("PREAU_DATA", folder.path())
            .env("DATABASE_URL", database_url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (client, began) = (Client::new(), Instant::now());
        while !client.get(format!("{url}/readyz")).send().await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(began.elapsed() < Duration::from_secs(30), "the program gets ready");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self { child, url, _folder: folder }
    }

    /// Asks it to stop, as a service manager does, and waits for its end: how long that took.
    async fn stop(mut self) -> Duration {
        let (pid, began) = (self.child.id().unwrap().to_string(), Instant::now());
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let ended = tokio::time::timeout(STOP, self.child.wait()).await.expect("it ends within fifteen seconds");
        assert!(ended.unwrap().success());
        began.elapsed()
    }
}

/// Who writes, and where.
#[derive(Clone)]
struct Author {
    url: String,
    token: String,
    thread: String,
    /// How much all of them were told together.
    said: Arc<AtomicU64>,
}

/// What an author was told.
#[derive(Default)]
struct Told {
    acked: Vec<Uuid>,
    failed: Vec<StatusCode>,
}

impl Author {
    /// Posts by requests until none is taken any more.
    async fn by_requests(self) -> Told {
        let (client, mut told) = (Client::new(), Told::default());
        loop {
            let id = Uuid::now_v7();
            let request = client.post(format!("{}/api/v1/threads/{}/messages", self.url, self.thread));
            let request = request.bearer_auth(&self.token).json(&json!({ "id": id, "body": "par requête" }));
            let Ok(answer) = request.send().await else { return told };
            match answer.status() {
                StatusCode::CREATED => told.acked.push(id),
                status => told.failed.push(status),
            }
            self.said.fetch_add(1, SeqCst);
        }
    }

    /// Posts by a socket until it ends.
    async fn by_socket(self) -> Told {
        let mut socket = Socket::open(&self.url, Some(&self.token), "preau.v1.json").await.unwrap();
        let mut told = Told::default();
        loop {
            let id = Uuid::now_v7();
            let message = json!({ "id": id, "thread": self.thread, "body": "par le fil" });
            socket.try_say(json!({ "type": "send", "id": 1, "message": message })).await;
            loop {
                match socket.next_or_end().await {
                    Some(frame) if frame["type"] == "ack" => break told.acked.push(id),
                    Some(frame) => assert_ne!(frame["type"], "error", "{frame}"),
                    None => return told,
                }
            }
            self.said.fetch_add(1, SeqCst);
        }
    }
}

/// One process: loaded, stopped, and held to what it told.
async fn stopped_under_load(beside: &Server, ines: &Actor, group: &Group, database_url: &str, after: u64) -> usize {
    let program = Program::start(database_url).await;
    let (url, token, thread) = (program.url.clone(), ines.token.clone(), group.standing.clone());
    let author = Author { url, token, thread, said: Arc::default() };
    let mut authors = JoinSet::new();
    for _ in 0..4 {
        authors.spawn(author.clone().by_requests());
        authors.spawn(author.clone().by_socket());
    }
    while author.said.load(SeqCst) < after {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = program.stop().await;
    assert!(took < STOP, "{took:?}");
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
    let options = database().await;
    let url = options.to_url_lossy().to_string();
    let beside = Server::start_at(options, Transport::Postgres).await;
    let (ines, group) = beside.group().await;
    let mut acked = 0;
    for round in 0..rounds {
        acked += stopped_under_load(&beside, &ines, &group, &url, 20 + round * 17 % 100).await;
    }
    assert!(acked > 20 * usize::try_from(rounds).unwrap(), "{acked} were acked");
}
