//! The SQL of messages, and of what threads show of them.

mod beside;
mod completion;
mod drafts;
mod favourites;
mod history;
mod lists;
mod mentions;
mod moves;
mod pins;
mod polls;
mod read;
mod removals;
mod write;

pub(super) use beside::beside;
pub(super) use completion::{channels, documents, meetings, members, territories, titled_threads};
pub(super) use drafts::{draft, drop_draft, keep_draft, sweep_drafts};
pub(super) use favourites::{delete_favourite, favourites, insert_favourite, is_favourite};
pub(super) use history::{edits, said_at, says};
pub(super) use lists::{first_threads, latest_threads, pinned, places, threads_by_ids};
pub(super) use mentions::{insert_mentions, nameable};
pub(super) use moves::{Moving, carry, copy, has_read, moved_to, said_from};
pub(super) use pins::{pin, unpin};
pub(super) use polls::{insert_poll, poll_state, set_votes, votes_of};
pub(super) use read::{
    Present, Readers, attached_to, between, by_ids, exists, message, messages, place, present, showing,
};
pub(super) use removals::{Removal, erase, removal, restore, sweep_removals};
#[cfg(feature = "faults")]
pub(super) use write::count_again;
pub(super) use write::{
    Accepted, Known, Operation, add_reaction, drop_reaction, insert, insert_attachments, insert_operation,
    is_same_operation, known, set_body, sweep_operations,
};
