//! A message's own pages: what one may do with it, and what it said before.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgConnection;
use web::{
    Text,
    messages::{ActionsPage, Deed, HistoryPage, MessageMenu},
    page::Faults,
    paths,
};
use words::{MessageId, ReactionName, Role, ThreadId, ThreadKind, ThreadStatus};

use super::SplitBody;
use crate::{
    error::Result,
    http::{App, Form, Page, Path, Viewer, print},
    messages::{self, Extent, MessageAccess},
    people,
    threads::{self, ThreadAccess},
};

#[derive(Deserialize)]
pub(super) struct EditForm {
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
pub(super) struct OnForm {
    on: bool,
}

#[derive(Deserialize)]
pub(super) struct SplitForm {
    #[serde(default)]
    title: String,
    extent: Extent,
}

/// What was typed into the forms of a message's page.
#[derive(Default)]
struct Typed {
    body: Option<String>,
    title: String,
}

/// Leads to a message among those around it, wherever it was moved to.
pub(super) async fn permalink(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
) -> Result<Redirect> {
    let mut connection = app.db.lend().await?;
    let message = messages::moved_to(&mut connection, message).await?;
    let access = messages::may_read(&mut connection, &viewer, message).await?;
    Ok(Redirect::to(&paths::message_at(access.thread(), access.position(), message)))
}

/// What the viewer may do with a message, for a menu beside it.
pub(super) async fn menu(State(app): State<App>, page: Page, Path(message): Path<MessageId>) -> Result<Response> {
    let (viewer, text, now) = (page.reader()?, page.text, app.db.clock().now());
    let menu =
        app.db.snapshot(move |connection| Box::pin(async move { read(connection, &viewer, message, text, now).await }));
    let menu = menu.await?;
    print(&MessageMenu { beside: true, ..menu })
}

async fn read(
    connection: &mut PgConnection,
    viewer: &Viewer,
    message: MessageId,
    text: Text,
    now: DateTime<Utc>,
) -> Result<MessageMenu> {
    let access = messages::may_read(connection, viewer, message).await?;
    let thread = threads::may_read(connection, viewer, access.thread()).await?;
    let status = messages::thread(connection, &thread).await?.status;
    Ok(MessageMenu {
        text,
        message: messages::find(connection, access.may(), message).await?,
        reader: viewer.id,
        deeds: deeds(&access, &thread, status),
        kept: messages::is_favourite(connection, viewer, message).await?,
        restorable_until: messages::restorable_until(connection, &access, now).await?,
        beside: false,
    })
}

pub(super) async fn actions(State(app): State<App>, page: Page, Path(message): Path<MessageId>) -> Result<Response> {
    show(&app, &page, message, Faults::default(), Typed::default()).await
}

async fn show(app: &App, page: &Page, message: MessageId, faults: Faults, typed: Typed) -> Result<Response> {
    let (text, now) = (page.text, app.db.clock().now());
    let (nav, menu) =
        page.read(app, move |connection, viewer| Box::pin(read(connection, viewer, message, text, now))).await?;
    let shell = page.shell(&page.text.get("message-actions-title"), nav);
    let body = typed.body.or_else(|| menu.message.body.clone()).unwrap_or_default();
    print(&ActionsPage { shell, faults, menu, body, title: typed.title })
}

/// What the viewer may do with a message that says something.
fn deeds(access: &MessageAccess, thread: &ThreadAccess, status: Option<ThreadStatus>) -> Vec<Deed> {
    let (writable, first) = (!thread.archived(), access.is_first());
    let animates = access.may().role() == Role::Animator;
    let deeds = [
        (Deed::Quote, writable && !thread.closed()),
        (Deed::Answer, thread.changeable() && status.is_some() && !first),
        (Deed::Edit, writable && access.own()),
        (Deed::Pin, thread.changeable()),
        // Nobody animates a conversation, whom it could be shown to.
        (Deed::Report, thread.kind() != ThreadKind::Conversation),
        (Deed::Split, writable && animates && thread.channel().is_some() && !first),
        (Deed::Unpreview, writable && access.removable()),
        (Deed::Remove, writable && access.removable()),
    ];
    deeds.into_iter().filter_map(|(deed, may)| may.then_some(deed)).collect()
}

pub(super) async fn history(State(app): State<App>, page: Page, Path(message): Path<MessageId>) -> Result<Response> {
    let (nav, (message, former)) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move {
                let access = messages::may_read(connection, viewer, message).await?;
                let former = messages::history(connection, &access).await?;
                Ok((messages::find(connection, access.may(), message).await?, former))
            })
        })
        .await?;
    print(&HistoryPage { shell: page.shell(&page.text.get("message-history-title"), nav), message, former })
}

pub(super) async fn edit(
    State(app): State<App>,
    page: Page,
    Path(message): Path<MessageId>,
    Form(form): Form<EditForm>,
) -> Result<Response> {
    match super::edit_message(&app, page.reader()?, message, &form.body).await {
        Ok(ack) => Ok(Redirect::to(&paths::message_at(ack.thread, ack.position, message)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show(&app, &page, message, faults, Typed { body: Some(form.body), ..Typed::default() }).await
        }
    }
}

/// To the message's own page, where it can be undone.
pub(super) async fn remove(State(app): State<App>, viewer: Viewer, Path(message): Path<MessageId>) -> Result<Redirect> {
    super::remove_message(&app, viewer, message).await?;
    Ok(Redirect::to(&paths::message_actions(message)))
}

pub(super) async fn restore(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
) -> Result<Redirect> {
    let ack = super::restore_message(&app, viewer, message).await?;
    Ok(Redirect::to(&paths::message_at(ack.thread, ack.position, message)))
}

pub(super) async fn react(
    State(app): State<App>,
    viewer: Viewer,
    Path((message, name)): Path<(MessageId, ReactionName)>,
    Form(form): Form<OnForm>,
) -> Result<Redirect> {
    let ack = super::set_reaction(&app, viewer, message, name, form.on).await?;
    Ok(Redirect::to(&paths::message_at(ack.thread, ack.position, message)))
}

pub(super) async fn pin(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
    Form(form): Form<OnForm>,
) -> Result<Redirect> {
    let access = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let access = messages::may_read(tx.connection(), &viewer, message).await?;
                let may = threads::may_change(tx.connection(), &viewer, access.thread()).await?;
                messages::pin(tx, &access, &may, form.on).await?;
                Ok(access)
            })
        })
        .await?;
    Ok(Redirect::to(&paths::message_at(access.thread(), access.position(), message)))
}

pub(super) async fn answer(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
    Form(form): Form<OnForm>,
) -> Result<Redirect> {
    let (thread, position) = super::set_answer(&app, viewer, message, form.on).await?;
    Ok(Redirect::to(&paths::message_at(thread, position, message)))
}

/// Back to the list: the thread's own page would read it again.
pub(super) async fn unread(State(app): State<App>, viewer: Viewer, Path(message): Path<MessageId>) -> Result<Redirect> {
    let place = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let access = messages::may_read(tx.connection(), &viewer, message).await?;
                let thread = threads::may_read(tx.connection(), &viewer, access.thread()).await?;
                threads::mark_unread(tx, &viewer, &thread, access.position()).await?;
                Ok((thread.channel(), thread.kind()))
            })
        })
        .await?;
    Ok(Redirect::to(&match place {
        (Some(channel), _) => paths::channel(channel),
        (None, ThreadKind::Conversation) => paths::CONVERSATIONS.to_owned(),
        (None, _) => paths::HOME.to_owned(),
    }))
}

pub(super) async fn split(
    State(app): State<App>,
    page: Page,
    Path(message): Path<MessageId>,
    Form(form): Form<SplitForm>,
) -> Result<Response> {
    let body = SplitBody { id: None, title: Some(form.title.clone()), extent: form.extent };
    match super::split_thread(&app, page.reader()?, message, body).await {
        Ok(thread) => Ok(led_to(thread)),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show(&app, &page, message, faults, Typed { title: form.title, ..Typed::default() }).await
        }
    }
}

fn led_to(thread: ThreadId) -> Response {
    Redirect::to(&paths::thread(thread)).into_response()
}
