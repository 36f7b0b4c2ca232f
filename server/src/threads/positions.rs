//! How far people have read: a number for each person and thread, from which what is unread is derived (I9).

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use words::{Event, PersonId, StreamId, ThreadId};

pub use super::store::{UnreadChannel, UnreadConversation};
use super::{ThreadAccess, store};
use crate::{db::Tx, error::Result, faults::bug, http::Viewer};

/// How far somebody read in some threads.
pub(super) type ReadBy = (PersonId, Vec<(ThreadId, i32)>);

/// Moves the viewer's read position forward; it never moves back this way. Answers where it is.
pub async fn mark_read(tx: &mut Tx, viewer: &Viewer, access: &ThreadAccess, position: i32) -> Result<i32> {
    let position = position.clamp(0, access.last_position());
    tx.lock(viewer.id.into()).await?;
    bug!("read_goes_back" => store::set_read_position(tx.connection(), viewer.id, access.thread(), position).await?);
    let Some(moved) = store::move_read_position(tx.connection(), viewer.id, access.thread(), position).await? else {
        return store::read_position(tx.connection(), viewer.id, access.thread()).await;
    };
    tx.record(Event::ReadMoved { person: viewer.id, thread: access.thread() }, Some(viewer.id)).await?;
    Ok(moved)
}

/// Moves the viewer's read position back to before what they want to read again.
pub async fn mark_unread(tx: &mut Tx, viewer: &Viewer, access: &ThreadAccess, from: i32) -> Result<()> {
    tx.lock(viewer.id.into()).await?;
    if store::move_back(tx.connection(), viewer.id, access.thread(), (from - 1).max(0)).await? {
        tx.record(Event::ReadMoved { person: viewer.id, thread: access.thread() }, Some(viewer.id)).await?;
    }
    Ok(())
}

/// Moves the viewer's read positions forward in all these threads at once; they never move back this way. Threads that
/// the viewer may not read are passed over: the statement asks.
pub async fn mark_all_read(tx: &mut Tx, viewer: &Viewer, positions: &[(ThreadId, i32)]) -> Result<()> {
    tx.lock(viewer.id.into()).await?;
    let positions: Vec<_> = positions.iter().map(|&(thread, position)| (viewer.id, thread, position)).collect();
    advance(tx, &positions).await
}

/// Moves the read positions of several people forward at once, in the same way. Those on whose stream somebody else
/// writes just then are passed over: nobody waits here for what another holds for long. Answers who was not.
pub(super) async fn mark_read_together(tx: &mut Tx, reads: &[ReadBy]) -> Result<HashSet<PersonId>> {
    let streams: Vec<_> = reads.iter().map(|(person, _)| StreamId::from(*person)).collect();
    let locked: HashSet<_> = tx.lock_free(&streams).await?.into_iter().collect();
    let free = || reads.iter().filter(|(person, _)| locked.contains(&(*person).into()));
    let positions: Vec<_> = free()
        .flat_map(|(person, positions)| positions.iter().map(|&(thread, position)| (*person, thread, position)))
        .collect();
    advance(tx, &positions).await?;
    Ok(free().map(|(person, _)| *person).collect())
}

/// Moves positions of people whose streams are locked.
async fn advance(tx: &mut Tx, positions: &[(PersonId, ThreadId, i32)]) -> Result<()> {
    bug!("read_goes_back" => for &(person, thread, position) in positions {
        store::set_read_position(tx.connection(), person, thread, position).await?;
    });
    let now = tx.now();
    for (person, seq) in store::move_read_positions(tx.connection(), positions, now).await? {
        tx.hint(person.into(), seq);
    }
    Ok(())
}

/// The position of a thread's last message.
pub async fn last_position(connection: &mut PgConnection, thread: ThreadId) -> Result<i32> {
    Ok(store::reach(connection, thread).await?.map_or(0, |(_, last)| last))
}

/// How far a person is in a thread, and how far it goes: unread is what lies between.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ReadState {
    /// How far they have read.
    pub position: i32,
    /// How far it goes.
    pub last_position: i32,
}

/// How far people are in threads.
pub async fn read_states(
    connection: &mut PgConnection,
    asked: &[(PersonId, ThreadId)],
) -> Result<HashMap<(PersonId, ThreadId), ReadState>> {
    store::read_states(connection, asked).await
}

/// The channels of a person's groups, each with its threads that hold something unread.
pub async fn unread_channels(connection: &mut PgConnection, person: PersonId) -> Result<Vec<UnreadChannel>> {
    store::unread_channels(connection, person).await
}

/// A person's conversations, and whether they hold something unread.
pub async fn unread_conversations(connection: &mut PgConnection, person: PersonId) -> Result<Vec<UnreadConversation>> {
    store::unread_conversations(connection, person).await
}
