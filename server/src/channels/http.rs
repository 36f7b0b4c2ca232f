//! The gates of channels: a group's page, which lists them, the form that changes one, and JSON.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use web::{
    channels::{Channel, ChannelFormPage},
    groups::GroupPage,
    page::{Current, Faults},
    paths,
};
use words::ChannelId;

use super::NewChannel;
use crate::{
    error::Result,
    groups,
    http::{App, Form, Json, List, ListQuery, Page, Path, Policy, Query, Routes, Viewer, kept, print},
    people,
};

/// The routes of channels.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/groups/{slug}", group_page)
        .post(Policy::SignedIn, "/groups/{slug}/channels", create_form)
        .get(Policy::SignedIn, "/channels/{channel}/edit", edit_page)
        .post(Policy::SignedIn, "/channels/{channel}/edit", edit_form)
        .post(Policy::SignedIn, "/channels/{channel}/archive", archive_form)
        .get(Policy::SignedIn, "/api/v1/groups/{group}/channels", list)
        .asks::<ListQuery>()
        .answers::<List<Channel>>(200)
        .post(Policy::SignedIn, "/api/v1/groups/{group}/channels", create)
        .takes::<CreateChannel>()
        .answers::<Channel>(201)
        .get(Policy::SignedIn, "/api/v1/channels/{channel}", show)
        .answers::<Channel>(200)
        .patch(Policy::SignedIn, "/api/v1/channels/{channel}", change)
        .takes::<ChangeChannel>()
        .answers::<Channel>(200)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateChannel {
    name: String,
    #[serde(default)]
    purpose: String,
}

/// What a PATCH changes; what it does not name stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeChannel {
    name: Option<String>,
    purpose: Option<String>,
    archived: Option<bool>,
}

#[derive(Deserialize)]
struct EditForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    purpose: String,
    etag: Option<String>,
}

#[derive(Deserialize)]
struct ArchiveForm {
    archived: bool,
}

async fn group_page(State(app): State<App>, page: Page, Path(slug): Path<String>) -> Result<Response> {
    show_group(&app, &page, slug, Faults::default(), String::new(), String::new()).await
}

async fn show_group(
    app: &App,
    page: &Page,
    slug: String,
    faults: Faults,
    name: String,
    purpose: String,
) -> Result<Response> {
    let (nav, (group, channels, members, requested)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let group = groups::find(connection, viewer, &slug).await?;
                let (mut channels, mut members) = (Vec::new(), 0);
                let requested = groups::has_requested(connection, viewer, group.id).await?;
                if group.role.is_some() {
                    let may = groups::may_read(connection, viewer, group.id).await?;
                    channels = super::list(connection, &may).await?;
                    members = groups::member_count(connection, &may).await?;
                }
                Ok((group, channels, members, requested))
            })
        })
        .await?;
    let shell = page.shell(&group.name, nav).at(Current::Groups);
    print(&GroupPage { shell, faults, group, channels, members, requested, name, purpose })
}

async fn create_form(
    State(app): State<App>,
    page: Page,
    Path(slug): Path<String>,
    Form(form): Form<CreateChannel>,
) -> Result<Response> {
    match create_channel(&app, page.reader()?, &slug, &form).await {
        Ok(channel) => Ok(Redirect::to(&paths::channel(channel.id)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_group(&app, &page, slug, faults, form.name, form.purpose).await
        }
    }
}

async fn edit_page(State(app): State<App>, page: Page, Path(channel): Path<ChannelId>) -> Result<Response> {
    show_edit(&app, &page, channel, Faults::default(), None).await
}

async fn show_edit(
    app: &App,
    page: &Page,
    channel: ChannelId,
    faults: Faults,
    typed: Option<EditForm>,
) -> Result<Response> {
    let (nav, channel) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                super::may_change(connection, viewer, channel).await?;
                Ok(super::may_read(connection, viewer, channel).await?.channel().clone())
            })
        })
        .await?;
    let shell = page.shell(&page.text.name("channel-edit", &channel.name), nav).at(Current::Channel(channel.id));
    let (name, purpose) =
        typed.map_or_else(|| (channel.name.clone(), channel.purpose.clone()), |typed| (typed.name, typed.purpose));
    print(&ChannelFormPage { shell, faults, channel, name, purpose })
}

async fn edit_form(
    State(app): State<App>,
    page: Page,
    Path(channel): Path<ChannelId>,
    Form(form): Form<EditForm>,
) -> Result<Response> {
    let body = ChangeChannel { name: Some(form.name.clone()), purpose: Some(form.purpose.clone()), archived: None };
    match change_channel(&app, page.reader()?, channel, body, form.etag.clone()).await {
        Ok(_) => Ok(Redirect::to(&paths::channel(channel)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_edit(&app, &page, channel, faults, Some(form)).await
        }
    }
}

async fn archive_form(
    State(app): State<App>,
    viewer: Viewer,
    Path(channel): Path<ChannelId>,
    Form(form): Form<ArchiveForm>,
) -> Result<Redirect> {
    let body = ChangeChannel { name: None, purpose: None, archived: Some(form.archived) };
    change_channel(&app, viewer, channel, body, None).await?;
    Ok(Redirect::to(&paths::channel(channel)))
}

async fn show(State(app): State<App>, viewer: Viewer, Path(channel): Path<ChannelId>) -> Result<axum::Json<Channel>> {
    let mut connection = app.db.lend().await?;
    Ok(axum::Json(super::may_read(&mut connection, &viewer, channel).await?.channel().clone()))
}

async fn change(
    State(app): State<App>,
    viewer: Viewer,
    Path(channel): Path<ChannelId>,
    Json(body): Json<ChangeChannel>,
) -> Result<axum::Json<Channel>> {
    change_channel(&app, viewer, channel, body, None).await.map(axum::Json)
}

/// Changes a channel; `shown` is what a form showed of it.
async fn change_channel(
    app: &App,
    viewer: Viewer,
    channel: ChannelId,
    body: ChangeChannel,
    shown: Option<String>,
) -> Result<Channel> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let may = super::may_change(tx.connection(), &viewer, channel).await?;
                // Locked before what is kept is read, so that two changes do not undo each other.
                tx.lock(may.group().into()).await?;
                let now = super::may_read(tx.connection(), &viewer, channel).await?.channel().clone();
                kept::unchanged(shown.as_deref(), &now.etag())?;
                if body.name.is_some() || body.purpose.is_some() {
                    let name = body.name.as_deref().unwrap_or(&now.name);
                    let new = NewChannel::checked(name, body.purpose.as_deref().unwrap_or(&now.purpose))?;
                    super::change(tx, &may, &new).await?;
                }
                if let Some(archived) = body.archived {
                    super::archive(tx, &may, archived).await?;
                }
                Ok(super::may_read(tx.connection(), &viewer, channel).await?.channel().clone())
            })
        })
        .await
}

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<List<Channel>>> {
    let group = groups::http::id_at(&app, &viewer, &address).await?;
    let mut connection = app.db.lend().await?;
    let may = groups::may_read(&mut connection, &viewer, group).await?;
    let channels = super::list(&mut connection, &may).await?;
    List::page(channels, &query, |channel| channel.id.to_string()).map(axum::Json)
}

async fn create(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
    Json(body): Json<CreateChannel>,
) -> Result<Response> {
    let channel = create_channel(&app, viewer, &address, &body).await?;
    Ok((StatusCode::CREATED, axum::Json(channel)).into_response())
}

async fn create_channel(app: &App, viewer: Viewer, address: &str, body: &CreateChannel) -> Result<Channel> {
    let new = NewChannel::checked(&body.name, &body.purpose)?;
    let group = groups::http::id_at(app, &viewer, address).await?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                tx.lock(group.into()).await?;
                let may = groups::may_write(tx.connection(), &viewer, group).await?;
                super::create(tx, &may, &new).await
            })
        })
        .await
}
