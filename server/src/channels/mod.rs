//! Channels: the lists of threads of a group.
//!
//! Members make them, animators rename and archive them; every reader of the group reads every channel. An archived
//! channel is read and no longer written to.
//!
//! Each reader says how much of it they want to hear: every thread, those that they take part in, or nothing.
//!
//! Events: `channel.*`, and `settings.updated` on the person's own stream. Tables: `channels`, `channel_levels`.
//!
//! Surprises: each channel has one standing thread, which the roof's reactions open in the same transaction.

mod access;
pub mod http;
mod store;

use sqlx::PgConnection;
use web::channels::Channel;
use words::{ChannelId, ChannelLevel, Event};

pub use access::{ChannelAccess, MayChange, may_change, may_read, may_read_as};

use crate::{
    characters::{holds_hidden, plain},
    db::Tx,
    error::{Error, Result},
    groups::{MayRead, MayWrite},
};

/// A channel to be.
#[derive(Clone, Debug)]
pub struct NewChannel {
    name: String,
    purpose: String,
}

impl NewChannel {
    /// Checks a name of one line and a purpose.
    pub fn checked(name: &str, purpose: &str) -> Result<Self> {
        let (name, purpose) = (name.trim(), plain("purpose", purpose)?);
        if name.is_empty() {
            return Err(Error::field("name", "required"));
        }
        if name.chars().count() > 80 {
            return Err(Error::field("name", "too_long"));
        }
        if holds_hidden(name) {
            return Err(Error::field("name", "malformed"));
        }
        if purpose.chars().count() > 300 {
            return Err(Error::field("purpose", "too_long"));
        }
        Ok(Self { name: name.to_owned(), purpose })
    }
}

/// Makes a channel.
pub async fn create(tx: &mut Tx, may: &MayWrite, new: &NewChannel) -> Result<Channel> {
    let (id, now) = (tx.fresh(), tx.now());
    tx.lock(may.group().into()).await?;
    match store::insert(tx.connection(), id, may.group(), new, may.person(), now).await {
        Err(error) if error.constraint() == Some("channels_name_key") => return Err(Error::field("name", "taken")),
        other => other?,
    }
    tx.record(Event::ChannelCreated { group: may.group(), channel: id }, Some(may.person())).await?;
    store::find(tx.connection(), id).await?.ok_or(Error::NotFound)
}

/// Renames a channel and says anew what it is for.
pub async fn change(tx: &mut Tx, may: &MayChange, new: &NewChannel) -> Result<()> {
    tx.lock(may.group().into()).await?;
    may.recheck(tx.connection()).await?;
    match store::update(tx.connection(), may.channel(), new).await {
        Err(error) if error.constraint() == Some("channels_name_key") => return Err(Error::field("name", "taken")),
        other => other?,
    }
    tx.record(Event::ChannelUpdated { group: may.group(), channel: may.channel() }, Some(may.person())).await?;
    Ok(())
}

/// Archives a channel, or opens it again.
pub async fn archive(tx: &mut Tx, may: &MayChange, archived: bool) -> Result<()> {
    tx.lock(may.group().into()).await?;
    may.recheck(tx.connection()).await?;
    let (group, channel, now) = (may.group(), may.channel(), tx.now());
    if store::set_archived(tx.connection(), channel, archived.then_some(now)).await? {
        let event =
            if archived { Event::ChannelArchived { group, channel } } else { Event::ChannelUpdated { group, channel } };
        tx.record(event, Some(may.person())).await?;
    }
    Ok(())
}

/// The channels of a group, in the order in which they were made; archived ones last.
pub async fn list(connection: &mut PgConnection, may: &MayRead) -> Result<Vec<Channel>> {
    store::list(connection, may.group()).await
}

/// Says how much of a channel the viewer wants to hear. It shows on every page, in the navigation.
pub async fn set_level(tx: &mut Tx, access: &ChannelAccess, level: ChannelLevel) -> Result<()> {
    let person = access.may().person();
    tx.lock(person.into()).await?;
    if store::set_level(tx.connection(), person, access.channel().id, level).await? {
        tx.record(Event::SettingsUpdated { person, renamed: false }, Some(person)).await?;
    }
    Ok(())
}

/// A channel by its id, for the fan-out: who follows the group's stream may read it.
pub async fn rendered(connection: &mut PgConnection, channel: ChannelId) -> Result<Option<Channel>> {
    store::find(connection, channel).await
}
