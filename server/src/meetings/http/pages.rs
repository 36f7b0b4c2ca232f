//! The pages of meetings, and their forms.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use chrono_tz::Tz;
use serde::Deserialize;
use web::{
    date::NETWORK_ZONE,
    groups::Group,
    meetings::{Meeting, MeetingForm, MeetingFormPage, MeetingPage, MeetingsPage, Subscription},
    page::{Current, Faults},
    paths,
};
use words::{Gate, MeetingId, MeetingState, Mode, Role};

use super::{
    super::{NewMeeting, draft},
    Answered, api,
};
use crate::{
    error::{Error, FieldError, Result},
    groups,
    http::{App, Form, Page, Path, Viewer, kept, print},
    meetings, people,
};

#[derive(Deserialize)]
pub(super) struct TypedForm {
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
    /// What the form showed of the meeting.
    etag: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct StateForm {
    state: MeetingState,
}

pub(super) async fn list(State(app): State<App>, page: Page) -> Result<Response> {
    show_list(&app, &page, None).await
}

/// The list; with the address of the reader's subscription when it was just made.
pub(super) async fn show_list(app: &App, page: &Page, address: Option<String>) -> Result<Response> {
    let now = app.db.clock().now();
    let (nav, (meetings, groups, since)) = page
        .read(app, |connection, viewer| {
            Box::pin(async move {
                let groups = groups::list(connection, viewer).await?;
                let since = people::feed_since(connection, viewer).await?;
                Ok((meetings::all(connection, viewer).await?, groups, since))
            })
        })
        .await?;
    let shell = page.shell(&page.text.get("meetings-title"), nav).at(Current::Meetings);
    let (mut coming, past): (Vec<_>, Vec<_>) = meetings.into_iter().partition(|meeting| meeting.ends_at > now);
    coming.reverse();
    let animated = groups.into_iter().filter(|group| group.role == Some(Role::Animator)).collect();
    print(&MeetingsPage { shell, coming, past, animated, subscription: Subscription { since, address }, now })
}

pub(super) async fn new(State(app): State<App>, page: Page, Path(slug): Path<String>) -> Result<Response> {
    show_new(&app, &page, slug, Faults::default(), MeetingForm::default()).await
}

async fn show_new(app: &App, page: &Page, slug: String, faults: Faults, form: MeetingForm) -> Result<Response> {
    let (nav, group) = page
        .read(app, |connection, viewer| {
            Box::pin(async move {
                let group = groups::find(connection, viewer, &slug).await?;
                groups::may_animate(connection, viewer, group.id).await?;
                Ok(group)
            })
        })
        .await?;
    let shell = page.shell(&page.text.name("meeting-schedule", &group.name), nav).at(Current::Meetings);
    print(&MeetingFormPage { shell, faults, group, meeting: None, form })
}

pub(super) async fn schedule(
    State(app): State<App>,
    page: Page,
    Path(slug): Path<String>,
    Form(form): Form<TypedForm>,
) -> Result<Response> {
    let scheduled = match checked(&form, None, NETWORK_ZONE, MeetingState::Convened) {
        Ok(new) => super::schedule(&app, page.reader()?, &slug, new).await,
        Err(error) => Err(error),
    };
    match scheduled {
        Ok(meeting) => Ok(Redirect::to(&paths::meeting(meeting)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_new(&app, &page, slug, faults, form.kept()).await
        }
    }
}

pub(super) async fn show(State(app): State<App>, page: Page, Path(meeting): Path<MeetingId>) -> Result<Response> {
    let (nav, (meeting, rsvps, changeable)) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move {
                let access = meetings::may_read(connection, viewer, meeting).await?;
                let found = meetings::find(connection, &access).await?;
                Ok((found, meetings::rsvps(connection, &access).await?, access.changeable()))
            })
        })
        .await?;
    let shell = page.shell(&meeting.title, nav).at(Current::Meetings);
    print(&MeetingPage { shell, meeting, rsvps, changeable })
}

pub(super) async fn edit(State(app): State<App>, page: Page, Path(meeting): Path<MeetingId>) -> Result<Response> {
    show_edit(&app, &page, meeting, Faults::default(), None).await
}

async fn show_edit(
    app: &App,
    page: &Page,
    meeting: MeetingId,
    faults: Faults,
    typed: Option<MeetingForm>,
) -> Result<Response> {
    let (nav, (group, meeting)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let access = meetings::may_change(connection, viewer, meeting).await?;
                let group: Group = groups::find(connection, viewer, &access.may().group().to_string()).await?;
                Ok((group, meetings::find(connection, &access).await?))
            })
        })
        .await?;
    let shell = page.shell(&page.text.name("meeting-edit", &meeting.title), nav).at(Current::Meetings);
    let now = MeetingForm::of(&meeting);
    let known = Some((meeting.id, now.etag()));
    print(&MeetingFormPage { shell, faults, group, meeting: known, form: typed.unwrap_or(now) })
}

pub(super) async fn change(
    State(app): State<App>,
    page: Page,
    Path(meeting): Path<MeetingId>,
    Form(form): Form<TypedForm>,
) -> Result<Response> {
    let typed = form.kept();
    let changed = super::change(&app, page.reader()?, meeting, move |now| {
        kept::unchanged(form.etag.as_deref(), &MeetingForm::of(now).etag())?;
        checked(&form, Some(now), now.timezone, now.state)
    });
    match changed.await {
        Ok(()) => Ok(Redirect::to(&paths::meeting(meeting)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_edit(&app, &page, meeting, faults, Some(typed)).await
        }
    }
}

/// Cancels a meeting, or takes that back.
pub(super) async fn set_state(
    State(app): State<App>,
    viewer: Viewer,
    Path(meeting): Path<MeetingId>,
    Form(form): Form<StateForm>,
) -> Result<Redirect> {
    if !matches!(form.state, MeetingState::Cancelled | MeetingState::Convened) {
        return Err(Error::field("state", "malformed"));
    }
    super::change(&app, viewer, meeting, move |now| api::merged(now, api::Changed::to(form.state))).await?;
    Ok(Redirect::to(&paths::meeting(meeting)))
}

pub(super) async fn answer(
    State(app): State<App>,
    viewer: Viewer,
    Path(meeting): Path<MeetingId>,
    Form(form): Form<Answered>,
) -> Result<Redirect> {
    super::answer(&app, viewer, meeting, form.answer, Gate::Page).await?;
    Ok(Redirect::to(&paths::meeting(meeting)))
}

impl TypedForm {
    /// What was typed, to be shown again.
    fn kept(&self) -> MeetingForm {
        MeetingForm {
            title: self.title.clone(),
            objective: self.objective.clone(),
            date: self.date.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            mode: self.mode.to_string(),
            place: self.place.clone(),
            link: self.link.clone(),
            agenda: self.agenda.clone(),
        }
    }
}

/// Checks a form; `now` is the meeting that it changes. A form that leaves the hours alone leaves a meeting of several
/// days, which it cannot say, as it is.
fn checked(form: &TypedForm, now: Option<&Meeting>, zone: Tz, state: MeetingState) -> Result<NewMeeting> {
    let missing = |field: &'static str| Error::Invalid(vec![FieldError { field: field.into(), code: "malformed" }]);
    let untouched = now.filter(|now| {
        let kept = MeetingForm::of(now);
        (&kept.date, &kept.from, &kept.to) == (&form.date, &form.from, &form.to)
    });
    let (starts_at, ends_at) = match untouched {
        Some(now) => (now.starts_at, now.ends_at),
        None => (
            draft::local(&form.date, &form.from, zone).ok_or_else(|| missing("date"))?,
            draft::local(&form.date, &form.to, zone).ok_or_else(|| missing("to"))?,
        ),
    };
    let item = |line: &str| {
        let (title, minutes) = line.rsplit_once('|').unwrap_or((line, "15"));
        let minutes: String = minutes.chars().filter(char::is_ascii_digit).collect();
        (title.trim().to_owned(), minutes.parse().unwrap_or(0))
    };
    let agenda = form.agenda.lines().filter(|line| !line.trim().is_empty()).map(item).collect();
    let words = draft::Words {
        title: &form.title,
        objective: &form.objective,
        timezone: zone.name(),
        place: Some(&form.place),
        link: Some(&form.link),
    };
    NewMeeting::checked(&words, (starts_at, ends_at), form.mode, Some(state), agenda).map_err(in_the_form)
}

/// The form asks for the end as `to`.
fn in_the_form(error: Error) -> Error {
    let Error::Invalid(mut fields) = error else { return error };
    for field in fields.iter_mut().filter(|field| field.field == "ends_at") {
        field.field = "to".into();
    }
    Error::Invalid(fields)
}
