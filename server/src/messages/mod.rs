//! Messages: what people say, in order, in a thread.
//!
//! Who may read a thread posts in it; only its author edits or removes a message, and an animator may remove one.
//!
//! Events: `message.*`, `reaction.set`. Tables: `messages`, `attachments`, `reactions`, `operations`, `drafts`.
//!
//! Surprises: the sender makes the id, and a retry is answered like the first time. Posting is batched: what arrives
//! while a commit is in flight shares the next one, and each item has its own verdict. A removed message keeps its row
//! and its position.

mod access;
mod batch;
mod completion;
mod draft;
mod drafts;
pub mod http;
pub mod live;
mod markdown;
mod poster;
mod store;

use std::collections::HashMap;

use chrono::TimeDelta;
use sqlx::PgConnection;
use web::{messages::Message, threads::Thread};
use words::{DocumentId, Event, GroupId, MessageId, OperationId, ReactionName, Role, ThreadId};

pub use access::{MessageAccess, may_read};
pub use batch::{Post, Verdict, commit};
pub use completion::{Named, complete};
pub use draft::Draft;
pub use drafts::{Desk, Kept, Unfinished, find as find_draft, forget, keep};
pub use markdown::{Mention, render, sanitised};
pub use poster::{Posted, Poster};

use self::store::Readers;
use crate::{
    channels::ChannelAccess,
    db::Tx,
    error::{Error, Result},
    faults::bug,
    groups::MayRead,
    http::Viewer,
    threads::{self, NewThread, ThreadAccess},
};

/// What a sender is told once the commit returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ack {
    /// The message.
    pub message: MessageId,
    /// Its thread.
    pub thread: ThreadId,
    /// The sequence of the event in the group's stream.
    pub seq: i64,
    /// The message's position in its thread.
    pub position: i32,
    /// Whether nothing new happened: a retry, or a change that changes nothing.
    pub duplicate: bool,
}

/// Which messages of a thread are read.
#[derive(Clone, Copy, Debug)]
pub enum Window {
    /// The last ones.
    Last,
    /// Those before a position.
    Before(i32),
    /// Those after a position.
    After(i32),
}

/// Opens a thread with its first message, in one transaction.
pub async fn open(tx: &mut Tx, access: &ChannelAccess, new: &NewThread, draft: Draft) -> Result<Ack> {
    // Before the look: what is sent twice at once is looked for after the first has committed.
    tx.lock(access.may().group().into()).await?;
    // A retry finds its message and opens nothing twice, also where nothing may be opened any more.
    if store::exists(tx.connection(), draft.id()).await? {
        return batch::post(tx, &Post::new(threads::post_again(access, new.id()), draft)).await;
    }
    let may = threads::may_open(access, new.kind())?;
    threads::open(tx, &may, new).await?;
    batch::post(tx, &Post::new(may.post_in(new.id()), draft)).await
}

/// Says something else in one's own message.
pub async fn edit(tx: &mut Tx, access: &MessageAccess, op: OperationId, draft: &Draft) -> Result<Ack> {
    let seq = tx.lock(access.group().into()).await?;
    let now = access.recheck(tx.connection()).await?;
    if !first_time(tx, access, op, &format!("edit {}", draft.body())).await? {
        return Ok(access.ack(seq, true));
    }
    allowed(&now, access.own())?;
    if now.removed {
        return Err(Error::NotFound);
    }
    if now.body.as_deref() == Some(draft.body()) {
        return Ok(access.ack(seq, true));
    }
    let at = tx.now();
    store::set_body(tx.connection(), access.message(), draft.body(), draft.html(), at).await?;
    bug!("counter_plus_plus" => store::count_again(tx.connection(), access.thread()).await?);
    let event = Event::MessageEdited { group: access.group(), thread: access.thread(), message: access.message() };
    let seq = tx.record(event, Some(access.person())).await?;
    rename(tx, access).await?;
    Ok(access.ack(seq, false))
}

/// What a message says, for its author to put it otherwise.
pub async fn body_to_edit(connection: &mut PgConnection, access: &MessageAccess) -> Result<String> {
    let now = access.recheck(connection).await?;
    allowed(&now, access.own())?;
    now.body.filter(|_| !now.removed).ok_or(Error::NotFound)
}

/// Removes a message: what it said goes, its place stays.
pub async fn remove(tx: &mut Tx, access: &MessageAccess, op: OperationId) -> Result<Ack> {
    let seq = tx.lock(access.group().into()).await?;
    let now = access.recheck(tx.connection()).await?;
    if !first_time(tx, access, op, "delete").await? {
        return Ok(access.ack(seq, true));
    }
    allowed(&now, access.own() || now.role == Role::Animator)?;
    if now.removed {
        return Ok(access.ack(seq, true));
    }
    let at = tx.now();
    store::erase(tx.connection(), access.message(), at).await?;
    let event = Event::MessageDeleted { group: access.group(), thread: access.thread(), message: access.message() };
    let seq = tx.record(event, Some(access.person())).await?;
    rename(tx, access).await?;
    Ok(access.ack(seq, false))
}

/// Tells that a thread which the first line of its first message names is called otherwise now.
async fn rename(tx: &mut Tx, access: &MessageAccess) -> Result<()> {
    if access.is_first() { threads::tell_renamed(tx, access.may(), access.thread()).await } else { Ok(()) }
}

/// Gives or takes back a reaction.
pub async fn react(tx: &mut Tx, access: &MessageAccess, op: OperationId, name: ReactionName, on: bool) -> Result<Ack> {
    let seq = tx.lock(access.group().into()).await?;
    let now = access.recheck(tx.connection()).await?;
    if !first_time(tx, access, op, &format!("react {} {on}", name.as_str())).await? {
        return Ok(access.ack(seq, true));
    }
    allowed(&now, true)?;
    if now.removed {
        return Err(Error::NotFound);
    }
    let at = tx.now();
    let changed = if on {
        store::add_reaction(tx.connection(), access.message(), access.person(), name, at).await?
    } else {
        store::drop_reaction(tx.connection(), access.message(), access.person(), name).await?
    };
    if !changed {
        return Ok(access.ack(seq, true));
    }
    let event = Event::ReactionSet { group: access.group(), thread: access.thread(), message: access.message() };
    let seq = tx.record(event, Some(access.person())).await?;
    Ok(access.ack(seq, false))
}

/// Tells of the messages that lost a file with the document that was removed: they read otherwise now.
pub async fn tell_detached(tx: &mut Tx, group: GroupId, document: DocumentId) -> Result<()> {
    for (thread, message) in store::attached_to(tx.connection(), document).await? {
        tx.record(Event::MessageEdited { group, thread, message }, None).await?;
    }
    Ok(())
}

/// Messages of a thread, ascending by position, at most `limit`; and the position to ask further from, if there is more.
pub async fn read(
    connection: &mut PgConnection,
    access: &ThreadAccess,
    window: Window,
    limit: i64,
) -> Result<(Vec<Message>, Option<i32>)> {
    let mut messages = store::messages(connection, access.thread(), window, limit + 1).await?;
    let more = i64::try_from(messages.len()).is_ok_and(|found| found > limit);
    let next = match window {
        _ if !more => None,
        Window::After(_) => {
            messages.pop();
            messages.last().map(|message| message.position)
        }
        Window::Last | Window::Before(_) => {
            messages.remove(0);
            messages.first().map(|message| message.position)
        }
    };
    Ok((messages, next))
}

/// The threads of a channel as its list shows them: the standing one first, then the last active.
pub async fn threads_of(
    connection: &mut PgConnection,
    access: &ChannelAccess,
    page: ThreadPage,
) -> Result<Vec<Thread>> {
    store::threads_of(connection, access.channel().id, page).await
}

/// A page of a list of threads: those that were active before a place of the list.
#[derive(Clone, Copy, Debug)]
pub struct ThreadPage {
    /// The last thread of the page before, with the time of its last message.
    pub after: Option<(chrono::DateTime<chrono::Utc>, ThreadId)>,
    /// How many at most.
    pub limit: i64,
}

/// One thread as its list shows it.
pub async fn thread(connection: &mut PgConnection, access: &ThreadAccess) -> Result<Thread> {
    store::thread(connection, access.thread()).await?.ok_or(Error::NotFound)
}

/// The last active threads of the viewer's groups, for the home page.
pub async fn latest_threads(connection: &mut PgConnection, viewer: &Viewer, limit: i64) -> Result<Vec<Thread>> {
    store::latest_threads(connection, viewer.id, limit).await
}

/// How far a person has read in each of these threads; 0 where they have read nothing.
pub async fn read_positions(
    connection: &mut PgConnection,
    viewer: &Viewer,
    threads: &[ThreadId],
) -> Result<HashMap<ThreadId, i32>> {
    store::read_positions(connection, viewer.id, threads).await
}

/// A message of a group that the asker reads, by its id.
pub async fn find(connection: &mut PgConnection, may: &MayRead, message: MessageId) -> Result<Message> {
    store::message(connection, message, may.group()).await?.ok_or(Error::NotFound)
}

/// Messages as they are now, for the fan-out: those that whoever follows the group's stream may read.
pub async fn rendered(connection: &mut PgConnection, messages: &[MessageId]) -> Result<HashMap<MessageId, Message>> {
    let ids: Vec<_> = messages.iter().map(|message| message.0).collect();
    let messages = store::by_ids(connection, &ids, Readers::Followers).await?;
    Ok(messages.into_iter().map(|message| (message.id, message)).collect())
}

/// Threads as they are now, for the fan-out: those that whoever follows the group's stream may read.
pub async fn rendered_threads(
    connection: &mut PgConnection,
    threads: &[ThreadId],
) -> Result<HashMap<ThreadId, Thread>> {
    let ids: Vec<_> = threads.iter().map(|thread| thread.0).collect();
    let threads = store::threads_by_ids(connection, &ids, Readers::Followers).await?;
    Ok(threads.into_iter().map(|thread| (thread.id, thread)).collect())
}

/// Whether this operation is done for the first time by its person. Before any other verdict but the right to read: who
/// asks again is answered as the first time, whatever has changed since. The same key for another message, another verb
/// or other words is a conflict; `said` is the verb and its words.
async fn first_time(tx: &mut Tx, access: &MessageAccess, op: OperationId, said: &str) -> Result<bool> {
    let operation = store::Operation { person: access.person(), op, message: access.message(), said };
    let now = tx.now();
    if store::insert_operation(tx.connection(), &operation, now).await? {
        return Ok(true);
    }
    if store::is_same_operation(tx.connection(), &operation).await? { Ok(false) } else { Err(Error::IdConflict) }
}

fn allowed(now: &store::Present, role: bool) -> Result<()> {
    match (now.archived, role) {
        (true, _) => Err(Error::Archived),
        (false, true) => Ok(()),
        (false, false) => Err(Error::Forbidden),
    }
}

/// How long the key of an operation is kept: so long after it, the same key would do the same again.
const OPERATIONS_KEPT: TimeDelta = TimeDelta::days(7);
/// How many of a kind one transaction forgets at most.
const SWEPT: i64 = 10_000;

/// Forgets the keys of old operations, and drafts that are over; answers whether there may be more.
pub async fn sweep(tx: &mut Tx) -> Result<bool> {
    let before = tx.now() - OPERATIONS_KEPT;
    let operations = store::sweep_operations(tx.connection(), before, SWEPT).await?;
    let drafts = store::sweep_drafts(tx.connection(), SWEPT).await?;
    Ok(i64::try_from(operations.max(drafts)).is_ok_and(|swept| swept >= SWEPT))
}
