//! Search: one page, results grouped by what they are.

use askama::Template;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::page::Shell;

/// Something that was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Found {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// What it says around the words.
    pub extract: String,
    /// Where it is.
    pub url: String,
}

/// The results of a search.
#[derive(Debug, Template)]
#[template(path = "search/page.html")]
pub struct SearchPage {
    /// The shell.
    pub shell: Shell,
    /// What was looked for, as typed.
    pub question: String,
    /// Messages.
    pub messages: Vec<Found>,
    /// Documents.
    pub documents: Vec<Found>,
    /// Meetings.
    pub meetings: Vec<Found>,
    /// People.
    pub people: Vec<Found>,
}

impl SearchPage {
    /// The lists that hold something, each with the key of its heading.
    fn lists(&self) -> Vec<(&'static str, &[Found])> {
        let lists: [(&'static str, &[Found]); 4] = [
            ("search-messages", &self.messages),
            ("search-documents", &self.documents),
            ("search-meetings", &self.meetings),
            ("search-people", &self.people),
        ];
        lists.into_iter().filter(|(_, found)| !found.is_empty()).collect()
    }

    fn count(&self) -> usize {
        self.lists().iter().map(|(_, found)| found.len()).sum()
    }
}
