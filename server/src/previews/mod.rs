//! Previews: what the pages say of themselves that messages lead to, for the groups whose animators want it.
//!
//! Off until an animator turns it on for a group; a message's author or an animator takes its previews away. The server
//! asks the pages, by the guarded door of `outgoing`; readers ask nobody, and nothing but text is kept.
//!
//! Events: `message.previewed`. Tables: `link_previews`, `message_links`, and its cursors in `consumers`.
//!
//! Surprises: links are found by a reader of the log, after the commit of the message (I13), and pages asked outside of
//! any transaction. A page is asked once a week at most, also if it did not answer. Turned off, nothing is shown at once;
//! turned on again, what had been found is. A removed message forgets its links, and a page that nothing leads to goes.

mod access;
mod consume;
pub mod http;
mod page;
mod store;

use words::Event;

pub use access::{MayUnpreview, may_unpreview};
pub use consume::{Asked, catch_up, fetch_due, sweep, work};

use crate::{db::Tx, error::Result};

/// Takes away what a message's links show.
pub async fn remove(tx: &mut Tx, may: &MayUnpreview) -> Result<()> {
    let (group, thread, message, now) = (may.group(), may.thread(), may.message(), tx.now());
    tx.lock(group.into()).await?;
    may.recheck(tx.connection()).await?;
    if store::remove(tx.connection(), message, now).await? {
        tx.record(Event::MessagePreviewed { group, thread, message }, Some(may.person())).await?;
    }
    Ok(())
}
