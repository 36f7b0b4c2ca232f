//! Conversations: what a few people say to each other alone.
//!
//! Whoever is signed in begins one with anybody else who is; nobody but its people knows of it, whatever their role. They
//! read and answer, mute it and leave it; there is no place in it for anything else.
//!
//! Events: those of the group that it is, and of its thread. Tables: none of its own.
//!
//! Surprises: the same people have one conversation, found by its id, which is made of theirs. It has no name: everybody
//! sees the names of the others.

pub mod http;
mod store;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use web::{
    conversations::{Conversation, Conversations},
    people::Author,
};
use words::{GroupId, PersonId, ThreadId, ThreadKind};

use crate::{
    db::Tx,
    error::{Error, Result},
    groups,
    http::{
        Viewer,
        list::{PAGE, cursor_of},
    },
    threads::{self, Home},
};

/// How many others are in a conversation at most: who is more is a group.
pub const MOST_OTHERS: usize = 9;
/// How many one may have begun in which nobody has spoken: each is in the pages of all who are in it.
const MOST_SILENT: i64 = 20;
/// How many people are offered at once.
const OFFERED: i64 = 200;

/// A place in the list: when something was last said in a thread, and which.
pub type Place = (DateTime<Utc>, ThreadId);

/// Some of one's conversations.
#[derive(Clone, Copy, Debug)]
pub struct ConversationPage {
    /// After which place; from the last active one if there is none.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: i64,
}

/// The others of a conversation to be.
#[derive(Clone, Debug)]
pub struct Others(Vec<PersonId>);

impl Others {
    /// Checks whom the viewer chose: at least one other person, each once.
    pub fn checked(viewer: &Viewer, chosen: &[PersonId]) -> Result<Self> {
        let mut others = chosen.to_vec();
        others.sort_unstable();
        others.dedup();
        others.retain(|&person| person != viewer.id);
        match others.len() {
            0 => Err(Error::field("person", "nobody")),
            1..=MOST_OTHERS => Ok(Self(others)),
            _ => Err(Error::field("person", "too_many_people")),
        }
    }
}

/// Begins the conversation between the viewer and others, or finds it; answers its thread.
pub async fn begin(tx: &mut Tx, viewer: &Viewer, others: &Others) -> Result<ThreadId> {
    if !store::are_there(tx.connection(), &others.0).await? {
        return Err(Error::field("person", "unknown_person"));
    }
    let may = groups::begin_conversation(tx, viewer, &others.0).await?;
    if let Some(thread) = threads::of_conversation(tx.connection(), &may).await? {
        return Ok(thread);
    }
    if store::silent(tx.connection(), viewer.id).await? >= MOST_SILENT {
        return Err(Error::field("person", "too_many_silent"));
    }
    threads::hang(tx, may.group(), viewer.id, Home::Conversation, None, ThreadKind::Conversation).await
}

/// Leaves a conversation: its people talk on, and who has left reads it no more.
pub async fn leave(tx: &mut Tx, viewer: &Viewer, conversation: GroupId) -> Result<()> {
    let may = groups::may_read(tx.connection(), viewer, conversation).await?;
    threads::of_conversation(tx.connection(), &may).await?.ok_or(Error::NotFound)?;
    groups::remove(tx, viewer, conversation, viewer.id).await
}

/// The viewer's conversations, the last active first, and after which place there are more; those in which nobody has
/// spoken yet are their beginner's.
pub async fn list(
    connection: &mut PgConnection,
    viewer: &Viewer,
    page: ConversationPage,
) -> Result<(Vec<Conversation>, Option<Place>)> {
    let ConversationPage { after, limit } = page;
    let mut found = store::list(connection, viewer.id, ConversationPage { after, limit: limit + 1 }).await?;
    let has_more = i64::try_from(found.len()).is_ok_and(|found| found > limit);
    if has_more {
        found.pop();
    }
    let last = found.last().filter(|_| has_more).map(|last| (last.active_at, last.thread));
    Ok((found, last))
}

/// The viewer's conversations as a page shows them.
pub async fn shown(connection: &mut PgConnection, viewer: &Viewer, after: Option<Place>) -> Result<Conversations> {
    let (rows, older) = list(connection, viewer, ConversationPage { after, limit: PAGE }).await?;
    Ok(Conversations { rows, has_newer: after.is_some(), older: older.map(cursor_of) })
}

/// Those whom the viewer may write to, by name: those chosen, and those with a word in their name that begins so.
pub async fn offered(
    connection: &mut PgConnection,
    viewer: &Viewer,
    sought: &str,
    chosen: &[PersonId],
) -> Result<Vec<Author>> {
    store::offered(connection, viewer.id, sought.trim(), chosen, OFFERED).await
}
