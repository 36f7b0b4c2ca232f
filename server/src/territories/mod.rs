//! Territories: data that the animator edits, and the posts that people hold in them for a time.
//!
//! Everybody signed in reads them. Tables: `territories`, `label_periods`, `assignments`.

pub mod http;
mod store;

use chrono::NaiveDate;
use sqlx::PgConnection;
use web::territories::{PostHeld, Territory};
use words::{PersonId, Post, TerritoryId};

use crate::{db::Tx, error::Result};

/// A territory to be.
#[derive(Clone, Debug)]
pub struct NewTerritory {
    /// Its code of two to five capital letters.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its communes, and their INSEE codes.
    pub communes: Vec<String>,
    /// The INSEE codes of its communes.
    pub insee: Vec<String>,
    /// The number of its department.
    pub department: String,
    /// The name of its department.
    pub department_name: String,
    /// The quarters that it covers.
    pub quarters: String,
    /// Its first labelling.
    pub label_since: Option<i16>,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// Adds a territory.
pub async fn add(tx: &mut Tx, new: &NewTerritory) -> Result<TerritoryId> {
    let id = tx.fresh();
    store::insert(tx.connection(), id, new).await?;
    Ok(id)
}

/// Gives a person a post, in a territory or in the network, from a day on and perhaps up to one.
pub async fn assign(
    tx: &mut Tx,
    person: PersonId,
    territory: Option<TerritoryId>,
    post: Post,
    (from, to): (NaiveDate, Option<NaiveDate>),
) -> Result<()> {
    let id = tx.fresh();
    store::insert_assignment(tx.connection(), id, person, territory, post, from, to).await
}

/// The territories with the people who hold a post there now, by department and name.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Territory>> {
    store::list(connection).await
}

/// The people who hold a post in the network and in no territory now.
pub async fn without_territory(connection: &mut PgConnection) -> Result<Vec<PostHeld>> {
    store::held(connection, None, None, true).await
}

/// Everybody who holds or held a post in a territory, the last first.
pub async fn people_of(connection: &mut PgConnection, code: &str) -> Result<Vec<PostHeld>> {
    store::held(connection, Some(code), None, false).await
}

/// A person's name, and the posts that they hold or held, the last first.
pub async fn posts_of(connection: &mut PgConnection, person: PersonId) -> Result<Option<(String, Vec<PostHeld>)>> {
    let Some(name) = store::name_of(connection, person).await? else { return Ok(None) };
    Ok(Some((name, store::held(connection, None, Some(person), false).await?)))
}
