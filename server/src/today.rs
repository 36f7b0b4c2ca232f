//! The pages that span rooms: today, the mailbox of a demonstration, and those that are only text.

use std::collections::HashMap;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use web::{
    page::{Current, Prose, ProsePage},
    paths,
    people::{MailRow, MailboxPage},
    threads::Thread,
    today::{News, TodayPage},
};
use words::{ChannelId, ThreadId};

use crate::{
    error::{Error, Result},
    http::{App, Page, Policy, Routes, print},
    mail, meetings, messages,
};

/// How many threads the home page tells of.
const NEWS: i64 = 12;
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

/// The last active threads that hold something that the reader has not read.
struct Unread {
    threads: Vec<Thread>,
    read: HashMap<ThreadId, i32>,
}

async fn today(State(app): State<App>, page: Page) -> Result<Response> {
    let now = app.db.clock().now();
    let (nav, (next_meeting, unread)) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move {
                let next = meetings::next(connection, viewer, now).await?;
                let threads = messages::latest_threads(connection, viewer, NEWS).await?;
                let ids: Vec<_> = threads.iter().map(|thread| thread.id).collect();
                Ok((next, Unread { read: messages::read_positions(connection, viewer, &ids).await?, threads }))
            })
        })
        .await?;
    let channels: HashMap<ChannelId, String> =
        nav.groups.iter().flat_map(|group| &group.channels).map(|channel| (channel.id, channel.name.clone())).collect();
    let news = news(&unread, &channels, page.text);
    let shell = page.shell(&page.text.get("section-home"), nav).at(Current::Home);
    print(&TodayPage { shell, now, last_visit: None, next_meeting, to_do: Vec::new(), news, useful: Vec::new() })
}

fn news(unread: &Unread, channels: &HashMap<ChannelId, String>, text: web::Text) -> Vec<News> {
    let told = |thread: &Thread| {
        let count = thread.last_position - unread.read.get(&thread.id).copied().unwrap_or(0);
        let latest = thread.latest.as_ref().filter(|_| count > 0)?;
        Some(News::Thread {
            id: thread.id,
            title: thread.shown_title(text),
            channel: thread.channel.and_then(|channel| channels.get(&channel).cloned()).unwrap_or_default(),
            unread: count,
            author: latest.author.clone(),
            extract: latest.extract.clone(),
            at: thread.active_at,
        })
    };
    unread.threads.iter().filter_map(told).collect()
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
