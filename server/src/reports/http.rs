//! The gates of reports: the form of a message, and the animators' page.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use web::{
    page::{Current, Faults},
    paths,
    reports::{ReportPage, ReportsPage},
};
use words::{MessageId, ReportId};

use super::Reason;
use crate::{
    error::Result,
    groups,
    http::{App, Form, Page, Path, Policy, Routes, Viewer, print},
    messages, people,
};

/// The routes of reports.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/messages/{message}/report", form)
        .post(Policy::SignedIn, "/messages/{message}/report", report)
        .get(Policy::SignedIn, "/groups/{slug}/reports", list)
        .post(Policy::SignedIn, "/reports/{report}/handled", handle)
}

#[derive(Deserialize)]
struct ReportForm {
    #[serde(default)]
    reason: String,
}

async fn form(State(app): State<App>, page: Page, Path(message): Path<MessageId>) -> Result<Response> {
    show(&app, &page, message, Faults::default(), String::new()).await
}

async fn show(app: &App, page: &Page, message: MessageId, faults: Faults, reason: String) -> Result<Response> {
    let (nav, message) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let access = messages::may_read(connection, viewer, message).await?;
                super::may_report(connection, &access).await?;
                messages::find(connection, access.may(), message).await
            })
        })
        .await?;
    print(&ReportPage { shell: page.shell(&page.text.get("report-title"), nav), faults, message, reason })
}

async fn report(
    State(app): State<App>,
    page: Page,
    Path(message): Path<MessageId>,
    Form(form): Form<ReportForm>,
) -> Result<Response> {
    let reported = match Reason::checked(&form.reason) {
        Ok(reason) => {
            let viewer = page.reader()?;
            let reported = app.db.write(move |tx| {
                Box::pin(async move {
                    let access = messages::may_read(tx.connection(), &viewer, message).await?;
                    super::report(tx, &access, &reason).await
                })
            });
            reported.await
        }
        Err(error) => Err(error),
    };
    match reported {
        Ok(()) => Ok(Redirect::to(&paths::message_permalink(message)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show(&app, &page, message, faults, form.reason).await
        }
    }
}

async fn list(State(app): State<App>, page: Page, Path(slug): Path<String>) -> Result<Response> {
    let (nav, (group, reports)) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move {
                let group = groups::find(connection, viewer, &slug).await?;
                let may = groups::may_animate(connection, viewer, group.id).await?;
                Ok((group, super::open(connection, &may).await?))
            })
        })
        .await?;
    let shell = page.shell(&page.text.get("reports-title"), nav).at(Current::Groups);
    print(&ReportsPage { shell, slug: group.slug, group: group.name, reports })
}

async fn handle(State(app): State<App>, viewer: Viewer, Path(report): Path<ReportId>) -> Result<Redirect> {
    let slug = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let group = super::group_of(tx.connection(), report).await?;
                let may = groups::may_animate(tx.connection(), &viewer, group).await?;
                super::handle(tx, &may, report).await?;
                Ok(groups::find(tx.connection(), &viewer, &group.to_string()).await?.slug)
            })
        })
        .await?;
    Ok(Redirect::to(&paths::group_reports(&slug)))
}
