//! The pages of channels, threads and messages, and their forms.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use sqlx::PgConnection;
use web::{
    channels::Channel,
    messages::{ActionsPage, Message},
    page::{Current, Faults},
    paths,
    threads::{NewThreadForm, OpenThread, PanesPage, Thread},
};
use words::{ChannelId, GroupId, MessageId, ReactionName, Role, ThreadId, ThreadKind};

use super::{
    ChangeBody,
    writing::{self, Opening, Written},
};
use crate::{
    channels, documents,
    error::{Error, Result},
    groups,
    http::{
        App, Form, Page, Path, Query, Viewer,
        list::{LONGEST_PAGE, PAGE},
        print,
    },
    messages::{self, Desk, Kept, ThreadPage, Window},
    people, threads,
};

#[derive(Deserialize)]
pub(super) struct ChannelQuery {
    new: Option<u8>,
}

#[derive(Deserialize)]
pub(super) struct ThreadQuery {
    before: Option<i32>,
}

#[derive(Deserialize)]
pub(super) struct EditText {
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
pub(super) struct ReactForm {
    on: bool,
}

pub(super) async fn channel(
    State(app): State<App>,
    page: Page,
    Path(channel): Path<ChannelId>,
    Query(query): Query<ChannelQuery>,
) -> Result<Response> {
    show_channel(&app, &page, channel, Faults::default(), None, query.new.is_some()).await
}

async fn show_channel(
    app: &App,
    page: &Page,
    channel: ChannelId,
    faults: Faults,
    opening: Option<Opening>,
    asked: bool,
) -> Result<Response> {
    let (nav, (channel, threads, role, kept)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let access = channels::may_read(connection, viewer, channel).await?;
                let threads = listed(connection, viewer, &access).await?;
                let kept = messages::find_draft(connection, &Desk::from(&access)).await?;
                Ok((access.channel().clone(), threads, access.may().role(), kept))
            })
        })
        .await?;
    let writable = role != Role::Guest && channel.archived_at.is_none();
    let draft = if writable { Some(new_thread(&page.reader()?, &channel, role, kept, opening, asked)) } else { None };
    let shell = page.shell(&channel.name, nav).at(Current::Channel(channel.id));
    let now = app.db.clock().now();
    let animates = role == Role::Animator;
    print(&PanesPage { shell, faults, channel: Some(channel), threads, open: None, draft, animates, now })
}

/// The form that opens a thread: what was typed into it, or else what was kept of it.
fn new_thread(
    viewer: &Viewer,
    channel: &Channel,
    role: Role,
    kept: Option<Kept>,
    opening: Option<Opening>,
    asked: bool,
) -> NewThreadForm {
    let (thread, title, kind, written) = match (opening, &kept) {
        (Some(Opening { thread, title, kind, written }), _) => (thread, title, kind, Some(written)),
        (None, Some(kept)) => (ThreadId::fresh(), kept.title.clone(), kept.kind, None),
        (None, None) => (ThreadId::fresh(), String::new(), ThreadKind::Message, None),
    };
    let composer = writing::composer(paths::channel(channel.id), channel.group, viewer, kept, written);
    NewThreadForm { role, thread_id: thread.0, title, kind, composer, asked }
}

/// A channel's list: its first page, with how far the reader is in each thread.
async fn listed(
    connection: &mut PgConnection,
    viewer: &Viewer,
    access: &channels::ChannelAccess,
) -> Result<Vec<(Thread, i32)>> {
    let threads = messages::threads_of(connection, access, ThreadPage { after: None, limit: LONGEST_PAGE }).await?;
    let ids: Vec<_> = threads.iter().map(|thread| thread.id).collect();
    let positions = messages::read_positions(connection, viewer, &ids).await?;
    let position = |thread: &Thread| positions.get(&thread.id).copied().unwrap_or(0);
    Ok(threads
        .into_iter()
        .map(|thread| {
            let read = position(&thread);
            (thread, read)
        })
        .collect())
}

/// Shows what was written to open a thread, as it will look or with what was refused of it.
pub(super) async fn show_opening(
    app: &App,
    page: &Page,
    channel: ChannelId,
    opening: Opening,
    refused: Option<Error>,
) -> Result<Response> {
    let faults = refused.map(|error| documents::http::faults(error, page.text)).transpose()?.unwrap_or_default();
    show_channel(app, page, channel, faults, Some(opening), true).await
}

pub(super) async fn thread(
    State(app): State<App>,
    page: Page,
    Path(thread): Path<ThreadId>,
    Query(query): Query<ThreadQuery>,
) -> Result<Response> {
    show_thread(&app, &page, thread, query.before, Faults::default(), Typed::default()).await
}

/// What was typed into the forms of a thread's page.
#[derive(Default)]
struct Typed {
    message: Option<Written>,
    title: Option<String>,
}

/// Shows what was written to answer, as it will look or with what was refused of it.
pub(super) async fn show_answer(
    app: &App,
    page: &Page,
    thread: ThreadId,
    written: Written,
    refused: Option<Error>,
) -> Result<Response> {
    let faults = refused.map(|error| documents::http::faults(error, page.text)).transpose()?.unwrap_or_default();
    show_thread(app, page, thread, None, faults, Typed { message: Some(written), title: None }).await
}

/// What is read for a thread's page.
struct ThreadRead {
    group: GroupId,
    kept: Option<Kept>,
    channel: Option<Channel>,
    threads: Vec<(Thread, i32)>,
    thread: Thread,
    title: Option<String>,
    messages: Vec<Message>,
    before: Option<i32>,
    read: i32,
    audience: i64,
    archived: bool,
    changeable: bool,
    animates: bool,
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
    let (messages, before) = messages::read(connection, &access, window, PAGE).await?;
    Ok(ThreadRead {
        group: access.may().group(),
        kept: messages::find_draft(connection, &Desk::from(&access)).await?,
        channel,
        threads: list,
        thread: messages::thread(connection, &access).await?,
        title: threads::given_title(connection, &access).await?,
        messages,
        before,
        read: threads::read_position(connection, viewer.id, thread).await?,
        audience: groups::member_count(connection, access.may()).await?,
        archived: access.archived(),
        changeable: access.changeable(),
        animates: access.may().role() == Role::Animator,
    })
}

async fn show_thread(
    app: &App,
    page: &Page,
    thread: ThreadId,
    before: Option<i32>,
    faults: Faults,
    typed: Typed,
) -> Result<Response> {
    let (nav, read) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move { read_thread(connection, viewer, thread, before).await })
        })
        .await?;
    let title = read.thread.shown_title(page.text);
    let current = read.channel.as_ref().map_or(Current::Meetings, |channel| Current::Channel(channel.id));
    // What is on the page is read: opening it is reading it, for who has no script too.
    let last = read.messages.last().map_or(0, |message| message.position);
    if last > read.read {
        let viewer = page.reader()?;
        app.db.write(move |tx| Box::pin(async move { super::read_up_to(tx, &viewer, thread, last).await })).await?;
    }
    let address = paths::thread(read.thread.id);
    let open = OpenThread {
        composer: writing::composer(address, read.group, &page.reader()?, read.kept, typed.message),
        thread: read.thread,
        messages: read.messages,
        before: read.before,
        read: read.read,
        audience: read.audience,
        title: typed.title.or(read.title).unwrap_or_default(),
        archived: read.archived,
        typing: page.viewer.as_ref().is_some_and(|viewer| viewer.shows_typing),
        changeable: read.changeable,
    };
    let shell = page.shell(&title, nav).at(current);
    let now = app.db.clock().now();
    let threads = read.threads;
    let animates = read.animates;
    print(&PanesPage { shell, faults, channel: read.channel, threads, open: Some(open), draft: None, animates, now })
}

pub(super) async fn permalink(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
) -> Result<Redirect> {
    let mut connection = app.db.pool().acquire().await?;
    let access = messages::may_read(&mut connection, &viewer, message).await?;
    Ok(Redirect::to(&paths::message(access.thread(), message)))
}

pub(super) async fn actions(State(app): State<App>, page: Page, Path(message): Path<MessageId>) -> Result<Response> {
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
                let access = messages::may_read(connection, viewer, message).await?;
                Ok((access, messages::find(connection, access.may(), message).await?))
            })
        })
        .await?;
    let shell = page.shell(&page.text.get("message-actions-title"), nav);
    let body = typed.or_else(|| message.body.clone()).unwrap_or_default();
    let (own, removable, reader) = (access.own(), access.removable(), access.person());
    print(&ActionsPage { shell, faults, message, reader, own, removable, body })
}

pub(super) async fn edit(
    State(app): State<App>,
    page: Page,
    Path(message): Path<MessageId>,
    Form(form): Form<EditText>,
) -> Result<Response> {
    match super::edit_message(&app, page.reader()?, message, &form.body).await {
        Ok(ack) => Ok(Redirect::to(&paths::message(ack.thread, message)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_actions(&app, &page, message, faults, Some(form.body)).await
        }
    }
}

pub(super) async fn remove(State(app): State<App>, viewer: Viewer, Path(message): Path<MessageId>) -> Result<Redirect> {
    let ack = super::remove_message(&app, viewer, message).await?;
    Ok(Redirect::to(&paths::message(ack.thread, message)))
}

pub(super) async fn react(
    State(app): State<App>,
    viewer: Viewer,
    Path((message, name)): Path<(MessageId, ReactionName)>,
    Form(form): Form<ReactForm>,
) -> Result<Redirect> {
    let ack = super::set_reaction(&app, viewer, message, name, form.on).await?;
    Ok(Redirect::to(&paths::message(ack.thread, message)))
}

/// Names a thread anew or says whether its question is answered; the thread's page holds both forms.
pub(super) async fn change_thread(
    State(app): State<App>,
    page: Page,
    Path(thread): Path<ThreadId>,
    Form(form): Form<ChangeBody>,
) -> Result<Response> {
    let typed = Typed { message: None, title: form.title.clone() };
    match super::change_thread(&app, page.reader()?, thread, form).await {
        Ok(()) => Ok(Redirect::to(&paths::thread(thread)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_thread(&app, &page, thread, None, faults, typed).await
        }
    }
}
