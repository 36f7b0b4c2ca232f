//! A whole server for each test, on a database of its own, and a cast that speaks to it.

mod nats;
mod program;
mod proxy;
mod socket;
mod statements;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use preau::{
    clock::Clock,
    db::Db,
    files::Files,
    http::{App, Settings, Viewers, server},
    live::bus::Transport,
    people::{self, NewPerson},
    reactions, serve,
};
use reqwest::{Method, StatusCode, redirect};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use tests::cluster::Cluster;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use words::{Locale, PersonId};

pub(crate) use nats::Nats;
pub(crate) use program::Program;
pub(crate) use proxy::Proxy;
pub(crate) use socket::{PATIENCE, Socket};
pub(crate) use statements::{counted, told};

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());
static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| {
    // On a thread of its own: a test is inside a runtime already.
    std::thread::spawn(|| RUNTIME.block_on(Cluster::start())).join().unwrap().unwrap()
});

/// A running server.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) files: Files,
    pub(crate) sockets: serve::Sockets,
    /// What answers a request, for a test that polls it itself.
    pub(crate) router: axum::Router,
    stop: CancellationToken,
    folder: Arc<Folder>,
}

/// A person with a token, and what they can say to the server.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) id: PersonId,
    pub(crate) token: String,
    url: String,
    client: reqwest::Client,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) text: String,
}

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

/// What a server is started with.
struct Setup {
    options: PgConnectOptions,
    folder: Arc<Folder>,
    clock: Clock,
    upload_limit_bytes: u64,
    /// How many live connections it takes.
    connections: usize,
    bus: Transport,
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
        }
    }
}

/// An empty, migrated database.
pub(crate) async fn database() -> PgConnectOptions {
    RUNTIME.spawn(CLUSTER.fresh()).await.unwrap().unwrap()
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
        let Setup { options, folder, clock, upload_limit_bytes, connections, bus } = setup;
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
            network: "Réseau d’essai".to_owned(),
        };
        let app = App {
            db: db.clone(),
            files: files.clone(),
            settings: Arc::new(settings),
            navigation: serve::navigation,
            viewers: Viewers::default(),
        };
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let sockets = serve::Sockets::new(&app, bus, stop.clone(), tracker.clone());
        tokio::spawn(sockets.clone().work());
        let router = serve::router(app, sockets.clone());
        tokio::spawn(server::serve(listener, router.clone(), stop.clone(), tracker));
        Self { url, db, clock, files, sockets, router, stop, folder }
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
        Actor { id, token: token.reveal().to_owned(), url: self.url.clone(), client: client() }
    }

    /// Somebody who is not signed in, in a browser that follows no redirect.
    pub(crate) fn stranger(&self) -> Browser {
        Browser { url: self.url.clone(), client: client() }
    }
}

/// The ids of a test's group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) channel: String,
    pub(crate) standing: String,
}

impl Actor {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn request(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Reads a page, as a browser does.
    pub(crate) async fn page(&self, path: &str) -> Answer {
        let request =
            self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token).header("accept", "text/html");
        Answer::of(request.send().await.unwrap()).await
    }

    /// Sends a form, as a browser does.
    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request =
            self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).header("accept", "text/html");
        Answer::of(
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encoded(fields))
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// Sends a form with files, as a browser does.
    pub(crate) async fn upload(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Answer {
        self.try_upload(path, fields, files).await.unwrap()
    }

    /// The same to a server that may end before it answers.
    pub(crate) async fn try_upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> reqwest::Result<Answer> {
        let mut form = reqwest::multipart::Form::new();
        for (name, value) in fields {
            form = form.text((*name).to_owned(), (*value).to_owned());
        }
        for (name, bytes) in files {
            form = form.part("file", reqwest::multipart::Part::bytes(bytes.to_vec()).file_name((*name).to_owned()));
        }
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).multipart(form);
        let json = path.starts_with("/api/");
        let request = request.header("accept", if json { "application/json" } else { "text/html" });
        Ok(Answer::of(request.send().await?).await)
    }

    /// Reads with headers of one's own.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Begins to read, and leaves the rest of the bytes to come.
    pub(crate) async fn begin(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await.unwrap()
    }

    /// The same person, at a program that serves there.
    pub(crate) fn at_url(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// Adds somebody to a group.
    pub(crate) async fn add(&self, group: &Group, person: &Actor, role: &str) {
        let path = format!("/api/v1/groups/{}/members", group.id);
        let added = self.post(&path, json!({ "user": person.id, "role": role })).await;
        assert_eq!(added.status, 201, "{}", added.text);
    }

    /// Removes somebody from a group.
    pub(crate) async fn remove(&self, group: &Group, person: &Actor) {
        let path = format!("/api/v1/groups/{}/members/{}", group.id, person.id);
        let removed = self.request(Method::DELETE, &path, None).await;
        assert_eq!(removed.status, 204, "{}", removed.text);
    }

    /// Posts a message in a thread, and answers it.
    pub(crate) async fn say(&self, thread: &str, body: &str) -> Value {
        let posted = self.post(&format!("/api/v1/threads/{thread}/messages"), json!({ "body": body })).await;
        assert_eq!(posted.status, 201, "{}", posted.text);
        posted.json()
    }

    /// The same person, at another node.
    pub(crate) fn at(&self, node: &Server) -> Self {
        Self { url: node.url.clone(), ..self.clone() }
    }

    /// Opens a socket.
    pub(crate) async fn socket(&self, protocol: &str) -> Socket {
        Socket::open(&self.url, Some(&self.token), protocol).await.unwrap()
    }
}

/// A browser without JavaScript.
pub(crate) struct Browser {
    url: String,
    client: reqwest::Client,
}

impl Browser {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.url)).header("accept", "text/html");
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url)).header("accept", "text/html");
        Answer::of(
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encoded(fields))
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    }
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        let status = response.status();
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let mut headers: HashMap<String, String> = HashMap::new();
        // A header that comes several times, as Set-Cookie does, is a line each.
        for (name, value) in response.headers() {
            let held = headers.entry(name.to_string()).or_default();
            *held = if held.is_empty() { text(value) } else { format!("{held}\n{}", text(value)) };
        }
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

fn client() -> reqwest::Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    reqwest::Client::builder().redirect(redirect::Policy::none()).cookie_store(true).build().unwrap()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", web::paths::encoded(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}
