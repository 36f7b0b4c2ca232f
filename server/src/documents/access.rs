//! Who may read a document and a file: the present members of its group, and an unfiled file's uploader.

use sqlx::PgConnection;
use words::{DocumentId, FileId, PersonId, Role};

use super::store::{self, Standing};
use crate::{
    error::{Error, Result},
    groups::{self, MayRead},
    http::Viewer,
};

/// The viewer may read this document.
#[derive(Clone, Copy, Debug)]
pub struct DocumentAccess {
    may: MayRead,
    document: DocumentId,
    sharer: PersonId,
}

/// The viewer may read this file.
#[derive(Clone, Debug)]
pub struct FileAccess {
    /// Its name.
    pub name: String,
    /// Its weight in bytes.
    pub size_bytes: u64,
    /// Its sniffed media type.
    pub media_type: String,
    /// Its content's hash.
    pub sha256: Vec<u8>,
}

impl DocumentAccess {
    /// The right in its group.
    pub fn may(&self) -> &MayRead {
        &self.may
    }

    /// The document.
    pub fn document(&self) -> DocumentId {
        self.document
    }

    /// Whether the viewer may change it: who shared it, or an animator.
    pub fn changeable(&self) -> bool {
        self.sharer == self.may.person() || self.may.role() == Role::Animator
    }

    /// Refuses whoever may only read it.
    pub fn change(&self) -> Result<()> {
        if self.changeable() { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// Asks again, after the group's stream was locked: a proof made before it is only an early answer.
    pub(super) async fn recheck(&self, connection: &mut PgConnection) -> Result<Standing> {
        let standing = store::standing(connection, self.document, self.may.person()).await?.ok_or(Error::NotFound)?;
        let changeable = standing.sharer == self.may.person() || standing.role == Role::Animator;
        if changeable { Ok(standing) } else { Err(Error::Forbidden) }
    }
}

/// Whether the viewer may read the document; if not, it does not exist for them.
pub async fn may_read(connection: &mut PgConnection, viewer: &Viewer, document: DocumentId) -> Result<DocumentAccess> {
    let place = store::place(connection, document).await?.ok_or(Error::NotFound)?;
    let may = groups::may_read(connection, viewer, place.group).await?;
    Ok(DocumentAccess { may, document, sharer: place.sharer })
}

/// Whether the viewer may read the file; if not, it does not exist for them.
pub async fn may_read_file(connection: &mut PgConnection, viewer: &Viewer, file: FileId) -> Result<FileAccess> {
    let found = store::file_place(connection, file).await?.ok_or(Error::NotFound)?;
    groups::may_read(connection, viewer, found.group).await?;
    if !found.filed && found.uploader != viewer.id {
        return Err(Error::NotFound);
    }
    Ok(FileAccess {
        name: found.name,
        size_bytes: found.size_bytes.unsigned_abs(),
        media_type: found.media_type,
        sha256: found.sha256,
    })
}
