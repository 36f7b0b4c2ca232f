//! Threads: where messages are. A thread hangs on a channel, a document or a meeting, or is a conversation, and is read
//! in order.
//!
//! Every reader of the group reads every thread, but for those of meetings' drafts, which are the animators'; members
//! open them, guests answer in those that exist; an announcement is an animator's to open. Its opener and the animators
//! name a thread anew, say that its question is answered, close it and open it again; animators pin it and move it to
//! another channel of its group. What a thread shows of its messages is read by the room above, `messages`.
//!
//! Events: `thread.*`, and `read.moved` and `follow.set` on the person's own stream. Tables: `threads`, `thread_titles`,
//! `read_positions`, `follows`.
//!
//! Surprises: unread is the thread's last position less the reader's, derived and never counted (I9). Messages are
//! numbered here, under the lock of the group's stream.

mod access;
mod change;
mod follows;
mod positions;
mod reads;
mod store;

use sqlx::PgConnection;
use words::{ChannelId, Event, GroupId, MeetingId, PersonId, StreamId, ThreadId, ThreadKind, ThreadStatus};

pub use access::{MayChange, MayOpen, MayPost, ThreadAccess, may_change, may_open, may_post, may_read, post_again};
pub use change::{Change, FormerTitle, State, change, former_titles};
use follows::carry_follows;
pub use follows::{Follow, begin_follow, follow, follow_of, rendered_level};
pub use positions::{
    ReadState, UnreadChannel, UnreadConversation, last_position, mark_all_read, mark_read, mark_unread, read_states,
    unread_channels, unread_conversations,
};
pub use reads::Reads;

use crate::{
    characters::holds_hidden,
    db::Tx,
    error::{Error, Result},
    groups::MayRead,
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
    /// A conversation: nothing but its group.
    Conversation,
}

impl NewThread {
    /// Checks a title of one line, if one is given, and a kind that people may open.
    pub fn checked(id: Option<ThreadId>, title: Option<&str>, kind: Option<ThreadKind>) -> Result<Self> {
        let title = checked_title(title)?;
        let kind = kind.unwrap_or(ThreadKind::Message);
        if !ThreadKind::OPENED.contains(&kind) {
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

    /// Where it stands at first: only a question has a status.
    fn status(&self) -> Option<ThreadStatus> {
        (self.kind == ThreadKind::Question).then_some(ThreadStatus::Open)
    }
}

fn checked_title(title: Option<&str>) -> Result<Option<String>> {
    let title = title.map(str::trim).filter(|title| !title.is_empty());
    if title.is_some_and(|title| title.chars().count() > 200) {
        return Err(Error::field("title", "too_long"));
    }
    if title.is_some_and(holds_hidden) {
        return Err(Error::field("title", "malformed"));
    }
    Ok(title.map(str::to_owned))
}

/// Opens a thread in a channel. The group's stream is locked, and its first message follows in the same transaction.
pub async fn open(tx: &mut Tx, may: &MayOpen, new: &NewThread) -> Result<()> {
    let (group, now) = (may.group(), tx.now());
    tx.lock(group.into()).await?;
    may.recheck(tx.connection()).await?;
    let row = store::NewRow {
        id: new.id,
        group,
        title: new.title.as_deref(),
        kind: new.kind,
        status: new.status(),
        creator: may.person(),
    };
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

/// The thread of a conversation, if that is one.
pub async fn of_conversation(connection: &mut PgConnection, may: &MayRead) -> Result<Option<ThreadId>> {
    store::of_conversation(connection, may.group()).await
}

/// The stream in which what happens in a thread is told.
pub async fn stream_of(connection: &mut PgConnection, thread: ThreadId) -> Result<Option<StreamId>> {
    Ok(store::reach(connection, thread).await?.map(|(group, _)| group.into()))
}

/// Of those who write, the members of the threads' group who chose to show it, with their names.
pub async fn typists(
    connection: &mut PgConnection,
    stream: StreamId,
    typing: &[Typing],
) -> Result<Vec<(Typing, String)>> {
    store::typists(connection, GroupId(stream.0), typing).await
}

/// Notes whether what a thread hangs on is a draft: that changes who may read it, and who may is told.
pub async fn set_draft(tx: &mut Tx, may: &MayRead, thread: ThreadId, draft: bool) -> Result<()> {
    if store::set_draft(tx.connection(), thread, draft).await? {
        tx.record(Event::ThreadUpdated { group: may.group(), thread }, Some(may.person())).await?;
    }
    Ok(())
}

/// Tells that a thread without a title of its own is called otherwise, since what its first message says has changed.
/// The standing thread is called after its channel, a conversation after its people.
pub async fn tell_renamed(tx: &mut Tx, may: &MayRead, thread: ThreadId) -> Result<()> {
    let place = store::place(tx.connection(), thread, may.person()).await?;
    let titled = place.is_some_and(|place| !matches!(place.kind, ThreadKind::Standing | ThreadKind::Conversation));
    if titled && store::title(tx.connection(), thread).await?.is_none() {
        tx.record(Event::ThreadUpdated { group: may.group(), thread }, Some(may.person())).await?;
    }
    Ok(())
}

/// Notes that a thread goes on from another one, and lets those who followed that follow it.
pub async fn goes_on_from(tx: &mut Tx, thread: ThreadId, from: ThreadId) -> Result<()> {
    store::set_continues(tx.connection(), thread, from).await?;
    carry_follows(tx, from, thread).await
}

/// Closes a thread whose messages were all moved to another one, which is followed by those who followed it. The group's
/// stream is locked. What it was called, it is called for good: its first line is gone.
pub async fn goes_on_in(tx: &mut Tx, may: &MayRead, (thread, title): (ThreadId, &str), into: ThreadId) -> Result<()> {
    let (state, now) = (store::state(tx.connection(), thread).await?, tx.now());
    let title = state.title.or_else(|| Some(title.to_owned()).filter(|title| !title.is_empty()));
    let closed = State { title, closed: true, pinned: false, ..state };
    store::save(tx.connection(), thread, &closed, may.person(), now).await?;
    store::set_continued_in(tx.connection(), thread, into).await?;
    tx.record(Event::ThreadMoved { group: may.group(), thread }, Some(may.person())).await?;
    carry_follows(tx, thread, into).await
}

/// The title that a thread was given, if it was; otherwise its first line stands for one.
pub async fn given_title(connection: &mut PgConnection, access: &ThreadAccess) -> Result<Option<String>> {
    store::title(connection, access.thread()).await
}
