//! Documents stand-in.
use crate::{db::Tx, error::Result};
use sqlx::PgConnection;
use words::{FileId, GroupId, PersonId};
#[expect(clippy::unused_async, reason = "the documents are not built yet")]
/// Whether all of these files may be attached by this person in this group: their own unfiled ones, or files of the
/// group's documents.
pub async fn attachable(_: &mut PgConnection, _: GroupId, _: PersonId, _: &[FileId]) -> Result<bool> {
    Ok(false)
}
#[expect(clippy::unused_async, reason = "the documents are not built yet")]
/// Makes a document of an unfiled file; a filed one stays as it is.
pub async fn file_away(_: &mut Tx, _: GroupId, _: PersonId, _: FileId) -> Result<()> {
    Ok(())
}
