//! A channel's page: the list of its threads, and the form that opens one.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use sqlx::PgConnection;
use web::{
    page::{Current, Faults},
    paths,
    threads::{NewThreadForm, PanesPage, Thread, ThreadList},
};
use words::{ChannelId, ChannelLevel, MessageId, Role, ThreadFilter, ThreadId, ThreadKind};

use super::{OpenBody, cursor_of, place_of};
use crate::{
    channels::{self, ChannelAccess},
    error::Result,
    http::{App, Form, Page, Path, Query, Viewer, list::PAGE, print},
    messages::{self, Pinned, Place, ThreadPage},
    people,
};

#[derive(Deserialize)]
pub(super) struct ChannelQuery {
    new: Option<u8>,
    show: Option<ThreadFilter>,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct OpenForm {
    id: Option<ThreadId>,
    message_id: Option<MessageId>,
    #[serde(default)]
    title: String,
    kind: Option<ThreadKind>,
    #[serde(default)]
    body: String,
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
    let form = OpenForm { id: None, message_id: None, title: String::new(), kind: None, body: String::new() };
    let from = match (&query.before, &query.after) {
        (Some(before), _) => Place::Before(place_of("before", before)?),
        (None, Some(after)) => Place::After(place_of("after", after)?),
        (None, None) => Place::First,
    };
    let listed = (query.show.unwrap_or(ThreadFilter::All), from);
    show_channel(&app, &page, channel, listed, (form, query.new.is_some(), Faults::default())).await
}

async fn show_channel(
    app: &App,
    page: &Page,
    channel: ChannelId,
    listed: (ThreadFilter, Place),
    (form, asked, faults): (OpenForm, bool, Faults),
) -> Result<Response> {
    let (nav, (channel, list, level, role)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let access = channels::may_read(connection, viewer, channel).await?;
                let list = list(connection, viewer, &access, listed).await?;
                let level = channels::level_of(connection, &access).await?;
                Ok((access.channel().clone(), list, level, access.may().role()))
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
    let animates = role == Role::Animator;
    print(&PanesPage { shell, faults, channel: Some(channel), list, level, open: None, draft, animates, now })
}

/// A page of a channel's list, with how far the reader is in each thread.
pub(super) async fn list(
    connection: &mut PgConnection,
    viewer: &Viewer,
    access: &ChannelAccess,
    (filter, from): (ThreadFilter, Place),
) -> Result<ThreadList> {
    let pinned = if filter == ThreadFilter::All { Pinned::Apart } else { Pinned::Among };
    let rows = messages::threads_of(connection, access, ThreadPage { filter, pinned, from, limit: PAGE }).await?;
    let begins = filter == ThreadFilter::All && rows.newer.is_none();
    let pinned = if begins { messages::pinned_in(connection, access).await? } else { Vec::new() };
    let ids: Vec<_> = pinned.iter().chain(&rows.items).map(|thread| thread.id).collect();
    let positions = messages::read_positions(connection, viewer, &ids).await?;
    let read = |threads: Vec<Thread>| {
        let position = |thread: Thread| (positions.get(&thread.id).copied().unwrap_or(0), thread);
        threads.into_iter().map(position).map(|(read, thread)| (thread, read)).collect()
    };
    Ok(ThreadList {
        filter: Some(filter),
        pinned: read(pinned),
        threads: read(rows.items),
        newer: rows.newer.map(cursor_of),
        older: rows.older.map(cursor_of),
    })
}

pub(super) async fn open(
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
    match super::open_thread(&app, page.reader()?, channel, body).await {
        Ok(ack) => Ok(Redirect::to(&paths::thread(ack.thread)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_channel(&app, &page, channel, (ThreadFilter::All, Place::First), (form, true, faults)).await
        }
    }
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
