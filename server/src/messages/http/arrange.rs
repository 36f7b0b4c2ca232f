//! What one may do with a thread: hear of it, name it anew, pin, close, move and merge it.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use sqlx::PgConnection;
use web::{
    page::Faults,
    paths,
    threads::{Former, Thread, ThreadActionsPage, ThreadMayDo},
};
use words::{ChannelId, GroupId, Role, ThreadFilter, ThreadId, ThreadKind, ThreadLevel, ThreadStatus};

use super::{ChangeBody, channel};
use crate::{
    channels,
    error::Result,
    http::{App, Form, Page, Path, Viewer, print},
    messages::{self, Place},
    people,
    threads::{self, ThreadAccess},
};

#[derive(Deserialize)]
pub(super) struct FollowForm {
    level: ThreadLevel,
    next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ChangeForm {
    title: Option<String>,
    status: Option<ThreadStatus>,
    pinned: Option<bool>,
    closed: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct MoveForm {
    channel: ChannelId,
}

#[derive(Deserialize)]
pub(super) struct MergeForm {
    into: ThreadId,
}

/// What is read for the page.
struct Read {
    access: ThreadAccess,
    thread: Thread,
    title: Option<String>,
    former: Vec<threads::FormerTitle>,
    channels: Vec<(ChannelId, String)>,
    leave: Option<GroupId>,
    others: Vec<Thread>,
}

pub(super) async fn actions(State(app): State<App>, page: Page, Path(thread): Path<ThreadId>) -> Result<Response> {
    show(&app, &page, thread, Faults::default(), None).await
}

async fn read(connection: &mut PgConnection, viewer: &Viewer, thread: ThreadId) -> Result<Read> {
    let access = threads::may_read(connection, viewer, thread).await?;
    let (mut open, mut others) = (Vec::new(), Vec::new());
    if let (Role::Animator, true, Some(here)) = (access.may().role(), access.changeable(), access.channel()) {
        let list = channels::list(connection, access.may()).await?;
        open = list.into_iter().filter(|channel| channel.archived_at.is_none() && channel.id != here).collect();
        let here = channels::may_read(connection, viewer, here).await?;
        let list = channel::list(connection, &here, (ThreadFilter::All, Place::First)).await?;
        others = list.pinned.into_iter().chain(list.threads).collect();
        others.retain(|other| other.id != thread && !other.closed);
    }
    Ok(Read {
        thread: messages::thread(connection, &access).await?,
        title: threads::given_title(connection, &access).await?,
        former: threads::former_titles(connection, &access).await?,
        channels: open.into_iter().map(|channel| (channel.id, channel.name)).collect(),
        leave: (access.kind() == ThreadKind::Conversation).then(|| access.may().group()),
        others,
        access,
    })
}

async fn show(app: &App, page: &Page, thread: ThreadId, faults: Faults, typed: Option<String>) -> Result<Response> {
    let (nav, read) = page
        .read(app, move |connection, viewer| Box::pin(async move { self::read(connection, viewer, thread).await }))
        .await?;
    let may = ThreadMayDo {
        change: read.access.changeable(),
        arrange: read.access.changeable() && read.access.may().role() == Role::Animator,
    };
    let former = |former: threads::FormerTitle| Former {
        title: former.title.unwrap_or_default(),
        changed_by: former.changed_by,
        until_at: former.until_at,
    };
    let shell = page.shell(&read.thread.shown_title(page.text), nav);
    let others = read.others.iter().map(|thread| (thread.id, thread.shown_title(page.text))).collect();
    print(&ThreadActionsPage {
        shell: shell.at(super::current(&read.access)),
        faults,
        may,
        title: typed.or(read.title).unwrap_or_default(),
        former: read.former.into_iter().map(former).collect(),
        channels: read.channels,
        leave: read.leave,
        others,
        thread: read.thread,
    })
}

pub(super) async fn follow(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Form(form): Form<FollowForm>,
) -> Result<Redirect> {
    super::follow_thread(&app, viewer, thread, form.level).await?;
    let next = form.next.as_deref().map(|next| paths::safe_next(Some(next)).to_owned());
    Ok(Redirect::to(&next.unwrap_or_else(|| paths::thread(thread))))
}

/// Names a thread anew, says whether its question is answered, pins and closes it.
pub(super) async fn change(
    State(app): State<App>,
    page: Page,
    Path(thread): Path<ThreadId>,
    Form(form): Form<ChangeForm>,
) -> Result<Response> {
    let body = ChangeBody {
        title: form.title.clone(),
        status: form.status,
        pinned: form.pinned,
        closed: form.closed,
        ..ChangeBody::default()
    };
    let done = super::change_thread(&app, page.reader()?, thread, body).await;
    answered(&app, &page, thread, done.map(|()| thread), form.title).await
}

pub(super) async fn move_to(
    State(app): State<App>,
    page: Page,
    Path(thread): Path<ThreadId>,
    Form(form): Form<MoveForm>,
) -> Result<Response> {
    let body = ChangeBody { channel: Some(form.channel), ..ChangeBody::default() };
    let done = super::change_thread(&app, page.reader()?, thread, body).await;
    answered(&app, &page, thread, done.map(|()| thread), None).await
}

pub(super) async fn merge(
    State(app): State<App>,
    page: Page,
    Path(thread): Path<ThreadId>,
    Form(form): Form<MergeForm>,
) -> Result<Response> {
    let done = super::merge_threads(&app, page.reader()?, thread, form.into).await;
    answered(&app, &page, thread, done.map(|()| form.into), None).await
}

async fn answered(
    app: &App,
    page: &Page,
    thread: ThreadId,
    done: Result<ThreadId>,
    typed: Option<String>,
) -> Result<Response> {
    match done {
        Ok(thread) => Ok(Redirect::to(&paths::thread(thread)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show(app, page, thread, faults, typed).await
        }
    }
}
