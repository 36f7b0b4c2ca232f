//! How much of a thread people want to hear: their own choice, or what is begun for them because they take part.

use sqlx::PgConnection;
use words::{Event, FollowReason, PersonId, ThreadId, ThreadLevel};

use super::{ThreadAccess, store};
use crate::{db::Tx, error::Result};

/// How much of a thread somebody wants to hear, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Follow {
    /// How much.
    pub level: ThreadLevel,
    /// Why it is so.
    pub reason: FollowReason,
}

/// What the viewer hears of a thread, if they were ever asked.
pub async fn follow_of(connection: &mut PgConnection, access: &ThreadAccess) -> Result<Option<Follow>> {
    store::follow(connection, access.may().person(), access.thread()).await
}

/// How much of a thread a person hears, for the fan-out: on their own stream.
pub async fn rendered_level(connection: &mut PgConnection, person: PersonId, thread: ThreadId) -> Result<ThreadLevel> {
    Ok(store::follow(connection, person, thread).await?.map_or(ThreadLevel::Normal, |follow| follow.level))
}

/// Follows a thread, or mutes it, or neither, by one's own choice.
pub async fn follow(tx: &mut Tx, access: &ThreadAccess, level: ThreadLevel) -> Result<()> {
    let (person, now) = (access.may().person(), tx.now());
    tx.lock(person.into()).await?;
    if store::set_level(tx.connection(), person, access.thread(), level, now).await? {
        tx.record(Event::FollowSet { person, thread: access.thread() }, Some(person)).await?;
    }
    Ok(())
}

/// Follows a thread for somebody who takes part in it, unless they were ever asked. To be called by ascending person.
pub async fn begin_follow(tx: &mut Tx, person: PersonId, thread: ThreadId, reason: FollowReason) -> Result<()> {
    let now = tx.now();
    tx.lock(person.into()).await?;
    if store::begin_follow(tx.connection(), person, thread, reason, now).await? {
        tx.record(Event::FollowSet { person, thread }, None).await?;
    }
    Ok(())
}

/// Those who follow or mute a thread go on doing so where its messages were moved to.
pub(super) async fn carry_follows(tx: &mut Tx, from: ThreadId, to: ThreadId) -> Result<()> {
    for person in store::followers_but(tx.connection(), from, to).await? {
        tx.lock(person.into()).await?;
        if store::copy_follow(tx.connection(), person, from, to).await? {
            tx.record(Event::FollowSet { person, thread: to }, None).await?;
        }
    }
    Ok(())
}
