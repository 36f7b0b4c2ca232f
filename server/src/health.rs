//! What operators and balancers ask a node: whether it lives, whether it is ready, what it counted.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::{sync::Mutex, time::Instant};

use crate::{
    db::{self, Db},
    error::{Error, Result},
    http::{App, Peer, Policy, Routes},
    metrics::Exposition,
    serve::Sockets,
};

/// How long an answer holds: a probe writes, and nobody may make it write more often.
const HOLDS: Duration = Duration::from_secs(1);
/// A database that takes longer than this is away.
const PATIENCE: Duration = Duration::from_secs(3);
/// What a proxy adds to a request that it passes on.
const PASSED_ON: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// The routes of operators.
pub fn routes() -> Routes {
    Routes::new().get(Policy::Public, "/livez", || async { "ok" }).get(Policy::Public, "/readyz", ready).get(
        Policy::Public,
        "/metrics",
        metrics,
    )
}

/// What was last found, and when.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Option<(Instant, Checks)>>>);

/// What a node cannot serve without.
#[derive(Clone, Copy, Serialize, Debug)]
struct Checks {
    /// The database takes writes.
    database: bool,
    /// It has every migration of this build.
    migrations: bool,
    /// The disk of the files has room.
    disk: bool,
}

#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    #[serde(flatten)]
    checks: Checks,
    bus: Bus,
}

/// How events of other nodes come. Without the bus they come by the poll, within a second: that makes a node slower and
/// no less ready, and to take all nodes away for a bus that they share would help nobody.
#[derive(Serialize)]
struct Bus {
    transport: &'static str,
    carries: bool,
    /// How long ago this node's own beat came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_ms: Option<u64>,
}

/// Whether this node should be sent requests: 503 while it drains, or cannot write.
async fn ready(
    State(app): State<App>,
    Extension(sockets): Extension<Sockets>,
    Extension(health): Extension<Health>,
) -> Response {
    let checks = health.checks(&app).await;
    let bus = sockets.bus();
    let age_ms = bus.age().map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
    let bus = Bus { transport: bus.transport().as_str(), carries: bus.carries(), age_ms };
    let (code, status) = match (sockets.is_draining(), checks.all(), bus.carries) {
        (true, ..) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        (false, false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        (false, true, false) => (StatusCode::OK, "degraded"),
        (false, true, true) => (StatusCode::OK, "ready"),
    };
    (code, axum::Json(Readiness { status, checks, bus })).into_response()
}

impl Health {
    async fn checks(&self, app: &App) -> Checks {
        // Whoever asks meanwhile waits for the same answer.
        let mut held = self.0.lock().await;
        if let Some((_, checks)) = held.filter(|(at, _)| at.elapsed() < HOLDS) {
            return checks;
        }
        let checks = Checks {
            database: passes("database", db::takes_writes(&app.db)).await,
            migrations: passes("migrations", migrated(&app.db)).await,
            disk: app.files.has_room().unwrap_or(false),
        };
        *held = Some((Instant::now(), checks));
        checks
    }
}

impl Checks {
    fn all(self) -> bool {
        self.database && self.migrations && self.disk
    }
}

async fn migrated(db: &Db) -> Result<bool> {
    Ok(db::missing_migrations(db).await? == 0)
}

async fn passes(what: &'static str, check: impl Future<Output = Result<bool>>) -> bool {
    match tokio::time::timeout(PATIENCE, check).await {
        Ok(Ok(passes)) => passes,
        Ok(Err(error)) => {
            tracing::warn!(%error, what, "this node is not ready");
            false
        }
        Err(_) => {
            tracing::warn!(what, "this node is not ready: its database does not answer");
            false
        }
    }
}

/// What this node counted, for who asks from this machine or its private network; to anybody else there is nothing.
async fn metrics(Extension(sockets): Extension<Sockets>, peer: Peer, headers: HeaderMap) -> Result<Response> {
    if !peer.is_private() || PASSED_ON.iter().any(|name| headers.contains_key(*name)) {
        return Err(Error::NotFound);
    }
    let text = exposition(&sockets).into_text();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn exposition(sockets: &Sockets) -> Exposition {
    let (hubs, bus, batches) = (sockets.hubs(), sockets.bus(), sockets.batches());
    let (seen, carried, commits) = (hubs.metrics(), bus.metrics(), sockets.db().metrics());
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let mut text = Exposition::default();
    for (name, help, value) in [
        ("preau_gap_detected_total", "Holes seen in a log. Must stay 0.", of(&seen.gaps)),
        (
            "preau_queue_overflow_nonephemeral_total",
            "Posts refused since too many waited for their group. Must stay 0.",
            of(&batches.refused),
        ),
        ("preau_slow_cuts_total", "Connections cut because they read too slowly.", of(&seen.slow)),
        ("preau_event_queries_total", "Queries for events.", of(&seen.queries)),
        ("preau_rights_queries_total", "Queries for rights to follow.", of(&seen.rights)),
        ("preau_prints_total", "Events printed in a form.", of(&seen.prints)),
        ("preau_read_errors_total", "Readings for the hubs that failed, and were tried again.", of(&seen.read_errors)),
        ("preau_commit_errors_total", "Commits that did not return well.", of(&commits.failed)),
        ("preau_bus_batches_total", "Batches of hints, and beats, that left for other nodes.", of(&carried.sent)),
        ("preau_bus_hints_total", "Hints of other nodes that came.", of(&carried.heard)),
        ("preau_bus_refused_total", "What came by the bus and was no message.", of(&carried.refused)),
        ("preau_bus_overflow_total", "Hints dropped since too many waited; the poll heals.", of(&carried.overflow)),
        ("preau_bus_connections_total", "Connections to the bus that were made.", of(&carried.connections)),
    ] {
        text.counter(name, help, value);
    }
    text.gauge("preau_connections", "Sockets that are open.", sockets.connections());
    text.gauge("preau_followed_streams", "Streams that somebody follows.", hubs.followed());
    if let Some(age) = bus.age() {
        text.gauge("preau_bus_beat_age_seconds", "How long ago the own beat came back by the bus.", age.as_secs_f64());
    }
    text.histogram("preau_batch_posts", "Posts that shared a commit.", &batches.sizes, 1.0);
    text.histogram("preau_commit_seconds", "How long write transactions took to commit.", &commits.took, 1e6);
    text
}
