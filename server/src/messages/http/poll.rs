//! The gates of polls: the form that asks, and what people choose.

use std::collections::BTreeSet;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use web::{date, messages::PollFormPage, page::Faults, paths};
use words::{MessageId, ThreadId};

use super::api::{PostedMessage, answered, created};
use crate::{
    error::{Error, Result},
    http::{App, Form, Json, Page, Path, Viewer, print},
    messages::{self, Ack, Draft, NewPoll},
    people, threads,
};

/// What is asked, as the form sends it.
#[derive(Default, Deserialize)]
pub(super) struct PollForm {
    id: Option<MessageId>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    options: String,
    #[serde(default)]
    multiple: bool,
    #[serde(default)]
    closes_at: String,
}

/// A message that asks to choose.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PollBody {
    id: Option<MessageId>,
    body: String,
    options: Vec<String>,
    #[serde(default)]
    multiple: bool,
    closes_at: Option<DateTime<Utc>>,
}

/// What one chooses, by place from 0.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VoteBody {
    options: Vec<i16>,
}

pub(super) async fn form(State(app): State<App>, page: Page, Path(thread): Path<ThreadId>) -> Result<Response> {
    show(&app, &page, thread, Faults::default(), PollForm::default()).await
}

async fn show(app: &App, page: &Page, thread: ThreadId, faults: Faults, form: PollForm) -> Result<Response> {
    let (nav, ()) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move { threads::may_read(connection, viewer, thread).await.map(drop) })
        })
        .await?;
    print(&PollFormPage {
        shell: page.shell(&page.text.get("poll-title"), nav),
        faults,
        thread,
        message_id: form.id.unwrap_or_else(MessageId::fresh).0,
        body: form.body,
        options: form.options,
        multiple: form.multiple,
        closes_at: form.closes_at,
    })
}

pub(super) async fn ask(
    State(app): State<App>,
    page: Page,
    Path(thread): Path<ThreadId>,
    Form(form): Form<PollForm>,
) -> Result<Response> {
    let asked = match body_of(&form) {
        Ok(body) => ask_in(&app, page.reader()?, thread, body).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(ack) => Ok(Redirect::to(&paths::message(thread, ack.message)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show(&app, &page, thread, faults, form).await
        }
    }
}

fn body_of(form: &PollForm) -> Result<PollBody> {
    let closes_at = match form.closes_at.trim() {
        "" => None,
        chosen => Some(date::chosen(chosen).ok_or_else(|| Error::field("closes_at", "not_to_come"))?),
    };
    Ok(PollBody {
        id: form.id,
        body: form.body.clone(),
        options: form.options.lines().map(str::to_owned).collect(),
        multiple: form.multiple,
        closes_at,
    })
}

async fn ask_in(app: &App, viewer: Viewer, thread: ThreadId, body: PollBody) -> Result<Ack> {
    let draft = Draft::checked(body.id, &body.body, Vec::new())?;
    let poll = NewPoll::checked(&body.options, body.multiple, body.closes_at, app.db.clock().now())?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let may = threads::may_post(tx.connection(), &viewer, thread).await?;
                messages::ask(tx, may, draft, &poll).await
            })
        })
        .await
}

/// A form says each choice by itself.
pub(super) async fn vote(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect> {
    let chosen = fields.iter().filter(|(name, _)| name == "option").map(|(_, value)| value.parse());
    let chosen = chosen.collect::<Result<_, _>>().map_err(|_| Error::field("option", "malformed"))?;
    let ack = vote_in(&app, viewer, message, chosen).await?;
    Ok(Redirect::to(&paths::message_at(ack.thread, ack.position, message)))
}

async fn vote_in(app: &App, viewer: Viewer, message: MessageId, chosen: BTreeSet<i16>) -> Result<Ack> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = messages::may_read(tx.connection(), &viewer, message).await?;
                messages::vote(tx, &access, &chosen).await
            })
        })
        .await
}

pub(super) async fn api_ask(
    State(app): State<App>,
    viewer: Viewer,
    Path(thread): Path<ThreadId>,
    Json(body): Json<PollBody>,
) -> Result<Response> {
    let ack = ask_in(&app, viewer.clone(), thread, body).await?;
    let message: axum::Json<PostedMessage> = answered(&app, &viewer, ack).await?;
    let status: StatusCode = created(&ack);
    Ok((status, message).into_response())
}

pub(super) async fn api_vote(
    State(app): State<App>,
    viewer: Viewer,
    Path(message): Path<MessageId>,
    Json(body): Json<VoteBody>,
) -> Result<axum::Json<PostedMessage>> {
    let ack = vote_in(&app, viewer.clone(), message, body.options.into_iter().collect()).await?;
    answered(&app, &viewer, ack).await
}
