//! The SQL of messages, and of what threads show of them.

mod completion;
mod drafts;
mod read;
mod write;

pub(super) use completion::{channels, documents, meetings, members, territories, titled_threads};
pub(super) use drafts::{draft, drop_draft, keep_draft, sweep_drafts};
pub(super) use read::{
    Present, Readers, attached_to, by_ids, exists, latest_threads, message, messages, place, present, read_positions,
    thread, threads_by_ids, threads_of,
};
#[cfg(feature = "faults")]
pub(super) use write::count_again;
pub(super) use write::{
    Accepted, Known, Operation, add_reaction, drop_reaction, erase, insert, insert_attachments, insert_operation,
    is_same_operation, known, set_body, sweep_operations,
};
