//! What an upper room must do in the transaction of a lower room's event: a channel's standing thread.

use words::Event;

use crate::{
    db::{Tx, Work},
    threads,
};

/// Does what follows from an event in its own transaction.
pub fn react(tx: &mut Tx, event: Event) -> Work<'_, ()> {
    Box::pin(async move {
        if let Event::ChannelCreated { group, channel } = event {
            threads::open_standing(tx, group, channel).await?;
        }
        Ok(())
    })
}
