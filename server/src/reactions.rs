//! What an upper room must do in the transaction of a lower room's event: a channel's standing thread, and the
//! messages that a document was attached to.

use words::Event;

use crate::{
    db::{Tx, Work},
    messages, threads,
};

/// Does what follows from an event in its own transaction.
pub fn react(tx: &mut Tx, event: Event) -> Work<'_, ()> {
    Box::pin(async move {
        match event {
            Event::ChannelCreated { group, channel } => threads::open_standing(tx, group, channel).await.map(drop),
            Event::DocumentDeleted { group, document } => messages::tell_detached(tx, group, document).await,
            _ => Ok(()),
        }
    })
}
