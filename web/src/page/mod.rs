//! What every page stands in: the shell, the navigation, errors, and the pages that are only text.

mod navigation;

use std::hash::{DefaultHasher, Hash, Hasher};

use askama::Template;
use words::{Announce, Theme};

pub use navigation::{Current, Menu, Nav, NavChannel, NavGroup};

use crate::{Text, assets};

/// What every page needs; each page's struct holds one, and its template extends `page/shell.html`.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The reader's texts.
    pub text: Text,
    /// The nonce of the page's script.
    pub nonce: String,
    /// How the page is lit.
    pub theme: Theme,
    /// What the reader's screen reader is told of new messages.
    pub announce: Announce,
    /// What the page is, before the network's name in the window's title.
    pub title: String,
    /// The network's name.
    pub network: String,
    /// The address of this page.
    pub address: String,
    /// Whether this instance shows its mailbox: a demonstration or a developer's.
    pub demo: bool,
    /// The navigation; absent for who is not signed in, and when it cannot be read.
    pub nav: Option<Nav>,
}

impl Shell {
    /// The shell with a section marked as the current one.
    #[must_use]
    pub fn at(mut self, current: Current) -> Self {
        if let Some(nav) = &mut self.nav {
            nav.current = current;
        }
        self
    }

    /// Who reads, if somebody is signed in.
    pub fn reader(&self) -> Option<&words::PersonId> {
        self.nav.as_ref().map(|nav| &nav.person)
    }

    /// The reader's territory as far as the navigation knows it: its colour.
    pub(crate) fn territory(&self) -> Option<crate::territories::TerritoryLabel> {
        let department = self.nav.as_ref()?.department.clone()?;
        Some(crate::territories::TerritoryLabel { code: String::new(), name: String::new(), department })
    }

    /// The address of an asset.
    pub fn asset(&self, name: &str) -> String {
        assets::path(name)
    }

    /// The addresses of the parts that an asset cannot do without.
    pub fn parts(&self, name: &str) -> Vec<String> {
        assets::parts(name)
    }

    /// An icon of the sprite. Decorative: a text stands beside it.
    pub fn icon(&self, name: &'static str) -> Icon {
        Icon { sprite: assets::path("icons.svg"), name }
    }
}

/// An icon of the sprite.
#[derive(Clone, Debug, Template)]
#[template(
    source = r##"<svg class="icon" aria-hidden="true" focusable="false"><use href="{{ sprite }}#{{ name }}"></use></svg>"##,
    ext = "html"
)]
pub struct Icon {
    sprite: String,
    name: &'static str,
}

impl askama::filters::HtmlSafe for Icon {}

/// An icon for partials that have no shell.
pub fn icon(name: &'static str) -> Icon {
    Icon { sprite: assets::path("icons.svg"), name }
}

/// A page that says what went wrong and what to do next.
#[derive(Debug, Template)]
#[template(path = "page/error.html")]
pub struct ErrorPage {
    /// The shell.
    pub shell: Shell,
    /// The status.
    pub status: u16,
    /// The error's code.
    pub code: &'static str,
    /// What happened and what to do, in the reader's language.
    pub sentence: String,
}

/// A page that gives back what could not be kept: the service is away or the session has ended, and nobody types twice.
#[derive(Debug, Template)]
#[template(path = "page/kept.html")]
pub struct KeptPage {
    /// The shell.
    pub shell: Shell,
    /// The status.
    pub status: u16,
    /// What happened and what to do, in the reader's language.
    pub sentence: String,
    /// What was typed; empty for a form in which nobody wrote.
    pub typed: String,
    /// The page that holds the form, or the one that leads there by signing in.
    pub back: String,
    /// Whether nobody is signed in any more.
    pub signed_out: bool,
}

/// A page that is only text: help, accessibility, privacy, legal.
#[derive(Debug, Template)]
#[template(path = "page/prose.html")]
pub struct ProsePage {
    /// The shell.
    pub shell: Shell,
    /// The heading.
    pub heading: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
}

/// The pages that are only text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prose {
    /// How to.
    Help,
    /// The accessibility statement.
    Accessibility,
    /// What is kept of people.
    Privacy,
    /// Who publishes.
    Legal,
}

impl Prose {
    /// Every one, in the order of the footer.
    pub const ALL: [Self; 4] = [Self::Help, Self::Accessibility, Self::Privacy, Self::Legal];

    /// Its word in addresses and in the locales' keys.
    pub fn word(self) -> &'static str {
        match self {
            Self::Help => "help",
            Self::Accessibility => "accessibility",
            Self::Privacy => "privacy",
            Self::Legal => "legal",
        }
    }

    /// Its heading, which is the window's title too.
    pub fn title(self, text: Text) -> String {
        text.get(match self {
            Self::Help => "help-title",
            Self::Accessibility => "accessibility-title",
            Self::Privacy => "privacy-title",
            Self::Legal => "legal-title",
        })
    }

    fn paragraphs(self) -> &'static [&'static str] {
        match self {
            Self::Help => &["help-1", "help-2", "help-3", "help-4"],
            Self::Accessibility => &["accessibility-1", "accessibility-2"],
            Self::Privacy => &["privacy-1", "privacy-2", "privacy-3", "privacy-4"],
            Self::Legal => &["legal-1"],
        }
    }
}

impl ProsePage {
    /// One of our own texts.
    pub fn of(shell: Shell, prose: Prose) -> Self {
        let heading = prose.title(shell.text);
        let paragraphs = prose.paragraphs().iter().map(|key| shell.text.get(key)).collect();
        Self { shell, heading, paragraphs }
    }
}

/// A field that was refused, and why, in the reader's language.
#[derive(Clone, Debug)]
pub struct FieldFault {
    /// The field's name, which is its DOM id too.
    pub field: String,
    /// What is wrong and what to do.
    pub sentence: String,
}

/// What a form shows, in short. It comes back with the form, and tells whether somebody else changed the thing meanwhile,
/// as the header of that name does between programs (RFC 9110, 8.8.3).
pub fn etag(fields: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    fields.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// What was refused of a form.
#[derive(Clone, Debug, Default)]
pub struct Faults(pub Vec<FieldFault>);

impl Faults {
    /// What is wrong with a field; empty if nothing is.
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|fault| fault.field == field).map_or("", |fault| &fault.sentence)
    }

    /// Whether a field was refused.
    pub fn has(&self, field: &str) -> bool {
        self.0.iter().any(|fault| fault.field == field)
    }
}
