//! The gates of territories: the directory, a person, a territory.

use axum::{extract::State, response::Response};
use web::{
    page::Current,
    territories::{DirectoryPage, PersonPage, TerritoryPage},
};
use words::PersonId;

use crate::{
    error::{Error, Result},
    http::{App, Page, Path, Policy, Routes, print},
};

/// The routes of territories, and of the directory that is sorted by them.
pub fn routes() -> Routes {
    Routes::new().get(Policy::SignedIn, "/people", directory).get(Policy::SignedIn, "/people/{person}", person).get(
        Policy::SignedIn,
        "/territories/{code}",
        territory,
    )
}

async fn directory(State(app): State<App>, page: Page) -> Result<Response> {
    let (nav, (territories, others)) = page
        .read(&app, |connection, _| {
            Box::pin(async move { Ok((super::list(connection).await?, super::without_territory(connection).await?)) })
        })
        .await?;
    let shell = page.shell(&page.text.get("directory-title"), nav).at(Current::People);
    print(&DirectoryPage { shell, territories, others })
}

async fn person(State(app): State<App>, page: Page, Path(person): Path<PersonId>) -> Result<Response> {
    let (nav, (name, posts)) = page
        .read(&app, move |connection, _| {
            Box::pin(async move { super::posts_of(connection, person).await?.ok_or(Error::NotFound) })
        })
        .await?;
    let shell = page.shell(&name, nav).at(Current::People);
    let writable = Some(person).filter(|person| shell.reader() != Some(person));
    print(&PersonPage { shell, writable, name, posts })
}

async fn territory(State(app): State<App>, page: Page, Path(code): Path<String>) -> Result<Response> {
    let (nav, (territory, people)) = page
        .read(&app, move |connection, _| {
            Box::pin(async move {
                let found = super::list(connection).await?.into_iter().find(|territory| territory.label.code == code);
                let territory = found.ok_or(Error::NotFound)?;
                let people = super::people_of(connection, &territory.label.code).await?;
                Ok((territory, people))
            })
        })
        .await?;
    let shell = page.shell(&territory.label.name, nav).at(Current::People);
    print(&TerritoryPage { shell, territory, people })
}
