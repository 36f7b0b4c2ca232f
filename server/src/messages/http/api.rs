//! The JSON gate of threads and messages.

use axum::{
    Extension,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{SafeHtml, messages::Message, threads::Thread};
use words::{ChannelId, ChannelLevel, MessageId, ReactionName, ThreadFilter, ThreadId, ThreadLevel};

use super::{ChangeBody, OpenBody, PostBody, SplitBody};
use crate::{
    channels, db,
    error::{Error, Result},
    http::{
        App, Json, List, Path, Query, Viewer,
        list::{checked_limit, cursor_of, place_of},
    },
    messages::{self, Ack, Pinned, Place, Poster, ThreadPage, Window},
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
    pub(super) message: Message,
    pub(super) seq: i64,
}

/// A thread that was just opened, with its first message.
#[derive(Serialize, JsonSchema)]
pub(super) struct OpenedThread {
    #[serde(flatten)]
    thread: Thread,
    message: PostedMessage,
}

/// Which threads of a channel are asked for.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ThreadsQuery {
    show: Option<ThreadFilter>,
    limit: Option<i64>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

pub(super) async fn threads(
    State(app): State<App>,
    viewer: Viewer,
    Path(channel): Path<ChannelId>,
    Query(query): Query<ThreadsQuery>,
) -> Result<axum::Json<List<Thread>>> {
    let page = ThreadPage {
        filter: query.show.unwrap_or(ThreadFilter::All),
        pinned: Pinned::Among,
        from: match query.cursor.as_deref() {
            Some(cursor) => Place::After(place_of("cursor", cursor)?),
            None => Place::First,
        },
        limit: checked_limit(query.limit)?,
    };
    let mut connection = app.db.lend().await?;
    let access = channels::may_read(&mut connection, &viewer, channel).await?;
    let rows = messages::threads_of(&mut connection, &access, page).await?;
    Ok(axum::Json(List { items: rows.items, next: rows.older.map(cursor_of) }))
}

/// How much of a thread one wants to hear.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FollowBody {
    level: ThreadLevel,
}

pub(super) async fn follow_of(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
) -> Result<axum::Json<FollowBody>> {
    let mut connection = app.db.lend().await?;
    let access = threads::may_read(&mut connection, &viewer, thread).await?;
    let follow = threads::follow_of(&mut connection, &access).await?;
    Ok(axum::Json(FollowBody { level: follow.map_or(ThreadLevel::Normal, |follow| follow.level) }))
}

pub(super) async fn follow(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Json(body): Json<FollowBody>,
) -> Result<axum::Json<FollowBody>> {
    super::follow_thread(&app, viewer, thread, body.level).await?;
    Ok(axum::Json(body))
}

/// How much of a channel one wants to hear.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelBody {
    level: ChannelLevel,
}

pub(super) async fn set_level(
    State(app): State<App>,
    viewer: Viewer,
    Path(channel): Path<ChannelId>,
    Json(body): Json<LevelBody>,
) -> Result<axum::Json<LevelBody>> {
    super::set_channel_level(&app, viewer, channel, body.level).await?;
    Ok(axum::Json(body))
}

/// The thread that another one is merged into.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeBody {
    into: ThreadId,
}

pub(super) async fn merge(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Json(body): Json<MergeBody>,
) -> Result<axum::Json<Thread>> {
    super::merge_threads(&app, viewer.clone(), thread, body.into).await?;
    self::thread(State(app), viewer, Path(body.into)).await
}

pub(super) async fn split(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
    Json(body): Json<SplitBody>,
) -> Result<Response> {
    let thread = super::split_thread(&app, viewer.clone(), message, body).await?;
    let thread = self::thread(State(app), viewer, Path(thread)).await?;
    Ok((StatusCode::CREATED, thread).into_response())
}

/// What a message said before each of its edits, the last first.
#[derive(Serialize, JsonSchema)]
pub(super) struct History {
    items: Vec<FormerMessage>,
}

#[derive(Serialize, JsonSchema)]
struct FormerMessage {
    html: SafeHtml,
    until: DateTime<Utc>,
}

pub(super) async fn history(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
) -> Result<axum::Json<History>> {
    let mut connection = app.db.lend().await?;
    let access = messages::may_read(&mut connection, &viewer, message).await?;
    let former = messages::history(&mut connection, &access).await?;
    let items = former.into_iter().map(|former| FormerMessage { html: former.html, until: former.until_at }).collect();
    Ok(axum::Json(History { items }))
}

pub(super) async fn open(
    State(app): State<App>,
    viewer: Viewer,
    Path(channel): Path<ChannelId>,
    Json(body): Json<OpenBody>,
) -> Result<Response> {
    let ack = super::open_thread(&app, viewer.clone(), channel, body).await?;
    let (thread, message) = db::promptly(async {
        let mut connection = app.db.lend().await?;
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
    let mut connection = app.db.lend().await?;
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
        let mut connection = app.db.lend().await?;
        messages::find(&mut connection, access.may(), ack.message).await
    })
    .await?;
    Ok((created(&ack), axum::Json(PostedMessage { message, seq: ack.seq })).into_response())
}

pub(super) fn created(ack: &Ack) -> StatusCode {
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

pub(super) async fn restore(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
) -> Result<axum::Json<PostedMessage>> {
    let ack = super::restore_message(&app, viewer.clone(), message).await?;
    answered(&app, &viewer, ack).await
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
pub(super) async fn answered(app: &App, viewer: &Viewer, ack: Ack) -> Result<axum::Json<PostedMessage>> {
    let message = db::promptly(async {
        let mut connection = app.db.lend().await?;
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
    let mut connection = app.db.lend().await?;
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
