//! Messages: what people say, in order, in a thread.
//!
//! Who may read a thread posts in it; only its author edits or removes a message, and an animator may remove one.
//!
//! Events: `message.*`, `reaction.set`, `vote.set`, and `favourite.set` on one's own stream. Tables: `messages`,
//! `attachments`, `mentions`, `reactions`, `polls` and theirs, `pins`, `favourites`, `message_edits`, `moves`,
//! `operations`, `drafts`, `removals`.
//!
//! Surprises: the sender makes the id, and a retry is answered like the first time. Posting is batched: what arrives
//! while a commit is in flight shares the next one, and each item has its own verdict. A removed message keeps its row
//! and its position, and what it said is kept aside for ten minutes: whoever removed it may undo that, and its
//! `message.edited` shows it again.

mod access;
mod batch;
mod completion;
mod draft;
mod drafts;
mod favourites;
pub mod http;
pub mod live;
mod markdown;
mod mentions;
mod moves;
mod polls;
mod poster;
mod store;
mod windows;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use web::{
    messages::{FormerBody, Message},
    threads::Thread,
};
use words::{DocumentId, Event, GroupId, MessageId, OperationId, ReactionName, Role, ThreadFilter, ThreadId};

pub use access::{MessageAccess, may_read};
pub use batch::{Post, Verdict, commit};
pub use completion::{Named, complete};
pub use draft::Draft;
pub use drafts::{Desk, Kept, Unfinished, find as find_draft, forget, keep};
pub use favourites::{favourites, is_favourite, set_favourite};
pub use markdown::sanitised;
pub use mentions::{Mention, address};
pub use moves::{Extent, merge, moved_to, split};
pub use polls::{NewPoll, ask, vote};
pub use poster::{Posted, Poster};
pub use windows::Windows;

use self::store::Readers;
use crate::{
    channels::ChannelAccess,
    db::Tx,
    error::{Error, Result},
    faults::bug,
    groups::MayRead,
    http::Viewer,
    threads::{self, MayChange, NewThread, ThreadAccess},
};

/// How many threads of a channel are pinned at most, as far as they are shown.
const MOST_PINNED: i64 = 20;
/// How many former bodies of a message are shown.
const MOST_EDITS: i64 = 100;

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
    let draft = mentions::address(tx.connection(), access.may().group(), draft).await?;
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
pub async fn edit(tx: &mut Tx, access: &MessageAccess, op: OperationId, draft: Draft) -> Result<Ack> {
    let draft = mentions::address(tx.connection(), access.group(), draft).await?;
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
    let mentions: Vec<_> = draft.mentions().iter().map(|&mention| (access.message(), mention)).collect();
    if !mentions.is_empty() {
        store::insert_mentions(tx.connection(), &mentions).await?;
    }
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

/// How long a removal may be undone by whoever removed.
pub const UNDO: TimeDelta = TimeDelta::minutes(10);

/// Removes a message: what it said goes, its place stays. Whoever removed it may undo that for [`UNDO`].
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
    let pinned = store::erase(tx.connection(), access.message(), access.person(), at).await?;
    let event = Event::MessageDeleted { group: access.group(), thread: access.thread(), message: access.message() };
    let seq = tx.record(event, Some(access.person())).await?;
    tell_around(tx, access, pinned).await?;
    Ok(access.ack(seq, false))
}

/// Undoes the removal of a message: it says what it said, and all that hung on it is there again.
pub async fn restore(tx: &mut Tx, access: &MessageAccess) -> Result<Ack> {
    let seq = tx.lock(access.group().into()).await?;
    let now = access.recheck(tx.connection()).await?;
    if !now.removed {
        return Ok(access.ack(seq, true));
    }
    let Some(removal) = store::removal(tx.connection(), access.message()).await? else {
        return Err(Error::Conflict("removal_over"));
    };
    allowed(&now, removal.person == access.person() && (access.own() || now.role == Role::Animator))?;
    if undone_until(&removal) <= tx.now() {
        return Err(Error::Conflict("removal_over"));
    }
    let pinned = store::restore(tx.connection(), access.message()).await?;
    let event = Event::MessageEdited { group: access.group(), thread: access.thread(), message: access.message() };
    let seq = tx.record(event, Some(access.person())).await?;
    tell_around(tx, access, pinned).await?;
    Ok(access.ack(seq, false))
}

/// Until when the asker may undo that they removed a message; nothing if they did not, or may no more.
pub async fn restorable_until(
    connection: &mut PgConnection,
    access: &MessageAccess,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    let removal = store::removal(connection, access.message()).await?;
    let own = removal.filter(|removal| removal.person == access.person() && access.removable());
    Ok(own.map(|removal| undone_until(&removal)).filter(|until| *until > now))
}

fn undone_until(removal: &store::Removal) -> DateTime<Utc> {
    removal.removed_at + UNDO
}

/// Tells what else changes with a message that says something no more, or again: a thread that its first line names, and
/// one that lists it among its pinned ones.
async fn tell_around(tx: &mut Tx, access: &MessageAccess, pinned: bool) -> Result<()> {
    if pinned {
        let event = Event::ThreadUpdated { group: access.group(), thread: access.thread() };
        tx.record(event, Some(access.person())).await?;
    }
    rename(tx, access).await
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

/// Pins a message in its thread, or takes the pin away: whoever may change the thread may. Who has it open sees it.
pub async fn pin(tx: &mut Tx, access: &MessageAccess, may: &MayChange, on: bool) -> Result<()> {
    let (group, thread, person, now) = (access.group(), access.thread(), access.person(), tx.now());
    tx.lock(group.into()).await?;
    let present = access.recheck(tx.connection()).await?;
    allowed(&present, may.thread() == thread)?;
    if present.removed {
        return Err(Error::NotFound);
    }
    let changed = if on {
        store::pin(tx.connection(), access.message(), person, now).await?
    } else {
        store::unpin(tx.connection(), access.message()).await?
    };
    if changed {
        let event = Event::MessageEdited { group, thread, message: access.message() };
        tx.record(event, Some(person)).await?;
        tx.record(Event::ThreadUpdated { group, thread }, Some(person)).await?;
    }
    Ok(())
}

/// The role in which one changes something of a message: asked again after its group's stream was locked, where it says
/// something and may still be changed.
pub async fn writing_role(connection: &mut PgConnection, access: &MessageAccess) -> Result<Role> {
    let now = access.recheck(connection).await?;
    allowed(&now, true)?;
    if now.removed { Err(Error::NotFound) } else { Ok(now.role) }
}

/// What a thread's page shows beside its messages.
#[derive(Debug)]
pub struct Beside {
    /// How many people read it.
    pub audience: i64,
    /// Its pinned messages, the last pinned first.
    pub pinned: Vec<Message>,
    /// What the reader is writing there.
    pub kept: Option<Kept>,
}

/// What a thread's page shows beside its messages.
pub async fn beside(connection: &mut PgConnection, access: &ThreadAccess) -> Result<Beside> {
    let (audience, pinned, kept) = store::beside(connection, access, MOST_PINNED).await?;
    Ok(Beside { audience, pinned: ordered(connection, &pinned).await?, kept })
}

/// Messages that the asker was let in to, in this order.
pub async fn in_order(connection: &mut PgConnection, ids: &[MessageId]) -> Result<Vec<Message>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    ordered(connection, &ids).await
}

async fn ordered(connection: &mut PgConnection, ids: &[uuid::Uuid]) -> Result<Vec<Message>> {
    let mut messages = store::by_ids(connection, ids, Readers::Asker).await?;
    messages.sort_by_key(|message| ids.iter().position(|id| *id == message.id.0));
    Ok(messages)
}

/// Tells of the messages that lost a file with the document that was removed: they read otherwise now.
pub async fn tell_detached(tx: &mut Tx, group: GroupId, document: DocumentId) -> Result<()> {
    for (thread, message) in store::attached_to(tx.connection(), document).await? {
        tx.record(Event::MessageEdited { group, thread, message }, None).await?;
    }
    Ok(())
}

/// Tells of the messages that show a picture whose title stands for it: they read otherwise now.
pub async fn tell_retitled(tx: &mut Tx, group: GroupId, document: DocumentId) -> Result<()> {
    for (thread, message) in store::showing(tx.connection(), document).await? {
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

/// A page of a channel's list: the last active thread first, with the places to go on from.
pub async fn threads_of(connection: &mut PgConnection, access: &ChannelAccess, page: ThreadPage) -> Result<ThreadRows> {
    if let (Pinned::Apart, ThreadFilter::All, Place::First) = (page.pinned, page.filter, page.from) {
        return beginning(connection, access, page.limit).await;
    }
    let mut places = store::places(connection, access.channel().id, access.may().person(), &page).await?;
    let more = i64::try_from(places.len()).is_ok_and(|found| found > page.limit);
    if more {
        places.pop();
    }
    let back = matches!(page.from, Place::Before(_));
    if back {
        places.reverse();
    }
    let (newer, older) = match page.from {
        Place::First => (false, more),
        Place::After(_) => (true, more),
        Place::Before(_) => (more, true),
    };
    let apart = page.pinned == Pinned::Apart && page.filter == ThreadFilter::All && !newer;
    let mut ids = if apart { store::pinned(connection, access.channel().id, MOST_PINNED).await? } else { Vec::new() };
    ids.extend(places.iter().map(|(_, thread)| thread.0));
    let all = store::threads_by_ids(connection, &ids, Some(access.may().person())).await?;
    let (pinned, items) = all.into_iter().partition(|thread| apart && thread.pinned);
    Ok(ThreadRows {
        pinned,
        items,
        newer: places.first().copied().filter(|_| newer),
        older: places.last().copied().filter(|_| older),
    })
}

/// The beginning of a channel's list, as its page and those of its threads show it, in one statement: its pinned threads
/// apart, then so many of the others.
async fn beginning(connection: &mut PgConnection, access: &ChannelAccess, limit: i64) -> Result<ThreadRows> {
    let (channel, reader) = (access.channel().id, access.may().person());
    let all = store::first_threads(connection, channel, reader, (MOST_PINNED, limit + 1)).await?;
    let (pinned, mut items): (Vec<_>, Vec<_>) = all.into_iter().partition(|thread: &Thread| thread.pinned);
    let more = i64::try_from(items.len()).is_ok_and(|found| found > limit);
    if more {
        items.pop();
    }
    let last = items.last().map(|thread: &Thread| (thread.active_at, thread.id));
    Ok(ThreadRows { pinned, newer: None, older: last.filter(|_| more), items })
}

/// What a message said before each of its edits, the last first.
pub async fn history(connection: &mut PgConnection, access: &MessageAccess) -> Result<Vec<FormerBody>> {
    let edits = store::edits(connection, access.message(), MOST_EDITS).await?;
    Ok(edits
        .into_iter()
        .map(|(until_at, body)| FormerBody { until_at, html: markdown::render(&body, &|_| Vec::new()) })
        .collect())
}

/// Whether a message that says something stands at a position of a thread, so that it may answer its question.
pub async fn may_answer(connection: &mut PgConnection, thread: ThreadId, position: i32) -> Result<()> {
    // The first one asks.
    if position > 1 && store::says(connection, thread, position).await? {
        Ok(())
    } else {
        Err(Error::field("answer", "unknown_message"))
    }
}

/// The longest quotation, in characters: who wants to read more follows its link.
const LONGEST_QUOTE: usize = 1_000;

/// The beginning of an answer that quotes a message: who said it, and what.
pub fn quoted(message: &Message, text: web::Text) -> String {
    let Some(body) = &message.body else { return String::new() };
    let name: String = message.author.name.chars().filter(|c| !matches!(c, '[' | ']' | '\\')).collect();
    let who = format!("[{name}]({})", web::paths::message_permalink(message.id));
    let mut said: String = body.chars().take(LONGEST_QUOTE).collect();
    if said.len() < body.len() {
        said.push('…');
    }
    let said = said.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n");
    format!("> {}\n>\n{said}\n\n", text.name("quote-of", &who))
}

/// Where a thread stands in a list: when it last received a message, and its id.
pub type ListPlace = (DateTime<Utc>, ThreadId);

/// A page of a list of threads.
#[derive(Clone, Copy, Debug)]
pub struct ThreadPage {
    /// Which threads.
    pub filter: ThreadFilter,
    /// Whether those that are pinned stand among the others, rather than apart.
    pub pinned: Pinned,
    /// From where.
    pub from: Place,
    /// How many at most.
    pub limit: i64,
}

/// Where the pinned threads stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pinned {
    /// Among the others.
    Among,
    /// In a list of their own, where the list of all begins.
    Apart,
}

/// From where a list is read.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Its beginning.
    First,
    /// What comes after a place.
    After(ListPlace),
    /// What comes before a place.
    Before(ListPlace),
}

/// A page of a list of threads.
#[derive(Clone, Debug)]
pub struct ThreadRows {
    /// Those that are pinned, the last pinned first, where they stand apart.
    pub pinned: Vec<Thread>,
    /// The threads.
    pub items: Vec<Thread>,
    /// The place before which there may be more.
    pub newer: Option<ListPlace>,
    /// The place after which there is more.
    pub older: Option<ListPlace>,
}

/// One thread as its list shows it.
pub async fn thread(connection: &mut PgConnection, access: &ThreadAccess) -> Result<Thread> {
    let ids = [access.thread().0];
    let reader = Some(access.may().person());
    store::threads_by_ids(connection, &ids, reader).await?.pop().ok_or(Error::NotFound)
}

/// The last active threads of the viewer's groups, for the home page.
pub async fn latest_threads(connection: &mut PgConnection, viewer: &Viewer, limit: i64) -> Result<Vec<Thread>> {
    store::latest_threads(connection, viewer.id, limit).await
}

/// Threads that the viewer was let in to, in this order.
pub async fn threads(connection: &mut PgConnection, viewer: &Viewer, ids: &[ThreadId]) -> Result<Vec<Thread>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    store::threads_by_ids(connection, &ids, Some(viewer.id)).await
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
    let threads = store::threads_by_ids(connection, &ids, None).await?;
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

/// Forgets the keys of old operations, drafts that are over, and what was removed for good; answers whether there may be
/// more.
pub async fn sweep(tx: &mut Tx) -> Result<bool> {
    let before = tx.now() - OPERATIONS_KEPT;
    let operations = store::sweep_operations(tx.connection(), before, SWEPT).await?;
    let drafts = store::sweep_drafts(tx.connection(), SWEPT).await?;
    let for_good = tx.now() - UNDO;
    let removals = store::sweep_removals(tx.connection(), for_good, SWEPT).await?;
    Ok(i64::try_from(operations.max(drafts).max(removals)).is_ok_and(|swept| swept >= SWEPT))
}
