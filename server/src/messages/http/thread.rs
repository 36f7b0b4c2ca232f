//! A thread's page: its messages beside its channel's list, with the form that answers.

use std::sync::Arc;

use axum::{Extension, extract::State, response::Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    channels::Channel,
    conversations::Conversations,
    messages::Message,
    page::Faults,
    paths,
    threads::{OpenThread, PanesPage, Thread, ThreadList, Tie},
};
use words::{ChannelLevel, MessageId, Role, ThreadFilter, ThreadId, ThreadKind};

use super::{
    channel,
    writing::{self, Written},
};
use crate::{
    conversations, documents,
    error::{Error, Result},
    http::{App, Page, Path, Query, Viewer, print},
    messages::{self, Beside, Place, Windows},
    threads::{self, ThreadAccess},
};

/// How many messages a page holds, unless more are asked for.
const PAGE: i32 = 50;
/// How many it holds at most: so much is read by who scrolls through a long thread.
const LONGEST: i32 = 300;
/// How many messages that were read stand before the first that was not.
const BEFORE_NEW: i32 = 10;

#[derive(Clone, Default, Deserialize)]
pub(super) struct ThreadQuery {
    /// The first message to show, and the last.
    from: Option<i32>,
    to: Option<i32>,
    /// A message to show among those around it.
    at: Option<i32>,
    /// A message that the answer begins by quoting.
    quote: Option<MessageId>,
}

pub(super) async fn thread(
    State(app): State<App>,
    Extension(windows): Extension<Windows>,
    page: Page,
    Path(thread): Path<ThreadId>,
    Query(query): Query<ThreadQuery>,
) -> Result<Response> {
    let render = || show((&app, &windows), &page, thread, query.clone(), Faults::default(), None);
    // A quoting answer has an id of its own.
    if query.quote.is_some() { render().await } else { page.remembered(&app, render).await }
}

/// What is read for a thread's page.
struct Read {
    channel: Option<Channel>,
    conversations: Option<Conversations>,
    list: ThreadList,
    level: ChannelLevel,
    thread: Thread,
    messages: Arc<[Message]>,
    quoted: Option<Message>,
    beside: Beside,
    ties: (Option<Tie>, Option<Tie>),
    access: ThreadAccess,
}

async fn read(
    connection: &mut PgConnection,
    viewer: &Viewer,
    thread: ThreadId,
    query: ThreadQuery,
    (text, windows, at): (web::Text, Windows, (Uuid, DateTime<Utc>)),
) -> Result<Read> {
    let access = threads::may_read(connection, viewer, thread).await?;
    let (mut channel, mut list, mut level) = (None, ThreadList::default(), ChannelLevel::Mine);
    if let Some(access) = access.in_channel() {
        list = channel::list(connection, access, (ThreadFilter::All, Place::First)).await?;
        level = access.level();
        channel = Some(access.channel().clone());
    }
    let listed = list.pinned.iter().chain(&list.threads).find(|listed| listed.id == thread);
    let thread = match listed.cloned() {
        Some(found) => found,
        None => messages::thread(connection, &access).await?,
    };
    let (from, to) = shown(thread.kind, thread.last_position, thread.read.unwrap_or(0), &query);
    let messages = windows.read(connection, &access, (from, to), at).await?;
    let quoted = match query.quote {
        Some(message) => {
            let of = messages::may_read(connection, viewer, message).await?;
            Some(messages::find(connection, of.may(), message).await?)
        }
        None => None,
    };
    Ok(Read {
        channel,
        conversations: match access.kind() {
            ThreadKind::Conversation => Some(conversations::shown(connection, viewer, None).await?),
            _ => None,
        },
        list,
        level,
        messages,
        quoted,
        beside: messages::beside(connection, &access).await?,
        ties: ties(connection, viewer, &access, text).await?,
        access,
        thread,
    })
}

/// The first and the last position to show of so many: those asked for, those around a message, those that are new with
/// some before them, or the last ones. Who never read a thread begins with its beginning; the standing one and a
/// conversation have none that would say more than their end.
fn shown(kind: ThreadKind, last: i32, read: i32, query: &ThreadQuery) -> (i32, i32) {
    if let Some(from) = query.from {
        let from = from.max(1);
        return (from, query.to.unwrap_or(i32::MAX).clamp(from, from.saturating_add(LONGEST - 1)));
    }
    let from = match query.at {
        Some(at) => at.saturating_sub(PAGE / 2),
        None if read == 0 && !matches!(kind, ThreadKind::Standing | ThreadKind::Conversation) => 1,
        None if read > 0 && last.saturating_sub(read) > PAGE - BEFORE_NEW => read + 1 - BEFORE_NEW,
        None => last,
    };
    // A whole page, also near the end.
    let from = from.min(last - PAGE + 1).max(1);
    (from, from.saturating_add(PAGE - 1))
}

/// The threads that this one goes on from and in, as far as the viewer may read them.
async fn ties(
    connection: &mut PgConnection,
    viewer: &Viewer,
    access: &ThreadAccess,
    text: web::Text,
) -> Result<(Option<Tie>, Option<Tie>)> {
    let mut found = [None, None];
    for (place, thread) in found.iter_mut().zip([access.continues(), access.continued_in()]) {
        let Some(thread) = thread else { continue };
        if let Ok(access) = threads::may_read(connection, viewer, thread).await {
            let title = messages::thread(connection, &access).await?.shown_title(text);
            *place = Some(Tie { thread, title });
        }
    }
    let [continues, continued_in] = found;
    Ok((continues, continued_in))
}

async fn show(
    (app, windows): (&App, &Windows),
    page: &Page,
    thread: ThreadId,
    query: ThreadQuery,
    faults: Faults,
    written: Option<Written>,
) -> Result<Response> {
    let minute = app.db.clock().minute();
    let beside = (page.text, windows.clone(), (app.db.epoch().await?, minute));
    let (nav, read) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move { self::read(connection, viewer, thread, query, beside).await })
        })
        .await?;
    let title = read.thread.shown_title(page.text);
    let current = super::current(&read.access);
    // What is on the page is read: opening it is reading it, for who has no script too.
    let last = read.messages.last().map_or(0, |message| message.position);
    let position = read.thread.read.unwrap_or(0);
    if last > position {
        let viewer = page.reader()?;
        app.db.write(move |tx| Box::pin(async move { super::read_up_to(tx, &viewer, thread, last).await })).await?;
    }
    let written = written.or_else(|| read.quoted.as_ref().map(|quoted| Written::quoting(quoted, page.text)));
    let group = read.access.may().group();
    let composer = writing::composer(paths::thread(thread), group, page, read.beside.kept, written);
    let (continues, continued_in) = read.ties;
    let open = OpenThread {
        thread: read.thread,
        messages: read.messages,
        pinned: read.beside.pinned,
        continues,
        continued_in,
        audience: read.beside.audience,
        composer,
        archived: read.access.archived(),
        typing: page.viewer.as_ref().is_some_and(|viewer| viewer.shows_typing),
        changeable: read.access.changeable(),
    };
    let shell = page.shell(&title, nav).at(current);
    let animates = read.access.may().role() == Role::Animator;
    print(&PanesPage {
        shell,
        faults,
        channel: read.channel,
        conversations: read.conversations,
        list: read.list,
        level: read.level,
        open: Some(open),
        draft: None,
        animates,
        now: minute,
    })
}

/// Shows what was written to answer, as it will look or with what was refused of it.
pub(super) async fn show_answer(
    with: (&App, &Windows),
    page: &Page,
    thread: ThreadId,
    written: Written,
    refused: Option<Error>,
) -> Result<Response> {
    let faults = refused.map(|error| documents::http::faults(error, page.text)).transpose()?.unwrap_or_default();
    show(with, page, thread, ThreadQuery::default(), faults, Some(written)).await
}

#[cfg(test)]
mod tests {
    use words::ThreadKind;

    use super::{ThreadQuery, shown};

    #[test]
    fn a_page_opens_at_what_is_new_with_a_little_before_it() {
        let plain = ThreadQuery::default();
        assert_eq!(shown(ThreadKind::Message, 400, 400, &plain), (351, 400), "all is read");
        assert_eq!(shown(ThreadKind::Message, 400, 390, &plain), (351, 400), "the last page holds what is new");
        assert_eq!(shown(ThreadKind::Message, 400, 200, &plain), (191, 240));
        assert_eq!(shown(ThreadKind::Message, 400, 0, &plain), (1, 50), "who never read it begins with its beginning");
        assert_eq!(shown(ThreadKind::Standing, 400, 0, &plain), (351, 400));
        assert_eq!(shown(ThreadKind::Question, 3, 1, &plain), (1, 50));
        assert_eq!(shown(ThreadKind::Question, 0, 0, &plain), (1, 50), "nothing was said yet");
    }

    #[test]
    fn what_is_asked_for_is_shown_within_bounds() {
        let at = |at| ThreadQuery { at: Some(at), ..ThreadQuery::default() };
        assert_eq!(shown(ThreadKind::Message, 400, 400, &at(100)), (75, 124));
        assert_eq!(shown(ThreadKind::Message, 400, 400, &at(1)), (1, 50));
        assert_eq!(shown(ThreadKind::Message, 400, 400, &at(i32::MIN)), (1, 50));
        assert_eq!(shown(ThreadKind::Message, 400, 400, &at(i32::MAX)), (351, 400));
        let between = |from, to| ThreadQuery { from: Some(from), to, ..ThreadQuery::default() };
        assert_eq!(shown(ThreadKind::Message, 400, 400, &between(101, Some(250))), (101, 250));
        assert_eq!(shown(ThreadKind::Message, 900, 900, &between(1, None)), (1, 300), "no page is endless");
        assert_eq!(shown(ThreadKind::Message, 400, 400, &between(-5, Some(-9))), (1, 1));
        assert_eq!(shown(ThreadKind::Message, 400, 400, &between(i32::MAX, Some(1))), (i32::MAX, i32::MAX));
    }
}
