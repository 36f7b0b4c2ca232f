//! The navigation of pages: read anew only when something happened that its reader is told of.

use std::{sync::Arc, time::Duration};

use sqlx::PgConnection;
use uuid::Uuid;
use web::page::Nav;
use words::{Locale, PersonId};

use super::Viewer;
use crate::{
    db::Work,
    error::Result,
    remembered::{Remembered, Turn},
};

/// How many people's navigations are remembered: those of who read last. One is some 40 bytes for each unread thread.
const PEOPLE: usize = 512;

/// How long another page of the same person is waited for, which reads what this one needs.
const PATIENCE: Duration = Duration::from_secs(1);

/// Fills the navigation of a viewer.
pub type Fill = for<'c> fn(&'c mut PgConnection, &'c Viewer) -> Work<'c, Nav>;

/// How the roof reads a navigation, since it spans rooms, and what was read last.
///
/// Whatever a navigation shows changes with an event on one of the viewer's streams, since open pages need it too (I5):
/// it is good for as long as matters stand for them as they stood, which is read with their session.
#[derive(Clone, Debug)]
pub struct Navigation {
    fill: Fill,
    remembered: Remembered<(PersonId, Locale), (Uuid, Arc<str>), Nav>,
}

impl Navigation {
    /// A navigation that is read so.
    pub fn new(fill: Fill) -> Self {
        Self { fill, remembered: Remembered::up_to(PEOPLE) }
    }

    /// The navigation of a viewer as it was read last, if it is good, or else the turn to read it: who opens several pages
    /// at once has it read once. To be asked for before the snapshot of the page's content begins. It is older than that
    /// then, and what came between is told once more; newer, it would speak of events that the content does not show.
    pub(super) async fn remembered(&self, viewer: &Viewer, epoch: Uuid) -> std::result::Result<Nav, Option<Turn>> {
        let (key, stamp) = ((viewer.id, viewer.locale), (epoch, viewer.standing.clone().ok_or(None)?));
        let named = |nav| Nav { name: viewer.name.clone(), ..nav };
        if let Some(nav) = self.remembered.get(&key, &stamp) {
            return Ok(named(nav));
        }
        // Who waited for long reads it beside the others.
        let Ok(turn) = tokio::time::timeout(PATIENCE, self.remembered.turn(&key)).await else { return Err(None) };
        self.remembered.get(&key, &stamp).map(named).ok_or(Some(turn))
    }

    /// The navigation of a viewer, in the page's snapshot.
    pub(super) async fn read(&self, connection: &mut PgConnection, viewer: &Viewer, epoch: Uuid) -> Result<Nav> {
        let nav = Nav { epoch, ..(self.fill)(connection, viewer).await? };
        // How matters stand was read before it: it shows at least that.
        if let Some(standing) = &viewer.standing {
            let key = (viewer.id, viewer.locale);
            self.remembered.put(key, (epoch, Arc::clone(standing)), nav.clone(), 1);
        }
        Ok(nav)
    }

    /// The tests look, wherever a page is read twice, whether what is remembered is what is there.
    #[cfg(feature = "faults")]
    pub(super) async fn assert_good(&self, connection: &mut PgConnection, viewer: &Viewer, nav: &Nav) -> Result<()> {
        let fresh = Nav { epoch: nav.epoch, ..(self.fill)(connection, viewer).await? };
        if viewer.standing.as_deref() == Some(&*crate::db::standing(connection, viewer.id).await?) {
            assert_eq!(format!("{nav:?}"), format!("{fresh:?}"), "no event told of a change");
        }
        Ok(())
    }
}
