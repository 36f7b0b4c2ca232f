//! What an upper room must do in the transaction of a lower room's event: a channel's standing thread, the messages that
//! a document is attached to, the groups in which somebody is called otherwise, and what leaves for somebody's devices.

use words::Event;

use crate::{
    db::{Tx, Work},
    groups, messages, push, threads,
};

/// Does what follows from an event in its own transaction.
pub fn react(tx: &mut Tx, event: Event) -> Work<'_, ()> {
    Box::pin(async move {
        match event {
            Event::ChannelCreated { group, channel } => threads::open_standing(tx, group, channel).await.map(drop),
            Event::DocumentDeleted { group, document } => messages::tell_detached(tx, group, document).await,
            Event::DocumentUpdated { group, document, retitled: true } => {
                messages::tell_retitled(tx, group, document).await
            }
            Event::SettingsUpdated { person, renamed: true } => groups::tell_renamed(tx, person).await,
            Event::NotificationCreated { person, notification } => push::enqueue(tx, person, notification).await,
            _ => Ok(()),
        }
    })
}
