//! The JSON gate of meetings.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use web::meetings::Meeting;
use words::{Gate, MeetingId, MeetingState, Mode};

use super::{
    super::{NewMeeting, draft},
    Answered, found,
};
use crate::{
    error::Result,
    groups,
    http::{App, Json, List, ListQuery, Path, Query, Viewer},
    meetings,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Scheduled {
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Item {
    title: String,
    minutes: i64,
}

/// What a PATCH changes; what it does not name stays, and a `null` takes away (RFC 7396).
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Changed {
    title: Option<String>,
    objective: Option<String>,
    starts_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
    timezone: Option<String>,
    mode: Option<Mode>,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    place: Named,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    link: Named,
    state: Option<MeetingState>,
    agenda: Option<Vec<Item>>,
}

impl Changed {
    /// Nothing but the state.
    pub(super) fn to(state: MeetingState) -> Self {
        Self { state: Some(state), ..Self::default() }
    }
}

/// A text that a PATCH names, be it by `null`, or leaves as it is.
#[derive(Default)]
enum Named {
    #[default]
    Not,
    As(Option<String>),
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        Option::deserialize(value).map(Self::As)
    }
}

impl Named {
    fn over<'a>(&'a self, now: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::Not => now,
            Self::As(text) => text.as_deref(),
        }
    }
}

pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<List<Meeting>>> {
    let group = groups::http::id_at(&app, &viewer, &address).await?;
    let mut connection = app.db.lend().await?;
    let may = groups::may_read(&mut connection, &viewer, group).await?;
    let meetings = meetings::list(&mut connection, &may).await?;
    List::page(meetings, &query, |meeting| meeting.id.to_string()).map(axum::Json)
}

pub(super) async fn schedule(
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
    let meeting = super::schedule(&app, viewer.clone(), &address, new).await?;
    Ok((StatusCode::CREATED, axum::Json(found(&app, &viewer, meeting).await?)).into_response())
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(meeting): Path<MeetingId>,
) -> Result<axum::Json<Meeting>> {
    found(&app, &viewer, meeting).await.map(axum::Json)
}

pub(super) async fn change(
    State(app): State<App>,
    viewer: Viewer,
    Path(meeting): Path<MeetingId>,
    Json(body): Json<Changed>,
) -> Result<axum::Json<Meeting>> {
    super::change(&app, viewer.clone(), meeting, |now| merged(now, body)).await?;
    found(&app, &viewer, meeting).await.map(axum::Json)
}

pub(super) fn merged(now: &Meeting, body: Changed) -> Result<NewMeeting> {
    let words = draft::Words {
        title: body.title.as_deref().unwrap_or(&now.title),
        objective: body.objective.as_deref().unwrap_or(&now.objective),
        timezone: body.timezone.as_deref().unwrap_or(now.timezone.name()),
        place: body.place.over(now.place.as_deref()),
        link: body.link.over(now.link.as_deref()),
    };
    let agenda = match body.agenda {
        Some(items) => items.into_iter().map(|item| (item.title, item.minutes)).collect(),
        None => now.agenda.iter().map(|item| (item.title.clone(), item.minutes.into())).collect(),
    };
    let span = (body.starts_at.unwrap_or(now.starts_at), body.ends_at.unwrap_or(now.ends_at));
    NewMeeting::checked(&words, span, body.mode.unwrap_or(now.mode), body.state.or(Some(now.state)), agenda)
}

pub(super) async fn answer(
    State(app): State<App>,
    viewer: Viewer,
    Path(meeting): Path<MeetingId>,
    Json(body): Json<Answered>,
) -> Result<axum::Json<Meeting>> {
    super::answer(&app, viewer.clone(), meeting, body.answer, Gate::Api).await?;
    found(&app, &viewer, meeting).await.map(axum::Json)
}
