//! The JSON gate of threads and messages.

use axum::{
    Extension,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{messages::Message, threads::Thread};
use words::{ChannelId, MessageId, ReactionName, ThreadId};

use super::{ChangeBody, OpenBody, PostBody};
use crate::{
    channels, db,
    error::{Error, Result},
    http::{App, Json, List, ListQuery, Path, Query, Viewer, list::checked_limit},
    messages::{self, Ack, Poster, ThreadPage, Window},
    threads,
};

#[derive(Deserialize, JsonSchema)]
pub(super) struct MessagesQuery {
    before: Option<i32>,
    after: Option<i32>,
    limit: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditBody {
    body: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadBody {
    position: i32,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ReadPosition {
    position: i32,
}

/// A message that was just posted, with the sequence of its event.
#[derive(Serialize, JsonSchema)]
pub(super) struct PostedMessage {
    #[serde(flatten)]
    message: Message,
    seq: i64,
}

/// A thread that was just opened, with its first message.
#[derive(Serialize, JsonSchema)]
pub(super) struct OpenedThread {
    #[serde(flatten)]
    thread: Thread,
    message: PostedMessage,
}

pub(super) async fn threads(
    State(app): State<App>,
    viewer: Viewer,
    Path(channel): Path<ChannelId>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<List<Thread>>> {
    let limit = checked_limit(query.limit)?;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let mut connection = app.db.pool().acquire().await?;
    let access = channels::may_read(&mut connection, &viewer, channel).await?;
    let mut items = messages::threads_of(&mut connection, &access, ThreadPage { after, limit: limit + 1 }).await?;
    let more = i64::try_from(items.len()).is_ok_and(|found| found > limit);
    if more {
        items.pop();
    }
    let next =
        items.last().filter(|_| more).map(|thread| format!("{}.{}", thread.active_at.timestamp_micros(), thread.id));
    Ok(axum::Json(List { items, next }))
}

/// The place of a list of threads that a cursor names.
fn cursor(text: &str) -> Result<(chrono::DateTime<chrono::Utc>, ThreadId)> {
    let parts = text.split_once('.').and_then(|(at, thread)| {
        let at = chrono::DateTime::from_timestamp_micros(at.parse().ok()?)?;
        Some((at, thread.parse().ok()?))
    });
    parts.ok_or_else(|| Error::field("cursor", "malformed"))
}

pub(super) async fn open(
    State(app): State<App>,
    viewer: Viewer,
    Path(channel): Path<ChannelId>,
    Json(body): Json<OpenBody>,
) -> Result<Response> {
    let ack = super::open_thread(&app, viewer.clone(), channel, body).await?;
    let (thread, message) = db::promptly(async {
        let mut connection = app.db.pool().acquire().await?;
        let access = threads::may_read(&mut connection, &viewer, ack.thread).await?;
        let thread = messages::thread(&mut connection, &access).await?;
        Ok((thread, messages::find(&mut connection, access.may(), ack.message).await?))
    })
    .await?;
    let opened = OpenedThread { thread, message: PostedMessage { message, seq: ack.seq } };
    Ok((created(&ack), axum::Json(opened)).into_response())
}

/// A thread's messages, ascending.
#[derive(Serialize, JsonSchema)]
pub(super) struct Messages {
    items: Vec<Message>,
    /// The value of the same parameter for the next page, if there is one.
    next: Option<i32>,
}

pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Query(query): Query<MessagesQuery>,
) -> Result<axum::Json<Messages>> {
    let limit = checked_limit(query.limit)?;
    let window = match (query.before, query.after) {
        (None, None) => Window::Last,
        (Some(before), None) => Window::Before(before),
        (None, Some(after)) => Window::After(after),
        (Some(_), Some(_)) => return Err(Error::field("before", "malformed")),
    };
    let mut connection = app.db.pool().acquire().await?;
    let access = threads::may_read(&mut connection, &viewer, thread).await?;
    let (items, next) = messages::read(&mut connection, &access, window, limit).await?;
    Ok(axum::Json(Messages { items, next }))
}

pub(super) async fn post(
    State(app): State<App>,
    Extension(poster): Extension<Poster>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Json(body): Json<PostBody>,
) -> Result<Response> {
    let (access, ack) = super::post_message(&app, &poster, &viewer, thread, body).await?;
    let message = db::promptly(async {
        let mut connection = app.db.pool().acquire().await?;
        messages::find(&mut connection, access.may(), ack.message).await
    })
    .await?;
    Ok((created(&ack), axum::Json(PostedMessage { message, seq: ack.seq })).into_response())
}

fn created(ack: &Ack) -> StatusCode {
    if ack.duplicate { StatusCode::OK } else { StatusCode::CREATED }
}

pub(super) async fn mark_read(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Json(body): Json<ReadBody>,
) -> Result<axum::Json<ReadPosition>> {
    let position = app
        .db
        .write(move |tx| Box::pin(async move { super::read_up_to(tx, &viewer, thread, body.position).await }))
        .await?;
    Ok(axum::Json(ReadPosition { position }))
}

pub(super) async fn edit(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
    Json(body): Json<EditBody>,
) -> Result<axum::Json<PostedMessage>> {
    let ack = super::edit_message(&app, viewer.clone(), message, &body.body).await?;
    answered(&app, &viewer, ack).await
}

pub(super) async fn remove(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
) -> Result<StatusCode> {
    super::remove_message(&app, viewer, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn add_reaction(
    State(app): State<App>,
    viewer: Viewer,
    Path((message, name)): Path<(MessageId, ReactionName)>,
) -> Result<axum::Json<PostedMessage>> {
    let ack = super::set_reaction(&app, viewer.clone(), message, name, true).await?;
    answered(&app, &viewer, ack).await
}

pub(super) async fn drop_reaction(
    State(app): State<App>,
    viewer: Viewer,
    Path((message, name)): Path<(MessageId, ReactionName)>,
) -> Result<axum::Json<PostedMessage>> {
    let ack = super::set_reaction(&app, viewer.clone(), message, name, false).await?;
    answered(&app, &viewer, ack).await
}

/// The message of an ack, as it is now.
async fn answered(app: &App, viewer: &Viewer, ack: Ack) -> Result<axum::Json<PostedMessage>> {
    let message = db::promptly(async {
        let mut connection = app.db.pool().acquire().await?;
        let access = messages::may_read(&mut connection, viewer, ack.message).await?;
        messages::find(&mut connection, access.may(), ack.message).await
    })
    .await?;
    Ok(axum::Json(PostedMessage { message, seq: ack.seq }))
}

pub(super) async fn thread(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
) -> Result<axum::Json<Thread>> {
    let mut connection = app.db.pool().acquire().await?;
    let access = threads::may_read(&mut connection, &viewer, thread).await?;
    messages::thread(&mut connection, &access).await.map(axum::Json)
}

pub(super) async fn change_thread(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Json(body): Json<ChangeBody>,
) -> Result<axum::Json<Thread>> {
    super::change_thread(&app, viewer.clone(), thread, body).await?;
    self::thread(State(app), viewer, Path(thread)).await
}
