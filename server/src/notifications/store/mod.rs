//! The SQL of notifications. Whatever is read for a person joins their present memberships.

mod consumed;
mod read;

pub(super) use consumed::{
    Meant, addressed, asked, behind, insert, is_said, mentioned, participants, renew, set_reminder, take_due,
};
pub(super) use read::{find, inbox, is_of, list, mark_seen, unseen, waiting};
