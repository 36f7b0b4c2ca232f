//! The gates of documents: the library, one document, uploads, and the bytes of files.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Multipart, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::stream;
use serde::Deserialize;
use sqlx::PgConnection;
use tokio::{fs::File, io::AsyncReadExt, time::Instant};
use web::{
    documents::{Document, DocumentFile, DocumentPage, LibraryPage, UploadForm},
    page::{Current, Faults},
    paths,
};
use words::{DocumentId, DocumentType, FileId, GroupId};

use super::{FileAccess, NewDocument, receive, upload::Received};
use crate::{
    error::{Error, Result},
    files::hex,
    groups::{self, http::List},
    http::{App, Page, Path, Policy, Query, Routes, Viewer, print},
    people,
};

/// How often a long download asks again whether its reader may go on (I17).
const RECHECK: Duration = Duration::from_secs(5);
/// How much is read from the disk at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// The routes of documents and files.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/documents", library_page)
        .post(Policy::SignedIn, "/groups/{slug}/documents", add_form)
        .get(Policy::SignedIn, "/documents/{document}", document_page)
        .post(Policy::SignedIn, "/documents/{document}/versions", version_form)
        .get(Policy::SignedIn, "/files/{file}", file)
        .get(Policy::SignedIn, "/api/v1/files/{file}", file)
        .get(Policy::SignedIn, "/api/v1/groups/{group}/documents", list)
        .post(Policy::SignedIn, "/api/v1/groups/{group}/documents", add)
        .post(Policy::SignedIn, "/api/v1/groups/{group}/files", add_file)
        .get(Policy::SignedIn, "/api/v1/documents/{document}", show)
        .post(Policy::SignedIn, "/api/v1/documents/{document}/versions", add_version)
}

#[derive(Deserialize)]
struct LibraryQuery {
    r#type: Option<String>,
    group: Option<String>,
}

async fn library_page(State(app): State<App>, page: Page, Query(query): Query<LibraryQuery>) -> Result<Response> {
    let kind = query.r#type.as_deref().filter(|kind| !kind.is_empty()).map(str::parse).transpose();
    let kind = kind.map_err(|_| Error::field("type", "malformed"))?;
    show_library(&app, &page, kind, query.group, Faults::default(), UploadForm::default()).await
}

async fn show_library(
    app: &App,
    page: &Page,
    kind: Option<DocumentType>,
    group: Option<String>,
    faults: Faults,
    form: UploadForm,
) -> Result<Response> {
    let (nav, documents) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let Some(slug) = group else { return super::library(connection, viewer, kind).await };
                let group = groups::find(connection, viewer, &slug).await?;
                let may = groups::may_read(connection, viewer, group.id).await?;
                super::list(connection, &may, kind).await
            })
        })
        .await?;
    let shell = page.shell(&page.text.get("documents-title"), nav).at(Current::Documents);
    let (now, limit) = (app.db.clock().now(), app.settings.upload_limit_bytes);
    print(&LibraryPage { shell, faults, documents, kind, form, limit, now })
}

async fn document_page(State(app): State<App>, page: Page, Path(document): Path<DocumentId>) -> Result<Response> {
    let (nav, (document, changeable)) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move {
                let access = super::may_read(connection, viewer, document).await?;
                Ok((super::find(connection, &access).await?, access.changeable()))
            })
        })
        .await?;
    let shell = page.shell(&document.title, nav).at(Current::Documents);
    print(&DocumentPage { shell, document, changeable, now: app.db.clock().now() })
}

async fn add_form(State(app): State<App>, page: Page, Path(slug): Path<String>, form: Multipart) -> Result<Response> {
    let viewer = page.reader()?;
    let group = may_add(&app, &viewer, &slug).await?;
    let received = receive(&app.files, form, app.settings.upload_limit_bytes).await?;
    let typed = UploadForm {
        group: slug.clone(),
        title: received.word("title").to_owned(),
        purpose: received.word("purpose").to_owned(),
        kind: received.word("type").to_owned(),
    };
    match add_document(&app, viewer, group, received).await {
        Ok(document) => Ok(Redirect::to(&paths::document(document)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_library(&app, &page, None, None, faults, typed).await
        }
    }
}

async fn add(State(app): State<App>, viewer: Viewer, Path(address): Path<String>, form: Multipart) -> Result<Response> {
    let group = may_add(&app, &viewer, &address).await?;
    let received = receive(&app.files, form, app.settings.upload_limit_bytes).await?;
    let document = add_document(&app, viewer.clone(), group, received).await?;
    Ok((StatusCode::CREATED, axum::Json(found(&app, &viewer, document).await?)).into_response())
}

/// The group that the viewer may add to: asked before a byte of the body is read.
async fn may_add(app: &App, viewer: &Viewer, address: &str) -> Result<GroupId> {
    let group = groups::http::id_at(app, viewer, address).await?;
    let mut connection = app.db.pool().acquire().await?;
    groups::may_write(&mut connection, viewer, group).await.map(|may| may.group())
}

async fn add_document(app: &App, viewer: Viewer, group: GroupId, received: Received) -> Result<DocumentId> {
    let Some((name, stored)) = received.files.first().cloned() else { return Err(Error::field("file", "required")) };
    let kind = match received.word("type") {
        "" => DocumentType::Other,
        word => word.parse().map_err(|_| Error::field("type", "malformed"))?,
    };
    let title = if received.word("title").trim().is_empty() { name.as_str() } else { received.word("title") };
    let new = NewDocument::checked(title, received.word("purpose"), kind)?;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let may = groups::may_write(tx.connection(), &viewer, group).await?;
                let file = super::add_file(tx, may.read(), &name, &stored).await?;
                super::add(tx, &may, &new, file.id).await
            })
        })
        .await
}

async fn version_form(
    State(app): State<App>,
    viewer: Viewer,
    Path(document): Path<DocumentId>,
    form: Multipart,
) -> Result<Redirect> {
    version(&app, viewer, document, form).await?;
    Ok(Redirect::to(&paths::document(document)))
}

async fn add_version(
    State(app): State<App>,
    viewer: Viewer,
    Path(document): Path<DocumentId>,
    form: Multipart,
) -> Result<Response> {
    version(&app, viewer.clone(), document, form).await?;
    Ok((StatusCode::CREATED, axum::Json(found(&app, &viewer, document).await?)).into_response())
}

async fn version(app: &App, viewer: Viewer, document: DocumentId, form: Multipart) -> Result<()> {
    {
        let mut connection = app.db.pool().acquire().await?;
        if !super::may_read(&mut connection, &viewer, document).await?.changeable() {
            return Err(Error::Forbidden);
        }
    }
    let received = receive(&app.files, form, app.settings.upload_limit_bytes).await?;
    let Some((name, stored)) = received.files.into_iter().next() else { return Err(Error::field("file", "required")) };
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

async fn add_file(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
    form: Multipart,
) -> Result<Response> {
    let group = groups::http::id_at(&app, &viewer, &address).await?;
    let may = {
        let mut connection = app.db.pool().acquire().await?;
        groups::may_read(&mut connection, &viewer, group).await?
    };
    let received = receive(&app.files, form, app.settings.upload_limit_bytes).await?;
    let Some(first) = received.files.into_iter().next() else { return Err(Error::field("file", "required")) };
    let file: DocumentFile =
        app.db.write(move |tx| Box::pin(async move { super::add_file(tx, &may, &first.0, &first.1).await })).await?;
    Ok((StatusCode::CREATED, axum::Json(file)).into_response())
}

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
) -> Result<axum::Json<List<Document>>> {
    let group = groups::http::id_at(&app, &viewer, &address).await?;
    let mut connection = app.db.pool().acquire().await?;
    let may = groups::may_read(&mut connection, &viewer, group).await?;
    Ok(List::whole(super::list(&mut connection, &may, None).await?))
}

async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(document): Path<DocumentId>,
) -> Result<axum::Json<Document>> {
    found(&app, &viewer, document).await.map(axum::Json)
}

async fn found(app: &App, viewer: &Viewer, document: DocumentId) -> Result<Document> {
    let mut connection = app.db.pool().acquire().await?;
    let access = super::may_read(&mut connection, viewer, document).await?;
    super::find(&mut connection, &access).await
}

/// The bytes of a file, or a part of them (RFC 9110, 14): always as a download, in a sandbox.
async fn file(
    State(app): State<App>,
    viewer: Viewer,
    Path(file): Path<FileId>,
    headers: HeaderMap,
) -> Result<Response> {
    let mut connection = app.db.pool().acquire().await?;
    let access = super::may_read_file(&mut connection, &viewer, file).await?;
    drop::<sqlx::pool::PoolConnection<sqlx::Postgres>>(connection);
    let tag = format!("\"{}\"", hex(&access.sha256));
    let given = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if given(header::IF_NONE_MATCH).is_some_and(|known| known == "*" || known.split(',').any(|one| one.trim() == tag)) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        describe(&mut response, &access, &tag)?;
        return Ok(response);
    }
    let range = given(header::RANGE).filter(|_| given(header::IF_RANGE).is_none_or(|known| known == tag));
    let (status, from, length) = match range.map(|range| part(range, access.size_bytes)) {
        None | Some(Part::Ignored) => (StatusCode::OK, 0, access.size_bytes),
        Some(Part::Of(from, to)) => (StatusCode::PARTIAL_CONTENT, from, to - from + 1),
        Some(Part::Outside) => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", access.size_bytes))?;
            return Ok(response);
        }
    };
    let source = app.files.open_at(&access.sha256, from).await?;
    let mut response = (status, Body::from_stream(watched(app, viewer, file, source, length))).into_response();
    describe(&mut response, &access, &tag)?;
    set(&mut response, header::CONTENT_LENGTH, &length.to_string())?;
    if status == StatusCode::PARTIAL_CONTENT {
        let last = from + length - 1;
        set(&mut response, header::CONTENT_RANGE, &format!("bytes {from}-{last}/{}", access.size_bytes))?;
    }
    Ok(response)
}

fn describe(response: &mut Response, access: &FileAccess, tag: &str) -> Result<()> {
    // A name in the two forms of RFC 6266: ASCII for the old, percent-encoded for the rest.
    let plain: String =
        access.name.chars().map(|c| if c.is_ascii() && c != '"' && c != '\\' { c } else { '_' }).collect();
    let encoded = paths::encoded(&access.name).replace('/', "%2F");
    set(
        response,
        header::CONTENT_DISPOSITION,
        &format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"),
    )?;
    set(response, header::CONTENT_TYPE, &access.media_type)?;
    set(response, header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'")?;
    set(response, header::ACCEPT_RANGES, "bytes")?;
    set(response, header::CACHE_CONTROL, "private, no-cache")?;
    set(response, header::ETAG, tag)
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) -> Result<()> {
    let value = HeaderValue::from_str(value).map_err(|_| Error::NotFound)?;
    response.headers_mut().insert(name, value);
    Ok(())
}

/// The bytes as they are read, while the reader may read them.
fn watched(
    app: App,
    viewer: Viewer,
    file: FileId,
    source: File,
    length: u64,
) -> impl futures_util::Stream<Item = Result<Vec<u8>>> {
    let began = (source, length, Instant::now());
    stream::try_unfold(began, move |(mut source, left, checked)| {
        let (app, viewer) = (app.clone(), viewer.clone());
        async move {
            if left == 0 {
                return Ok(None);
            }
            let mut checked = checked;
            if checked.elapsed() >= RECHECK {
                let mut connection = app.db.pool().acquire().await?;
                recheck(&mut connection, &viewer, file).await?;
                checked = Instant::now();
            }
            let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
            let read = source.read(&mut chunk).await?;
            if read == 0 {
                return Err(Error::NotFound);
            }
            chunk.truncate(read);
            Ok(Some((chunk, (source, left - read as u64, checked))))
        }
    })
}

async fn recheck(connection: &mut PgConnection, viewer: &Viewer, file: FileId) -> Result<()> {
    super::may_read_file(connection, viewer, file).await.map(drop)
}

/// What a Range asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// From a byte to another, both included.
    Of(u64, u64),
    /// Beyond the end.
    Outside,
    /// Not one range of bytes: the whole is answered.
    Ignored,
}

fn part(range: &str, size: u64) -> Part {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::Ignored;
    };
    match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first > last => Part::Ignored,
        (Ok(first), _) if first >= size => Part::Outside,
        (Ok(first), Ok(last)) => Part::Of(first, last.min(size - 1)),
        (Ok(first), Err(_)) if last.trim().is_empty() => Part::Of(first, size - 1),
        (Err(_), Ok(0)) => Part::Outside,
        (Err(_), Ok(_)) if size == 0 => Part::Outside,
        (Err(_), Ok(last)) if first.trim().is_empty() => Part::Of(size - last.min(size), size - 1),
        _ => Part::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, part};

    #[test]
    fn a_range_is_one_part_of_the_file_or_nothing() {
        let cases = [
            ("bytes=0-3", Part::Of(0, 3)),
            ("bytes=4-", Part::Of(4, 9)),
            ("bytes=-3", Part::Of(7, 9)),
            ("bytes=-30", Part::Of(0, 9)),
            ("bytes=5-100", Part::Of(5, 9)),
            ("bytes=10-", Part::Outside),
            ("bytes=-0", Part::Outside),
            ("bytes=3-1", Part::Ignored),
            ("bytes=0-1,3-4", Part::Ignored),
            ("lines=1-2", Part::Ignored),
            ("bytes=--1", Part::Ignored),
        ];
        for (range, expected) in cases {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=-1", 0), Part::Outside);
    }
}
