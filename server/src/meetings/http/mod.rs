//! The gates of meetings: pages with their forms, calendars, JSON.

mod api;
mod calendar;
mod pages;

use schemars::JsonSchema;
use serde::Deserialize;
use web::meetings::Meeting;
use words::{Answer, Gate, MeetingId};

use super::NewMeeting;
use crate::{
    error::Result,
    groups,
    http::{App, List, ListQuery, Policy, Routes, Viewer},
};

/// The routes of meetings.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/meetings", pages::list)
        .post(Policy::SignedIn, "/meetings/feed", calendar::subscribe)
        .post(Policy::SignedIn, "/meetings/feed/end", calendar::unsubscribe)
        .get(Policy::Public, "/feeds/{name}", calendar::feed)
        .get(Policy::SignedIn, "/groups/{slug}/meetings/new", pages::new)
        .post(Policy::SignedIn, "/groups/{slug}/meetings", pages::schedule)
        .get(Policy::SignedIn, "/meetings/{meeting}", pages::show)
        .get(Policy::SignedIn, "/meetings/{meeting}/edit", pages::edit)
        .post(Policy::SignedIn, "/meetings/{meeting}/edit", pages::change)
        .post(Policy::SignedIn, "/meetings/{meeting}/state", pages::set_state)
        .post(Policy::SignedIn, "/meetings/{meeting}/rsvp", pages::answer)
        .get(Policy::SignedIn, "/meetings/{meeting}/calendar.ics", calendar::one)
        .get(Policy::SignedIn, "/api/v1/groups/{group}/meetings", api::list)
        .asks::<ListQuery>()
        .answers::<List<Meeting>>(200)
        .post(Policy::SignedIn, "/api/v1/groups/{group}/meetings", api::schedule)
        .takes::<api::Scheduled>()
        .answers::<Meeting>(201)
        .get(Policy::SignedIn, "/api/v1/meetings/{meeting}", api::show)
        .answers::<Meeting>(200)
        .patch(Policy::SignedIn, "/api/v1/meetings/{meeting}", api::change)
        .takes::<api::Changed>()
        .answers::<Meeting>(200)
        .put(Policy::SignedIn, "/api/v1/meetings/{meeting}/rsvp", api::answer)
        .takes::<Answered>()
        .answers::<Meeting>(200)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Answered {
    answer: Answer,
}

async fn schedule(app: &App, viewer: Viewer, address: &str, new: NewMeeting) -> Result<MeetingId> {
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

/// Changes a meeting to what `merge` makes of it as it is now.
async fn change<F>(app: &App, viewer: Viewer, meeting: MeetingId, merge: F) -> Result<()>
where
    F: FnOnce(&Meeting) -> Result<NewMeeting> + Send + 'static,
{
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_change(tx.connection(), &viewer, meeting).await?;
                // Locked before what is kept is read, so that two changes do not undo each other.
                tx.lock(access.may().group().into()).await?;
                let now = super::find(tx.connection(), &access).await?;
                super::change(tx, &access, &merge(&now)?).await
            })
        })
        .await
}

async fn answer(app: &App, viewer: Viewer, meeting: MeetingId, answer: Answer, gate: Gate) -> Result<()> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, meeting).await?;
                super::answer(tx, &access, answer, gate).await
            })
        })
        .await
}

async fn found(app: &App, viewer: &Viewer, meeting: MeetingId) -> Result<Meeting> {
    let mut connection = app.db.lend().await?;
    let access = super::may_read(&mut connection, viewer, meeting).await?;
    super::find(&mut connection, &access).await
}
