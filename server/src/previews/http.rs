//! The gate of previews: a form, on the page of what one may do with a message.

use axum::{extract::State, response::Redirect};
use web::paths;
use words::MessageId;

use crate::{
    error::Result,
    http::{App, Path, Policy, Routes, Viewer},
};

/// The routes of previews.
pub fn routes() -> Routes {
    Routes::new().post(Policy::SignedIn, "/messages/{message}/previews/remove", remove)
}

async fn remove(State(app): State<App>, viewer: Viewer, Path(message): Path<MessageId>) -> Result<Redirect> {
    let may = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let may = super::may_unpreview(tx.connection(), &viewer, message).await?;
                super::remove(tx, &may).await?;
                Ok(may)
            })
        })
        .await?;
    Ok(Redirect::to(&paths::message_at(may.thread(), may.position(), message)))
}
