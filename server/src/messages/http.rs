//! The gates of messages, and of the threads that show them: pages, forms and JSON.

use std::collections::HashMap;

use axum::{
    Extension,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use web::{
    channels::Channel,
    messages::{ActionsPage, Message},
    page::{Current, Faults},
    paths,
    threads::{NewThreadForm, OpenThread, PanesPage, Thread},
};
use words::{ChannelId, FileId, MessageId, OperationId, ReactionName, Role, ThreadId, ThreadKind};

use super::{Ack, Draft, Post, Poster, ThreadPage, Window};
use crate::{
    channels,
    documents::{self, Incoming, Most},
    error::{Error, Result},
    groups,
    groups::http::List,
    http::{App, Form, Json, Page, Path, Policy, Query, Routes, Viewer, print},
    people,
    threads::{self, NewThread, ThreadAccess},
};

/// How many messages a page and a list hold, unless asked otherwise.
const PAGE: i64 = 50;
/// How many messages one may ask for.
const LONGEST_PAGE: i64 = 200;

/// The routes of messages and threads.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/channels/{channel}", channel_page)
        .post(Policy::SignedIn, "/channels/{channel}/threads", open_form)
        .get(Policy::SignedIn, "/threads/{thread}", thread_page)
        .post(Policy::SignedIn, "/threads/{thread}/messages", post_form)
        .get(Policy::SignedIn, "/messages/{message}", permalink)
        .get(Policy::SignedIn, "/messages/{message}/actions", actions_page)
        .post(Policy::SignedIn, "/messages/{message}/edit", edit_form)
        .post(Policy::SignedIn, "/messages/{message}/delete", remove_form)
        .post(Policy::SignedIn, "/messages/{message}/reactions/{name}", react_form)
        .get(Policy::SignedIn, "/api/v1/channels/{channel}/threads", list_threads)
        .post(Policy::SignedIn, "/api/v1/channels/{channel}/threads", open)
        .get(Policy::SignedIn, "/api/v1/threads/{thread}/messages", list)
        .post(Policy::SignedIn, "/api/v1/threads/{thread}/messages", post)
        .put(Policy::SignedIn, "/api/v1/threads/{thread}/read", mark_read)
        .patch(Policy::SignedIn, "/api/v1/messages/{message}", edit)
        .delete(Policy::SignedIn, "/api/v1/messages/{message}", remove)
        .put(Policy::SignedIn, "/api/v1/messages/{message}/reactions/{name}", add_reaction)
        .delete(Policy::SignedIn, "/api/v1/messages/{message}/reactions/{name}", drop_reaction)
}

#[derive(Deserialize)]
struct ChannelQuery {
    new: Option<u8>,
}

#[derive(Deserialize)]
struct ThreadQuery {
    before: Option<i32>,
}

#[derive(Deserialize)]
struct MessagesQuery {
    before: Option<i32>,
    after: Option<i32>,
    limit: Option<i64>,
}

#[derive(Deserialize)]
struct ThreadsQuery {
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Deserialize)]
struct OpenForm {
    id: Option<ThreadId>,
    message_id: Option<MessageId>,
    #[serde(default)]
    title: String,
    kind: Option<ThreadKind>,
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenBody {
    id: Option<ThreadId>,
    title: Option<String>,
    kind: Option<ThreadKind>,
    body: String,
    message_id: Option<MessageId>,
}

#[derive(Deserialize)]
struct PostForm {
    id: Option<MessageId>,
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostBody {
    id: Option<MessageId>,
    body: String,
    #[serde(default)]
    attachments: Vec<FileId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditBody {
    body: String,
}

#[derive(Deserialize)]
struct ReactForm {
    on: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadBody {
    position: i32,
}

#[derive(Serialize)]
struct ReadPosition {
    position: i32,
}

/// A message that was just posted, with the sequence of its event.
#[derive(Serialize)]
struct PostedMessage {
    #[serde(flatten)]
    message: Message,
    seq: i64,
}

/// A thread that was just opened, with its first message.
#[derive(Serialize)]
struct OpenedThread {
    #[serde(flatten)]
    thread: Thread,
    message: PostedMessage,
}

async fn channel_page(
    State(app): State<App>,
    page: Page,
    Path(channel): Path<ChannelId>,
    Query(query): Query<ChannelQuery>,
) -> Result<Response> {
    let form = OpenForm { id: None, message_id: None, title: String::new(), kind: None, body: String::new() };
    show_channel(&app, &page, channel, Faults::default(), form, query.new.is_some()).await
}

async fn show_channel(
    app: &App,
    page: &Page,
    channel: ChannelId,
    faults: Faults,
    form: OpenForm,
    asked: bool,
) -> Result<Response> {
    let (nav, (channel, threads, role)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let access = channels::may_read(connection, viewer, channel).await?;
                let threads = listed(connection, viewer, &access).await?;
                Ok((access.channel().clone(), threads, access.may().role()))
            })
        })
        .await?;
    let writable = role != Role::Guest && channel.archived_at.is_none();
    let draft = writable.then(|| NewThreadForm {
        role,
        message_id: form.message_id.unwrap_or_else(MessageId::fresh).0,
        thread_id: form.id.unwrap_or_else(ThreadId::fresh).0,
        title: form.title,
        body: form.body,
        asked: asked || !faults.0.is_empty(),
    });
    let shell = page.shell(&channel.name, nav).at(Current::Channel(channel.id));
    let now = app.db.clock().now();
    print(&PanesPage { shell, faults, channel: Some(channel), threads, open: None, draft, now })
}

/// A channel's list: its first page, with how far the reader is in each thread.
async fn listed(
    connection: &mut PgConnection,
    viewer: &Viewer,
    access: &channels::ChannelAccess,
) -> Result<Vec<(Thread, i32)>> {
    let threads = super::threads_of(connection, access, ThreadPage { after: None, limit: LONGEST_PAGE }).await?;
    let ids: Vec<_> = threads.iter().map(|thread| thread.id).collect();
    let positions = super::read_positions(connection, viewer, &ids).await?;
    let position = |thread: &Thread| positions.get(&thread.id).copied().unwrap_or(0);
    Ok(threads
        .into_iter()
        .map(|thread| {
            let read = position(&thread);
            (thread, read)
        })
        .collect())
}

async fn open_form(
    State(app): State<App>,
    page: Page,
    Path(channel): Path<ChannelId>,
    Form(form): Form<OpenForm>,
) -> Result<Response> {
    let body = OpenBody {
        id: form.id,
        title: Some(form.title.clone()),
        kind: form.kind,
        body: form.body.clone(),
        message_id: form.message_id,
    };
    match open_thread(&app, page.reader()?, channel, body).await {
        Ok(ack) => Ok(Redirect::to(&paths::thread(ack.thread)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_channel(&app, &page, channel, faults, form, true).await
        }
    }
}

async fn open_thread(app: &App, viewer: Viewer, channel: ChannelId, body: OpenBody) -> Result<Ack> {
    let new = NewThread::checked(body.id, body.title.as_deref(), body.kind)?;
    let draft = Draft::checked(body.message_id, &body.body, Vec::new())?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = channels::may_read(tx.connection(), &viewer, channel).await?;
                let may = threads::may_open(&access, new.kind())?;
                super::open(tx, &may, &new, draft).await
            })
        })
        .await
}

async fn thread_page(
    State(app): State<App>,
    page: Page,
    Path(thread): Path<ThreadId>,
    Query(query): Query<ThreadQuery>,
) -> Result<Response> {
    show_thread(&app, &page, thread, query.before, Faults::default(), None).await
}

/// What is read for a thread's page.
struct ThreadRead {
    channel: Option<Channel>,
    threads: Vec<(Thread, i32)>,
    thread: Thread,
    messages: Vec<Message>,
    before: Option<i32>,
    read: i32,
    audience: i64,
    archived: bool,
}

async fn read_thread(
    connection: &mut PgConnection,
    viewer: &Viewer,
    thread: ThreadId,
    before: Option<i32>,
) -> Result<ThreadRead> {
    let access = threads::may_read(connection, viewer, thread).await?;
    let (mut channel, mut list) = (None, Vec::new());
    if let Some(id) = access.channel() {
        let access = channels::may_read(connection, viewer, id).await?;
        list = listed(connection, viewer, &access).await?;
        channel = Some(access.channel().clone());
    }
    let window = before.map_or(Window::Last, Window::Before);
    let (messages, before) = super::read(connection, &access, window, PAGE).await?;
    Ok(ThreadRead {
        channel,
        threads: list,
        thread: super::thread(connection, &access).await?,
        messages,
        before,
        read: threads::read_position(connection, viewer.id, thread).await?,
        audience: groups::member_count(connection, access.may()).await?,
        archived: access.archived(),
    })
}

async fn show_thread(
    app: &App,
    page: &Page,
    thread: ThreadId,
    before: Option<i32>,
    faults: Faults,
    typed: Option<PostForm>,
) -> Result<Response> {
    let (nav, read) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move { read_thread(connection, viewer, thread, before).await })
        })
        .await?;
    let typed = typed.unwrap_or(PostForm { id: None, body: String::new() });
    let title = read.thread.shown_title(page.text);
    let current = read.channel.as_ref().map_or(Current::Meetings, |channel| Current::Channel(channel.id));
    // What is on the page is read: opening it is reading it, for who has no script too.
    let last = read.messages.last().map_or(0, |message| message.position);
    if last > read.read {
        let viewer = page.reader()?;
        app.db.write(move |tx| Box::pin(async move { read_up_to(tx, &viewer, thread, last).await })).await?;
    }
    let open = OpenThread {
        thread: read.thread,
        messages: read.messages,
        before: read.before,
        read: read.read,
        audience: read.audience,
        message_id: typed.id.unwrap_or_else(MessageId::fresh).0,
        body: typed.body,
        archived: read.archived,
    };
    let shell = page.shell(&title, nav).at(current);
    let now = app.db.clock().now();
    let threads = read.threads;
    print(&PanesPage { shell, faults, channel: read.channel, threads, open: Some(open), draft: None, now })
}

async fn read_up_to(tx: &mut crate::db::Tx, viewer: &Viewer, thread: ThreadId, position: i32) -> Result<i32> {
    let access = threads::may_read(tx.connection(), viewer, thread).await?;
    threads::mark_read(tx, viewer, &access, position).await
}

async fn post_form(
    State(app): State<App>,
    Extension(poster): Extension<Poster>,
    page: Page,
    Path(thread): Path<ThreadId>,
    form: Incoming,
) -> Result<Response> {
    let viewer = page.reader()?;
    let (form, attachments) = received(&app, &viewer, thread, form).await?;
    let verdict = match attachments {
        Ok(attachments) => {
            let body = PostBody { id: form.id, body: form.body.clone(), attachments };
            post_message(&app, &poster, &viewer, thread, body).await
        }
        Err(error) => Err(error),
    };
    match verdict {
        Ok((_, ack)) => Ok(Redirect::to(&paths::message(thread, ack.message)).into_response()),
        Err(error) => {
            let faults = documents::http::faults(error, page.text)?;
            show_thread(&app, &page, thread, None, faults, Some(form)).await
        }
    }
}

/// The form of a message, with its files stored and noted, or why they are not. The right is asked before a byte of the
/// body is read. A form that is sent again notes the same files, so that its message is known again.
async fn received(
    app: &App,
    viewer: &Viewer,
    thread: ThreadId,
    form: Incoming,
) -> Result<(PostForm, Result<Vec<FileId>>)> {
    let access = {
        let mut connection = app.db.pool().acquire().await?;
        threads::may_read(&mut connection, viewer, thread).await?
    };
    let mut received = documents::receive(&app.files, form, Most::Several, app.settings.upload_limit_bytes).await;
    let form = PostForm { id: received.word("id").parse().ok(), body: received.word("body").to_owned() };
    if let Err(error) = received.whole() {
        return Ok((form, Err(error)));
    }
    let (may, sent) = (*access.may(), form.id.unwrap_or_else(MessageId::fresh));
    let noted = app.db.write(move |tx| {
        Box::pin(async move {
            let mut noted = Vec::with_capacity(received.files.len());
            for (place, file) in received.files.iter().enumerate() {
                noted.push(documents::add_file_once(tx, &may, sent.0, place, file).await?.id);
            }
            Ok(noted)
        })
    });
    Ok((form, noted.await))
}

/// Checks the right and the draft, and hands them in.
async fn post_message(
    app: &App,
    poster: &Poster,
    viewer: &Viewer,
    thread: ThreadId,
    body: PostBody,
) -> Result<(ThreadAccess, Ack)> {
    let access = {
        let mut connection = app.db.pool().acquire().await?;
        threads::may_read(&mut connection, viewer, thread).await?
    };
    let draft = Draft::checked(body.id, &body.body, body.attachments)?;
    let ack = poster.post(Post::new(access.post(), draft)).await?;
    Ok((access, ack))
}

async fn permalink(State(app): State<App>, viewer: Viewer, Path(message): Path<MessageId>) -> Result<Redirect> {
    let mut connection = app.db.pool().acquire().await?;
    let access = super::may_read(&mut connection, &viewer, message).await?;
    Ok(Redirect::to(&paths::message(access.thread(), message)))
}

async fn actions_page(State(app): State<App>, page: Page, Path(message): Path<MessageId>) -> Result<Response> {
    show_actions(&app, &page, message, Faults::default(), None).await
}

async fn show_actions(
    app: &App,
    page: &Page,
    message: MessageId,
    faults: Faults,
    typed: Option<String>,
) -> Result<Response> {
    let (nav, (access, message)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let access = super::may_read(connection, viewer, message).await?;
                Ok((access, super::find(connection, access.may(), message).await?))
            })
        })
        .await?;
    let shell = page.shell(&page.text.get("message-actions-title"), nav);
    let body = typed.or_else(|| message.body.clone()).unwrap_or_default();
    let (own, removable, reader) = (access.own(), access.removable(), access.person());
    print(&ActionsPage { shell, faults, message, reader, own, removable, body })
}

async fn edit_form(
    State(app): State<App>,
    page: Page,
    Path(message): Path<MessageId>,
    Form(form): Form<PostForm>,
) -> Result<Response> {
    match edit_message(&app, page.reader()?, message, &form.body).await {
        Ok(ack) => Ok(Redirect::to(&paths::message(ack.thread, message)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_actions(&app, &page, message, faults, Some(form.body)).await
        }
    }
}

async fn edit_message(app: &App, viewer: Viewer, message: MessageId, body: &str) -> Result<Ack> {
    let draft = Draft::checked(Some(message), body, Vec::new())?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_edit(tx.connection(), &viewer, message).await?;
                super::edit(tx, &access, OperationId::fresh(), &draft).await
            })
        })
        .await
}

async fn remove_form(State(app): State<App>, viewer: Viewer, Path(message): Path<MessageId>) -> Result<Redirect> {
    let ack = remove_message(&app, viewer, message).await?;
    Ok(Redirect::to(&paths::message(ack.thread, message)))
}

async fn remove_message(app: &App, viewer: Viewer, message: MessageId) -> Result<Ack> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_remove(tx.connection(), &viewer, message).await?;
                super::remove(tx, &access, OperationId::fresh()).await
            })
        })
        .await
}

async fn react_form(
    State(app): State<App>,
    viewer: Viewer,
    Path((message, name)): Path<(MessageId, ReactionName)>,
    Form(form): Form<ReactForm>,
) -> Result<Redirect> {
    let ack = set_reaction(&app, viewer, message, name, form.on).await?;
    Ok(Redirect::to(&paths::message(ack.thread, message)))
}

async fn set_reaction(app: &App, viewer: Viewer, message: MessageId, name: ReactionName, on: bool) -> Result<Ack> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, message).await?;
                super::react(tx, &access, OperationId::fresh(), name, on).await
            })
        })
        .await
}

async fn list_threads(
    State(app): State<App>,
    viewer: Viewer,
    Path(channel): Path<ChannelId>,
    Query(query): Query<ThreadsQuery>,
) -> Result<axum::Json<List<Thread>>> {
    let limit = checked_limit(query.limit)?;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let mut connection = app.db.pool().acquire().await?;
    let access = channels::may_read(&mut connection, &viewer, channel).await?;
    let mut items = super::threads_of(&mut connection, &access, ThreadPage { after, limit: limit + 1 }).await?;
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

fn checked_limit(limit: Option<i64>) -> Result<i64> {
    match limit.unwrap_or(PAGE) {
        limit if (1..=LONGEST_PAGE).contains(&limit) => Ok(limit),
        _ => Err(Error::field("limit", "malformed")),
    }
}

async fn open(
    State(app): State<App>,
    viewer: Viewer,
    Path(channel): Path<ChannelId>,
    Json(body): Json<OpenBody>,
) -> Result<Response> {
    let ack = open_thread(&app, viewer.clone(), channel, body).await?;
    let mut connection = app.db.pool().acquire().await?;
    let access = threads::may_read(&mut connection, &viewer, ack.thread).await?;
    let thread = super::thread(&mut connection, &access).await?;
    let message = super::find(&mut connection, access.may(), ack.message).await?;
    let opened = OpenedThread { thread, message: PostedMessage { message, seq: ack.seq } };
    Ok((created(&ack), axum::Json(opened)).into_response())
}

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Query(query): Query<MessagesQuery>,
) -> Result<axum::Json<HashMap<&'static str, serde_json::Value>>> {
    let limit = checked_limit(query.limit)?;
    let window = match (query.before, query.after) {
        (None, None) => Window::Last,
        (Some(before), None) => Window::Before(before),
        (None, Some(after)) => Window::After(after),
        (Some(_), Some(_)) => return Err(Error::field("before", "malformed")),
    };
    let mut connection = app.db.pool().acquire().await?;
    let access = threads::may_read(&mut connection, &viewer, thread).await?;
    let (items, next) = super::read(&mut connection, &access, window, limit).await?;
    let items = serde_json::to_value(items).unwrap_or_default();
    Ok(axum::Json(HashMap::from([("items", items), ("next", next.into())])))
}

async fn post(
    State(app): State<App>,
    Extension(poster): Extension<Poster>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Json(body): Json<PostBody>,
) -> Result<Response> {
    let (access, ack) = post_message(&app, &poster, &viewer, thread, body).await?;
    let mut connection = app.db.pool().acquire().await?;
    let message = super::find(&mut connection, access.may(), ack.message).await?;
    Ok((created(&ack), axum::Json(PostedMessage { message, seq: ack.seq })).into_response())
}

fn created(ack: &Ack) -> StatusCode {
    if ack.duplicate { StatusCode::OK } else { StatusCode::CREATED }
}

async fn mark_read(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Json(body): Json<ReadBody>,
) -> Result<axum::Json<ReadPosition>> {
    let position =
        app.db.write(move |tx| Box::pin(async move { read_up_to(tx, &viewer, thread, body.position).await })).await?;
    Ok(axum::Json(ReadPosition { position }))
}

async fn edit(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
    Json(body): Json<EditBody>,
) -> Result<axum::Json<PostedMessage>> {
    let ack = edit_message(&app, viewer.clone(), message, &body.body).await?;
    answered(&app, &viewer, ack).await
}

async fn remove(State(app): State<App>, viewer: Viewer, Path(message): Path<MessageId>) -> Result<StatusCode> {
    remove_message(&app, viewer, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn add_reaction(
    State(app): State<App>,
    viewer: Viewer,
    Path((message, name)): Path<(MessageId, ReactionName)>,
) -> Result<axum::Json<PostedMessage>> {
    let ack = set_reaction(&app, viewer.clone(), message, name, true).await?;
    answered(&app, &viewer, ack).await
}

async fn drop_reaction(
    State(app): State<App>,
    viewer: Viewer,
    Path((message, name)): Path<(MessageId, ReactionName)>,
) -> Result<axum::Json<PostedMessage>> {
    let ack = set_reaction(&app, viewer.clone(), message, name, false).await?;
    answered(&app, &viewer, ack).await
}

/// The message of an ack, as it is now.
async fn answered(app: &App, viewer: &Viewer, ack: Ack) -> Result<axum::Json<PostedMessage>> {
    let mut connection = app.db.pool().acquire().await?;
    let access = super::may_read(&mut connection, viewer, ack.message).await?;
    let message = super::find(&mut connection, access.may(), ack.message).await?;
    Ok(axum::Json(PostedMessage { message, seq: ack.seq }))
}
