//! The dictionary of Préau: what its things are called, and nothing that they do.
//!
//! Read [`events`] first: it lists everything that can happen in the product.

pub mod events;
pub mod ids;
pub mod values;

pub use events::{Event, EventKind};
pub use ids::{
    ChannelId, DocumentId, FileId, GroupId, MeetingId, MessageId, OperationId, PersonId, SessionId, StreamId,
    TerritoryId, ThreadId, TokenId,
};
pub use values::{
    Access, Answer, DocumentType, Gate, Has, Locale, MeetingState, Mode, ParseValueError, Post, ReactionName, Role,
    Sought, Theme, ThreadKind, ThreadStatus,
};
