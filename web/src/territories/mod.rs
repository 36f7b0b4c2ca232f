//! Territories.

use askama::Template;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;
use words::{PersonId, Post};

use crate::{page::Shell, people::initials};

/// A territory in a few letters, as shown beside a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct TerritoryLabel {
    /// Its code of two to five letters.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The number of its department, which chooses its colour.
    #[serde(skip)]
    pub department: String,
}

/// A territory, with the people who hold a post there now.
#[derive(Clone, Debug)]
pub struct Territory {
    /// Its code, name and department.
    pub label: TerritoryLabel,
    /// Its communes.
    pub communes: Vec<String>,
    /// Its department's name.
    pub department_name: String,
    /// The quarters that it covers; empty if unknown.
    pub quarters: String,
    /// The year of its first label, where it is known.
    pub label_since: Option<i16>,
    /// Who holds a post there now.
    pub people: Vec<PostHeld>,
}

/// A post that somebody holds or held.
#[derive(Clone, Debug)]
pub struct PostHeld {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Which.
    pub post: Post,
    /// Where; none for one in the network itself.
    pub territory: Option<TerritoryLabel>,
    /// Since when.
    pub from: NaiveDate,
    /// Its last day, once it is over.
    pub to: Option<NaiveDate>,
}

/// The directory: territories, and the people beside them.
#[derive(Debug, Template)]
#[template(path = "territories/directory.html")]
pub struct DirectoryPage {
    /// The shell.
    pub shell: Shell,
    /// The territories, by department.
    pub territories: Vec<Territory>,
    /// Who holds a post in the network itself.
    pub others: Vec<PostHeld>,
}

/// A territory's page.
#[derive(Debug, Template)]
#[template(path = "territories/page.html")]
pub struct TerritoryPage {
    /// The shell.
    pub shell: Shell,
    /// The territory.
    pub territory: Territory,
    /// Everybody who holds or held a post there.
    pub people: Vec<PostHeld>,
}

/// A person's page.
#[derive(Debug, Template)]
#[template(path = "territories/person.html")]
pub struct PersonPage {
    /// The shell.
    pub shell: Shell,
    /// Whom the reader may write to here: not themselves.
    pub writable: Option<PersonId>,
    /// Their name.
    pub name: String,
    /// The posts that they hold or held.
    pub posts: Vec<PostHeld>,
}

impl PostHeld {
    /// The years of the post, as `2022 – 2024` or `2022 –`.
    pub fn years(&self) -> String {
        let until = self.to.map(|to| format!("\u{a0}{}", to.format("%Y"))).unwrap_or_default();
        format!("{}\u{a0}–{until}", self.from.format("%Y"))
    }

    /// The letters of the person's avatar.
    pub fn initials(&self) -> String {
        initials(&self.name)
    }
}
