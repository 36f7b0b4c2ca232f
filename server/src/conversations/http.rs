//! The gates of conversations: their list, the form that begins one, and JSON. What is said in one is read and answered
//! where every thread is.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{
    conversations::{Beginning, Conversation, ConversationsPage},
    page::{Current, Faults},
    paths,
};
use words::{GroupId, PersonId, ThreadId};

use super::{ConversationPage, Others};
use crate::{
    error::Result,
    http::{
        App, Form, Json, List, ListQuery, Page, Path, Policy, Query, Routes, Viewer,
        list::{checked_limit, cursor_of, place_of},
        print,
    },
    people,
};

/// The routes of conversations.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/conversations", list_page)
        .get(Policy::SignedIn, "/conversations/new", form)
        .post(Policy::SignedIn, "/conversations", begin_form)
        .post(Policy::SignedIn, "/conversations/{conversation}/leave", leave_form)
        .get(Policy::SignedIn, "/api/v1/conversations", list)
        .asks::<ListQuery>()
        .answers::<List<Conversation>>(200)
        .post(Policy::SignedIn, "/api/v1/conversations", begin)
        .takes::<BeginBody>()
        .answers::<Begun>(200)
        .delete(Policy::SignedIn, "/api/v1/conversations/{conversation}", leave)
        .answers_plainly(204)
}

/// Whom one chose, and whom one looks for.
#[derive(Clone, Default, Deserialize)]
struct ChoiceForm {
    #[serde(default)]
    person: Vec<PersonId>,
    #[serde(default)]
    who: String,
}

/// From where one's conversations are shown.
#[derive(Deserialize)]
struct ConversationsQuery {
    /// The place after which they begin.
    after: Option<String>,
}

/// With whom a conversation is.
#[derive(Deserialize, JsonSchema)]
struct BeginBody {
    /// The others.
    people: Vec<PersonId>,
}

/// A conversation that is there now.
#[derive(Serialize, JsonSchema)]
struct Begun {
    /// Its thread, in which it is read and answered.
    thread: ThreadId,
}

async fn list_page(State(app): State<App>, page: Page, Query(query): Query<ConversationsQuery>) -> Result<Response> {
    let after = query.after.as_deref().map(|after| place_of("after", after)).transpose()?;
    page.remembered(&app, || async {
        let (nav, conversations) =
            page.read(&app, move |connection, viewer| Box::pin(super::shown(connection, viewer, after))).await?;
        let shell = page.shell(&page.text.get("conversations-title"), nav).at(Current::Conversations);
        print(&ConversationsPage { shell, conversations, beginning: None, now: app.db.clock().minute() })
    })
    .await
}

async fn form(State(app): State<App>, page: Page, Query(choice): Query<ChoiceForm>) -> Result<Response> {
    show_form(&app, &page, choice, Faults::default()).await
}

async fn show_form(app: &App, page: &Page, choice: ChoiceForm, faults: Faults) -> Result<Response> {
    let ChoiceForm { person: chosen, who } = choice;
    let (sought, picked) = (who.clone(), chosen.clone());
    let (nav, (conversations, people)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let people = super::offered(connection, viewer, &sought, &picked).await?;
                Ok((super::shown(connection, viewer, None).await?, people))
            })
        })
        .await?;
    let shell = page.shell(&page.text.get("conversation-new"), nav).at(Current::Conversations);
    let beginning = Some(Beginning { faults, people, chosen, who });
    print(&ConversationsPage { shell, conversations, beginning, now: app.db.clock().now() })
}

async fn begin_form(State(app): State<App>, page: Page, Form(choice): Form<ChoiceForm>) -> Result<Response> {
    match begun(&app, page.reader()?, &choice.person).await {
        Ok(thread) => Ok(Redirect::to(&paths::thread(thread)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_form(&app, &page, choice, faults).await
        }
    }
}

async fn begun(app: &App, viewer: Viewer, people: &[PersonId]) -> Result<ThreadId> {
    let others = Others::checked(&viewer, people)?;
    app.db.write(move |tx| Box::pin(async move { super::begin(tx, &viewer, &others).await })).await
}

async fn leave_form(State(app): State<App>, viewer: Viewer, Path(conversation): Path<GroupId>) -> Result<Redirect> {
    app.db.write(move |tx| Box::pin(async move { super::leave(tx, &viewer, conversation).await })).await?;
    Ok(Redirect::to(paths::CONVERSATIONS))
}

async fn leave(State(app): State<App>, viewer: Viewer, Path(conversation): Path<GroupId>) -> Result<StatusCode> {
    app.db.write(move |tx| Box::pin(async move { super::leave(tx, &viewer, conversation).await })).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<List<Conversation>>> {
    let limit = checked_limit(query.limit)?;
    let after = query.cursor.as_deref().map(|cursor| place_of("cursor", cursor)).transpose()?;
    let epoch = app.db.epoch().await?;
    let mut connection = app.db.lend().await?;
    let (mut items, last) = super::list(&mut connection, &viewer, ConversationPage { after, limit }).await?;
    for conversation in &mut items {
        conversation.log.epoch = epoch;
    }
    Ok(axum::Json(List { items, next: last.map(cursor_of) }))
}

async fn begin(
    State(app): State<App>,
    viewer: Viewer,
    Json(body): Json<BeginBody>,
) -> Result<(StatusCode, axum::Json<Begun>)> {
    let thread = begun(&app, viewer, &body.people).await?;
    Ok((StatusCode::OK, axum::Json(Begun { thread })))
}
