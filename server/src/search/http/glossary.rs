//! The pages of the glossary.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use web::{
    page::{Current, Faults},
    paths,
    search::{AcronymPage, GlossaryPage},
};
use words::AcronymId;

use crate::{
    error::{Error, Result},
    http::{App, Form, Page, Path, Policy, Query, Routes, Viewer, print},
    people,
    search::{
        access::may_edit_glossary,
        glossary::{self, Entry},
    },
};

/// The routes of the glossary.
pub(super) fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, paths::GLOSSARY, page)
        .post(Policy::SignedIn, paths::GLOSSARY, add)
        .get(Policy::SignedIn, "/glossary/{acronym}", edit)
        .post(Policy::SignedIn, "/glossary/{acronym}", change)
        .post(Policy::SignedIn, "/glossary/{acronym}/remove", remove)
        .post(Policy::SignedIn, "/glossary/{acronym}/restore", restore)
}

#[derive(Clone, Default, Deserialize)]
struct EntryForm {
    #[serde(default)]
    acronym: String,
    #[serde(default)]
    expansion: String,
}

/// What was done before the page is read.
#[derive(Default, Deserialize)]
struct Came {
    done: Option<u8>,
    removed: Option<AcronymId>,
}

async fn page(State(app): State<App>, page: Page, Query(came): Query<Came>) -> Result<Response> {
    show(&app, &page, Faults::default(), EntryForm::default(), came).await
}

async fn show(app: &App, page: &Page, faults: Faults, typed: EntryForm, came: Came) -> Result<Response> {
    let asked = came.removed;
    let (nav, (acronyms, removed, may_edit)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let may_edit = match may_edit_glossary(connection, viewer).await {
                    Ok(_) => true,
                    Err(Error::Forbidden) => false,
                    Err(error) => return Err(error),
                };
                let removed = match asked {
                    Some(id) if may_edit => glossary::removed(connection, id).await?,
                    _ => None,
                };
                Ok((glossary::glossary(connection).await?, removed, may_edit))
            })
        })
        .await?;
    let shell = page.shell(&page.text.get("glossary-title"), nav).at(Current::Elsewhere);
    let EntryForm { acronym, expansion } = typed;
    print(&GlossaryPage { shell, faults, acronyms, may_edit, acronym, expansion, done: came.done.is_some(), removed })
}

async fn add(State(app): State<App>, page: Page, Form(form): Form<EntryForm>) -> Result<Response> {
    let viewer = page.reader()?;
    let added = match Entry::checked(&form.acronym, &form.expansion) {
        Ok(entry) => {
            let added = app.db.write(move |tx| {
                Box::pin(async move {
                    let may = may_edit_glossary(tx.connection(), &viewer).await?;
                    glossary::add(tx, &may, &entry).await
                })
            });
            added.await
        }
        Err(error) => Err(error),
    };
    match added {
        Ok(()) => Ok(done().into_response()),
        Err(error) => show(&app, &page, people::http::faults(error, page.text)?, form, Came::default()).await,
    }
}

async fn edit(State(app): State<App>, page: Page, Path(id): Path<AcronymId>) -> Result<Response> {
    show_one(&app, &page, id, Faults::default(), None).await
}

async fn show_one(app: &App, page: &Page, id: AcronymId, faults: Faults, typed: Option<EntryForm>) -> Result<Response> {
    let (nav, known) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                may_edit_glossary(connection, viewer).await?;
                glossary::acronym(connection, id).await
            })
        })
        .await?;
    let shell = page.shell(&page.text.name("glossary-edit", &known.acronym), nav).at(Current::Elsewhere);
    let typed =
        typed.unwrap_or_else(|| EntryForm { acronym: known.acronym.clone(), expansion: known.expansion.clone() });
    print(&AcronymPage { shell, faults, known, acronym: typed.acronym, expansion: typed.expansion })
}

async fn change(
    State(app): State<App>,
    page: Page,
    Path(id): Path<AcronymId>,
    Form(form): Form<EntryForm>,
) -> Result<Response> {
    let viewer = page.reader()?;
    let changed = match Entry::checked(&form.acronym, &form.expansion) {
        Ok(entry) => {
            let changed = app.db.write(move |tx| {
                Box::pin(async move {
                    let may = may_edit_glossary(tx.connection(), &viewer).await?;
                    glossary::change(tx, &may, id, &entry).await
                })
            });
            changed.await
        }
        Err(error) => Err(error),
    };
    match changed {
        Ok(()) => Ok(done().into_response()),
        Err(error) => show_one(&app, &page, id, people::http::faults(error, page.text)?, Some(form)).await,
    }
}

async fn remove(State(app): State<App>, viewer: Viewer, Path(id): Path<AcronymId>) -> Result<Redirect> {
    let removed = app.db.write(move |tx| {
        Box::pin(async move {
            let may = may_edit_glossary(tx.connection(), &viewer).await?;
            glossary::remove(tx, &may, id).await
        })
    });
    removed.await?;
    Ok(Redirect::to(&format!("{}?removed={id}", paths::GLOSSARY)))
}

async fn restore(State(app): State<App>, viewer: Viewer, Path(id): Path<AcronymId>) -> Result<Redirect> {
    let restored = app.db.write(move |tx| {
        Box::pin(async move {
            let may = may_edit_glossary(tx.connection(), &viewer).await?;
            glossary::restore(tx, &may, id).await
        })
    });
    restored.await?;
    Ok(done())
}

fn done() -> Redirect {
    Redirect::to(&format!("{}?done=1", paths::GLOSSARY))
}
