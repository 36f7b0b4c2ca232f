//! People, as others see them.

use serde::Serialize;
use words::{PersonId, Post};

use crate::territories::TerritoryLabel;

/// Who wrote or did something, with the post held at that time.
#[derive(Clone, Debug, Serialize)]
pub struct Author {
    /// The person.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// The territory of their post at that time.
    pub territory: Option<TerritoryLabel>,
    /// The post held at that time.
    #[serde(skip)]
    pub post: Option<Post>,
}

impl Author {
    /// At most two letters that stand for the person: first letters of the first and of the last name.
    pub fn initials(&self) -> String {
        initials(&self.name)
    }
}

/// At most two letters that stand for a name.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}
