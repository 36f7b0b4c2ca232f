//! Messages that are moved: a thread that is split where another matter begins, and one that is merged into another.
//!
//! A message that is moved keeps its row, its id and its position, and says nothing any more: a retry of its sender is
//! answered as before, and whoever has its address is led on. What it said stands at the end of the other thread, with
//! its author and its date.

use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::PgConnection;
use words::{MessageId, ThreadId, ThreadKind};

use super::{MessageAccess, store};
use crate::{
    channels::ChannelAccess,
    db::Tx,
    error::{Error, Result},
    groups::MayAnimate,
    threads::{self, NewThread, ThreadAccess},
};

/// The most messages that are moved at once: their events are told to whoever follows, who is behind for longer else.
const MOST_MOVED: i64 = 2_000;

/// Which messages go on in a thread of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// One message alone.
    This,
    /// The message and all after it.
    Following,
}

/// Goes on in a new thread of the same channel with a message, and those after it. The first message of a thread begins
/// it, and stays.
pub async fn split(
    tx: &mut Tx,
    access: &MessageAccess,
    channel: &ChannelAccess,
    new: &NewThread,
    extent: Extent,
) -> Result<()> {
    let may = access.may().animate()?;
    tx.lock(may.group().into()).await?;
    may.recheck(tx.connection()).await?;
    let Some(position) = store::said_at(tx.connection(), access.message()).await? else {
        return Err(Error::NotFound);
    };
    if position == 1 {
        return Err(Error::Conflict("first_message"));
    }
    let messages = match extent {
        Extent::This => vec![access.message()],
        Extent::Following => following(tx.connection(), access.thread(), position).await?,
    };
    threads::open(tx, &threads::may_open(channel, ThreadKind::Message)?, new).await?;
    let messages = named(tx, &messages);
    let moving = relocate(tx, &may, (access.thread(), new.id()), &messages).await?;
    threads::goes_on_from(tx, new.id(), access.thread()).await?;
    store::has_read(tx.connection(), &moving).await
}

/// Moves all that is said in a thread to the end of another one of the same group; the first is closed.
pub async fn merge(tx: &mut Tx, from: &ThreadAccess, into: &ThreadAccess) -> Result<()> {
    let may = from.may().animate()?;
    if into.may().group() != may.group() {
        return Err(Error::field("into", "other_group"));
    }
    if from.thread() == into.thread() {
        return Err(Error::field("into", "same"));
    }
    tx.lock(may.group().into()).await?;
    may.recheck(tx.connection()).await?;
    let (from, into) = (from.recheck(tx.connection()).await?, into.recheck(tx.connection()).await?);
    if from.archived() || into.archived() || into.closed() {
        return Err(Error::Archived);
    }
    // What hangs on something else than a channel belongs to it, and the standing thread to its channel.
    if !from.changeable() {
        return Err(Error::Forbidden);
    }
    let title = super::thread(tx.connection(), &from).await?.title;
    let messages = following(tx.connection(), from.thread(), 1).await?;
    let messages = named(tx, &messages);
    let moving = relocate(tx, &may, (from.thread(), into.thread()), &messages).await?;
    threads::goes_on_in(tx, may.read(), (from.thread(), &title), into.thread()).await?;
    store::has_read(tx.connection(), &moving).await
}

/// Where a message is now that may have been moved.
pub async fn moved_to(connection: &mut PgConnection, message: MessageId) -> Result<MessageId> {
    store::moved_to(connection, message).await
}

async fn following(connection: &mut PgConnection, thread: ThreadId, position: i32) -> Result<Vec<MessageId>> {
    let messages = store::said_from(connection, thread, position, MOST_MOVED + 1).await?;
    if i64::try_from(messages.len()).is_ok_and(|found| found > MOST_MOVED) {
        return Err(Error::Conflict("too_many_messages"));
    }
    Ok(messages)
}

/// Each message with the id that it will have.
fn named(tx: &mut Tx, messages: &[MessageId]) -> Vec<(MessageId, MessageId)> {
    messages.iter().map(|&message| (message, tx.fresh())).collect()
}

/// The group's stream is locked.
async fn relocate<'m>(
    tx: &mut Tx,
    may: &MayAnimate,
    (from, to): (ThreadId, ThreadId),
    messages: &'m [(MessageId, MessageId)],
) -> Result<store::Moving<'m>> {
    let (group, now) = (may.group(), tx.now());
    let last_seq = tx.lock(group.into()).await?;
    let last_position = threads::last_position(tx.connection(), to).await?;
    let moving = store::Moving { group, from, to, messages, last_position, last_seq, person: may.person() };
    store::copy(tx.connection(), &moving, now).await?;
    store::carry(tx.connection(), &moving, now).await?;
    tx.hint(group.into(), last_seq + 2 * i64::try_from(messages.len()).unwrap_or(i64::MAX));
    Ok(moving)
}
