//! Ids: one type for each thing that has one, so that a thread's id cannot be passed for a channel's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id. UUIDv7: identity and idempotency, never order.
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

id! {
    /// A person with an account, activated or not.
    PersonId
    /// A signed-in browser.
    SessionId
    /// A Bearer token.
    TokenId
    /// A territory: a *cité éducative*.
    TerritoryId
    /// A thematic group, the one membership boundary.
    GroupId
    /// A channel: a list of threads.
    ChannelId
    /// A thread: messages in order.
    ThreadId
    /// A message. Made by its sender, who may send it again.
    MessageId
    /// A document of the library.
    DocumentId
    /// A file: immutable bytes with a name.
    FileId
    /// A meeting.
    MeetingId
    /// A log of events: a group's or a person's. Its value is its owner's id.
    StreamId
    /// An acronym with one thing that it stands for.
    AcronymId
    /// A report of a message to the animators.
    ReportId
    /// Something that a person is told.
    NotificationId
    /// A browser that is told by Web Push.
    DeviceId
    /// The idempotency key of an edit, a removal or a reaction.
    OperationId
}

impl From<GroupId> for StreamId {
    fn from(group: GroupId) -> Self {
        Self(group.0)
    }
}

impl From<PersonId> for StreamId {
    fn from(person: PersonId) -> Self {
        Self(person.0)
    }
}
