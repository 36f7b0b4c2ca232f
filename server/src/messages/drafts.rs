//! What somebody is writing, kept until it is posted: its writer's alone, and gone with their membership.
//!
//! Surprises: a kept text is bound to the id that its message will have, and is over as soon as that message is there:
//! so posting need not forget it, and what is kept late brings nothing back.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{ChannelId, MessageId, ThreadId, ThreadKind};

use super::{draft, store};
use crate::{
    channels::ChannelAccess,
    characters::{holds_hidden, plain},
    db::Tx,
    error::{Error, Result},
    groups::MayRead,
    threads::ThreadAccess,
};

/// Where something is being written, by who may read there: a thread, or a channel in which one is opened.
#[derive(Clone, Copy, Debug)]
pub struct Desk {
    pub(super) may: MayRead,
    pub(super) thread: Option<ThreadId>,
    pub(super) channel: Option<ChannelId>,
}

/// A text that is being written.
#[derive(Clone, Debug)]
pub struct Unfinished {
    pub(super) message: MessageId,
    pub(super) title: String,
    pub(super) kind: ThreadKind,
    pub(super) body: String,
}

/// A text that is kept, and since when.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The id that its message will have.
    pub message: MessageId,
    /// The title of the thread that it opens; empty without one, and in a thread.
    pub title: String,
    /// What that thread is for.
    pub kind: ThreadKind,
    /// What was typed.
    pub body: String,
    /// When it was last kept.
    pub updated_at: DateTime<Utc>,
}

impl Desk {
    /// The right in its group.
    pub fn may(&self) -> &MayRead {
        &self.may
    }
}

impl From<&ThreadAccess> for Desk {
    fn from(access: &ThreadAccess) -> Self {
        Self { may: *access.may(), thread: Some(access.thread()), channel: None }
    }
}

impl From<&ChannelAccess> for Desk {
    fn from(access: &ChannelAccess) -> Self {
        Self { may: *access.may(), thread: None, channel: Some(access.channel().id) }
    }
}

impl Unfinished {
    /// Checks what is being written: as it is typed, but for what no message may hold.
    pub fn checked(message: MessageId, title: &str, kind: Option<ThreadKind>, body: &str) -> Result<Self> {
        let kind = kind.unwrap_or(ThreadKind::Message);
        if message.0.is_nil() || message.0.is_max() {
            return Err(Error::field("id", "malformed"));
        }
        if holds_hidden(title) {
            return Err(Error::field("title", "malformed"));
        }
        if !ThreadKind::OPENED.contains(&kind) {
            return Err(Error::field("kind", "malformed"));
        }
        if title.chars().count() > 200 {
            return Err(Error::field("title", "too_long"));
        }
        let body = plain("body", body)?;
        if body.chars().count() > draft::LONGEST_BODY {
            return Err(Error::field("body", "too_long"));
        }
        Ok(Self { message, title: title.to_owned(), kind, body })
    }
}

/// Keeps a text in place of what was kept there; answers it.
pub async fn keep(tx: &mut Tx, desk: &Desk, text: Unfinished) -> Result<Kept> {
    let now = tx.now();
    let updated_at = store::keep_draft(tx.connection(), desk, &text, now).await?.ok_or(Error::NotFound)?;
    let Unfinished { message, title, kind, body } = text;
    Ok(Kept { message, title, kind, body, updated_at })
}

/// Forgets what is kept there; of one message alone, if it is named.
pub async fn forget(tx: &mut Tx, desk: &Desk, message: Option<MessageId>) -> Result<()> {
    store::drop_draft(tx.connection(), desk, message).await
}

/// What the asker was writing there, unless it is posted.
pub async fn find(connection: &mut PgConnection, desk: &Desk) -> Result<Option<Kept>> {
    store::draft(connection, desk).await
}
