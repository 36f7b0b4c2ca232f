//! Filters, as the database is asked them: names become the ids of what they mean.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::date::NETWORK_ZONE;
use words::Has;

use super::{
    question::{Field, Question},
    store::{
        Key,
        narrow::{Places, authors, places, posts, territories},
    },
};
use crate::{error::Result, http::Viewer};

/// What narrows a search; none of a thing is no filter of it.
#[derive(Clone, Debug)]
pub(super) struct Narrow {
    pub(super) authors: Option<Vec<Uuid>>,
    pub(super) territories: Option<Vec<Uuid>>,
    /// The posts in these territories: what a message and a document know of their author's.
    pub(super) posts: Option<Vec<Uuid>>,
    pub(super) places: Option<Places>,
    pub(super) with_document: bool,
    pub(super) with_link: bool,
    /// Not before this.
    pub(super) from: DateTime<Utc>,
    /// Only what comes after this in a list that begins with the latest.
    pub(super) below: Key,
}

impl Narrow {
    /// Asks what the filters mean. What means nothing is said beside its field, and narrows nothing.
    pub(super) async fn read(connection: &mut PgConnection, viewer: &Viewer, question: &mut Question) -> Result<Self> {
        let filters = question.filters.clone();
        let mut narrow = Self {
            authors: None,
            territories: None,
            posts: None,
            places: None,
            with_document: filters.has == Some(Has::Document),
            with_link: filters.has == Some(Has::Link),
            from: filters.after.and_then(|day| day.checked_add_days(Days::new(1))).map_or(earliest(), start_of),
            // No id is less than the least: the day itself is out.
            below: Key { at: filters.before.map_or(latest(), start_of), id: Uuid::nil() },
        };
        if let Some(name) = filters.author {
            narrow.authors = match super::question::folded(&name).as_str() {
                "moi" | "me" => Some(vec![viewer.id.0]),
                _ => Some(authors(connection, &name).await?).filter(|found| !found.is_empty()),
            };
            if narrow.authors.is_none() {
                question.filters.author = None;
                question.remark(Field::Author, "search-unknown-author", &name);
            }
        }
        if let Some(name) = filters.territory {
            let found = territories(connection, &name).await?;
            if found.is_empty() {
                question.filters.territory = None;
                question.remark(Field::Territory, "search-unknown-territory", &name);
            } else {
                narrow.posts = Some(posts(connection, &found).await?);
                narrow.territories = Some(found);
            }
        }
        if let Some(name) = filters.place {
            let found = places(connection, viewer.id, &name).await?;
            if found.within.is_empty() {
                question.filters.place = None;
                question.remark(Field::Place, "search-unknown-place", &name);
            } else {
                narrow.places = Some(found);
            }
        }
        Ok(narrow)
    }
}

/// Before anything was written.
pub(super) fn earliest() -> DateTime<Utc> {
    start_of(NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default())
}

/// After everything was.
fn latest() -> DateTime<Utc> {
    start_of(NaiveDate::from_ymd_opt(2900, 1, 1).unwrap_or_default())
}

/// When a day begins in the network's zone, whose nights change the hour and never midnight.
fn start_of(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    NETWORK_ZONE
        .from_local_datetime(&midnight)
        .earliest()
        .map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
}
