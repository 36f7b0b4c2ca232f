//! Documents: the library of each group. A file that was attached anywhere lands here by itself.
//!
//! Every reader of the group reads every document; members add them, guests only what they attach to a message; whoever
//! shared a document, or an animator, gives it new versions and a better title, and removes it.
//!
//! Events: `document.*`. Tables: `files`, `documents`, `versions`; the bytes are in `files`.
//!
//! Surprises: a file is unfiled until a message or a document names it: its uploader alone sees it, and it is swept
//! after a day. A link has no version, and never becomes a file. The files of a removed document go after a week.

mod access;
mod download;
pub mod http;
mod store;
mod sweep;
mod upload;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::documents::{Document, DocumentFile};
use words::{DocumentId, DocumentType, Event, FileId, GroupId, PersonId};

pub use access::{DocumentAccess, FileAccess, may_read, may_read_file};
pub use sweep::{Swept, sweep, work};
pub use upload::{Incoming, Most, Received, receive};

use crate::{
    characters::{holds_hidden, plain},
    db::Tx,
    error::{Error, Result},
    files::Stored,
    groups::{MayRead, MayWrite},
    http::Viewer,
};

/// The most tags of a document.
const MOST_TAGS: usize = 20;
/// The longest tag, in characters.
const LONGEST_TAG: usize = 50;
/// The longest address of a link, in characters.
const LONGEST_URL: usize = 2000;

/// What is said of a document.
#[derive(Clone, Debug)]
pub struct Described {
    title: String,
    purpose: String,
    kind: DocumentType,
    tags: Vec<String>,
}

/// A page of a list of documents.
#[derive(Clone, Copy, Debug)]
pub struct ListPage {
    /// The one type that is listed, if it is one.
    pub kind: Option<DocumentType>,
    /// The last document of the page before, with the time of its last change.
    pub after: Option<(DateTime<Utc>, DocumentId)>,
    /// How many at most.
    pub limit: i64,
}

impl Described {
    /// Checks a title, a purpose, a type, and tags that are separated by commas.
    pub fn checked(title: &str, purpose: &str, kind: DocumentType, tags: &str) -> Result<Self> {
        let (title, purpose) = (title.trim(), plain("purpose", purpose)?);
        if title.is_empty() {
            return Err(Error::field("title", "required"));
        }
        if holds_hidden(title) {
            return Err(Error::field("title", "malformed"));
        }
        if title.chars().count() > 200 {
            return Err(Error::field("title", "too_long"));
        }
        if purpose.chars().count() > 1000 {
            return Err(Error::field("purpose", "too_long"));
        }
        Ok(Self { title: title.to_owned(), purpose, kind, tags: checked_tags(tags)? })
    }
}

fn checked_tags(tags: &str) -> Result<Vec<String>> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if holds_hidden(tag) {
            return Err(Error::field("tags", "malformed"));
        }
        if tag.chars().count() > LONGEST_TAG {
            return Err(Error::field("tags", "too_long"));
        }
        if !kept.iter().any(|known| known == tag) {
            kept.push(tag.to_owned());
        }
    }
    if kept.len() > MOST_TAGS { Err(Error::field("tags", "too_many")) } else { Ok(kept) }
}

/// Where a link may lead: a whole address of the web.
fn checked_url(url: &str) -> Result<String> {
    let url = url.trim();
    if url.is_empty() {
        return Err(Error::field("url", "required"));
    }
    if url.chars().count() > LONGEST_URL {
        return Err(Error::field("url", "too_long"));
    }
    let web = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    let host = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if !web || host.is_empty() || holds_hidden(url) || url.contains(char::is_whitespace) {
        return Err(Error::field("url", "malformed"));
    }
    Ok(url.to_owned())
}

/// Notes a stored file, unfiled.
pub async fn add_file(tx: &mut Tx, may: &MayRead, name: &str, stored: &Stored) -> Result<DocumentFile> {
    let id = tx.fresh();
    note(tx, may, id, name, stored).await
}

/// Notes the file of a form that may be sent again: the same form notes nothing twice. `form` is its own id, `place` the
/// file's in it.
pub async fn add_file_once(
    tx: &mut Tx,
    may: &MayRead,
    form: Uuid,
    place: usize,
    (name, stored): &(String, Stored),
) -> Result<DocumentFile> {
    let (group, person) = (may.group().0, may.person().0);
    let said: [&[u8]; 5] = [&place.to_be_bytes(), group.as_bytes(), person.as_bytes(), &stored.sha256, name.as_bytes()];
    let id = Uuid::new_v5(&form, &said.concat());
    note(tx, may, FileId(id), name, stored).await
}

async fn note(tx: &mut Tx, may: &MayRead, id: FileId, name: &str, stored: &Stored) -> Result<DocumentFile> {
    let now = tx.now();
    store::insert_file(tx.connection(), id, may.group(), may.person(), name, stored, now).await?;
    store::file(tx.connection(), id).await?.ok_or(Error::NotFound)
}

/// Adds a document whose first version is a file that the same person just stored.
pub async fn add(tx: &mut Tx, may: &MayWrite, new: &Described, file: FileId) -> Result<DocumentId> {
    lock(tx, may).await?;
    if new.kind == DocumentType::Link {
        return Err(Error::field("type", "malformed"));
    }
    if !store::is_own_unfiled(tx.connection(), may.group(), may.person(), file).await? {
        return Err(Error::field("file", "unknown"));
    }
    make(tx, may.group(), may.person(), new, file).await
}

/// Adds a link to something elsewhere.
pub async fn add_link(tx: &mut Tx, may: &MayWrite, new: &Described, url: &str) -> Result<DocumentId> {
    lock(tx, may).await?;
    let (group, document, now) = (may.group(), tx.fresh(), tx.now());
    let new = Described { kind: DocumentType::Link, ..new.clone() };
    store::insert(tx.connection(), document, group, may.person(), &new, Some(&checked_url(url)?), now).await?;
    tx.record(Event::DocumentCreated { group, document }, Some(may.person())).await?;
    Ok(document)
}

/// Locks the group's stream and asks again: a proof made before it is only an early answer.
async fn lock(tx: &mut Tx, may: &MayWrite) -> Result<()> {
    tx.lock(may.group().into()).await?;
    may.recheck(tx.connection()).await
}

/// Adds a version to a document, of a file that the same person just stored.
pub async fn add_version(tx: &mut Tx, access: &DocumentAccess, file: FileId) -> Result<()> {
    let (group, person, document, now) = (access.may().group(), access.may().person(), access.document(), tx.now());
    tx.lock(group.into()).await?;
    if access.recheck(tx.connection()).await?.is_link {
        return Err(Error::Conflict("link"));
    }
    if !store::is_own_unfiled(tx.connection(), group, person, file).await? {
        return Err(Error::field("file", "unknown"));
    }
    store::insert_version(tx.connection(), document, file, person, now).await?;
    tx.record(Event::DocumentUpdated { group, document, retitled: false }, Some(person)).await?;
    Ok(())
}

/// Says something else of a document. A link stays one.
pub async fn update(tx: &mut Tx, access: &DocumentAccess, described: &Described) -> Result<()> {
    let (group, document, now) = (access.may().group(), access.document(), tx.now());
    tx.lock(group.into()).await?;
    let standing = access.recheck(tx.connection()).await?;
    if standing.is_link != (described.kind == DocumentType::Link) {
        return Err(Error::field("type", "malformed"));
    }
    store::describe(tx.connection(), document, described, now).await?;
    let retitled = standing.title != described.title;
    tx.record(Event::DocumentUpdated { group, document, retitled }, Some(access.may().person())).await?;
    Ok(())
}

/// Removes a document: it is gone for everybody at once, and so are its files.
pub async fn remove(tx: &mut Tx, access: &DocumentAccess) -> Result<()> {
    let (group, document, now) = (access.may().group(), access.document(), tx.now());
    tx.lock(group.into()).await?;
    access.recheck(tx.connection()).await?;
    store::mark_deleted(tx.connection(), document, now).await?;
    tx.record(Event::DocumentDeleted { group, document }, Some(access.may().person())).await?;
    Ok(())
}

/// Whether all of these files may be attached by this person in this group: their own unfiled ones, or files of the
/// group's documents.
pub async fn attachable(
    connection: &mut PgConnection,
    group: GroupId,
    person: PersonId,
    files: &[FileId],
) -> Result<bool> {
    store::attachable(connection, group, person, files).await
}

/// Makes a document of an unfiled file; a filed one stays as it is. The group's stream is locked.
pub async fn file_away(tx: &mut Tx, group: GroupId, person: PersonId, file: FileId) -> Result<()> {
    if !store::is_own_unfiled(tx.connection(), group, person, file).await? {
        return Ok(());
    }
    let Some(stored) = store::file(tx.connection(), file).await? else { return Err(Error::NotFound) };
    let new = Described {
        title: stored.name.chars().take(200).collect(),
        purpose: String::new(),
        kind: DocumentType::Other,
        tags: Vec::new(),
    };
    make(tx, group, person, &new, file).await.map(drop)
}

/// The documents of a group, the last changed first.
pub async fn list(connection: &mut PgConnection, may: &MayRead, page: ListPage) -> Result<Vec<Document>> {
    store::list(connection, may.person(), Some(may.group()), page).await
}

/// The documents of all the viewer's groups, the last changed first.
pub async fn library(connection: &mut PgConnection, viewer: &Viewer, page: ListPage) -> Result<Vec<Document>> {
    store::list(connection, viewer.id, None, page).await
}

/// What others shared in the viewer's groups since then, the last first.
pub async fn shared_since(
    connection: &mut PgConnection,
    viewer: &Viewer,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Document>> {
    store::shared_since(connection, viewer.id, since, limit).await
}

/// The described documents of the viewer's groups that messages name most.
pub async fn useful(connection: &mut PgConnection, viewer: &Viewer, limit: i64) -> Result<Vec<(DocumentId, String)>> {
    store::useful(connection, viewer.id, limit).await
}

/// How many documents there are of each type, in a group.
pub async fn counts(connection: &mut PgConnection, may: &MayRead) -> Result<Vec<(DocumentType, i64)>> {
    store::counts(connection, may.person(), Some(may.group())).await
}

/// How many documents there are of each type, in all the viewer's groups.
pub async fn library_counts(connection: &mut PgConnection, viewer: &Viewer) -> Result<Vec<(DocumentType, i64)>> {
    store::counts(connection, viewer.id, None).await
}

/// One document.
pub async fn find(connection: &mut PgConnection, access: &DocumentAccess) -> Result<Document> {
    rendered(connection, access.document()).await?.ok_or(Error::NotFound)
}

/// A document as it is now, for the fan-out: who follows the group's stream may read it.
pub async fn rendered(connection: &mut PgConnection, document: DocumentId) -> Result<Option<Document>> {
    store::find(connection, document).await
}

async fn make(tx: &mut Tx, group: GroupId, person: PersonId, new: &Described, file: FileId) -> Result<DocumentId> {
    let (document, now) = (tx.fresh(), tx.now());
    store::insert(tx.connection(), document, group, person, new, None, now).await?;
    store::insert_version(tx.connection(), document, file, person, now).await?;
    tx.record(Event::DocumentCreated { group, document }, Some(person)).await?;
    Ok(document)
}

#[cfg(test)]
mod tests {
    use words::DocumentType;

    use super::{Described, checked_url};

    #[test]
    fn a_link_leads_to_the_web_and_nowhere_else() {
        for url in ["https://irev.fr", "http://localhost:8080/x?y#z", " https://irev.fr/é "] {
            assert_eq!(checked_url(url).unwrap(), url.trim(), "{url}");
        }
        let long = format!("https://irev.fr/{}", "a".repeat(2000));
        for url in ["", "irev.fr", "javascript:alert(1)", "https://", "https:///x", "file:///etc", "https://a b", &long]
        {
            assert!(checked_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn tags_are_words_between_commas_each_once() {
        let tags = |tags: &str| Described::checked("t", "", DocumentType::Tool, tags).map(|new| new.tags);
        assert_eq!(tags(" évaluation, pilotage ,,évaluation").unwrap(), ["évaluation", "pilotage"]);
        assert!(tags(&"a".repeat(51)).is_err() && tags("a\0").is_err());
        let many = (0..21).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
        assert!(tags(&many).is_err());
    }

    #[test]
    fn a_title_is_one_line() {
        let titled = |title: &str| Described::checked(title, "", DocumentType::Tool, "").is_ok();
        assert!(titled(&"é".repeat(200)));
        assert!(!titled("") && !titled(" ") && !titled(&"é".repeat(201)) && !titled("a\nb"));
    }
}
