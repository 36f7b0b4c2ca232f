//! The doors of the live core: the socket's, and those of its fallback.

use std::{collections::HashSet, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{State, ws::Utf8Bytes},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use words::ThreadId;

use super::{
    frame::{ClientFrame, ServerFrame, WATCHED},
    hub::Format,
    poll::{self, COMMANDS, Cursor, LONGEST, Poll},
    session::LIMITS,
    socket::{self, Live},
    upgrade::Upgrade,
};
use crate::{
    error::{Error, Result},
    http::{App, Json, Policy, Query, Routes, Viewer, security},
};

/// The subprotocol of browsers.
const HTML: &str = "preau.v1.html";
/// The subprotocol of programs.
const JSON: &str = "preau.v1.json";

/// The routes of the live core.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/live", follow)
        .get(Policy::SignedIn, "/live/poll", poll)
        .asks::<Asked>()
        .answers::<Frames<'static>>(200)
        .post(Policy::SignedIn, "/live/commands", command)
        .takes::<Commands>()
        .answers::<Frames<'static>>(200)
}

/// What a client may say of itself as it connects.
#[derive(Deserialize)]
struct Arrival {
    /// A number that a page makes when it is loaded: the connection that it had before is replaced.
    tab: Option<Uuid>,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Form {
    #[default]
    Json,
    Html,
}

#[derive(Deserialize, JsonSchema)]
struct Asked {
    /// Whether events come as data or as fragments of pages.
    #[serde(default)]
    format: Form,
    /// The threads whose fragments are wanted, separated by commas.
    #[serde(default)]
    watch: String,
    /// What is followed and from where, as `stream:epoch:seq` separated by commas.
    at: String,
    /// How many seconds to wait for something to say, at most 25.
    #[serde(default = "longest")]
    wait: u64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Commands {
    /// Frames as on the socket: `open`, `send`, `edit`, `delete`, `react`, `read`.
    #[schemars(with = "Vec<ClientFrame>")]
    frames: Vec<Value>,
}

/// Frames as on the socket.
#[derive(Serialize, JsonSchema)]
struct Frames<'a> {
    /// Events too, as on the socket.
    frames: Vec<ServerFrame<'a>>,
}

/// The socket's door: who is signed in, from our own pages or with a token, in a subprotocol that we speak.
async fn follow(
    State(app): State<App>,
    Extension(live): Extension<Arc<Live>>,
    viewer: Viewer,
    Query(Arrival { tab }): Query<Arrival>,
    headers: HeaderMap,
    upgrade: Result<Upgrade, StatusCode>,
) -> Response {
    if !security::is_own_origin(&app.settings.public_url, &headers, viewer.credential) {
        return Error::Forbidden.into_response();
    }
    let asked = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let mut asked = asked.flat_map(|list| list.split(',')).map(str::trim);
    let asked = asked.find_map(|name| [HTML, JSON].into_iter().find(|known| *known == name));
    let (Some(protocol), Ok(upgrade)) = (asked, upgrade) else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    // Whoever comes back goes to another node.
    if live.drain.is_cancelled() {
        return Error::Unavailable.into_response();
    }
    if !live.connections.has_room(viewer.id, tab) {
        return Error::RateLimited { retry_after: Duration::from_secs(30) }.into_response();
    }
    let format = if protocol == HTML { Format::Html(viewer.locale) } else { Format::Json };
    let (response, upgrading) = upgrade.accept(protocol);
    let tracker = live.sockets.clone();
    tracker.spawn(socket::serve(live, upgrading, viewer, format, tab));
    response
}

async fn poll(
    State(app): State<App>,
    Extension(live): Extension<Arc<Live>>,
    viewer: Viewer,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    // A browser names no origin when it reads from its own page.
    if headers.contains_key(header::ORIGIN) && !is_own(&app, &headers, &viewer) {
        return Err(Error::Forbidden);
    }
    let format = match asked.format {
        Form::Json => Format::Json,
        Form::Html => Format::Html(viewer.locale),
    };
    let wait = Duration::from_secs(asked.wait).min(LONGEST);
    let poll = Poll { format, watched: watched(&asked.watch)?, at: cursors(&asked.at)?, wait };
    Ok(answered(&poll::poll(&live, &viewer, &poll).await?))
}

async fn command(
    State(app): State<App>,
    Extension(live): Extension<Arc<Live>>,
    viewer: Viewer,
    headers: HeaderMap,
    Json(commands): Json<Commands>,
) -> Result<Response> {
    if headers.contains_key(header::ORIGIN) && !is_own(&app, &headers, &viewer) {
        return Err(Error::Forbidden);
    }
    if commands.frames.len() > COMMANDS {
        return Err(Error::field("frames", "too_many"));
    }
    Ok(answered(&poll::command(&live, &viewer, commands.frames).await))
}

fn is_own(app: &App, headers: &HeaderMap, viewer: &Viewer) -> bool {
    security::is_own_origin(&app.settings.public_url, headers, viewer.credential)
}

/// The very bytes that the socket would send.
fn answered(frames: &[Utf8Bytes]) -> Response {
    let frames: Vec<_> = frames.iter().map(Utf8Bytes::as_str).collect();
    let body = format!(r#"{{"frames":[{}]}}"#, frames.join(","));
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn watched(list: &str) -> Result<HashSet<ThreadId>> {
    let threads = list.split(',').filter(|thread| !thread.is_empty()).map(str::parse);
    let threads: HashSet<_> = threads.collect::<Result<_, _>>().map_err(|_| Error::field("watch", "malformed"))?;
    if threads.len() > WATCHED { Err(Error::field("watch", "too_many")) } else { Ok(threads) }
}

fn cursors(list: &str) -> Result<Vec<Cursor>> {
    let cursors = list.split(',').map(cursor).collect::<Option<Vec<_>>>();
    let cursors = cursors.ok_or_else(|| Error::field("at", "malformed"))?;
    if cursors.len() > LIMITS.streams { Err(Error::field("at", "too_many")) } else { Ok(cursors) }
}

fn cursor(text: &str) -> Option<Cursor> {
    let mut parts = text.splitn(3, ':');
    let (stream, epoch) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let seq = parts.next()?.parse().ok().filter(|&seq: &i64| seq >= 0)?;
    Some(Cursor { stream, epoch, seq })
}

fn longest() -> u64 {
    LONGEST.as_secs()
}
