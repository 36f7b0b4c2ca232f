//! A whole server for each test, on a database of its own, and a cast that speaks to it.

mod actor;
mod nats;
mod pages;
mod postgres;
mod program;
mod proxy;
mod server;
mod socket;
mod statements;

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use tests::cluster::Cluster;

pub(crate) use actor::{Actor, Answer, Browser, Place};
pub(crate) use nats::Nats;
pub(crate) use pages::{Pages, Reply, answer, page};
pub(crate) use postgres::{locked, waiting};
pub(crate) use program::Program;
pub(crate) use proxy::Proxy;
pub(crate) use server::Server;
pub(crate) use socket::{PATIENCE, Socket};
pub(crate) use statements::{counted, told};

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());
static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| {
    // On a thread of its own: a test is inside a runtime already.
    std::thread::spawn(|| RUNTIME.block_on(Cluster::start())).join().unwrap().unwrap()
});

/// A folder for the length of a test.
pub(crate) struct Folder(std::path::PathBuf);

impl Folder {
    pub(crate) fn fresh() -> Self {
        Self(std::env::temp_dir().join(format!("preau-files-{}", uuid::Uuid::now_v7())))
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A program that follows a group from now on.
pub(crate) async fn following(actor: &Actor, group: &Group) -> Socket {
    let mut socket = actor.socket("preau.v1.json").await;
    socket.say(json!({ "type": "subscribe", "id": 1, "stream": group.id })).await;
    assert_eq!(socket.next_of("subscribed").await["result"], "ok");
    assert_eq!(socket.next().await["type"], "live");
    socket
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until there is something, and answers it.
pub(crate) async fn awaited<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// An empty, migrated database.
pub(crate) async fn database() -> PgConnectOptions {
    RUNTIME.spawn(CLUSTER.fresh()).await.unwrap().unwrap()
}

/// The ids of a test's group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) channel: String,
    pub(crate) standing: String,
}
