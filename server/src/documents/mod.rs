//! Documents: the library of each group. A file that was attached anywhere lands here by itself.
//!
//! Every reader of the group reads every document; members add them, guests only what they attach to a message; whoever
//! shared a document, or an animator, gives it new versions and a better title.
//!
//! Events: `document.*`. Tables: `files`, `documents`, `versions`; the bytes are in `files`.
//!
//! Surprises: a file is unfiled until a message or a document names it: its uploader alone sees it, and it is swept
//! after a day.

mod access;
pub mod http;
mod store;
mod upload;

use sqlx::PgConnection;
use web::documents::{Document, DocumentFile};
use words::{DocumentId, DocumentType, Event, FileId, GroupId, PersonId};

pub use access::{DocumentAccess, FileAccess, may_read, may_read_file};
pub use upload::receive;

use crate::{
    db::Tx,
    error::{Error, Result},
    files::Stored,
    groups::{MayRead, MayWrite},
    http::Viewer,
};

/// A document to be.
#[derive(Clone, Debug)]
pub struct NewDocument {
    title: String,
    purpose: String,
    kind: DocumentType,
}

impl NewDocument {
    /// Checks a title, a purpose and a type.
    pub fn checked(title: &str, purpose: &str, kind: DocumentType) -> Result<Self> {
        let (title, purpose) = (title.trim(), purpose.trim());
        if title.is_empty() {
            return Err(Error::field("title", "required"));
        }
        if title.chars().count() > 200 || title.chars().any(char::is_control) {
            return Err(Error::field("title", "too_long"));
        }
        if purpose.chars().count() > 1000 || purpose.contains('\0') {
            return Err(Error::field("purpose", "too_long"));
        }
        Ok(Self { title: title.to_owned(), purpose: purpose.to_owned(), kind })
    }
}

/// Notes a stored file, unfiled.
pub async fn add_file(tx: &mut Tx, may: &MayRead, name: &str, stored: &Stored) -> Result<DocumentFile> {
    let (id, now) = (FileId::fresh(), tx.now());
    store::insert_file(tx.connection(), id, may.group(), may.person(), name, stored, now).await?;
    store::file(tx.connection(), id).await?.ok_or(Error::NotFound)
}

/// Adds a document whose first version is a file that the same person just stored.
pub async fn add(tx: &mut Tx, may: &MayWrite, new: &NewDocument, file: FileId) -> Result<DocumentId> {
    tx.lock(may.group().into()).await?;
    if !store::is_own_unfiled(tx.connection(), may.group(), may.person(), file).await? {
        return Err(Error::field("file", "unknown"));
    }
    make(tx, may.group(), may.person(), new, file).await
}

/// Adds a version to a document.
pub async fn add_version(tx: &mut Tx, access: &DocumentAccess, file: FileId) -> Result<()> {
    let (group, person, document, now) = (access.may().group(), access.may().person(), access.document(), tx.now());
    tx.lock(group.into()).await?;
    if !access.changeable() {
        return Err(Error::Forbidden);
    }
    if !store::is_own_unfiled(tx.connection(), group, person, file).await? {
        return Err(Error::field("file", "unknown"));
    }
    store::insert_version(tx.connection(), document, file, person, now).await?;
    tx.record(Event::DocumentUpdated { group, document }, Some(person)).await?;
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
    let new = NewDocument {
        title: stored.name.chars().take(200).collect(),
        purpose: String::new(),
        kind: DocumentType::Other,
    };
    make(tx, group, person, &new, file).await.map(drop)
}

/// The documents of a group, the last changed first; of one type, if it is given.
pub async fn list(connection: &mut PgConnection, may: &MayRead, kind: Option<DocumentType>) -> Result<Vec<Document>> {
    store::list(connection, may.group(), kind).await
}

/// The documents of all the viewer's groups, the last changed first.
pub async fn library(
    connection: &mut PgConnection,
    viewer: &Viewer,
    kind: Option<DocumentType>,
) -> Result<Vec<Document>> {
    store::library(connection, viewer.id, kind).await
}

/// One document.
pub async fn find(connection: &mut PgConnection, access: &DocumentAccess) -> Result<Document> {
    rendered(connection, access.document()).await?.ok_or(Error::NotFound)
}

/// A document as it is now, for the fan-out: who follows the group's stream may read it.
pub async fn rendered(connection: &mut PgConnection, document: DocumentId) -> Result<Option<Document>> {
    store::find(connection, document).await
}

async fn make(tx: &mut Tx, group: GroupId, person: PersonId, new: &NewDocument, file: FileId) -> Result<DocumentId> {
    let (document, now) = (DocumentId::fresh(), tx.now());
    store::insert(tx.connection(), document, group, person, new, now).await?;
    store::insert_version(tx.connection(), document, file, person, now).await?;
    tx.record(Event::DocumentCreated { group, document }, Some(person)).await?;
    Ok(document)
}
