//! What somebody wants to say, checked at the gate and rendered before any lock is taken.

use std::{cell::RefCell, collections::BTreeSet};

use words::{FileId, MessageId};

use super::{
    markdown,
    mentions::{self, Mention, Nameable},
};
use crate::{
    characters::plain,
    error::{Error, Result},
};

/// The longest body, in Unicode scalar values.
pub(super) const LONGEST_BODY: usize = 20_000;
/// The most files of one message.
const MOST_ATTACHMENTS: usize = 20;

/// A message to be.
#[derive(Clone, Debug)]
pub struct Draft {
    id: MessageId,
    body: String,
    html: String,
    attachments: Vec<FileId>,
    mentions: Vec<Mention>,
}

impl Draft {
    /// Checks a body and its files. A body is [normalised](normal), so that a retry compares equal; it may be empty when
    /// files come with it.
    pub fn checked(id: Option<MessageId>, body: &str, attachments: Vec<FileId>) -> Result<Self> {
        let id = id.unwrap_or_else(MessageId::fresh);
        if id.0.is_nil() || id.0.is_max() {
            return Err(Error::field("id", "malformed"));
        }
        let body = plain("body", body)?;
        if body.is_empty() && attachments.is_empty() {
            return Err(Error::field("body", "required"));
        }
        if body.chars().count() > LONGEST_BODY {
            return Err(Error::field("body", "too_long"));
        }
        if attachments.len() > MOST_ATTACHMENTS {
            return Err(Error::field("attachments", "too_many"));
        }
        let html = markdown::render(&body, &|_| Vec::new()).as_str().to_owned();
        Ok(Self { id, body, html, attachments, mentions: Vec::new() })
    }

    /// The same with links to what it names.
    pub(super) fn naming(self, nameable: &[Nameable]) -> Self {
        let named = RefCell::new(BTreeSet::new());
        let html = markdown::render(&self.body, &|text| {
            let (links, mentions) = mentions::find(text, nameable);
            named.borrow_mut().extend(mentions);
            links
        });
        let mentions = named.into_inner().into_iter().collect();
        Self { html: html.as_str().to_owned(), mentions, ..self }
    }

    /// The same with another id: for the bug `no_unique_id`.
    #[cfg(feature = "faults")]
    pub(super) fn with_id(self, id: MessageId) -> Self {
        Self { id, ..self }
    }

    /// The message's id.
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// The normalised body.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The body as sanitised HTML.
    pub fn html(&self) -> &str {
        &self.html
    }

    /// Who and what it names.
    pub fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    /// The files that come with it.
    pub fn attachments(&self) -> &[FileId] {
        &self.attachments
    }
}
