//! The gates of documents: pages, forms and JSON.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use web::{
    Text,
    documents::{Document, DocumentFile, DocumentForm, DocumentPage, LibraryPage, NewDocumentPage},
    groups::Group,
    page::{Current, Faults, FieldFault},
    paths,
};
use words::{DocumentId, DocumentType, GroupId, Role};

use super::{Described, Incoming, ListPage, Most, Received, download, receive};
use crate::{
    error::{Error, Result},
    groups,
    http::{
        App, Form, Json, List, Page, Path, Policy, Query, Routes, Viewer, kept,
        list::{PAGE, checked_limit},
        print, problem,
    },
    people,
};

/// The routes of documents and files.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/documents", library_page)
        .get(Policy::SignedIn, "/groups/{slug}/documents", new_page)
        .post(Policy::SignedIn, "/groups/{slug}/documents", add_form)
        .get(Policy::SignedIn, "/documents/{document}", document_page)
        .post(Policy::SignedIn, "/documents/{document}", update_form)
        .post(Policy::SignedIn, "/documents/{document}/versions", version_form)
        .post(Policy::SignedIn, "/documents/{document}/remove", remove_form)
        .get(Policy::SignedIn, "/files/{file}", download::file)
        .get(Policy::SignedIn, "/api/v1/files/{file}", download::file)
        .answers_plainly(200)
        .get(Policy::SignedIn, "/api/v1/groups/{group}/documents", list)
        .asks::<DocumentsQuery>()
        .answers::<List<Document>>(200)
        .post(Policy::SignedIn, "/api/v1/groups/{group}/documents", add)
        .takes_file(&["title", "purpose", "type", "tags", "url"])
        .answers::<Document>(201)
        .post(Policy::SignedIn, "/api/v1/groups/{group}/files", add_file)
        .takes_file(&[])
        .answers::<DocumentFile>(201)
        .get(Policy::SignedIn, "/api/v1/documents/{document}", show)
        .answers::<Document>(200)
        .patch(Policy::SignedIn, "/api/v1/documents/{document}", update)
        .takes::<UpdateBody>()
        .answers::<Document>(200)
        .delete(Policy::SignedIn, "/api/v1/documents/{document}", remove)
        .answers_plainly(204)
        .post(Policy::SignedIn, "/api/v1/documents/{document}/versions", add_version)
        .takes_file(&[])
        .answers::<Document>(201)
}

#[derive(Deserialize)]
struct LibraryQuery {
    r#type: Option<String>,
    group: Option<String>,
    after: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct DocumentsQuery {
    r#type: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Deserialize)]
struct UpdateForm {
    #[serde(default)]
    title: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    tags: String,
    etag: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpdateBody {
    title: Option<String>,
    purpose: Option<String>,
    r#type: Option<DocumentType>,
    tags: Option<Vec<String>>,
}

/// What was refused of a form with files, for the page that shows it again; what no field can tell stays an error.
pub fn faults(error: Error, text: Text) -> Result<Faults> {
    match error {
        Error::TooLarge { .. } => {
            Ok(Faults(vec![FieldFault { field: "file".to_owned(), sentence: problem::sentence(&error, text) }]))
        }
        error => people::http::faults(error, text),
    }
}

async fn library_page(State(app): State<App>, page: Page, Query(query): Query<LibraryQuery>) -> Result<Response> {
    let kind = query.r#type.as_deref().filter(|kind| !kind.is_empty()).map(kind_of).transpose()?;
    let asked = ListPage { kind, after: query.after.as_deref().map(cursor).transpose()?, limit: PAGE + 1 };
    let slug = query.group.clone();
    let (nav, (groups, counts, mut documents)) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move {
                let groups = groups::list(connection, viewer).await?;
                let Some(slug) = slug else {
                    let counts = super::library_counts(connection, viewer).await?;
                    return Ok((groups, counts, super::library(connection, viewer, asked).await?));
                };
                let group = groups::find(connection, viewer, &slug).await?;
                let may = groups::may_read(connection, viewer, group.id).await?;
                let counts = super::counts(connection, &may).await?;
                Ok((groups, counts, super::list(connection, &may, asked).await?))
            })
        })
        .await?;
    let next = next(&mut documents, PAGE);
    let shell = page.shell(&page.text.get("documents-title"), nav).at(Current::Documents);
    let groups = groups.into_iter().filter(|group| group.role.is_some()).collect();
    print(&LibraryPage { shell, groups, group: query.group, counts, kind, documents, next, now: app.db.clock().now() })
}

async fn new_page(State(app): State<App>, page: Page, Path(slug): Path<String>) -> Result<Response> {
    let group = may_add(&app, &page.reader()?, &slug).await?;
    show_new(&app, &page, group, Faults::default(), DocumentForm::default()).await
}

async fn show_new(app: &App, page: &Page, group: Group, faults: Faults, form: DocumentForm) -> Result<Response> {
    let (nav, ()) = page.read(app, |_, _| Box::pin(async { Ok(()) })).await?;
    let shell = page.shell(&page.text.get("document-new"), nav).at(Current::Documents);
    print(&NewDocumentPage { shell, faults, group, form, limit_bytes: app.settings.upload_limit_bytes })
}

async fn add_form(State(app): State<App>, page: Page, Path(slug): Path<String>, form: Incoming) -> Result<Response> {
    let viewer = page.reader()?;
    let group = may_add(&app, &viewer, &slug).await?;
    let mut received = receive(&app.files, form, Most::One, app.settings.upload_limit_bytes).await;
    match add_document(&app, viewer, group.id, &mut received).await {
        Ok(document) => Ok(Redirect::to(&paths::document(document)).into_response()),
        Err(error) => show_new(&app, &page, group, faults(error, page.text)?, typed(&received)).await,
    }
}

fn typed(received: &Received) -> DocumentForm {
    let word = |field| received.word(field).to_owned();
    DocumentForm {
        title: word("title"),
        purpose: word("purpose"),
        kind: word("type"),
        tags: word("tags"),
        url: word("url"),
    }
}

async fn add(State(app): State<App>, viewer: Viewer, Path(address): Path<String>, form: Incoming) -> Result<Response> {
    let group = may_add(&app, &viewer, &address).await?;
    let mut received = receive(&app.files, form, Most::One, app.settings.upload_limit_bytes).await;
    let document = add_document(&app, viewer.clone(), group.id, &mut received).await?;
    Ok((StatusCode::CREATED, axum::Json(found(&app, &viewer, document).await?)).into_response())
}

/// The group, if the viewer may add to it: asked before a byte of the body is read.
async fn may_add(app: &App, viewer: &Viewer, address: &str) -> Result<Group> {
    let group = groups::http::found(app, viewer, address).await?;
    match group.role {
        None => Err(Error::NotFound),
        Some(Role::Guest) => Err(Error::Forbidden),
        Some(_) => Ok(group),
    }
}

/// A document of a file, or a link.
async fn add_document(app: &App, viewer: Viewer, group: GroupId, received: &mut Received) -> Result<DocumentId> {
    received.whole()?;
    let (kind, url) = (received.word("type").to_owned(), received.word("url").trim().to_owned());
    let file = match (received.files.pop(), url.is_empty()) {
        (Some(_), false) => return Err(Error::field("url", "either")),
        (None, true) if kind == DocumentType::Link.as_str() => return Err(Error::field("url", "required")),
        (None, true) => return Err(Error::field("file", "required")),
        (file, _) => file,
    };
    let kind = if kind.is_empty() { DocumentType::Other } else { kind_of(&kind)? };
    let title = match (received.word("title").trim(), &file) {
        ("", Some((name, _))) => name.chars().take(200).collect(),
        (title, _) => title.to_owned(),
    };
    let new = Described::checked(&title, received.word("purpose"), kind, received.word("tags"))?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let may = groups::may_write(tx.connection(), &viewer, group).await?;
                let Some((name, stored)) = file else { return super::add_link(tx, &may, &new, &url).await };
                let file = super::add_file(tx, may.read(), &name, &stored).await?;
                super::add(tx, &may, &new, file.id).await
            })
        })
        .await
}

async fn document_page(State(app): State<App>, page: Page, Path(document): Path<DocumentId>) -> Result<Response> {
    show_document(&app, &page, document, Faults::default(), None).await
}

async fn show_document(
    app: &App,
    page: &Page,
    document: DocumentId,
    faults: Faults,
    form: Option<DocumentForm>,
) -> Result<Response> {
    let (nav, (document, changeable)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let access = super::may_read(connection, viewer, document).await?;
                Ok((super::find(connection, &access).await?, access.changeable()))
            })
        })
        .await?;
    let shell = page.shell(&document.title, nav).at(Current::Documents);
    let editing = form.is_some();
    let form = form.unwrap_or_else(|| DocumentForm::of(&document));
    let (limit_bytes, now) = (app.settings.upload_limit_bytes, app.db.clock().now());
    print(&DocumentPage { shell, faults, document, changeable, form, editing, limit_bytes, now })
}

async fn update_form(
    State(app): State<App>,
    page: Page,
    Path(document): Path<DocumentId>,
    Form(form): Form<UpdateForm>,
) -> Result<Response> {
    let described =
        kind_of(&form.r#type).and_then(|kind| Described::checked(&form.title, &form.purpose, kind, &form.tags));
    let etag = form.etag.clone();
    let updated = update_document(&app, page.reader()?, document, move |now| {
        kept::unchanged(etag.as_deref(), &DocumentForm::of(now).etag())?;
        described
    });
    match updated.await {
        Ok(()) => Ok(Redirect::to(&paths::document(document)).into_response()),
        Err(error) => {
            let faults = faults(error, page.text)?;
            let UpdateForm { title, purpose, r#type: kind, tags, .. } = form;
            let typed = DocumentForm { title, purpose, kind, tags, url: String::new() };
            show_document(&app, &page, document, faults, Some(typed)).await
        }
    }
}

/// Describes a document as `merge` makes of what is said of it now.
async fn update_document<F>(app: &App, viewer: Viewer, document: DocumentId, merge: F) -> Result<()>
where
    F: FnOnce(&Document) -> Result<Described> + Send + 'static,
{
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, document).await?;
                // Locked before what is kept is read, so that two changes do not undo each other.
                tx.lock(access.may().group().into()).await?;
                let now = super::find(tx.connection(), &access).await?;
                super::update(tx, &access, &merge(&now)?).await
            })
        })
        .await
}

async fn update(
    State(app): State<App>,
    viewer: Viewer,
    Path(document): Path<DocumentId>,
    Json(body): Json<UpdateBody>,
) -> Result<axum::Json<Document>> {
    let merged = move |now: &Document| {
        Described::checked(
            body.title.as_deref().unwrap_or(&now.title),
            body.purpose.as_deref().unwrap_or(&now.purpose),
            body.r#type.unwrap_or(now.kind),
            &body.tags.as_ref().unwrap_or(&now.tags).join(","),
        )
    };
    update_document(&app, viewer.clone(), document, merged).await?;
    found(&app, &viewer, document).await.map(axum::Json)
}

async fn version_form(
    State(app): State<App>,
    page: Page,
    Path(document): Path<DocumentId>,
    form: Incoming,
) -> Result<Response> {
    match version(&app, page.reader()?, document, form).await {
        Ok(()) => Ok(Redirect::to(&paths::document(document)).into_response()),
        Err(error) => show_document(&app, &page, document, faults(error, page.text)?, None).await,
    }
}

async fn add_version(
    State(app): State<App>,
    viewer: Viewer,
    Path(document): Path<DocumentId>,
    form: Incoming,
) -> Result<Response> {
    version(&app, viewer.clone(), document, form).await?;
    Ok((StatusCode::CREATED, axum::Json(found(&app, &viewer, document).await?)).into_response())
}

async fn version(app: &App, viewer: Viewer, document: DocumentId, form: Incoming) -> Result<()> {
    {
        let mut connection = app.db.lend().await?;
        super::may_read(&mut connection, &viewer, document).await?.change()?;
    }
    let (name, stored) = receive(&app.files, form, Most::One, app.settings.upload_limit_bytes).await.file()?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, document).await?;
                let file = super::add_file(tx, access.may(), &name, &stored).await?;
                super::add_version(tx, &access, file.id).await
            })
        })
        .await
}

async fn remove_form(State(app): State<App>, viewer: Viewer, Path(document): Path<DocumentId>) -> Result<Redirect> {
    remove_document(&app, viewer, document).await?;
    Ok(Redirect::to(paths::DOCUMENTS))
}

async fn remove(State(app): State<App>, viewer: Viewer, Path(document): Path<DocumentId>) -> Result<StatusCode> {
    remove_document(&app, viewer, document).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_document(app: &App, viewer: Viewer, document: DocumentId) -> Result<()> {
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let access = super::may_read(tx.connection(), &viewer, document).await?;
                super::remove(tx, &access).await
            })
        })
        .await
}

async fn add_file(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
    form: Incoming,
) -> Result<Response> {
    let group = groups::http::id_at(&app, &viewer, &address).await?;
    {
        let mut connection = app.db.lend().await?;
        groups::may_read(&mut connection, &viewer, group).await?;
    }
    let (name, stored) = receive(&app.files, form, Most::One, app.settings.upload_limit_bytes).await.file()?;
    let file: DocumentFile = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let may = groups::may_read(tx.connection(), &viewer, group).await?;
                super::add_file(tx, &may, &name, &stored).await
            })
        })
        .await?;
    Ok((StatusCode::CREATED, axum::Json(file)).into_response())
}

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
    Query(query): Query<DocumentsQuery>,
) -> Result<axum::Json<List<Document>>> {
    let kind = query.r#type.as_deref().map(kind_of).transpose()?;
    let limit = checked_limit(query.limit)?;
    let asked = ListPage { kind, after: query.cursor.as_deref().map(cursor).transpose()?, limit: limit + 1 };
    let group = groups::http::id_at(&app, &viewer, &address).await?;
    let mut connection = app.db.lend().await?;
    let may = groups::may_read(&mut connection, &viewer, group).await?;
    let mut items = super::list(&mut connection, &may, asked).await?;
    let next = next(&mut items, limit);
    Ok(axum::Json(List { items, next }))
}

async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(document): Path<DocumentId>,
) -> Result<axum::Json<Document>> {
    found(&app, &viewer, document).await.map(axum::Json)
}

async fn found(app: &App, viewer: &Viewer, document: DocumentId) -> Result<Document> {
    let mut connection = app.db.lend().await?;
    let access = super::may_read(&mut connection, viewer, document).await?;
    super::find(&mut connection, &access).await
}

fn kind_of(word: &str) -> Result<DocumentType> {
    word.parse().map_err(|_| Error::field("type", "malformed"))
}

/// Takes off what was read beyond the limit, and tells where the next page begins if there was.
fn next(documents: &mut Vec<Document>, limit: i64) -> Option<String> {
    if i64::try_from(documents.len()).is_ok_and(|found| found <= limit) {
        return None;
    }
    documents.pop();
    documents.last().map(|document| format!("{}.{}", document.updated_at.timestamp_micros(), document.id))
}

/// The place of a list that a cursor names.
fn cursor(text: &str) -> Result<(chrono::DateTime<chrono::Utc>, DocumentId)> {
    let parts = text.split_once('.').and_then(|(at, document)| {
        let at = chrono::DateTime::from_timestamp_micros(at.parse().ok()?)?;
        Some((at, document.parse().ok()?))
    });
    parts.ok_or_else(|| Error::field("cursor", "malformed"))
}
