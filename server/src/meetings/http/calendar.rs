//! Meetings in people's own calendars: one to take over, and a subscription to all.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use web::paths;
use words::MeetingId;

use super::{found, pages};
use crate::{
    error::{Error, Result},
    http::{App, Page, Path, Viewer},
    meetings::{self, ics},
    people::{self, Secret},
};

/// The type of a calendar (RFC 5545, 8.1).
const CALENDAR: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8; method=PUBLISH");

pub(super) async fn one(State(app): State<App>, viewer: Viewer, Path(meeting): Path<MeetingId>) -> Result<Response> {
    let meeting = found(&app, &viewer, meeting).await?;
    let text = ics::calendar(&[meeting], None, &app.settings.public_url);
    let attached = HeaderValue::from_static("attachment; filename=\"rencontre.ics\"");
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, CALENDAR), (header::CONTENT_DISPOSITION, attached)]);
    Ok((headers, text).into_response())
}

/// Makes the viewer's subscription address anew, and shows it this once: only its hash is kept.
pub(super) async fn subscribe(State(app): State<App>, page: Page) -> Result<Response> {
    let viewer = page.reader()?;
    let secret = app.db.write(move |tx| Box::pin(async move { people::create_feed(tx, &viewer).await })).await?;
    let address = format!("{}{}", app.settings.public_url, paths::feed(secret.reveal()));
    pages::show_list(&app, &page, Some(address)).await
}

pub(super) async fn unsubscribe(State(app): State<App>, viewer: Viewer) -> Result<Redirect> {
    app.db.write(move |tx| Box::pin(async move { people::end_feed(tx, viewer.id).await })).await?;
    Ok(Redirect::to(paths::MEETINGS))
}

/// What a calendar program reads: it has no session, the address alone is its right.
pub(super) async fn feed(State(app): State<App>, Path(name): Path<String>) -> Result<Response> {
    let secret = name.strip_suffix(".ics").and_then(Secret::presented).ok_or(Error::NotFound)?;
    let mut connection = app.db.lend().await?;
    let viewer = people::viewer_of_feed(&mut connection, &secret).await?.ok_or(Error::NotFound)?;
    let meetings = meetings::all(&mut connection, &viewer).await?;
    let text = ics::calendar(&meetings, Some(&app.settings.network), &app.settings.public_url);
    Ok(([(header::CONTENT_TYPE, CALENDAR)], text).into_response())
}
