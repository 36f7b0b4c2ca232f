//! Search: one box over messages, documents, meetings and people, of what the asker may read.
//!
//! French stemming, accents and ligatures folded: `Mons-en-Barœul` and `mons en baroeul` find the same. A message is
//! found as soon as it is committed, since the index is written with it.
//!
//! Surprises: rights are a join of each statement, so that a former member finds nothing from the moment they left.

pub mod http;
mod store;

use sqlx::PgConnection;
use web::search::Found;

use crate::{error::Result, http::Viewer};

/// What a search found, by kind.
#[derive(Debug, Default)]
pub struct Results {
    /// Messages, the latest first.
    pub messages: Vec<Found>,
    /// Documents, the best first.
    pub documents: Vec<Found>,
    /// Meetings, the latest first.
    pub meetings: Vec<Found>,
    /// People, by name.
    pub people: Vec<Found>,
}

/// The longest question that is looked for, in characters; the rest of a longer one is passed over.
const LONGEST: usize = 200;

/// Looks for words in everything that the viewer may read, at most `limit` of each kind.
pub async fn search(connection: &mut PgConnection, viewer: &Viewer, words: &str, limit: i64) -> Result<Results> {
    let words: String = words.chars().filter(|c| *c != '\0').take(LONGEST).collect();
    if words.trim().is_empty() {
        return Ok(Results::default());
    }
    Ok(Results {
        messages: store::messages(connection, viewer.id, &words, limit).await?,
        documents: store::documents(connection, viewer.id, &words, limit).await?,
        meetings: store::meetings(connection, viewer.id, &words, limit).await?,
        people: store::people(connection, &words, limit).await?,
    })
}
