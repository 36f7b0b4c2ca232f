//! The gate of previews: a form, on the page of what one may do with a message.

use axum::{extract::State, response::Redirect};
use web::paths;
use words::MessageId;

use crate::{
    error::Result,
    http::{App, Path, Policy, Routes, Viewer},
    messages,
};

/// The routes of previews.
pub fn routes() -> Routes {
    Routes::new().post(Policy::SignedIn, "/messages/{message}/previews/remove", remove)
}

async fn remove(State(app): State<App>, viewer: Viewer, Path(message): Path<MessageId>) -> Result<Redirect> {
    let access = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let access = messages::may_read(tx.connection(), &viewer, message).await?;
                super::remove(tx, &access).await?;
                Ok(access)
            })
        })
        .await?;
    Ok(Redirect::to(&paths::message_at(access.thread(), access.position(), message)))
}
