//! The navigation of pages: read anew only when one of the streams went on that it speaks of.

use sqlx::PgConnection;
use uuid::Uuid;
use web::page::Nav;
use words::{Locale, PersonId};

use super::Viewer;
use crate::{db::Work, error::Result, remembered::Remembered};

/// How many people's navigations are remembered: those of who read last. One is some 40 bytes for each unread thread.
const PEOPLE: usize = 512;

/// Where streams stand, in a steady order.
pub type Seqs = Vec<(Uuid, i64)>;

/// Reads where a viewer's streams stand, their own among them.
pub type Streams = for<'c> fn(&'c mut PgConnection, &'c Viewer) -> Work<'c, Seqs>;

/// Fills the navigation of a viewer.
pub type Fill = for<'c> fn(&'c mut PgConnection, &'c Viewer) -> Work<'c, Nav>;

/// How the roof reads a navigation, since it spans rooms, and what was read last.
///
/// Whatever a navigation shows changes with an event on one of the viewer's streams, since open pages need it too (I5):
/// it is good for as long as all of them stand where they stood. That is asked in the page's own snapshot, and so holds
/// for several nodes and for a database that was restored.
#[derive(Clone, Debug)]
pub struct Navigation {
    streams: Streams,
    fill: Fill,
    remembered: Remembered<(PersonId, Locale), (Uuid, Seqs), Nav>,
}

impl Navigation {
    /// A navigation that is read so.
    pub fn new(streams: Streams, fill: Fill) -> Self {
        Self { streams, fill, remembered: Remembered::up_to(PEOPLE) }
    }

    /// The navigation of a viewer, in the page's snapshot.
    pub(super) async fn read(&self, connection: &mut PgConnection, viewer: &Viewer, epoch: Uuid) -> Result<Nav> {
        let (key, stamp) = ((viewer.id, viewer.locale), (epoch, (self.streams)(connection, viewer).await?));
        if let Some(mut nav) = self.remembered.get(&key, &stamp) {
            nav.name.clone_from(&viewer.name);
            if let Some(own) = nav.streams.iter_mut().find(|(stream, _)| *stream == viewer.id.0) {
                own.1 = viewer.seq;
            }
            // The tests look, wherever a page is read twice, whether what is remembered is what is there.
            if cfg!(feature = "faults") {
                let fresh = Nav { epoch, ..(self.fill)(connection, viewer).await? };
                assert_eq!(format!("{nav:?}"), format!("{fresh:?}"), "no event told of a change");
            }
            return Ok(nav);
        }
        let nav = Nav { epoch, ..(self.fill)(connection, viewer).await? };
        self.remembered.put(key, stamp, nav.clone(), 1);
        Ok(nav)
    }
}
