//! The gates of messages, and of the threads that show them: pages with their forms, JSON.

mod api;
mod arrange;
mod channel;
mod drafts;
mod favourites;
mod message;
mod poll;
mod thread;
mod writing;

use schemars::JsonSchema;
use serde::Deserialize;
use web::{messages::Message, page::Current, threads::Thread};
use words::{
    ChannelId, ChannelLevel, FileId, MessageId, OperationId, ReactionName, ThreadId, ThreadKind, ThreadLevel,
    ThreadStatus,
};

use super::{Ack, Draft, Extent, Post, Poster};
use crate::{
    channels, db,
    error::{Error, Result},
    http::{App, List, Policy, Routes, Viewer},
    threads::{self, NewThread, ThreadAccess},
};

/// Where in the house a thread is.
fn current(access: &ThreadAccess) -> Current {
    match (access.channel(), access.kind()) {
        (Some(channel), _) => Current::Channel(channel),
        (None, ThreadKind::Conversation) => Current::Conversations,
        (None, _) => Current::Meetings,
    }
}

/// The routes of messages and threads.
pub fn routes() -> Routes {
    Routes::new()
        .merge(drafts::routes())
        .get(Policy::SignedIn, "/channels/{channel}", channel::channel)
        .post(Policy::SignedIn, "/channels/{channel}/threads", writing::open)
        .post(Policy::SignedIn, "/channels/{channel}/level", channel::set_level)
        .get(Policy::SignedIn, "/threads/{thread}", thread::thread)
        .post(Policy::SignedIn, "/threads/{thread}/messages", writing::post)
        .get(Policy::SignedIn, "/threads/{thread}/actions", arrange::actions)
        .post(Policy::SignedIn, "/threads/{thread}/edit", arrange::change)
        .post(Policy::SignedIn, "/threads/{thread}/follow", arrange::follow)
        .post(Policy::SignedIn, "/threads/{thread}/move", arrange::move_to)
        .post(Policy::SignedIn, "/threads/{thread}/merge", arrange::merge)
        .get(Policy::SignedIn, "/messages/{message}", message::permalink)
        .get(Policy::SignedIn, "/messages/{message}/actions", message::actions)
        .get(Policy::SignedIn, "/messages/{message}/menu", message::menu)
        .get(Policy::SignedIn, "/messages/{message}/history", message::history)
        .get(Policy::SignedIn, "/messages/{message}/edit", writing::edit_form)
        .post(Policy::SignedIn, "/messages/{message}/edit", message::edit)
        .post(Policy::SignedIn, "/messages/{message}/delete", message::remove)
        .post(Policy::SignedIn, "/messages/{message}/restore", message::restore)
        .post(Policy::SignedIn, "/messages/{message}/answer", message::answer)
        .post(Policy::SignedIn, "/messages/{message}/split", message::split)
        .post(Policy::SignedIn, "/messages/{message}/unread", message::unread)
        .post(Policy::SignedIn, "/messages/{message}/reactions/{name}", message::react)
        .post(Policy::SignedIn, "/messages/{message}/pin", message::pin)
        .post(Policy::SignedIn, "/messages/{message}/favourite", favourites::keep_form)
        .get(Policy::SignedIn, "/favourites", favourites::page)
        .get(Policy::SignedIn, "/threads/{thread}/polls", poll::form)
        .post(Policy::SignedIn, "/threads/{thread}/polls", poll::ask)
        .post(Policy::SignedIn, "/messages/{message}/vote", poll::vote)
        .merge(api_routes())
}

fn api_routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/api/v1/channels/{channel}/threads", api::threads)
        .asks::<api::ThreadsQuery>()
        .answers::<List<Thread>>(200)
        .post(Policy::SignedIn, "/api/v1/channels/{channel}/threads", api::open)
        .takes::<OpenBody>()
        .answers::<api::OpenedThread>(201)
        .get(Policy::SignedIn, "/api/v1/threads/{thread}", api::thread)
        .answers::<Thread>(200)
        .patch(Policy::SignedIn, "/api/v1/threads/{thread}", api::change_thread)
        .takes::<ChangeBody>()
        .answers::<Thread>(200)
        .get(Policy::SignedIn, "/api/v1/threads/{thread}/follow", api::follow_of)
        .answers::<api::FollowBody>(200)
        .put(Policy::SignedIn, "/api/v1/threads/{thread}/follow", api::follow)
        .takes::<api::FollowBody>()
        .answers::<api::FollowBody>(200)
        .post(Policy::SignedIn, "/api/v1/threads/{thread}/merge", api::merge)
        .takes::<api::MergeBody>()
        .answers::<Thread>(200)
        .post(Policy::SignedIn, "/api/v1/threads/{thread}/polls", poll::api_ask)
        .takes::<poll::PollBody>()
        .answers::<api::PostedMessage>(201)
        .put(Policy::SignedIn, "/api/v1/messages/{message}/vote", poll::api_vote)
        .takes::<poll::VoteBody>()
        .answers::<api::PostedMessage>(200)
        .get(Policy::SignedIn, "/api/v1/favourites", favourites::list)
        .answers::<List<Message>>(200)
        .put(Policy::SignedIn, "/api/v1/favourites/{message}", favourites::add)
        .answers_plainly(204)
        .delete(Policy::SignedIn, "/api/v1/favourites/{message}", favourites::remove)
        .answers_plainly(204)
        .put(Policy::SignedIn, "/api/v1/channels/{channel}/level", api::set_level)
        .takes::<api::LevelBody>()
        .answers::<api::LevelBody>(200)
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
        .get(Policy::SignedIn, "/api/v1/messages/{message}/history", api::history)
        .answers::<api::History>(200)
        .post(Policy::SignedIn, "/api/v1/messages/{message}/split", api::split)
        .takes::<SplitBody>()
        .answers::<Thread>(201)
        .delete(Policy::SignedIn, "/api/v1/messages/{message}", api::remove)
        .answers_plainly(204)
        .delete(Policy::SignedIn, "/api/v1/messages/{message}/removal", api::restore)
        .answers::<api::PostedMessage>(200)
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
        let mut connection = app.db.lend().await?;
        threads::may_read(&mut connection, viewer, thread).await
    })
    .await?;
    let draft = Draft::checked(body.id, &body.body, body.attachments)?;
    let may = access.post();
    let draft = poster.addressed(&may, draft).await?;
    let ack = poster.post(Post::new(may, draft)).await?;
    Ok((access, ack))
}

async fn edit_message(app: &App, viewer: Viewer, message: MessageId, body: &str) -> Result<Ack> {
    let draft = Draft::checked(Some(message), body, Vec::new())?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, message).await?;
                super::edit(tx, &access, OperationId::fresh(), draft).await
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

async fn restore_message(app: &App, viewer: Viewer, message: MessageId) -> Result<Ack> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, message).await?;
                super::restore(tx, &access).await
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
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeBody {
    title: Option<String>,
    status: Option<ThreadStatus>,
    /// The position of the message that answers the question; 0 for none.
    answer: Option<i32>,
    pinned: Option<bool>,
    closed: Option<bool>,
    channel: Option<ChannelId>,
}

async fn change_thread(app: &App, viewer: Viewer, thread: ThreadId, body: ChangeBody) -> Result<()> {
    let change = threads::Change::checked(body.title.as_deref(), body.status)?.kept(body.pinned, body.closed);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let may = threads::may_change(tx.connection(), &viewer, thread).await?;
                let mut change = change;
                if let Some(position) = body.answer {
                    if position != 0 {
                        super::may_answer(tx.connection(), thread, position).await?;
                    }
                    change = change.answered_by(position);
                }
                if let Some(channel) = body.channel {
                    let access = channels::may_read(tx.connection(), &viewer, channel).await;
                    change = change.moved_to(&access.map_err(|error| unknown("channel", error))?);
                }
                threads::change(tx, &may, &change).await
            })
        })
        .await
}

/// What does not exist for the asker is a field's fault where they named it in one.
fn unknown(field: &'static str, error: Error) -> Error {
    match error {
        Error::NotFound => Error::field(field, "nowhere"),
        error => error,
    }
}

/// Says that a message answers its thread's question, or that it does not; answers its place.
async fn set_answer(app: &App, viewer: Viewer, message: MessageId, on: bool) -> Result<(ThreadId, i32)> {
    let access = {
        let mut connection = app.db.lend().await?;
        super::may_read(&mut connection, &viewer, message).await?
    };
    let body = ChangeBody { answer: Some(if on { access.position() } else { 0 }), ..ChangeBody::default() };
    change_thread(app, viewer, access.thread(), body).await?;
    Ok((access.thread(), access.position()))
}

async fn follow_thread(app: &App, viewer: Viewer, thread: ThreadId, level: ThreadLevel) -> Result<()> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = threads::may_read(tx.connection(), &viewer, thread).await?;
                threads::follow(tx, &access, level).await
            })
        })
        .await
}

async fn set_channel_level(app: &App, viewer: Viewer, channel: ChannelId, level: ChannelLevel) -> Result<()> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = channels::may_read(tx.connection(), &viewer, channel).await?;
                channels::set_level(tx, &access, level).await
            })
        })
        .await
}

async fn merge_threads(app: &App, viewer: Viewer, thread: ThreadId, into: ThreadId) -> Result<()> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let from = threads::may_read(tx.connection(), &viewer, thread).await?;
                let into = threads::may_read(tx.connection(), &viewer, into).await;
                super::merge(tx, &from, &into.map_err(|error| unknown("into", error))?).await
            })
        })
        .await
}

/// The thread that a message begins.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SplitBody {
    id: Option<ThreadId>,
    title: Option<String>,
    extent: Extent,
}

async fn split_thread(app: &App, viewer: Viewer, message: MessageId, body: SplitBody) -> Result<ThreadId> {
    let new = NewThread::checked(body.id, body.title.as_deref(), None)?;
    let thread = new.id();
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, message).await?;
                let from = threads::may_read(tx.connection(), &viewer, access.thread()).await?;
                let Some(channel) = from.channel() else { return Err(Error::Forbidden) };
                let channel = channels::may_read(tx.connection(), &viewer, channel).await?;
                super::split(tx, &access, &channel, &new, body.extent).await
            })
        })
        .await?;
    Ok(thread)
}
