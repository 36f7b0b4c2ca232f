//! Threads: where messages are. A thread hangs on a channel, a document or a meeting, and is read in order.
//!
//! Every reader of the group reads every thread, but for those of meetings' drafts, which are the animators'; members
//! open them, guests answer in those that exist; an announcement is an animator's to open. What a thread shows of its
//! messages is read by the room above, `messages`.
//!
//! Events: `thread.*`, and `read.moved` on the reader's own stream. Tables: `threads`, `read_positions`.
//!
//! Surprises: unread is the thread's last position less the reader's, derived and never counted (I9). Messages are
//! numbered here, under the lock of the group's stream.

mod access;
mod store;

use std::collections::HashMap;

use sqlx::PgConnection;
use words::{ChannelId, Event, GroupId, MeetingId, PersonId, StreamId, ThreadId, ThreadKind, ThreadStatus};

pub use access::{MayChange, MayOpen, MayPost, ThreadAccess, may_change, may_open, may_post, may_read, post_again};
pub use store::UnreadChannel;

use crate::{
    db::Tx,
    error::{Error, Result},
    faults::bug,
    groups::MayRead,
    http::Viewer,
    live::hub::Typing,
};

/// A thread to be, in a channel.
#[derive(Clone, Debug)]
pub struct NewThread {
    id: ThreadId,
    title: Option<String>,
    kind: ThreadKind,
}

/// What a thread hangs on.
#[derive(Clone, Copy, Debug)]
pub enum Home {
    /// A channel.
    Channel(ChannelId),
    /// A meeting.
    Meeting(MeetingId),
    /// A meeting that is a draft, and its animators'.
    Draft(MeetingId),
}

impl NewThread {
    /// Checks a title of one line, if one is given, and a kind that people may open.
    pub fn checked(id: Option<ThreadId>, title: Option<&str>, kind: Option<ThreadKind>) -> Result<Self> {
        let title = checked_title(title)?;
        let kind = kind.unwrap_or(ThreadKind::Message);
        if kind == ThreadKind::Standing {
            return Err(Error::field("kind", "malformed"));
        }
        let id = id.unwrap_or_else(ThreadId::fresh);
        if id.0.is_nil() || id.0.is_max() {
            return Err(Error::field("id", "malformed"));
        }
        Ok(Self { id, title, kind })
    }

    /// The id it will have.
    pub fn id(&self) -> ThreadId {
        self.id
    }

    /// What it is for.
    pub fn kind(&self) -> ThreadKind {
        self.kind
    }
}

fn checked_title(title: Option<&str>) -> Result<Option<String>> {
    let title = title.map(str::trim).filter(|title| !title.is_empty());
    if title.is_some_and(|title| title.chars().count() > 200) {
        return Err(Error::field("title", "too_long"));
    }
    if title.is_some_and(|title| title.chars().any(char::is_control)) {
        return Err(Error::field("title", "malformed"));
    }
    Ok(title.map(str::to_owned))
}

/// Opens a thread in a channel. The group's stream is locked, and its first message follows in the same transaction.
pub async fn open(tx: &mut Tx, may: &MayOpen, new: &NewThread) -> Result<()> {
    let (group, now) = (may.group(), tx.now());
    tx.lock(group.into()).await?;
    may.recheck(tx.connection()).await?;
    let status = (new.kind == ThreadKind::Question).then_some(ThreadStatus::Open);
    let row =
        store::NewRow { id: new.id, group, title: new.title.as_deref(), kind: new.kind, status, creator: may.person() };
    match store::insert(tx.connection(), row, Home::Channel(may.channel()), now).await {
        Err(error) if error.constraint() == Some("threads_pkey") => return Err(Error::IdConflict),
        other => other?,
    }
    tx.record(Event::ThreadCreated { group, thread: new.id }, Some(may.person())).await?;
    Ok(())
}

/// Opens the standing thread of a channel that was just made.
pub async fn open_standing(tx: &mut Tx, group: GroupId, channel: ChannelId) -> Result<ThreadId> {
    let creator = store::creator_of_channel(tx.connection(), channel).await?;
    hang(tx, group, creator, Home::Channel(channel), None, ThreadKind::Standing).await
}

/// Opens the thread of a thing that is just being made by the room above.
pub async fn hang(
    tx: &mut Tx,
    group: GroupId,
    creator: PersonId,
    home: Home,
    title: Option<&str>,
    kind: ThreadKind,
) -> Result<ThreadId> {
    let (id, now) = (tx.fresh(), tx.now());
    let row = store::NewRow { id, group, title, kind, status: None, creator };
    store::insert(tx.connection(), row, home, now).await?;
    tx.record(Event::ThreadCreated { group, thread: id }, Some(creator)).await?;
    Ok(id)
}

/// The stream in which what happens in a thread is told.
pub async fn stream_of(connection: &mut PgConnection, thread: ThreadId) -> Result<Option<StreamId>> {
    Ok(store::place(connection, thread).await?.map(|place| place.group.into()))
}

/// Of those who write, the members of the threads' group who chose to show it, with their names.
pub async fn typists(
    connection: &mut PgConnection,
    stream: StreamId,
    typing: &[Typing],
) -> Result<Vec<(Typing, String)>> {
    store::typists(connection, GroupId(stream.0), typing).await
}

/// What is changed of a thread; what is not named stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Empty to take it away.
    title: Option<String>,
    status: Option<ThreadStatus>,
}

impl Change {
    /// Checks a title of one line, of which an empty one takes the thread's title away, and a state.
    pub fn checked(title: Option<&str>, status: Option<ThreadStatus>) -> Result<Self> {
        let title = title.map(|title| checked_title(Some(title)).map(Option::unwrap_or_default)).transpose()?;
        Ok(Self { title, status })
    }
}

/// Names a thread anew, or says whether its question is answered; a thread that asks nothing has no state.
pub async fn change(tx: &mut Tx, may: &MayChange, change: &Change) -> Result<()> {
    tx.lock(may.group().into()).await?;
    may.recheck(tx.connection()).await?;
    let mut changed = false;
    if let Some(title) = &change.title {
        changed |= store::set_title(tx.connection(), may.thread(), title).await?;
    }
    if let Some(status) = change.status {
        match store::set_status(tx.connection(), may.thread(), status).await? {
            Some(moved) => changed |= moved,
            None => return Err(Error::field("status", "malformed")),
        }
    }
    if changed {
        tx.record(Event::ThreadUpdated { group: may.group(), thread: may.thread() }, Some(may.person())).await?;
    }
    Ok(())
}

/// Notes whether what a thread hangs on is a draft: that changes who may read it, and who may is told.
pub async fn set_draft(tx: &mut Tx, may: &MayRead, thread: ThreadId, draft: bool) -> Result<()> {
    if store::set_draft(tx.connection(), thread, draft).await? {
        tx.record(Event::ThreadUpdated { group: may.group(), thread }, Some(may.person())).await?;
    }
    Ok(())
}

/// Tells that a thread without a title of its own is called otherwise, since what its first message says has changed.
/// The standing thread is called after its channel.
pub async fn tell_renamed(tx: &mut Tx, may: &MayRead, thread: ThreadId) -> Result<()> {
    let place = store::place(tx.connection(), thread).await?;
    let standing = place.is_none_or(|place| place.kind == ThreadKind::Standing);
    if !standing && store::title(tx.connection(), thread).await?.is_none() {
        tx.record(Event::ThreadUpdated { group: may.group(), thread }, Some(may.person())).await?;
    }
    Ok(())
}

/// The title that a thread was given, if it was; otherwise its first line stands for one.
pub async fn given_title(connection: &mut PgConnection, access: &ThreadAccess) -> Result<Option<String>> {
    store::title(connection, access.thread()).await
}

/// Moves the viewer's read position forward; it never moves back this way. Answers where it is.
pub async fn mark_read(tx: &mut Tx, viewer: &Viewer, access: &ThreadAccess, position: i32) -> Result<i32> {
    let position = position.clamp(0, access.last_position());
    tx.lock(viewer.id.into()).await?;
    bug!("read_goes_back" => store::set_read_position(tx.connection(), viewer.id, access.thread(), position).await?);
    let Some(moved) = store::move_read_position(tx.connection(), viewer.id, access.thread(), position).await? else {
        return read_position(tx.connection(), viewer.id, access.thread()).await;
    };
    tx.record(Event::ReadMoved { person: viewer.id, thread: access.thread() }, Some(viewer.id)).await?;
    Ok(moved)
}

/// Moves the viewer's read positions forward in all these threads at once; they never move back this way. Threads that
/// the viewer may not read are passed over: the statement asks.
pub async fn mark_all_read(tx: &mut Tx, viewer: &Viewer, positions: &[(ThreadId, i32)]) -> Result<()> {
    let (last, now) = (tx.lock(viewer.id.into()).await?, tx.now());
    bug!("read_goes_back" => for &(thread, position) in positions {
        store::set_read_position(tx.connection(), viewer.id, thread, position).await?;
    });
    let moved = store::move_read_positions(tx.connection(), viewer.id, positions, last, now).await?;
    if moved > 0 {
        tx.hint(viewer.id.into(), last + moved);
    }
    Ok(())
}

/// The last position that a person has read; 0 for nothing.
pub async fn read_position(connection: &mut PgConnection, person: PersonId, thread: ThreadId) -> Result<i32> {
    store::read_position(connection, person, thread).await
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

/// The channels of a person's groups, each with how many of its threads hold something unread.
pub async fn unread_channels(connection: &mut PgConnection, person: PersonId) -> Result<Vec<UnreadChannel>> {
    store::unread_channels(connection, person).await
}
