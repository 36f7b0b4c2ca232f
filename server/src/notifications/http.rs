//! The gates of notifications and of the inbox: a page that holds both, and JSON.

use axum::{
    extract::State,
    http::StatusCode,
    response::{Redirect, Response},
};
use serde::Deserialize;
use web::{
    notifications::{InboxPage, Notification, RemindIn},
    page::Current,
    paths,
    threads::Thread,
};
use words::{MessageId, NotificationId};

use super::{Due, NotificationPage};
use crate::{
    error::{Error, Result},
    http::{
        App, Form, List, ListQuery, Page, Path, Policy, Query, Routes, Viewer,
        list::{checked_limit, cursor_of, place_of},
        print,
    },
    messages, threads,
};

/// How many notifications and threads the page shows.
const SHOWN: i64 = 50;

/// The routes of notifications.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/notifications", page)
        .post(Policy::SignedIn, "/notifications/seen", see_all_form)
        .post(Policy::SignedIn, "/notifications/read", read_all_form)
        .post(Policy::SignedIn, "/notifications/{notification}/seen", see_form)
        .post(Policy::SignedIn, "/messages/{message}/reminder", remind)
        .get(Policy::SignedIn, "/api/v1/notifications", list)
        .asks::<ListQuery>()
        .answers::<List<Notification>>(200)
        .delete(Policy::SignedIn, "/api/v1/notifications/{notification}", see)
        .answers_plainly(204)
        .get(Policy::SignedIn, "/api/v1/inbox", inbox)
        .answers::<List<Thread>>(200)
}

#[derive(Deserialize)]
struct ReadForm {
    /// The threads that were shown, each with its last position: what came since is not read by this.
    #[serde(default)]
    shown: String,
}

#[derive(Deserialize)]
struct ReminderForm {
    when: Option<RemindIn>,
    at: Option<String>,
}

/// What is refused is told by the page of errors, which keeps what was typed: the message's own stands below.
async fn remind(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
    Form(form): Form<ReminderForm>,
) -> Result<Redirect> {
    let now = app.db.clock().now();
    let due = match (form.when, form.at.as_deref().and_then(web::date::chosen)) {
        (Some(when), _) => Due::offered(when, now)?,
        (None, Some(at)) => Due::chosen(at, now)?,
        (None, None) => return Err(Error::field("at", "not_to_come")),
    };
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = messages::may_read(tx.connection(), &viewer, message).await?;
                super::remind(tx, &access, due).await
            })
        })
        .await?;
    Ok(Redirect::to(&paths::message_permalink(message)))
}

async fn page(State(app): State<App>, page: Page) -> Result<Response> {
    let (nav, (notifications, inbox)) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move {
                let notifications = NotificationPage { after: None, limit: SHOWN };
                let notifications = super::list(connection, viewer, notifications).await?;
                let ids = super::inbox(connection, viewer, SHOWN).await?;
                let inbox = messages::threads(connection, viewer, &ids).await?;
                Ok((notifications, inbox))
            })
        })
        .await?;
    let shell = page.shell(&page.text.get("inbox-title"), nav).at(Current::Inbox);
    print(&InboxPage { shell, notifications, inbox, now: app.db.clock().now() })
}

async fn see_form(
    State(app): State<App>,
    viewer: Viewer,
    Path(notification): Path<NotificationId>,
) -> Result<Redirect> {
    app.db.write(move |tx| Box::pin(async move { super::see(tx, &viewer, notification).await })).await?;
    Ok(Redirect::to(paths::NOTIFICATIONS))
}

async fn see_all_form(State(app): State<App>, viewer: Viewer) -> Result<Redirect> {
    app.db.write(move |tx| Box::pin(async move { super::see_all(tx, &viewer).await })).await?;
    Ok(Redirect::to(paths::NOTIFICATIONS))
}

async fn read_all_form(State(app): State<App>, viewer: Viewer, Form(form): Form<ReadForm>) -> Result<Redirect> {
    let parts = form.shown.split_whitespace().map(|shown| {
        let (thread, position) = shown.split_once(':')?;
        Some((thread.parse().ok()?, position.parse().ok()?))
    });
    let shown: Vec<_> = parts.take(500).collect::<Option<_>>().ok_or_else(|| Error::field("shown", "malformed"))?;
    app.db.write(move |tx| Box::pin(async move { threads::mark_all_read(tx, &viewer, &shown).await })).await?;
    Ok(Redirect::to(paths::NOTIFICATIONS))
}

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<List<Notification>>> {
    let limit = checked_limit(query.limit)?;
    let after = query.cursor.as_deref().map(|cursor| place_of("cursor", cursor)).transpose()?;
    let mut connection = app.db.lend().await?;
    let page = NotificationPage { after, limit: limit + 1 };
    let mut items = super::list(&mut connection, &viewer, page).await?;
    let more = i64::try_from(items.len()).is_ok_and(|found| found > limit);
    if more {
        items.pop();
    }
    let next = items.last().filter(|_| more).map(|last| cursor_of((last.created_at, last.id)));
    Ok(axum::Json(List { items, next }))
}

async fn see(State(app): State<App>, viewer: Viewer, Path(notification): Path<NotificationId>) -> Result<StatusCode> {
    app.db.write(move |tx| Box::pin(async move { super::see(tx, &viewer, notification).await })).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn inbox(State(app): State<App>, viewer: Viewer) -> Result<axum::Json<List<Thread>>> {
    let mut connection = app.db.lend().await?;
    let ids = super::inbox(&mut connection, &viewer, SHOWN).await?;
    Ok(axum::Json(List { items: messages::threads(&mut connection, &viewer, &ids).await?, next: None }))
}
