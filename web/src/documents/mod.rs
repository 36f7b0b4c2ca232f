//! Documents: the library, and the page of one.

use askama::Template;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use words::{DocumentId, DocumentType, FileId, GroupId, Role};

use crate::{
    date,
    groups::Group,
    messages,
    page::{Faults, Shell, etag},
    paths,
    people::Author,
};

/// A document. Serialised, it is the document of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// The group whose library holds it.
    pub group: GroupId,
    /// Its title.
    pub title: String,
    /// What it is for; empty when it came by itself from a message.
    pub purpose: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: DocumentType,
    /// Its tags.
    pub tags: Vec<String>,
    /// Where a link leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its versions, the first one first.
    pub versions: Vec<Version>,
    /// Who shared it.
    #[serde(skip)]
    pub shared_by: Author,
    /// When it was shared.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A version of a document.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Version {
    /// Its number, from 1.
    pub number: i32,
    /// When it was shared.
    pub created_at: DateTime<Utc>,
    /// Its file.
    pub file: DocumentFile,
}

/// A file. Serialised, it is the file of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DocumentFile {
    /// Its id.
    pub id: FileId,
    /// Its name.
    pub name: String,
    /// Its weight in bytes.
    pub size_bytes: i64,
    /// Its sniffed media type.
    pub media_type: String,
    /// The hash of its content, in hexadecimal digits.
    pub sha256: String,
    /// How large it is shown; absent where it is no picture.
    #[serde(flatten)]
    pub picture: Option<Picture>,
}

/// How large a picture is, in pixels.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Picture {
    /// From side to side.
    pub width: i32,
    /// From top to bottom.
    pub height: i32,
}

/// The library.
#[derive(Debug, Template)]
#[template(path = "documents/library.html")]
pub struct LibraryPage {
    /// The shell.
    pub shell: Shell,
    /// The reader's groups.
    pub groups: Vec<Group>,
    /// The short address of the one group that is shown, if it is one.
    pub group: Option<String>,
    /// How many documents there are of each type.
    pub counts: Vec<(DocumentType, i64)>,
    /// The type that is shown, if it is one.
    pub kind: Option<DocumentType>,
    /// The documents.
    pub documents: Vec<Document>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// The time.
    pub now: DateTime<Utc>,
}

/// The page where a document is added to a group.
#[derive(Debug, Template)]
#[template(path = "documents/new.html")]
pub struct NewDocumentPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The group.
    pub group: Group,
    /// What was typed.
    pub form: DocumentForm,
    /// The heaviest file that is taken, in bytes.
    pub limit_bytes: u64,
}

/// What is said of a document, as typed.
#[derive(Clone, Debug, Default)]
pub struct DocumentForm {
    /// The title.
    pub title: String,
    /// The purpose.
    pub purpose: String,
    /// The type's word.
    pub kind: String,
    /// The tags, separated by commas.
    pub tags: String,
    /// Where it leads, if it is a link.
    pub url: String,
}

/// A document's page.
#[derive(Debug, Template)]
#[template(path = "documents/page.html")]
pub struct DocumentPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The document.
    pub document: Document,
    /// Whether the reader may change it.
    pub changeable: bool,
    /// What is said of it, as it is or as typed.
    pub form: DocumentForm,
    /// Whether something typed was refused, and waits.
    pub editing: bool,
    /// The heaviest file that is taken, in bytes.
    pub limit_bytes: u64,
    /// The time.
    pub now: DateTime<Utc>,
}

impl Document {
    /// Its last version.
    pub fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// What stands on its picture: an arrow for a link.
    pub fn extension(&self) -> String {
        self.latest().map_or_else(|| "↗".to_owned(), |version| version.file.extension())
    }
}

impl DocumentFile {
    /// What stands on its picture.
    pub fn extension(&self) -> String {
        messages::extension(&self.name)
    }

    /// Its weight in words.
    pub fn size(&self, text: crate::Text) -> String {
        date::size(text, self.size_bytes.unsigned_abs())
    }
}

impl Picture {
    /// The widest that one is shown among words, in CSS pixels.
    const WIDEST: i64 = 544;
    /// The highest.
    const HIGHEST: i64 = 320;

    /// How large it is shown among words: within bounds, and never larger than it is.
    #[must_use]
    pub fn shown(self) -> Self {
        let (width, height) = (i64::from(self.width.max(1)), i64::from(self.height.max(1)));
        let (wide, high) = if width * Self::HIGHEST > height * Self::WIDEST {
            let wide = width.min(Self::WIDEST);
            (wide, (height * wide + width / 2) / width)
        } else {
            let high = height.min(Self::HIGHEST);
            ((width * high + height / 2) / height, high)
        };
        let side = |side: i64| i32::try_from(side.max(1)).unwrap_or(i32::MAX);
        Self { width: side(wide), height: side(high) }
    }
}

impl DocumentForm {
    /// What is said of a document now.
    pub fn of(document: &Document) -> Self {
        Self {
            title: document.title.clone(),
            purpose: document.purpose.clone(),
            kind: document.kind.to_string(),
            tags: document.tags.join(", "),
            url: document.url.clone().unwrap_or_default(),
        }
    }

    /// What the form shows, in short.
    pub fn etag(&self) -> String {
        etag(&[&self.title, &self.purpose, &self.kind, &self.tags])
    }

    /// The types of what has a file, with whether each is the chosen one.
    fn kinds(&self) -> impl Iterator<Item = (DocumentType, bool)> {
        let kinds = DocumentType::ALL.iter().filter(|kind| **kind != DocumentType::Link);
        kinds.map(|kind| {
            (*kind, if self.kind.is_empty() { *kind == DocumentType::Other } else { self.kind == kind.as_str() })
        })
    }
}

impl LibraryPage {
    /// The types of which there is something, with how many.
    fn kinds(&self) -> impl Iterator<Item = (DocumentType, i64)> {
        let count = |kind: DocumentType| self.counts.iter().find(|(one, _)| *one == kind).map(|(_, count)| *count);
        DocumentType::ALL.iter().filter_map(move |kind| count(*kind).map(|count| (*kind, count)))
    }

    fn shows(&self, kind: Option<DocumentType>) -> bool {
        self.kind == kind
    }

    fn of_kind(&self, kind: Option<DocumentType>) -> String {
        paths::library(self.group.as_deref(), kind, None)
    }

    fn after(&self, next: &str) -> String {
        paths::library(self.group.as_deref(), self.kind, Some(next))
    }

    /// The groups to which the reader may add.
    fn writable(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| group.role.is_some_and(|role| role != Role::Guest))
    }

    fn when(&self, at: &DateTime<Utc>) -> String {
        date::brief(self.shell.text, *at, self.now)
    }
}

impl NewDocumentPage {
    fn limit(&self) -> String {
        date::size(self.shell.text, self.limit_bytes)
    }
}

impl DocumentPage {
    /// What the form would show of the document as it is.
    fn etag(&self) -> String {
        DocumentForm::of(&self.document).etag()
    }

    fn when(&self, at: &DateTime<Utc>) -> String {
        date::brief(self.shell.text, *at, self.now)
    }

    fn limit(&self) -> String {
        date::size(self.shell.text, self.limit_bytes)
    }

    /// The versions before the last one, the newest first.
    fn earlier(&self) -> impl Iterator<Item = &Version> {
        self.document.versions.iter().rev().skip(1)
    }
}

#[cfg(test)]
mod tests {
    use super::Picture;

    #[test]
    fn a_picture_is_shown_within_bounds_and_keeps_its_shape() {
        for ((width, height), shown) in [
            ((40, 30), (40, 30)),
            ((4000, 3000), (427, 320)),
            ((3000, 1000), (544, 181)),
            ((1000, 3000), (107, 320)),
            ((40_000, 10), (544, 1)),
            ((1, 60_000), (1, 320)),
            ((i32::MAX, i32::MAX), (320, 320)),
        ] {
            let Picture { width: wide, height: high } = Picture { width, height }.shown();
            assert_eq!((wide, high), shown, "{width} by {height}");
        }
    }
}
