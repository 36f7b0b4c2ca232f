//! Search: one page, results grouped by what they are; and the switcher, which leads to a place by its name.

use askama::Template;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use words::{AcronymId, Has, Sought};

use crate::{
    Text, date,
    page::{Faults, Shell},
    paths,
};

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
    /// Who wrote it, with their territory, where it is somebody's.
    pub author: Option<String>,
    /// The group and the channel that it is in, where it is in one.
    pub place: Option<String>,
    /// When it was written, last changed, or takes place.
    pub at: Option<DateTime<Utc>>,
    /// Whether it is of a channel's standing thread, whose first words are no title.
    #[serde(skip)]
    pub standing: bool,
    /// The extract, cut where the words begin and end.
    #[serde(skip)]
    pub pieces: Vec<Piece>,
}

/// A piece of an extract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// What it says.
    pub text: String,
    /// Whether it is of what was looked for.
    pub marked: bool,
}

impl Found {
    /// Something with an extract, which is nobody's and nowhere.
    pub fn new(id: Uuid, title: String, pieces: Vec<Piece>, url: String) -> Self {
        let extract = pieces.iter().map(|piece| piece.text.as_str()).collect();
        Self { id, title, extract, url, author: None, place: None, at: None, standing: false, pieces }
    }
}

/// A list of what was found, of one kind.
#[derive(Clone, Debug)]
pub struct Section {
    /// The kind.
    pub kind: Sought,
    /// What was found.
    pub found: Vec<Found>,
    /// The page on which the list goes on.
    pub more: Option<String>,
}

/// What is in the fields of the form.
#[derive(Clone, Debug, Default)]
pub struct SearchForm {
    /// The words.
    pub words: String,
    /// Who wrote it.
    pub author: String,
    /// Where.
    pub place: String,
    /// What comes with it.
    pub has: Option<Has>,
    /// Later than.
    pub after: String,
    /// Earlier than.
    pub before: String,
    /// Of which territory.
    pub territory: String,
    /// Of which kind.
    pub kind: Option<Sought>,
    /// What was not understood.
    pub faults: Faults,
}

/// A filter that narrows the results.
#[derive(Clone, Debug)]
pub struct Active {
    /// What it says.
    pub label: String,
    /// The same search without it.
    pub without: String,
}

/// A word that was put right because nothing was found with what was typed.
#[derive(Clone, Debug)]
pub struct Correction {
    /// What was looked for instead.
    pub words: String,
    /// The search for what was typed, exactly.
    pub exactly: String,
}

/// The results of a search.
#[derive(Debug, Template)]
#[template(path = "search/page.html")]
pub struct SearchPage {
    /// The shell.
    pub shell: Shell,
    /// The form.
    pub form: SearchForm,
    /// Whether anything was asked.
    pub asked: bool,
    /// What narrows the results.
    pub active: Vec<Active>,
    /// What was put right.
    pub correction: Option<Correction>,
    /// The lists that hold something, in their order.
    pub sections: Vec<Section>,
    /// The whole search, where this page goes on with one list of it.
    pub whole: Option<String>,
    /// When it is read.
    pub now: DateTime<Utc>,
}

impl SearchPage {
    fn count(&self) -> usize {
        self.sections.iter().map(|section| section.found.len()).sum()
    }

    /// Whether a list goes on.
    fn goes_on(&self) -> bool {
        self.sections.iter().any(|section| section.more.is_some())
    }

    fn is_narrowed(&self) -> bool {
        !self.active.is_empty() || self.form.faults.0.iter().any(|fault| fault.field != "q")
    }

    fn when(&self, at: &DateTime<Utc>) -> String {
        date::short(self.shell.text, *at, self.now)
    }

    /// Where the question is put to the network.
    fn ask(&self) -> String {
        paths::publish_question(&self.form.words)
    }
}

/// An acronym with one thing that it stands for.
#[derive(Clone, Debug)]
pub struct Acronym {
    /// Its id.
    pub id: AcronymId,
    /// The acronym.
    pub acronym: String,
    /// What it stands for.
    pub expansion: String,
}

/// The glossary, for everybody to read and for some to edit.
#[derive(Debug, Template)]
#[template(path = "search/glossary.html")]
pub struct GlossaryPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// All of it, by acronym.
    pub acronyms: Vec<Acronym>,
    /// Whether the reader may edit it.
    pub may_edit: bool,
    /// A new acronym, as typed.
    pub acronym: String,
    /// What it stands for, as typed.
    pub expansion: String,
    /// Whether something was just done.
    pub done: bool,
    /// What was just removed, to be brought back.
    pub removed: Option<Acronym>,
}

/// The page that changes an acronym.
#[derive(Debug, Template)]
#[template(path = "search/acronym.html")]
pub struct AcronymPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The acronym, as it is known.
    pub known: Acronym,
    /// The acronym, as typed.
    pub acronym: String,
    /// What it stands for, as typed.
    pub expansion: String,
}

/// A place that the switcher leads to.
#[derive(Clone, Debug)]
pub struct Place {
    /// What it is.
    pub kind: Sought,
    /// Its name.
    pub title: String,
    /// Whether it is a channel's standing thread.
    pub standing: bool,
    /// The group, and the channel, that it is in; empty for what is in none.
    pub within: String,
    /// Where it is.
    pub url: String,
}

/// The switcher's list, as its script asks for it.
#[derive(Debug, Template)]
#[template(path = "search/places.html")]
pub struct Places {
    /// The reader's texts.
    pub text: Text,
    /// Whether something was typed: if not, these are the last places.
    pub typed: bool,
    /// The places.
    pub places: Vec<Place>,
}

#[cfg(test)]
mod tests {
    use askama::Template;
    use words::{Locale, Sought};

    use super::{Place, Places};
    use crate::Text;

    #[test]
    fn a_place_is_offered_as_a_text_whatever_it_is_called() {
        let place = Place {
            kind: Sought::Person,
            title: "<img src=x onerror=alert(1)>".to_owned(),
            standing: false,
            within: String::new(),
            url: "/people/\"><script>".to_owned(),
        };
        let print = |places| Places { text: Text::of(Locale::Fr), typed: true, places }.render().unwrap();
        let html = print(vec![place]);
        assert!(!html.contains("<img") && !html.contains("<script>"), "{html}");
        assert!(html.contains("Personne") && html.contains(r#"data-count="1 lieu""#), "{html}");
        assert!(print(Vec::new()).contains(" hidden"), "a list of nothing is not shown");
    }
}
