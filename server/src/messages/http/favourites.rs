//! Favourites: a page, the form of each message, and JSON.

use axum::{
    extract::State,
    http::StatusCode,
    response::{Redirect, Response},
};
use serde::Deserialize;
use web::{
    messages::{FavouritesPage, Message},
    paths,
};
use words::MessageId;

use crate::{
    error::Result,
    http::{App, Form, List, Page, Path, Viewer, print},
    messages,
};

/// How many are shown.
const SHOWN: i64 = 100;

#[derive(Deserialize)]
pub(super) struct KeepForm {
    on: bool,
    next: Option<String>,
}

pub(super) async fn page(State(app): State<App>, page: Page) -> Result<Response> {
    let (nav, messages) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move {
                let ids = messages::favourites(connection, viewer, SHOWN).await?;
                messages::in_order(connection, &ids).await
            })
        })
        .await?;
    print(&FavouritesPage { shell: page.shell(&page.text.get("favourites-title"), nav), messages })
}

pub(super) async fn keep_form(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
    Form(form): Form<KeepForm>,
) -> Result<Redirect> {
    keep(&app, viewer, message, form.on).await?;
    let next = form.next.as_deref().map(|next| paths::safe_next(Some(next)).to_owned());
    Ok(Redirect::to(&next.unwrap_or_else(|| paths::message_permalink(message))))
}

pub(super) async fn list(State(app): State<App>, viewer: Viewer) -> Result<axum::Json<List<Message>>> {
    let mut connection = app.db.lend().await?;
    let ids = messages::favourites(&mut connection, &viewer, SHOWN).await?;
    Ok(axum::Json(List { items: messages::in_order(&mut connection, &ids).await?, next: None }))
}

pub(super) async fn add(State(app): State<App>, viewer: Viewer, Path(message): Path<MessageId>) -> Result<StatusCode> {
    keep(&app, viewer, message, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
) -> Result<StatusCode> {
    keep(&app, viewer, message, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn keep(app: &App, viewer: Viewer, message: MessageId, on: bool) -> Result<()> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = messages::may_read(tx.connection(), &viewer, message).await?;
                messages::set_favourite(tx, &access, on).await
            })
        })
        .await
}
