//! Territories: data that the animator edits, and the posts that people hold in them for a time.
//!
//! Everybody signed in reads them. Tables: `territories`, `label_periods`, `assignments`.

mod store;

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;
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
    let id = TerritoryId::fresh();
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
    store::insert_assignment(tx.connection(), Uuid::now_v7(), person, territory, post, from, to).await
}

/// How many territories there are.
pub async fn count(connection: &mut PgConnection) -> Result<i64> {
    store::count(connection).await
}
