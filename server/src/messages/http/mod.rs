//! The gates of messages, and of the threads that show them: pages with their forms, JSON.

mod api;
mod drafts;
mod pages;
mod writing;

use schemars::JsonSchema;
use serde::Deserialize;
use web::threads::Thread;
use words::{ChannelId, FileId, MessageId, OperationId, ReactionName, ThreadId, ThreadKind, ThreadStatus};

use super::{Ack, Draft, Post, Poster};
use crate::{
    channels, db,
    error::Result,
    http::{App, List, ListQuery, Policy, Routes, Viewer},
    threads::{self, NewThread, ThreadAccess},
};

/// The routes of messages and threads.
pub fn routes() -> Routes {
    Routes::new()
        .merge(drafts::routes())
        .get(Policy::SignedIn, "/channels/{channel}", pages::channel)
        .post(Policy::SignedIn, "/channels/{channel}/threads", writing::open)
        .get(Policy::SignedIn, "/threads/{thread}", pages::thread)
        .post(Policy::SignedIn, "/threads/{thread}/edit", pages::change_thread)
        .post(Policy::SignedIn, "/threads/{thread}/messages", writing::post)
        .get(Policy::SignedIn, "/messages/{message}", pages::permalink)
        .get(Policy::SignedIn, "/messages/{message}/actions", pages::actions)
        .get(Policy::SignedIn, "/messages/{message}/edit", writing::edit_form)
        .post(Policy::SignedIn, "/messages/{message}/edit", pages::edit)
        .post(Policy::SignedIn, "/messages/{message}/delete", pages::remove)
        .post(Policy::SignedIn, "/messages/{message}/reactions/{name}", pages::react)
        .get(Policy::SignedIn, "/api/v1/channels/{channel}/threads", api::threads)
        .asks::<ListQuery>()
        .answers::<List<Thread>>(200)
        .post(Policy::SignedIn, "/api/v1/channels/{channel}/threads", api::open)
        .takes::<OpenBody>()
        .answers::<api::OpenedThread>(201)
        .get(Policy::SignedIn, "/api/v1/threads/{thread}", api::thread)
        .answers::<Thread>(200)
        .patch(Policy::SignedIn, "/api/v1/threads/{thread}", api::change_thread)
        .takes::<ChangeBody>()
        .answers::<Thread>(200)
        .get(Policy::SignedIn, "/api/v1/threads/{thread}/messages", api::list)
        .asks::<api::MessagesQuery>()
        .answers::<api::Messages>(200)
        .post(Policy::SignedIn, "/api/v1/threads/{thread}/messages", api::post)
        .takes::<PostBody>()
        .answers::<api::PostedMessage>(201)
        .put(Policy::SignedIn, "/api/v1/threads/{thread}/read", api::mark_read)
        .takes::<api::ReadBody>()
        .answers::<api::ReadPosition>(200)
        .patch(Policy::SignedIn, "/api/v1/messages/{message}", api::edit)
        .takes::<api::EditBody>()
        .answers::<api::PostedMessage>(200)
        .delete(Policy::SignedIn, "/api/v1/messages/{message}", api::remove)
        .answers_plainly(204)
        .put(Policy::SignedIn, "/api/v1/messages/{message}/reactions/{name}", api::add_reaction)
        .answers::<api::PostedMessage>(200)
        .delete(Policy::SignedIn, "/api/v1/messages/{message}/reactions/{name}", api::drop_reaction)
        .answers::<api::PostedMessage>(200)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OpenBody {
    id: Option<ThreadId>,
    title: Option<String>,
    kind: Option<ThreadKind>,
    body: String,
    message_id: Option<MessageId>,
    #[serde(default)]
    attachments: Vec<FileId>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PostBody {
    id: Option<MessageId>,
    body: String,
    #[serde(default)]
    attachments: Vec<FileId>,
}

async fn open_thread(app: &App, viewer: Viewer, channel: ChannelId, body: OpenBody) -> Result<Ack> {
    let new = NewThread::checked(body.id, body.title.as_deref(), body.kind)?;
    let draft = Draft::checked(body.message_id, &body.body, body.attachments)?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = channels::may_read(tx.connection(), &viewer, channel).await?;
                super::open(tx, &access, &new, draft).await
            })
        })
        .await
}

async fn read_up_to(tx: &mut crate::db::Tx, viewer: &Viewer, thread: ThreadId, position: i32) -> Result<i32> {
    let access = threads::may_read(tx.connection(), viewer, thread).await?;
    threads::mark_read(tx, viewer, &access, position).await
}

/// Checks the right and the draft, and hands them in.
async fn post_message(
    app: &App,
    poster: &Poster,
    viewer: &Viewer,
    thread: ThreadId,
    body: PostBody,
) -> Result<(ThreadAccess, Ack)> {
    let access = db::promptly(async {
        let mut connection = app.db.pool().acquire().await?;
        threads::may_read(&mut connection, viewer, thread).await
    })
    .await?;
    let draft = Draft::checked(body.id, &body.body, body.attachments)?;
    let ack = poster.post(Post::new(access.post(), draft)).await?;
    Ok((access, ack))
}

async fn edit_message(app: &App, viewer: Viewer, message: MessageId, body: &str) -> Result<Ack> {
    let draft = Draft::checked(Some(message), body, Vec::new())?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, message).await?;
                super::edit(tx, &access, OperationId::fresh(), &draft).await
            })
        })
        .await
}

async fn remove_message(app: &App, viewer: Viewer, message: MessageId) -> Result<Ack> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, message).await?;
                super::remove(tx, &access, OperationId::fresh()).await
            })
        })
        .await
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

/// What is changed of a thread; what is not named stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeBody {
    title: Option<String>,
    status: Option<ThreadStatus>,
}

async fn change_thread(app: &App, viewer: Viewer, thread: ThreadId, body: ChangeBody) -> Result<()> {
    let change = threads::Change::checked(body.title.as_deref(), body.status)?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let may = threads::may_change(tx.connection(), &viewer, thread).await?;
                threads::change(tx, &may, &change).await
            })
        })
        .await
}
