//! Invented content for every view: the gallery shows it to whoever draws, and the tests hold every page to its rules.
//!
//! Each page comes four times: as on an ordinary day, with nothing in it, with far too much, and as somebody would fill
//! it who wishes us harm.

mod conversations;
mod documents;
mod meetings;
mod notifications;
mod pages;
mod people;
mod push;
mod reports;
mod rooms;
mod search;
mod talk;
mod today;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;
use words::{Announce, Locale, PersonId, Post, Theme};

use crate::{
    Text,
    notifications::Unseen,
    page::{Current, Faults, FieldFault, Menu, Nav, NavChannel, NavGroup, Shell},
    people::Author,
    territories::TerritoryLabel,
};

/// A page of the gallery.
#[derive(Debug)]
pub struct Sample {
    /// Its name: the view's, then the kind of content.
    pub name: String,
    /// The page, printed.
    pub html: askama::Result<String>,
}

/// What a page is filled with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An ordinary day.
    Ordinary,
    /// Nothing.
    Empty,
    /// Far too much.
    Long,
    /// Markup and quotes in every text.
    Hostile,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Ordinary, Self::Empty, Self::Long, Self::Hostile];

    fn word(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Empty => "empty",
            Self::Long => "long",
            Self::Hostile => "hostile",
        }
    }

    /// A text that always says something, such as a name.
    fn name(self, ordinary: &str) -> String {
        match self {
            Self::Ordinary | Self::Empty => ordinary.to_owned(),
            Self::Long => {
                format!("{ordinary} — coordination intercommunale-et-interdépartementale des {}", "très ".repeat(8))
            }
            Self::Hostile => format!("</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)> {ordinary}"),
        }
    }

    /// A text that may be absent.
    fn words(self, ordinary: &str) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Long => format!("{} {}", self.name(ordinary), "donaudampfschifffahrt".repeat(12)),
            kind => kind.name(ordinary),
        }
    }

    /// A list: as it is, empty, or many times itself.
    fn list<T: Clone>(self, ordinary: &[T]) -> Vec<T> {
        match self {
            Self::Ordinary | Self::Hostile => ordinary.to_vec(),
            Self::Empty => Vec::new(),
            Self::Long => ordinary.iter().cycle().take(ordinary.len() * 6).cloned().collect(),
        }
    }

    /// A number: large where there is too much, nothing where there is nothing.
    fn number(self, ordinary: i64) -> i64 {
        match self {
            Self::Ordinary | Self::Hostile => ordinary,
            Self::Empty => 0,
            Self::Long => ordinary * 1_000,
        }
    }

    /// Two fields refused, in the pages of those who mistype.
    fn faults(self, fields: &[&str]) -> Faults {
        if self != Self::Hostile {
            return Faults::default();
        }
        let fault =
            |field: &&str| FieldFault { field: (*field).to_owned(), sentence: self.name("Ce champ est nécessaire.") };
        Faults(fields.iter().map(fault).collect())
    }
}

/// Every page, in a language.
pub fn all(locale: Locale, theme: Theme) -> Vec<Sample> {
    Kind::ALL.into_iter().flat_map(|kind| of_kind(&Stage { kind, text: Text::of(locale), theme })).collect()
}

fn of_kind(stage: &Stage) -> Vec<Sample> {
    let mut samples = people::samples(stage);
    samples.extend(today::samples(stage));
    samples.extend(rooms::samples(stage));
    samples.extend(talk::samples(stage));
    samples.push(notifications::sample(stage));
    samples.extend(conversations::samples(stage));
    samples.push(push::sample(stage));
    samples.extend(reports::samples(stage));
    samples.extend(documents::samples(stage));
    samples.extend(meetings::samples(stage));
    samples.extend(search::samples(stage));
    samples.extend(pages::samples(stage));
    samples
}

/// What the samples of one kind have in common.
struct Stage {
    kind: Kind,
    text: Text,
    theme: Theme,
}

impl Stage {
    fn print(&self, name: &str, page: &impl askama::Template) -> Sample {
        Sample { name: format!("{name}-{}", self.kind.word()), html: page.render() }
    }

    /// The shell of somebody who is not signed in.
    fn bare(&self, title: &str) -> Shell {
        Shell {
            text: self.text,
            nonce: "nonce".to_owned(),
            theme: self.theme,
            announce: Announce::Words,
            title: title.to_owned(),
            network: self.kind.name("Réseau CPO Hauts-de-France"),
            address: "/".to_owned(),
            demo: self.kind == Kind::Long,
            nav: None,
        }
    }

    /// The shell of Camille.
    fn shell(&self, title: &str, current: Current) -> Shell {
        let channel = |number, name: &str, unread| NavChannel {
            id: id(number),
            name: self.kind.name(name),
            silent: self.kind == Kind::Hostile,
            unread: self.kind.list(&[id(31), id(32)][..unread]),
        };
        let group = |number, name: &str, channels| NavGroup {
            id: id(number),
            slug: "reseau".to_owned(),
            name: self.kind.name(name),
            channels,
        };
        let channels = [
            channel(21, "Évaluation", 2),
            channel(22, "Parentalité", 0),
            channel(23, "16-25 ans", 0),
            channel(24, "Égalité et justice sociale", 1),
            channel(25, "Au fil de l’eau", 0),
        ];
        let groups = [
            group(11, "Réseau CPO Hauts-de-France", self.kind.list(&channels)),
            group(12, "Nouveaux arrivants", self.kind.list(&[channel(26, "Prise de poste", 0)])),
        ];
        let nav = Nav {
            person: id(1),
            name: self.kind.name("Camille Delattre"),
            department: Some("59".to_owned()),
            menu: Menu::new(if self.kind == Kind::Empty { Vec::new() } else { groups.to_vec() }, self.text),
            conversations: self.kind.list(&[id(36)]),
            unseen: self.kind.list(&[Unseen { id: id(101), thread: id(31), position: Some(3) }]),
            muted: self.kind.list(&[id(33)]),
            epoch: Uuid::from_u128(9),
            streams: vec![(Uuid::from_u128(11), 42)],
            current,
        };
        Shell { nav: Some(nav), ..self.bare(title) }
    }

    fn author(&self, number: u128, name: &str, territory: (&str, &str, &str), post: Post) -> Author {
        Author {
            id: id(number),
            name: self.kind.name(name),
            territory: (self.kind != Kind::Empty).then(|| self.territory(territory)),
            post: Some(post),
        }
    }

    fn territory(&self, (code, name, department): (&str, &str, &str)) -> TerritoryLabel {
        TerritoryLabel { code: code.to_owned(), name: self.kind.name(name), department: department.to_owned() }
    }

    fn sophie(&self) -> Author {
        self.author(2, "Sophie Bailleul", ("ARR", "Arras", "62"), Post::CpoCity)
    }

    fn nadia(&self) -> Author {
        self.author(3, "Nadia Verhaeghe", ("LOO", "Loos", "59"), Post::CpoCity)
    }

    fn hugo(&self) -> Author {
        self.author(4, "Hugo Lemaire", ("CAL", "Calais", "62"), Post::CpoEducation)
    }
}

fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

fn camille() -> PersonId {
    id(1)
}

/// When the samples are read: Tuesday 23 September 2025, 11:00 in Lille.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_758_618_000, 0).unwrap_or_default()
}

fn ago(minutes: i64) -> DateTime<Utc> {
    now() - TimeDelta::minutes(minutes)
}

#[cfg(test)]
mod tests;
