//! The gates of meetings: pages, forms, a calendar, JSON.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use web::{
    date::NETWORK_ZONE,
    meetings::{Meeting, MeetingForm, MeetingPage, MeetingsPage},
    page::{Current, Faults},
    paths,
};
use words::{Answer, Gate, MeetingId, MeetingState, Mode};

use super::{NewMeeting, draft};
use crate::{
    error::{Error, FieldError, Result},
    groups::{self, http::List},
    http::{App, Form, Json, Page, Path, Policy, Routes, Viewer, print},
    people,
};

/// The routes of meetings.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/meetings", meetings_page)
        .post(Policy::SignedIn, "/groups/{slug}/meetings", schedule_form)
        .get(Policy::SignedIn, "/meetings/{meeting}", meeting_page)
        .post(Policy::SignedIn, "/meetings/{meeting}/rsvp", answer_form)
        .get(Policy::SignedIn, "/meetings/{meeting}/calendar.ics", calendar)
        .get(Policy::SignedIn, "/api/v1/groups/{group}/meetings", list)
        .post(Policy::SignedIn, "/api/v1/groups/{group}/meetings", schedule)
        .get(Policy::SignedIn, "/api/v1/meetings/{meeting}", show)
        .patch(Policy::SignedIn, "/api/v1/meetings/{meeting}", change)
        .put(Policy::SignedIn, "/api/v1/meetings/{meeting}/rsvp", answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scheduled {
    title: String,
    objective: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    timezone: String,
    mode: Mode,
    place: Option<String>,
    link: Option<String>,
    state: Option<MeetingState>,
    #[serde(default)]
    agenda: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    title: String,
    minutes: i64,
}

/// What a PATCH changes; what it does not name stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    title: Option<String>,
    objective: Option<String>,
    starts_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
    timezone: Option<String>,
    mode: Option<Mode>,
    place: Option<String>,
    link: Option<String>,
    state: Option<MeetingState>,
    agenda: Option<Vec<Item>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    answer: Answer,
}

#[derive(Deserialize)]
struct ScheduleForm {
    #[serde(default)]
    title: String,
    #[serde(default)]
    objective: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    mode: Mode,
    #[serde(default)]
    place: String,
    #[serde(default)]
    link: String,
    /// An item a line, as `Title | minutes`.
    #[serde(default)]
    agenda: String,
}

async fn meetings_page(State(app): State<App>, page: Page) -> Result<Response> {
    show_meetings(&app, &page, Faults::default(), MeetingForm::default()).await
}

async fn show_meetings(app: &App, page: &Page, faults: Faults, form: MeetingForm) -> Result<Response> {
    let now = app.db.clock().now();
    let (nav, (meetings, groups)) = page
        .read(app, |connection, viewer| {
            Box::pin(async move {
                let groups = groups::list(connection, viewer).await?;
                Ok((super::all(connection, viewer).await?, groups))
            })
        })
        .await?;
    let shell = page.shell(&page.text.get("meetings-title"), nav).at(Current::Meetings);
    let (mut coming, past): (Vec<_>, Vec<_>) = meetings.into_iter().partition(|meeting| meeting.ends_at > now);
    coming.reverse();
    let animated = groups.into_iter().filter(|group| group.role == Some(words::Role::Animator)).collect();
    print(&MeetingsPage { shell, faults, coming, past, animated, form })
}

async fn schedule_form(
    State(app): State<App>,
    page: Page,
    Path(slug): Path<String>,
    Form(form): Form<ScheduleForm>,
) -> Result<Response> {
    let scheduled = match checked(&form) {
        Ok(new) => schedule_meeting(&app, page.reader()?, &slug, new).await,
        Err(error) => Err(error),
    };
    match scheduled {
        Ok(meeting) => Ok(Redirect::to(&paths::meeting(meeting)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            let typed = MeetingForm {
                group: slug,
                title: form.title,
                objective: form.objective,
                date: form.date,
                from: form.from,
                to: form.to,
                mode: form.mode.to_string(),
                place: form.place,
                link: form.link,
                agenda: form.agenda,
            };
            show_meetings(&app, &page, faults, typed).await
        }
    }
}

fn checked(form: &ScheduleForm) -> Result<NewMeeting> {
    let missing = |field: &'static str| Error::Invalid(vec![FieldError { field: field.into(), code: "malformed" }]);
    let starts_at = draft::local(&form.date, &form.from, NETWORK_ZONE).ok_or_else(|| missing("date"))?;
    let ends_at = draft::local(&form.date, &form.to, NETWORK_ZONE).ok_or_else(|| missing("to"))?;
    let item = |line: &str| {
        let (title, minutes) = line.rsplit_once('|').unwrap_or((line, "15"));
        let minutes: String = minutes.chars().filter(char::is_ascii_digit).collect();
        (title.trim().to_owned(), minutes.parse().unwrap_or(0))
    };
    let agenda = form.agenda.lines().filter(|line| !line.trim().is_empty()).map(item).collect();
    let words = draft::Words {
        title: &form.title,
        objective: &form.objective,
        timezone: NETWORK_ZONE.name(),
        place: Some(&form.place),
        link: Some(&form.link),
    };
    NewMeeting::checked(&words, (starts_at, ends_at), form.mode, None, agenda)
}

async fn schedule_meeting(app: &App, viewer: Viewer, address: &str, new: NewMeeting) -> Result<MeetingId> {
    let group = groups::http::id_at(app, &viewer, address).await?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                tx.lock(group.into()).await?;
                let may = groups::may_animate(tx.connection(), &viewer, group).await?;
                super::schedule(tx, &may, &new).await
            })
        })
        .await
}

async fn meeting_page(State(app): State<App>, page: Page, Path(meeting): Path<MeetingId>) -> Result<Response> {
    let (nav, (meeting, rsvps)) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move {
                let access = super::may_read(connection, viewer, meeting).await?;
                Ok((super::find(connection, &access).await?, super::rsvps(connection, &access).await?))
            })
        })
        .await?;
    let shell = page.shell(&meeting.title, nav).at(Current::Meetings);
    print(&MeetingPage { shell, meeting, rsvps })
}

async fn answer_form(
    State(app): State<App>,
    viewer: Viewer,
    Path(meeting): Path<MeetingId>,
    Form(form): Form<Answered>,
) -> Result<Redirect> {
    set_answer(&app, viewer, meeting, form.answer, Gate::Page).await?;
    Ok(Redirect::to(&paths::meeting(meeting)))
}

async fn set_answer(app: &App, viewer: Viewer, meeting: MeetingId, answer: Answer, gate: Gate) -> Result<()> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, meeting).await?;
                super::answer(tx, &access, answer, gate).await
            })
        })
        .await
}

async fn calendar(State(app): State<App>, viewer: Viewer, Path(meeting): Path<MeetingId>) -> Result<Response> {
    let meeting = found(&app, &viewer, meeting).await?;
    let url = format!("{}{}", app.settings.public_url, paths::meeting(meeting.id));
    let mut response = super::ics::calendar(&meeting, &url).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8; method=PUBLISH"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"rencontre.ics\""));
    Ok(response)
}

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
) -> Result<axum::Json<List<Meeting>>> {
    let group = groups::http::id_at(&app, &viewer, &address).await?;
    let mut connection = app.db.pool().acquire().await?;
    let may = groups::may_read(&mut connection, &viewer, group).await?;
    Ok(List::whole(super::list(&mut connection, &may).await?))
}

async fn schedule(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
    Json(body): Json<Scheduled>,
) -> Result<Response> {
    let words = draft::Words {
        title: &body.title,
        objective: &body.objective,
        timezone: &body.timezone,
        place: body.place.as_deref(),
        link: body.link.as_deref(),
    };
    let agenda = body.agenda.into_iter().map(|item| (item.title, item.minutes)).collect();
    let new = NewMeeting::checked(&words, (body.starts_at, body.ends_at), body.mode, body.state, agenda)?;
    let meeting = schedule_meeting(&app, viewer.clone(), &address, new).await?;
    Ok((StatusCode::CREATED, axum::Json(found(&app, &viewer, meeting).await?)).into_response())
}

async fn show(State(app): State<App>, viewer: Viewer, Path(meeting): Path<MeetingId>) -> Result<axum::Json<Meeting>> {
    found(&app, &viewer, meeting).await.map(axum::Json)
}

async fn found(app: &App, viewer: &Viewer, meeting: MeetingId) -> Result<Meeting> {
    let mut connection = app.db.pool().acquire().await?;
    let access = super::may_read(&mut connection, viewer, meeting).await?;
    super::find(&mut connection, &access).await
}

async fn change(
    State(app): State<App>,
    viewer: Viewer,
    Path(meeting): Path<MeetingId>,
    Json(body): Json<Changed>,
) -> Result<axum::Json<Meeting>> {
    let (owner, reader) = (app.clone(), viewer.clone());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_change(tx.connection(), &viewer, meeting).await?;
                // Locked before what is kept is read, so that two changes do not undo each other.
                tx.lock(access.may().group().into()).await?;
                let now = super::find(tx.connection(), &access).await?;
                super::change(tx, &access, &merged(&now, body)?).await
            })
        })
        .await?;
    found(&owner, &reader, meeting).await.map(axum::Json)
}

fn merged(now: &Meeting, body: Changed) -> Result<NewMeeting> {
    let words = draft::Words {
        title: body.title.as_deref().unwrap_or(&now.title),
        objective: body.objective.as_deref().unwrap_or(&now.objective),
        timezone: body.timezone.as_deref().unwrap_or(now.timezone.name()),
        place: body.place.as_deref().or(now.place.as_deref()),
        link: body.link.as_deref().or(now.link.as_deref()),
    };
    let agenda = match body.agenda {
        Some(items) => items.into_iter().map(|item| (item.title, item.minutes)).collect(),
        None => now.agenda.iter().map(|item| (item.title.clone(), item.minutes.into())).collect(),
    };
    let span = (body.starts_at.unwrap_or(now.starts_at), body.ends_at.unwrap_or(now.ends_at));
    NewMeeting::checked(&words, span, body.mode.unwrap_or(now.mode), body.state.or(Some(now.state)), agenda)
}

async fn answer(
    State(app): State<App>,
    viewer: Viewer,
    Path(meeting): Path<MeetingId>,
    Json(body): Json<Answered>,
) -> Result<axum::Json<Meeting>> {
    set_answer(&app, viewer.clone(), meeting, body.answer, Gate::Api).await?;
    found(&app, &viewer, meeting).await.map(axum::Json)
}
