//! Data to bytes: the views of Préau, for a browser or a mailbox.
//!
//! A view is a struct with public fields and a template beside it; a room of the server fills it from one query and
//! prints it. Nothing here knows a database or a server.

pub mod assets;
pub mod date;
pub mod html;
pub mod paths;
pub mod text;

pub mod page;

pub mod channels;
pub mod conversations;
pub mod documents;
pub mod groups;
pub mod meetings;
pub mod messages;
pub mod notifications;
pub mod people;
pub mod publish;
pub mod push;
pub mod reports;
pub mod search;
pub mod territories;
pub mod threads;
pub mod today;

pub mod samples;

pub use html::SafeHtml;
pub use text::Text;
