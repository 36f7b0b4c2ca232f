//! Documents: the library, and the page of one.

use askama::Template;
use chrono::{DateTime, Utc};
use serde::Serialize;
use words::{DocumentId, DocumentType, FileId, GroupId};

use crate::{
    date, messages,
    page::{Faults, Shell},
    people::Author,
};

/// A document. Serialised, it is the document of the API.
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, Serialize)]
pub struct Version {
    /// Its number, from 1.
    pub number: i32,
    /// Its file.
    pub file: DocumentFile,
}

/// A file. Serialised, it is the file of the API.
#[derive(Clone, Debug, Serialize)]
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
}

/// The library.
#[derive(Debug, Template)]
#[template(path = "documents/library.html")]
pub struct LibraryPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The documents.
    pub documents: Vec<Document>,
    /// The type that is shown, if it is one.
    pub kind: Option<DocumentType>,
    /// What was typed.
    pub form: UploadForm,
    /// The heaviest file that is taken, in bytes.
    pub limit: u64,
    /// The time.
    pub now: DateTime<Utc>,
}

/// A document being added, as typed.
#[derive(Clone, Debug, Default)]
pub struct UploadForm {
    /// The group's short address; empty before a choice.
    pub group: String,
    /// The title.
    pub title: String,
    /// The purpose.
    pub purpose: String,
    /// The type.
    pub kind: String,
}

/// A document's page.
#[derive(Debug, Template)]
#[template(path = "documents/page.html")]
pub struct DocumentPage {
    /// The shell.
    pub shell: Shell,
    /// The document.
    pub document: Document,
    /// Whether the reader may change it.
    pub changeable: bool,
    /// The time.
    pub now: DateTime<Utc>,
}

impl Document {
    /// Its last version.
    pub fn latest(&self) -> Option<&Version> {
        self.versions.last()
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

impl LibraryPage {
    fn when(&self, at: &DateTime<Utc>) -> String {
        date::brief(self.shell.text, *at, self.now)
    }

    fn limit(&self) -> String {
        date::size(self.shell.text, self.limit)
    }

    fn shows(&self, kind: DocumentType) -> bool {
        self.kind == Some(kind)
    }
}

impl DocumentPage {
    fn when(&self, at: &DateTime<Utc>) -> String {
        date::brief(self.shell.text, *at, self.now)
    }
}
