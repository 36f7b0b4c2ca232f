//! A channel's page: the list of its threads, and the form that opens one.

use axum::{
    extract::State,
    response::{Redirect, Response},
};
use serde::Deserialize;
use sqlx::PgConnection;
use web::{
    channels::Channel,
    page::{Current, Faults},
    paths,
    threads::{NewThreadForm, PanesPage, ThreadList},
};
use words::{ChannelId, ChannelLevel, Role, ThreadFilter, ThreadId, ThreadKind};

use super::writing::{self, Opening};
use crate::{
    channels::{self, ChannelAccess},
    documents,
    error::{Error, Result},
    http::{
        App, Form, Page, Path, Query, Viewer,
        list::{PAGE, cursor_of, place_of},
        print,
    },
    messages::{self, Desk, Kept, Pinned, Place, ThreadPage},
};

#[derive(Deserialize)]
pub(super) struct ChannelQuery {
    new: Option<u8>,
    /// What is to be opened, and with what.
    kind: Option<ThreadKind>,
    body: Option<String>,
    show: Option<ThreadFilter>,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct LevelForm {
    level: ChannelLevel,
}

pub(super) async fn channel(
    State(app): State<App>,
    page: Page,
    Path(channel): Path<ChannelId>,
    Query(query): Query<ChannelQuery>,
) -> Result<Response> {
    let from = match (&query.before, &query.after) {
        (Some(before), _) => Place::Before(place_of("before", before)?),
        (None, Some(after)) => Place::After(place_of("after", after)?),
        (None, None) => Place::First,
    };
    let listed = (query.show.unwrap_or(ThreadFilter::All), from);
    let begun = query.kind.map(|kind| Opening::begun(kind, query.body.unwrap_or_default()));
    show_channel(&app, &page, channel, listed, (begun, query.new.is_some(), Faults::default())).await
}

async fn show_channel(
    app: &App,
    page: &Page,
    channel: ChannelId,
    listed: (ThreadFilter, Place),
    (opening, asked, faults): (Option<Opening>, bool, Faults),
) -> Result<Response> {
    let (nav, (channel, list, level, role, kept)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let access = channels::may_read(connection, viewer, channel).await?;
                let list = list(connection, &access, listed).await?;
                let kept = messages::find_draft(connection, &Desk::from(&access)).await?;
                Ok((access.channel().clone(), list, access.level(), access.may().role(), kept))
            })
        })
        .await?;
    let writable = role != Role::Guest && channel.archived_at.is_none();
    let draft = if writable { Some(new_thread(page, &channel, role, kept, opening, asked)) } else { None };
    let shell = page.shell(&channel.name, nav).at(Current::Channel(channel.id));
    let now = app.db.clock().now();
    let animates = role == Role::Animator;
    print(&PanesPage {
        shell,
        faults,
        channel: Some(channel),
        conversations: None,
        list,
        level,
        open: None,
        draft,
        animates,
        now,
    })
}

/// A page of a channel's list.
pub(super) async fn list(
    connection: &mut PgConnection,
    access: &ChannelAccess,
    (filter, from): (ThreadFilter, Place),
) -> Result<ThreadList> {
    let pinned = if filter == ThreadFilter::All { Pinned::Apart } else { Pinned::Among };
    let rows = messages::threads_of(connection, access, ThreadPage { filter, pinned, from, limit: PAGE }).await?;
    Ok(ThreadList {
        filter: Some(filter),
        pinned: rows.pinned,
        threads: rows.items,
        newer: rows.newer.map(cursor_of),
        older: rows.older.map(cursor_of),
    })
}

/// The form that opens a thread: what was typed into it, or else what was kept of it.
fn new_thread(
    page: &Page,
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
    let composer = writing::composer(paths::channel(channel.id), channel.group, page, kept, written);
    NewThreadForm { role, thread_id: thread.0, title, kind, composer, asked }
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
    show_channel(app, page, channel, (ThreadFilter::All, Place::First), (Some(opening), true, faults)).await
}

pub(super) async fn set_level(
    State(app): State<App>,
    viewer: Viewer,
    Path(channel): Path<ChannelId>,
    Form(form): Form<LevelForm>,
) -> Result<Redirect> {
    super::set_channel_level(&app, viewer, channel, form.level).await?;
    Ok(Redirect::to(&paths::channel(channel)))
}
