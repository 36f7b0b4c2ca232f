//! Favourites: the messages that somebody keeps for themselves, wherever they were said.
//!
//! Whoever may read a message may keep it; what one may read no more is not shown any more.
//!
//! It is told on the person's own stream.

use sqlx::PgConnection;
use words::{Event, MessageId};

use super::{MessageAccess, store};
use crate::{db::Tx, error::Result, http::Viewer};

/// Keeps a message, or keeps it no more.
pub async fn set_favourite(tx: &mut Tx, access: &MessageAccess, on: bool) -> Result<()> {
    let (person, message, now) = (access.person(), access.message(), tx.now());
    tx.lock(person.into()).await?;
    let changed = if on {
        store::insert_favourite(tx.connection(), person, message, now).await?
    } else {
        store::delete_favourite(tx.connection(), person, message).await?
    };
    if changed {
        tx.record(Event::FavouriteSet { person, message }, Some(person)).await?;
    }
    Ok(())
}

/// Whether the viewer keeps a message.
pub async fn is_favourite(connection: &mut PgConnection, viewer: &Viewer, message: MessageId) -> Result<bool> {
    store::is_favourite(connection, viewer.id, message).await
}

/// The messages that the viewer keeps and may read now, the last kept first, at most `limit`.
pub async fn favourites(connection: &mut PgConnection, viewer: &Viewer, limit: i64) -> Result<Vec<MessageId>> {
    store::favourites(connection, viewer.id, limit).await
}
