//! The gates of channels: a group's page, which lists them, and JSON.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use web::{
    channels::Channel,
    groups::GroupPage,
    page::{Current, Faults},
    paths,
};

use super::NewChannel;
use crate::{
    error::Result,
    groups::{self, http::List},
    http::{App, Form, Json, Page, Path, Policy, Routes, Viewer, print},
    people,
};

/// The routes of channels.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/groups/{slug}", group_page)
        .post(Policy::SignedIn, "/groups/{slug}/channels", create_form)
        .get(Policy::SignedIn, "/api/v1/groups/{group}/channels", list)
        .post(Policy::SignedIn, "/api/v1/groups/{group}/channels", create)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateChannel {
    name: String,
    #[serde(default)]
    purpose: String,
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
    let (nav, (group, channels, members)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let group = groups::find(connection, viewer, &slug).await?;
                let (mut channels, mut members) = (Vec::new(), 0);
                if group.role.is_some() {
                    let may = groups::may_read(connection, viewer, group.id).await?;
                    channels = super::list(connection, &may).await?;
                    members = groups::member_count(connection, &may).await?;
                }
                Ok((group, channels, members))
            })
        })
        .await?;
    let shell = page.shell(&group.name, nav).at(Current::Groups);
    let requested = false;
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

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
) -> Result<axum::Json<List<Channel>>> {
    let group = groups::http::id_at(&app, &viewer, &address).await?;
    let mut connection = app.db.pool().acquire().await?;
    let may = groups::may_read(&mut connection, &viewer, group).await?;
    Ok(List::whole(super::list(&mut connection, &may).await?))
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
