//! A whole server for each test, on a database of its own.

use std::{net::SocketAddr, sync::Arc};

use preau::{
    clock::Clock,
    db::Db,
    files::Files,
    http::{App, Pages, Settings, Viewers, server},
    live::bus::Transport,
    outgoing::Outgoing,
    people::{self, NewPerson},
    reactions, serve,
};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use words::Locale;

use super::{Actor, Browser, Folder, Group, database, until};

/// A running server.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) files: Files,
    pub(crate) settings: Arc<Settings>,
    pub(crate) sockets: serve::Sockets,
    /// What answers a request, for a test that polls it itself.
    pub(crate) router: axum::Router,
    stop: CancellationToken,
    folder: Arc<Folder>,
}

/// What a server is started with.
struct Setup {
    options: PgConnectOptions,
    folder: Arc<Folder>,
    clock: Clock,
    upload_limit_bytes: u64,
    /// How many live connections it takes.
    connections: usize,
    bus: Transport,
    /// The addresses of this machine that it may ask.
    opened: Vec<SocketAddr>,
}

impl Setup {
    /// On a database of its own.
    async fn fresh() -> Self {
        Self::on(database().await)
    }

    fn on(options: PgConnectOptions) -> Self {
        Self {
            options,
            folder: Arc::new(Folder::fresh()),
            clock: Clock::system(),
            upload_limit_bytes: 1 << 20,
            connections: 1000,
            bus: Transport::InProcess,
            opened: Vec::new(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(Clock::system(), 1 << 20).await
    }

    /// A server whose clock the test moves, and that takes files of a weight.
    pub(crate) async fn start_with(clock: Clock, upload_limit_bytes: u64) -> Self {
        Self::launch(Setup { clock, upload_limit_bytes, ..Setup::fresh().await }).await
    }

    /// A server whose clock the test moves, and that may ask an address of this machine.
    pub(crate) async fn start_open(clock: Clock, opened: SocketAddr) -> Self {
        Self::launch(Setup { clock, opened: vec![opened], ..Setup::fresh().await }).await
    }

    /// A server that takes few live connections.
    pub(crate) async fn start_small(connections: usize) -> Self {
        Self::launch(Setup { connections, ..Setup::fresh().await }).await
    }

    /// A server that tells other nodes.
    pub(crate) async fn start_node(bus: Transport) -> Self {
        Self::launch(Setup { bus, ..Setup::fresh().await }).await
    }

    /// A server that tells other nodes, on a database of the test's choice.
    pub(crate) async fn start_at(options: PgConnectOptions, bus: Transport) -> Self {
        Self::launch(Setup { bus, ..Setup::on(options) }).await
    }

    /// Another node of the same instance, once both have heard of each other by the bus.
    pub(crate) async fn start_beside(other: &Self) -> Self {
        let (options, bus) = ((*other.db.pool().connect_options()).clone(), other.sockets.bus().transport().clone());
        let (folder, clock) = (Arc::clone(&other.folder), other.clock.clone());
        let node = Self::launch(Setup { folder, clock, bus: bus.clone(), ..Setup::on(options) }).await;
        if bus != Transport::InProcess {
            until("the nodes hear each other", || {
                other.sockets.bus().has_company() && node.sockets.bus().has_company()
            })
            .await;
        }
        node
    }

    async fn launch(setup: Setup) -> Self {
        let Setup { options, folder, clock, upload_limit_bytes, connections, bus, opened } = setup;
        let db = Db::open(options, clock.clone(), reactions::react);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let files = Files::open(&folder.0).unwrap();
        let settings = Settings {
            public_url: url.clone(),
            secure: false,
            mailbox: false,
            rate_limits: true,
            connections,
            upload_limit_bytes,
            outgoing: Outgoing::new(&opened),
            network: "Réseau d’essai".to_owned(),
        };
        let settings = Arc::new(settings);
        let app = App {
            db: db.clone(),
            files: files.clone(),
            settings: Arc::clone(&settings),
            navigation: serve::navigation(),
            pages: Pages::default(),
            viewers: Viewers::default(),
        };
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let sockets = serve::Sockets::new(&app, bus, stop.clone(), tracker.clone());
        tokio::spawn(sockets.clone().work());
        let router = serve::router(app, sockets.clone());
        tokio::spawn(server::serve(listener, router.clone(), stop.clone(), tracker));
        Self { url, db, clock, files, settings, sockets, router, stop, folder }
    }

    /// Asks the server to stop.
    pub(crate) fn drain(&self) {
        self.stop.cancel();
    }

    /// What is there by half: names of things that miss what belongs to them. One statement, so that whoever writes at
    /// the same time is seen to have written everything or nothing.
    pub(crate) async fn torn(&self) -> Vec<String> {
        sqlx::query_scalar(include_str!("torn.sql")).fetch_all(self.db.pool()).await.unwrap()
    }

    /// The files that are being received.
    pub(crate) fn incoming(&self) -> Vec<std::path::PathBuf> {
        let folder = std::fs::read_dir(self.folder.path().join("incoming")).unwrap();
        folder.map(|entry| entry.unwrap().path()).collect()
    }

    /// Somebody with an account and a token.
    pub(crate) async fn person(&self, name: &str) -> Actor {
        self.account(name, false).await
    }

    /// Somebody who administers the platform.
    pub(crate) async fn admin(&self, name: &str) -> Actor {
        self.account(name, true).await
    }

    /// A group on invitation with one channel; its animator, the group and the channel.
    pub(crate) async fn group(&self) -> (Actor, Group) {
        self.group_named("Réseau CPO").await
    }

    pub(crate) async fn group_named(&self, name: &str) -> (Actor, Group) {
        let ines = self.admin("Inès").await;
        let group = ines.post("/api/v1/groups", json!({ "name": name, "purpose": "", "access": "invite" })).await;
        assert_eq!(group.status, 201, "{}", group.text);
        let id = group.json()["id"].as_str().unwrap().to_owned();
        let channel =
            ines.post(&format!("/api/v1/groups/{id}/channels"), json!({ "name": "Évaluation", "purpose": "" })).await;
        let channel = channel.json()["id"].as_str().unwrap().to_owned();
        let threads = ines.get(&format!("/api/v1/channels/{channel}/threads")).await;
        let standing = threads.json()["items"][0]["id"].as_str().unwrap().to_owned();
        (ines, Group { id, channel, standing })
    }

    async fn account(&self, name: &str, admin: bool) -> Actor {
        let address = format!("{}@reseau.example", uuid::Uuid::now_v7().simple());
        let new = NewPerson::checked(&address, name, admin, Locale::Fr).unwrap();
        let (id, token) = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let id = people::create(tx, &new).await?;
                    Ok((id, people::create_token(tx, id).await?))
                })
            })
            .await
            .unwrap();
        Actor::new(id, address, token.reveal(), &self.url)
    }

    /// The cookie of a new session of somebody.
    pub(crate) async fn session(&self, actor: &Actor) -> String {
        let id = actor.id;
        let opened = self.db.write(move |tx| Box::pin(async move { people::open_session(tx, id, "test").await }));
        format!("session={}", opened.await.unwrap().reveal())
    }

    /// Somebody who is not signed in, in a browser that follows no redirect.
    pub(crate) fn stranger(&self) -> Browser {
        Browser::new(&self.url)
    }
}
