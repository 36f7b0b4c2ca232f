//! The pages that span rooms: today, the mailbox of a demonstration, and those that are only text.

use std::collections::HashMap;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use web::{
    documents::Document,
    meetings::NextMeeting,
    notifications::Notification,
    page::{Current, Prose, ProsePage},
    paths,
    people::{Author, MailRow, MailboxPage},
    threads::Thread,
    today::{News, ToDo, TodayPage, UsefulDocument},
};
use words::{ChannelId, DocumentId};

use crate::{
    documents,
    error::{Error, Result},
    groups::{self, Waiting},
    http::{App, Page, Policy, Routes, Viewer, print},
    mail, meetings, messages,
    notifications::{self, NotificationPage},
    people,
};

/// How many threads, documents and people the home page tells of.
const NEWS: i64 = 12;
/// How many things that one is told of wait there: a glance takes in no more.
const MOST_TOLD: usize = 5;
/// How many documents are always at hand there.
const USEFUL: i64 = 5;
/// How many mails the mailbox shows.
const MAILS: i64 = 50;

/// The routes of these pages.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/", today)
        .get(Policy::Public, "/mailbox", mailbox)
        .get(Policy::Public, "/help", |page: Page| async move { prose(&page, Prose::Help) })
        .get(Policy::Public, "/accessibility", |page: Page| async move { prose(&page, Prose::Accessibility) })
        .get(Policy::Public, "/privacy", |page: Page| async move { prose(&page, Prose::Privacy) })
        .get(Policy::Public, "/legal", |page: Page| async move { prose(&page, Prose::Legal) })
        .get(Policy::Public, "/g/{slug}", short_address)
}

/// What the home page tells of.
struct Read {
    last_visit: Option<DateTime<Utc>>,
    next_meeting: Option<NextMeeting>,
    waiting: Vec<Waiting>,
    told: Vec<Notification>,
    /// The last active threads.
    threads: Vec<Thread>,
    documents: Vec<Document>,
    arrivals: Vec<(Author, DateTime<Utc>)>,
    useful: Vec<(DocumentId, String)>,
}

async fn today(State(app): State<App>, page: Page) -> Result<Response> {
    let now = app.db.clock().now();
    let (nav, read) =
        page.read(&app, move |connection, viewer| Box::pin(async move { read(connection, viewer, now).await })).await?;
    let channels: HashMap<ChannelId, String> = nav
        .menu
        .groups()
        .iter()
        .flat_map(|group| &group.channels)
        .map(|channel| (channel.id, channel.name.clone()))
        .collect();
    let news = news(&read, &channels, page.text);
    let told = read.told.into_iter().filter(|told| !told.seen).take(MOST_TOLD).map(ToDo::Told);
    let to_do = told.chain(read.waiting.into_iter().map(|waiting| ToDo::JoinRequest {
        name: waiting.name,
        slug: waiting.slug,
        group: waiting.group,
        at: waiting.created_at,
    }));
    let useful = read.useful.into_iter().map(|(id, title)| UsefulDocument { id, title });
    let shell = page.shell(&page.text.get("section-home"), nav).at(Current::Home);
    print(&TodayPage {
        shell,
        now,
        last_visit: read.last_visit,
        next_meeting: read.next_meeting,
        to_do: to_do.collect(),
        news,
        useful: useful.collect(),
    })
}

async fn read(connection: &mut PgConnection, viewer: &Viewer, now: DateTime<Utc>) -> Result<Read> {
    let last_visit = people::last_visit(connection, viewer, now).await?;
    let threads = messages::latest_threads(connection, viewer, NEWS).await?;
    // Who comes for the first time has all before them: the network itself is new.
    let (arrivals, documents) = match last_visit {
        Some(since) => (
            groups::arrivals(connection, viewer, since, NEWS).await?,
            documents::shared_since(connection, viewer, since, NEWS).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    Ok(Read {
        last_visit,
        next_meeting: meetings::next(connection, viewer, now).await?,
        waiting: groups::waiting(connection, viewer).await?,
        told: notifications::list(connection, viewer, NotificationPage { after: None, limit: NEWS }).await?,
        threads,
        documents,
        arrivals,
        useful: documents::useful(connection, viewer, USEFUL).await?,
    })
}

/// What others did, the last first.
fn news(read: &Read, channels: &HashMap<ChannelId, String>, text: web::Text) -> Vec<News> {
    let thread = |thread: &Thread| {
        let count = thread.unread();
        let latest = thread.latest.as_ref().filter(|_| count > 0)?;
        let news = News::Thread {
            id: thread.id,
            title: thread.shown_title(text),
            channel: thread.channel.and_then(|channel| channels.get(&channel).cloned()).unwrap_or_default(),
            unread: count,
            author: latest.author.clone(),
            extract: latest.extract.clone(),
            at: thread.active_at,
        };
        Some((thread.active_at, news))
    };
    let document = |document: &Document| {
        let file = document.latest().map(|version| (version.file.name.clone(), version.file.size_bytes));
        let news = News::Document {
            id: document.id,
            title: document.title.clone(),
            file,
            author: document.shared_by.clone(),
            at: document.created_at,
        };
        (document.created_at, news)
    };
    let arrival = |(person, at): &(Author, DateTime<Utc>)| (*at, News::Arrival { person: person.clone(), at: *at });
    let mut news: Vec<_> = read.threads.iter().filter_map(thread).collect();
    news.extend(read.documents.iter().map(document));
    news.extend(read.arrivals.iter().map(arrival));
    news.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    news.into_iter().map(|(_, news)| news).collect()
}

/// What would have been mailed; anywhere but on a demonstration of this machine there is no such page.
async fn mailbox(State(app): State<App>, page: Page) -> Result<Response> {
    if !app.settings.mailbox {
        return Err(Error::NotFound);
    }
    let own = |body: &str| {
        let link = body.split_whitespace().find(|word| word.starts_with(&app.settings.public_url));
        link.map(|link| link[app.settings.public_url.len()..].to_owned())
    };
    let mails = mail::latest(&app.db, MAILS).await?;
    let mails = mails
        .into_iter()
        .map(|mail| MailRow {
            link: own(&mail.text_body),
            recipient: mail.recipient,
            subject: mail.subject,
            body: mail.text_body,
        })
        .collect();
    print(&MailboxPage { shell: page.public(&page.text.get("mailbox-title")), mails })
}

fn prose(page: &Page, prose: Prose) -> Result<Response> {
    print(&ProsePage::of(page.public(""), prose))
}

async fn short_address(crate::http::Path(slug): crate::http::Path<String>) -> Response {
    Redirect::permanent(&paths::group(&slug)).into_response()
}
