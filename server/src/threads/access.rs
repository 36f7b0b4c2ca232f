//! Who may read a thread, open one, and post in one.

use sqlx::PgConnection;
use words::{ChannelId, GroupId, PersonId, Role, ThreadId, ThreadKind};

use super::store;
use crate::{
    channels::{self, ChannelAccess},
    error::{Error, Result},
    groups::{self, MayRead},
    http::Viewer,
};

/// The viewer may read this thread.
#[derive(Clone, Debug)]
pub struct ThreadAccess {
    may: MayRead,
    thread: ThreadId,
    channel: Option<ChannelAccess>,
    kind: ThreadKind,
    last_position: i32,
    closed: bool,
    changeable: bool,
    continues: Option<ThreadId>,
    continued_in: Option<ThreadId>,
    seq: i64,
}

/// The viewer may post in this thread: an early answer, asked again under the lock of the group's stream.
#[derive(Clone, Copy, Debug)]
pub struct MayPost {
    thread: ThreadId,
    group: GroupId,
    person: PersonId,
}

/// The viewer may open a thread of some kind in this channel.
#[derive(Clone, Copy, Debug)]
pub struct MayOpen {
    group: GroupId,
    channel: ChannelId,
    person: PersonId,
    kind: ThreadKind,
}

/// The viewer may change what is said of this thread: its opener and the group's animators may.
#[derive(Clone, Copy, Debug)]
pub struct MayChange {
    thread: ThreadId,
    may: MayRead,
}

impl MayChange {
    /// The thread.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Its group.
    pub fn group(&self) -> GroupId {
        self.may.group()
    }

    /// Who asks.
    pub fn person(&self) -> PersonId {
        self.may.person()
    }

    /// Asks again, after the group's stream was locked; answers the role that the viewer has now.
    pub(super) async fn recheck(&self, connection: &mut PgConnection) -> Result<Role> {
        let place = store::place(connection, self.thread, self.person()).await?.ok_or(Error::NotFound)?;
        let may = readable(&place, self.person())?;
        changeable(&place, &may)?;
        Ok(may.role())
    }
}

impl ThreadAccess {
    /// The right in its group.
    pub fn may(&self) -> &MayRead {
        &self.may
    }

    /// The thread.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// The right to read the channel it hangs on, if it does.
    pub fn in_channel(&self) -> Option<&ChannelAccess> {
        self.channel.as_ref()
    }

    /// The channel it hangs on, if it does.
    pub fn channel(&self) -> Option<ChannelId> {
        self.channel.as_ref().map(|access| access.channel().id)
    }

    /// What it is for.
    pub fn kind(&self) -> ThreadKind {
        self.kind
    }

    /// The position of its last message.
    pub fn last_position(&self) -> i32 {
        self.last_position
    }

    /// Whether its channel is archived, so that nothing more is written.
    pub fn archived(&self) -> bool {
        self.channel.as_ref().is_some_and(|access| access.channel().archived_at.is_some())
    }

    /// Whether it was closed, so that nobody posts in it.
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// Whether the viewer may change what is said of it.
    pub fn changeable(&self) -> bool {
        self.changeable
    }

    /// The thread that it goes on from, which the viewer may not be let in to.
    pub fn continues(&self) -> Option<ThreadId> {
        self.continues
    }

    /// The thread that it goes on in, which the viewer may not be let in to.
    pub fn continued_in(&self) -> Option<ThreadId> {
        self.continued_in
    }

    /// Where the stream of its group stood when the right was read.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Asks again, after the group's stream was locked: the thread as it is now, for the same viewer.
    pub async fn recheck(&self, connection: &mut PgConnection) -> Result<Self> {
        Self::read(connection, self.may.person(), self.thread).await
    }

    async fn read(connection: &mut PgConnection, person: PersonId, thread: ThreadId) -> Result<Self> {
        let place = store::place(connection, thread, person).await?.ok_or(Error::NotFound)?;
        let may = readable(&place, person)?;
        Ok(Self {
            may,
            thread,
            kind: place.kind,
            last_position: place.last_position,
            closed: place.closed,
            changeable: changeable(&place, &may).is_ok(),
            continues: place.continues,
            continued_in: place.continued_in,
            seq: place.seq,
            channel: place.channel.map(|(channel, level)| channels::may_read_as(may, channel, level)).transpose()?,
        })
    }

    /// The proof that the viewer may post here. Guests may: the thread exists.
    pub fn post(&self) -> MayPost {
        MayPost { thread: self.thread, group: self.may.group(), person: self.may.person() }
    }
}

impl MayPost {
    /// The thread.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Its group, whose stream the message joins.
    pub fn group(&self) -> GroupId {
        self.group
    }

    /// Who posts.
    pub fn person(&self) -> PersonId {
        self.person
    }
}

impl MayOpen {
    /// The group.
    pub fn group(&self) -> GroupId {
        self.group
    }

    /// The channel.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Who opens it.
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// The proof that its opener may post in the thread they just opened.
    pub fn post_in(&self, thread: ThreadId) -> MayPost {
        MayPost { thread, group: self.group, person: self.person }
    }

    /// Asks again, after the group's stream was locked.
    pub(super) async fn recheck(&self, connection: &mut PgConnection) -> Result<()> {
        let standing =
            store::standing_in_channel(connection, self.person, self.channel).await?.ok_or(Error::NotFound)?;
        if standing.archived {
            return Err(Error::Archived);
        }
        allowed(standing.role, self.kind)
    }
}

/// Whether the viewer may read the thread; if not, it does not exist for them.
pub async fn may_read(connection: &mut PgConnection, viewer: &Viewer, thread: ThreadId) -> Result<ThreadAccess> {
    ThreadAccess::read(connection, viewer.id, thread).await
}

/// Whether the viewer may change what is said of the thread.
pub async fn may_change(connection: &mut PgConnection, viewer: &Viewer, thread: ThreadId) -> Result<MayChange> {
    let place = store::place(connection, thread, viewer.id).await?.ok_or(Error::NotFound)?;
    let may = readable(&place, viewer.id)?;
    changeable(&place, &may)?;
    Ok(MayChange { thread, may })
}

/// The right to read a thread, of whom its place was read for: that of a draft is the animators'.
fn readable(place: &store::Place, person: PersonId) -> Result<MayRead> {
    let may = groups::may_read_as(person, place.group, place.role)?;
    if place.draft && may.role() != Role::Animator { Err(Error::NotFound) } else { Ok(may) }
}

/// The standing thread and those of meetings and documents are named by what they hang on.
fn changeable(place: &store::Place, may: &MayRead) -> Result<()> {
    let Some((channel, _)) = &place.channel else { return Err(Error::Forbidden) };
    if channel.archived_at.is_some() {
        return Err(Error::Archived);
    }
    let theirs = may.role() == Role::Animator || place.creator == may.person();
    if theirs && place.kind != ThreadKind::Standing { Ok(()) } else { Err(Error::Forbidden) }
}

/// Whether the viewer may post in the thread.
pub async fn may_post(connection: &mut PgConnection, viewer: &Viewer, thread: ThreadId) -> Result<MayPost> {
    let access = may_read(connection, viewer, thread).await?;
    Ok(access.post())
}

/// The proof for who sends the first message of a thread again: it is judged under the lock, and posts nothing in a
/// thread that is not there.
pub fn post_again(access: &ChannelAccess, thread: ThreadId) -> MayPost {
    let may = access.may();
    MayPost { thread, group: may.group(), person: may.person() }
}

/// Whether the viewer may open a thread of this kind in the channel.
pub fn may_open(access: &ChannelAccess, kind: ThreadKind) -> Result<MayOpen> {
    if access.channel().archived_at.is_some() {
        return Err(Error::Archived);
    }
    allowed(access.may().role(), kind)?;
    let may = access.may();
    Ok(MayOpen { group: may.group(), channel: access.channel().id, person: may.person(), kind })
}

fn allowed(role: Role, kind: ThreadKind) -> Result<()> {
    match (role, kind) {
        (Role::Animator, _) => Ok(()),
        (Role::Member, kind) if kind != ThreadKind::Announcement => Ok(()),
        _ => Err(Error::Forbidden),
    }
}
