//! Who may edit the glossary. Only this file makes the proof.

use sqlx::PgConnection;

use crate::{
    error::{Error, Result},
    groups,
    http::Viewer,
};

/// The viewer animates some group, or administers the platform: they know the words of the trade.
#[derive(Clone, Copy, Debug)]
pub(super) struct MayEditGlossary(());

/// Whether the viewer may edit the glossary, which everybody may read.
pub(super) async fn may_edit_glossary(connection: &mut PgConnection, viewer: &Viewer) -> Result<MayEditGlossary> {
    if viewer.admin || groups::animates_any(connection, viewer).await? {
        Ok(MayEditGlossary(()))
    } else {
        Err(Error::Forbidden)
    }
}
