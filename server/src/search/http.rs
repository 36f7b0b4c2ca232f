//! The gates of search: a page and JSON.

use axum::{extract::State, response::Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::search::{Found, SearchPage};

use crate::{
    error::{Error, Result},
    http::{App, List, Page, Policy, Query, Routes, Viewer, print},
};

/// How many results of each kind are shown.
const SHOWN: i64 = 20;
/// How many may be asked for.
const MOST: i64 = 100;

/// The routes of search.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/search", page)
        .get(Policy::SignedIn, "/api/v1/search", search)
        .asks::<Question>()
        .answers::<Answer>(200)
}

#[derive(Deserialize, JsonSchema)]
struct Question {
    #[serde(default)]
    q: String,
    limit: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct Answer {
    messages: List<Found>,
    documents: List<Found>,
    meetings: List<Found>,
    people: List<Found>,
}

async fn page(State(app): State<App>, page: Page, Query(question): Query<Question>) -> Result<Response> {
    let words = question.q.clone();
    let (nav, results) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move { super::search(connection, viewer, &words, SHOWN).await })
        })
        .await?;
    let shell = page.shell(&page.text.get("search-title"), nav);
    print(&SearchPage {
        shell,
        question: question.q,
        messages: results.messages,
        documents: results.documents,
        meetings: results.meetings,
        people: results.people,
    })
}

async fn search(
    State(app): State<App>,
    viewer: Viewer,
    Query(question): Query<Question>,
) -> Result<axum::Json<Answer>> {
    let limit = question.limit.unwrap_or(SHOWN);
    if !(1..=MOST).contains(&limit) {
        return Err(Error::field("limit", "malformed"));
    }
    let mut connection = app.db.pool().acquire().await?;
    let results = super::search(&mut connection, &viewer, &question.q, limit).await?;
    // More than the limit is asked for by a larger limit, up to the most: a place in a ranking is no cursor.
    let list = |items| List { items, next: None };
    Ok(axum::Json(Answer {
        messages: list(results.messages),
        documents: list(results.documents),
        meetings: list(results.meetings),
        people: list(results.people),
    }))
}
