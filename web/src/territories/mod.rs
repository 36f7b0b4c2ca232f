//! Territories.

use serde::Serialize;

/// A territory in a few letters, as shown beside a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TerritoryLabel {
    /// Its code of two to five letters.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The number of its department, which chooses its colour.
    #[serde(skip)]
    pub department: String,
}
