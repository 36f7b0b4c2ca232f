//! The dictionary of Préau: what its things are called, and nothing that they do.
//!
//! Read [`events`] first: it lists everything that can happen in the product.

pub mod events;
pub mod ids;
pub mod values;

pub use events::{Event, EventKind};
pub use ids::{
    AcronymId, ChannelId, DeviceId, DocumentId, FileId, GroupId, MeetingId, MessageId, NotificationId, OperationId,
    PersonId, ReportId, SessionId, StreamId, TerritoryId, ThreadId, TokenId,
};
pub use values::{
    Access, Announce, Answer, ChannelLevel, DocumentType, FollowReason, Gate, Has, Locale, MeetingState, MentionKind,
    Mode, NotificationReason, ParseValueError, Post, ReactionName, Role, Sought, Theme, ThreadFilter, ThreadKind,
    ThreadLevel, ThreadStatus,
};
