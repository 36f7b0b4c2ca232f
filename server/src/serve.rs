//! The router: a line per room, and the middleware in order.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use sqlx::PgConnection;
use tokio::time::MissedTickBehavior;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
    csrf::CsrfLayer,
};
use uuid::Uuid;
use web::{
    page::{Menu, Nav, NavChannel, NavGroup},
    paths,
};
use words::{PersonId, StreamId, ThreadId};

use crate::{
    batch::Metrics,
    channels, conversations,
    db::{Db, Work},
    documents,
    error::Error,
    fanout, groups, health,
    http::{App, Navigation, Page, Policy, Routes, Viewer, linger, openapi, problem, routes::Declared, security},
    live::{
        self,
        allowance::ByPerson,
        bus::{Bus, Transport},
        connections::Connections,
        hub::Typing,
        hubs::{Hubs, Roof, Willing},
        session::Close,
        socket::{Live, Read, Run},
    },
    meetings,
    messages::{self, Poster},
    notifications, people, previews, publish, push, reports, search, territories,
    threads::{self, Reads},
    today,
};

/// How often sessions and tokens that ended are looked for.
const ENDED: Duration = Duration::from_millis(500);
/// The longest request: a heavy file over a thin line.
const SLOWEST: Duration = Duration::from_hours(1);
/// The longest reading, up to the beginning of its answer: a poll waits for news, and a connection to the database that
/// is cut off may never say so.
const READING: Duration = Duration::from_mins(1);

/// Every route of the product.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::Public, "/assets/{name}", asset)
        .get(Policy::Public, paths::SERVICE_WORKER, service_worker)
        .get(Policy::Public, paths::MANIFEST, manifest)
        .get(Policy::Public, "/api/v1/openapi.json", describe)
        .answers::<serde_json::Map<String, serde_json::Value>>(200)
        .merge(live::http::routes())
        .merge(health::routes())
        .merge(today::routes())
        .merge(publish::routes())
        .merge(people::http::routes())
        .merge(territories::http::routes())
        .merge(groups::http::routes())
        .merge(channels::http::routes())
        .merge(documents::http::routes())
        .merge(meetings::http::routes())
        .merge(messages::http::routes())
        .merge(notifications::http::routes())
        .merge(push::http::routes())
        .merge(previews::http::routes())
        .merge(reports::http::routes())
        .merge(conversations::http::routes())
        .merge(search::http::routes())
}

/// What serving needs beside the router: the sockets' part, and what ends them.
#[derive(Clone, Debug)]
pub struct Sockets {
    live: Arc<Live>,
    poster: Poster,
    bus: Bus,
    db: Db,
}

impl Sockets {
    /// The sockets of a server that tells other nodes by a bus, and drains when `drain` says so.
    pub fn new(app: &App, bus: Transport, drain: CancellationToken, tracker: TaskTracker) -> Self {
        let (db, poster) = (app.db.clone(), Poster::new(app.db.clone()));
        let run: Run = {
            let (db, poster) = (db.clone(), poster.clone());
            Arc::new(move |viewer, command| Box::pin(messages::live::run(db.clone(), poster.clone(), viewer, command)))
        };
        let read: Read = {
            let reads = Reads::new(db.clone());
            Arc::new(move |viewer, positions| {
                let reads = reads.clone();
                Box::pin(async move { reads.mark(viewer, positions).await })
            })
        };
        let roof = Roof { may_follow: follow_rights, render: fanout::render, stream_of, show_typing };
        let hubs = Hubs::new(db.clone(), roof, drain.clone());
        let live = Live {
            hubs,
            connections: Connections::new(app.settings.connections),
            run,
            read,
            by_person: Arc::new(ByPerson::new(app.settings.rate_limits)),
            clock: db.clock().clone(),
            counted: app.settings.rate_limits,
            drain,
            sockets: tracker,
        };
        Self { live: Arc::new(live), poster, bus: Bus::new(bus), db }
    }

    /// What the hubs did.
    pub fn hubs(&self) -> &Hubs {
        &self.live.hubs
    }

    /// What tells other nodes.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// What was batched.
    pub fn batches(&self) -> &Metrics {
        self.poster.batches()
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// How many sockets are open.
    pub fn connections(&self) -> usize {
        self.live.connections.count()
    }

    /// Whether the server is about to stop.
    pub fn is_draining(&self) -> bool {
        self.live.drain.is_cancelled()
    }

    /// Wakes the hubs, and ends the connections whose session, token or account ended here or on another node; until the
    /// drain.
    pub async fn work(self) {
        let ended = async {
            let mut beat = tokio::time::interval(ENDED);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                beat.tick().await;
                if let Err(error) = self.end_connections().await {
                    tracing::debug!(%error, "sessions and tokens could not be looked at");
                }
            }
        };
        tokio::select! {
            () = self.live.hubs.clone().wake() => {}
            () = self.bus.work(&self.db, &self.live.hubs) => {}
            () = ended => {}
            () = self.live.drain.cancelled() => {}
        }
    }

    async fn end_connections(&self) -> Result<(), Error> {
        let credentials = self.live.connections.credentials();
        if credentials.is_empty() {
            return Ok(());
        }
        let now = self.db.clock().now();
        let read = self.db.follow(async |connection| people::ended(connection, &credentials, now).await);
        let ended = read.await?;
        let close = |end| match end {
            people::End::Proof => Close::SessionEnded,
            people::End::Account => Close::Forbidden,
            // What it says is in the language that was theirs: they come back, and resume in another.
            people::End::Language => Close::StateTooOld,
        };
        let ended = ended.into_iter().map(|(held, end)| (held, close(end))).collect();
        self.live.connections.end(&ended);
        Ok(())
    }
}

fn follow_rights<'c>(
    connection: &'c mut PgConnection,
    stream: StreamId,
    people: &'c [PersonId],
) -> Work<'c, HashMap<PersonId, i64>> {
    Box::pin(groups::may_follow(connection, stream, people))
}

fn stream_of(connection: &mut PgConnection, thread: ThreadId) -> Work<'_, Option<StreamId>> {
    Box::pin(threads::stream_of(connection, thread))
}

fn show_typing<'c>(
    connection: &'c mut PgConnection,
    stream: StreamId,
    typing: &'c [Typing],
    listeners: &'c [PersonId],
) -> Work<'c, Willing> {
    Box::pin(async move {
        let typing = threads::typists(connection, stream, typing).await?;
        // Where nobody shows it there is nothing to see.
        let asked = if typing.is_empty() { &[] } else { listeners };
        let listeners = people::who_see_typing(connection, asked).await?;
        Ok(Willing { typing, listeners })
    })
}

/// The router, ready to serve.
pub fn router(app: App, sockets: Sockets) -> Router {
    let (router, _) = routes().into_parts();
    // What is downloaded goes as it is: its parts and its tag are those of its own bytes.
    let shown = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        !headers.contains_key(header::CONTENT_DISPOSITION)
    };
    let compression = CompressionLayer::new()
        .compress_when(SizeAbove::new(1024).and(NotForContentType::new("application/octet-stream")).and(shown));
    // As one layer: each of a router's own is boxed, and copied for every request with all that is below it.
    let layers = ServiceBuilder::new()
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(linger::linger))
        .layer(compression)
        .layer(middleware::from_fn_with_state(app.clone(), security::headers))
        .layer(middleware::from_fn_with_state(app.clone(), viewer))
        .layer(middleware::from_fn_with_state(app.clone(), problem::explain))
        .layer(CsrfLayer::new())
        // Each extractor has a limit of its own, and files theirs.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(bounded))
        .layer(Extension(health::Health::default()))
        .layer(Extension(messages::Windows::default()))
        .layer(Extension(sockets.poster.clone()))
        .layer(Extension(Arc::clone(&sockets.live)))
        .layer(Extension(sockets));
    router
        .fallback(|| async { Error::NotFound })
        .method_not_allowed_fallback(|| async { Error::MethodNotAllowed })
        .layer(layers)
        .with_state(app)
}

/// What was declared, for the tests that hold every route to its policy.
pub fn declared() -> Vec<Declared> {
    routes().into_parts().1
}

/// The navigation of pages: it spans rooms.
pub fn navigation() -> Navigation {
    Navigation::new(fill)
}

/// Reads a page's navigation: the reader's groups and channels, and where their streams stand.
fn fill<'c>(connection: &'c mut PgConnection, viewer: &'c Viewer) -> Work<'c, Nav> {
    Box::pin(async move {
        let mut groups: Vec<NavGroup> = Vec::new();
        let (mut streams, mut muted) = (vec![(viewer.id.0, viewer.seq)], Vec::new());
        for row in threads::unread_channels(connection, viewer.id).await? {
            muted = row.muted;
            if groups.last().is_none_or(|group| group.id != row.group) {
                streams.push((row.group.0, row.seq));
                groups.push(NavGroup { id: row.group, slug: row.slug, name: row.group_name, channels: Vec::new() });
            }
            if let (Some(group), Some(id), Some(name)) = (groups.last_mut(), row.channel, row.name) {
                let unread = if row.silent { Vec::new() } else { row.unread };
                group.channels.push(NavChannel { id, name, silent: row.silent, unread });
            }
        }
        let conversations = threads::unread_conversations(connection, viewer.id).await?;
        streams.extend(conversations.iter().map(|conversation| (conversation.group.0, conversation.seq)));
        Ok(Nav {
            person: viewer.id,
            name: viewer.name.clone(),
            department: None,
            menu: Menu::new(groups, web::Text::of(viewer.locale)),
            conversations: conversations.into_iter().filter_map(|conversation| conversation.unread).collect(),
            unseen: notifications::unseen(connection, viewer).await?,
            muted,
            epoch: Uuid::nil(),
            streams,
            current: web::page::Current::default(),
        })
    })
}

/// Notes who asks, unless it is for a part of pages, which is the same for all. A database that is away is an error only
/// where somebody must be signed in.
async fn viewer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if ["/assets/", paths::SERVICE_WORKER, paths::MANIFEST].iter().any(|part| path.starts_with(part)) {
        return next.run(request).await;
    }
    let public = ["/livez", "/readyz", "/metrics"].contains(&path);
    match people::http::viewer_of(&app, request.headers()).await {
        Ok(Some(viewer)) => {
            request.extensions_mut().insert(viewer);
        }
        Ok(None) => {}
        Err(_) if public => {}
        // Rare: its size is no part of every request.
        Err(error) => return Box::pin(unknown(app, request, error)).await,
    }
    next.run(request).await
}

/// Answers a request of which nobody knows whose it is.
async fn unknown(app: App, mut request: Request, error: Error) -> Response {
    let page: Result<Page, _> = axum::RequestExt::extract_parts_with_state(&mut request, &app).await;
    let Ok(page) = page;
    problem::answer(&app, page, &error, request).await
}

/// Ends a request that takes too long.
async fn bounded(request: Request, next: Next) -> Response {
    let limit = if request.method().is_safe() { READING } else { SLOWEST };
    let answered = tokio::time::timeout(limit, next.run(request)).await;
    answered.unwrap_or_else(|_| Error::Unavailable.into_response())
}

/// The description of the API, written once.
async fn describe() -> Response {
    static WRITTEN: LazyLock<String> = LazyLock::new(|| openapi::document(&declared()).to_string());
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], WRITTEN.as_str()).into_response()
}

/// What makes a window of the pages by themselves, which some phones want before they show notifications.
async fn manifest(State(app): State<App>) -> Response {
    let manifest = serde_json::json!({
        "name": app.settings.network,
        "short_name": app.settings.network,
        "start_url": paths::HOME,
        "scope": paths::HOME,
        "display": "standalone",
        "icons": [
            { "src": web::assets::path("logo.svg"), "type": "image/svg+xml", "sizes": "any" },
            { "src": web::assets::path("icon-180.png"), "type": "image/png", "sizes": "180x180" },
            { "src": web::assets::path("icon-512.png"), "type": "image/png", "sizes": "512x512" },
        ],
    });
    let headers =
        [(header::CONTENT_TYPE, "application/manifest+json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, manifest.to_string()).into_response()
}

/// The script that browsers run for us while no page is open. It has one address for ever, and stands at the root, so
/// that it may lead to every page: a browser asks whether it changed.
async fn service_worker(headers: HeaderMap) -> Response {
    let path = web::assets::path("worker.js");
    let mut response = asset(Path(path.rsplit('/').next().unwrap_or_default().to_owned()), headers).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(asset) = web::assets::get(&name, accepts.contains("br")) else {
        return Error::NotFound.into_response();
    };
    let mut response = asset.bytes.into_owned().into_response();
    let headers = response.headers_mut();
    if let Ok(media_type) = HeaderValue::from_str(&asset.media_type) {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    // The name changes with the content.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if asset.brotli {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}
