//! Everything that can happen in the product. An event holds references, never contents: who reads it renders what is
//! there now (invariant I18).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    ChannelId, DocumentId, GroupId, MeetingId, MessageId, NotificationId, ParseValueError, PersonId, StreamId, ThreadId,
};

/// One thing that a verb changed, to be recorded in its transaction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "a variant and its fields say what happened to what")]
pub enum Event {
    GroupUpdated { group: GroupId },
    MemberAdded { group: GroupId, person: PersonId },
    MemberChanged { group: GroupId, person: PersonId },
    MemberRemoved { group: GroupId, person: PersonId },
    ChannelCreated { group: GroupId, channel: ChannelId },
    ChannelUpdated { group: GroupId, channel: ChannelId },
    ChannelArchived { group: GroupId, channel: ChannelId },
    ThreadCreated { group: GroupId, thread: ThreadId },
    ThreadUpdated { group: GroupId, thread: ThreadId },
    ThreadMoved { group: GroupId, thread: ThreadId },
    MessageCreated { group: GroupId, thread: ThreadId, message: MessageId },
    MessageEdited { group: GroupId, thread: ThreadId, message: MessageId },
    MessageDeleted { group: GroupId, thread: ThreadId, message: MessageId },
    MessagePreviewed { group: GroupId, thread: ThreadId, message: MessageId },
    ReactionSet { group: GroupId, thread: ThreadId, message: MessageId },
    VoteSet { group: GroupId, thread: ThreadId, message: MessageId },
    DocumentCreated { group: GroupId, document: DocumentId },
    DocumentUpdated { group: GroupId, document: DocumentId, retitled: bool },
    DocumentDeleted { group: GroupId, document: DocumentId },
    MeetingCreated { group: GroupId, meeting: MeetingId },
    MeetingUpdated { group: GroupId, meeting: MeetingId },
    RsvpSet { group: GroupId, meeting: MeetingId, person: PersonId },
    GroupJoined { person: PersonId, group: GroupId },
    GroupLeft { person: PersonId, group: GroupId },
    ReadMoved { person: PersonId, thread: ThreadId },
    FollowSet { person: PersonId, thread: ThreadId },
    FavouriteSet { person: PersonId, message: MessageId },
    NotificationCreated { person: PersonId, notification: NotificationId },
    NotificationSeen { person: PersonId, notification: NotificationId },
    SettingsUpdated { person: PersonId, renamed: bool },
}

/// The kind of an event: `subject.past`, as the wire and the log name it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the words of `EventKind::as_str` say it")]
pub enum EventKind {
    GroupUpdated,
    MemberAdded,
    MemberChanged,
    MemberRemoved,
    ChannelCreated,
    ChannelUpdated,
    ChannelArchived,
    ThreadCreated,
    ThreadUpdated,
    ThreadMoved,
    MessageCreated,
    MessageEdited,
    MessageDeleted,
    MessagePreviewed,
    ReactionSet,
    VoteSet,
    DocumentCreated,
    DocumentUpdated,
    DocumentDeleted,
    MeetingCreated,
    MeetingUpdated,
    RsvpSet,
    GroupJoined,
    GroupLeft,
    ReadMoved,
    FollowSet,
    FavouriteSet,
    NotificationCreated,
    NotificationSeen,
    SettingsUpdated,
}

/// An event as the log keeps it: the columns of a row of `events`, less stream, sequence and time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct EventRow {
    /// The log that it belongs to.
    pub stream: StreamId,
    /// What happened.
    pub kind: EventKind,
    /// What it happened to.
    pub subject: Uuid,
    /// The thread it belongs to, where it has one.
    pub thread: Option<ThreadId>,
    /// The person it is about, where the subject is not enough.
    pub person: Option<PersonId>,
}

impl Event {
    /// The columns of this event's row in the log.
    #[expect(clippy::too_many_lines, reason = "a table: a kind each")]
    pub fn row(self) -> EventRow {
        let group = |group: GroupId, kind, subject: Uuid| EventRow {
            stream: group.into(),
            kind,
            subject,
            thread: None,
            person: None,
        };
        let member =
            |id: GroupId, kind, person: PersonId| EventRow { person: Some(person), ..group(id, kind, person.0) };
        let of_thread =
            |id: GroupId, kind, thread: ThreadId| EventRow { thread: Some(thread), ..group(id, kind, thread.0) };
        let message = |id: GroupId, kind, thread, message: MessageId| EventRow {
            thread: Some(thread),
            ..group(id, kind, message.0)
        };
        let own = |person: PersonId, kind, subject| EventRow {
            stream: person.into(),
            kind,
            subject,
            thread: None,
            person: Some(person),
        };
        let own_of_thread =
            |person: PersonId, kind, thread: ThreadId| EventRow { thread: Some(thread), ..own(person, kind, thread.0) };
        match self {
            Self::GroupUpdated { group: id } => group(id, EventKind::GroupUpdated, id.0),
            Self::MemberAdded { group: id, person } => member(id, EventKind::MemberAdded, person),
            Self::MemberChanged { group: id, person } => member(id, EventKind::MemberChanged, person),
            Self::MemberRemoved { group: id, person } => member(id, EventKind::MemberRemoved, person),
            Self::ChannelCreated { group: id, channel } => group(id, EventKind::ChannelCreated, channel.0),
            Self::ChannelUpdated { group: id, channel } => group(id, EventKind::ChannelUpdated, channel.0),
            Self::ChannelArchived { group: id, channel } => group(id, EventKind::ChannelArchived, channel.0),
            Self::ThreadCreated { group: id, thread } => of_thread(id, EventKind::ThreadCreated, thread),
            Self::ThreadUpdated { group: id, thread } => of_thread(id, EventKind::ThreadUpdated, thread),
            Self::ThreadMoved { group: id, thread } => of_thread(id, EventKind::ThreadMoved, thread),
            Self::MessageCreated { group, thread, message: id } => {
                message(group, EventKind::MessageCreated, thread, id)
            }
            Self::MessageEdited { group, thread, message: id } => message(group, EventKind::MessageEdited, thread, id),
            Self::MessageDeleted { group, thread, message: id } => {
                message(group, EventKind::MessageDeleted, thread, id)
            }
            Self::MessagePreviewed { group, thread, message: id } => {
                message(group, EventKind::MessagePreviewed, thread, id)
            }
            Self::ReactionSet { group, thread, message: id } => message(group, EventKind::ReactionSet, thread, id),
            Self::VoteSet { group, thread, message: id } => message(group, EventKind::VoteSet, thread, id),
            Self::DocumentCreated { group: id, document } => group(id, EventKind::DocumentCreated, document.0),
            Self::DocumentUpdated { group: id, document, .. } => group(id, EventKind::DocumentUpdated, document.0),
            Self::DocumentDeleted { group: id, document } => group(id, EventKind::DocumentDeleted, document.0),
            Self::MeetingCreated { group: id, meeting } => group(id, EventKind::MeetingCreated, meeting.0),
            Self::MeetingUpdated { group: id, meeting } => group(id, EventKind::MeetingUpdated, meeting.0),
            Self::RsvpSet { group: id, meeting, person } => {
                EventRow { person: Some(person), ..group(id, EventKind::RsvpSet, meeting.0) }
            }
            Self::GroupJoined { person, group } => own(person, EventKind::GroupJoined, group.0),
            Self::GroupLeft { person, group } => own(person, EventKind::GroupLeft, group.0),
            Self::ReadMoved { person, thread } => own_of_thread(person, EventKind::ReadMoved, thread),
            Self::FollowSet { person, thread } => own_of_thread(person, EventKind::FollowSet, thread),
            Self::FavouriteSet { person, message } => own(person, EventKind::FavouriteSet, message.0),
            Self::NotificationCreated { person, notification } => {
                own(person, EventKind::NotificationCreated, notification.0)
            }
            Self::NotificationSeen { person, notification } => own(person, EventKind::NotificationSeen, notification.0),
            Self::SettingsUpdated { person, .. } => own(person, EventKind::SettingsUpdated, person.0),
        }
    }
}

macro_rules! kinds {
    ($($variant:ident = $word:literal,)*) => {
        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The kind's name on the wire and in the log.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::str::FromStr for EventKind {
            type Err = ParseValueError;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word { $($word => Ok(Self::$variant),)* _ => Err(ParseValueError) }
            }
        }
    };
}

kinds! {
    GroupUpdated = "group.updated",
    MemberAdded = "member.added",
    MemberChanged = "member.changed",
    MemberRemoved = "member.removed",
    ChannelCreated = "channel.created",
    ChannelUpdated = "channel.updated",
    ChannelArchived = "channel.archived",
    ThreadCreated = "thread.created",
    ThreadUpdated = "thread.updated",
    ThreadMoved = "thread.moved",
    MessageCreated = "message.created",
    MessageEdited = "message.edited",
    MessageDeleted = "message.deleted",
    MessagePreviewed = "message.previewed",
    ReactionSet = "reaction.set",
    VoteSet = "vote.set",
    DocumentCreated = "document.created",
    DocumentUpdated = "document.updated",
    DocumentDeleted = "document.deleted",
    MeetingCreated = "meeting.created",
    MeetingUpdated = "meeting.updated",
    RsvpSet = "rsvp.set",
    GroupJoined = "group.joined",
    GroupLeft = "group.left",
    ReadMoved = "read.moved",
    FollowSet = "follow.set",
    FavouriteSet = "favourite.set",
    NotificationCreated = "notification.created",
    NotificationSeen = "notification.seen",
    SettingsUpdated = "settings.updated",
}

/// An event that was committed: its place in the log, and the row that references what it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Its place in the stream, from 1, without holes.
    pub seq: i64,
    /// What happened to what.
    pub row: EventRow,
    /// Who did it.
    pub actor: Option<PersonId>,
    /// When, by the clock of the process that wrote it; never used for order.
    pub at: DateTime<Utc>,
}
