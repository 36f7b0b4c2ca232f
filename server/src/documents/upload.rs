//! A form with files, read as it comes: its words in memory, its files to the disk.

use std::collections::HashMap;

use axum::extract::Multipart;

use crate::{
    error::{Error, Result},
    files::{Files, Stored, safe_name},
};

/// The longest word of a form, in bytes: that of a message.
const LONGEST: usize = 128 * 1024;
/// The most parts of a form.
const PARTS: usize = 64;

/// A form that was read.
#[derive(Debug, Default)]
pub struct Received {
    /// Its words, by the name of their field.
    pub words: HashMap<String, String>,
    /// Its files, with their safe names, in order.
    pub files: Vec<(String, Stored)>,
}

impl Received {
    /// A word of the form; empty if it was not given.
    pub fn word(&self, field: &str) -> &str {
        self.words.get(field).map_or("", String::as_str)
    }
}

/// Reads a form. The asker's right was checked before: nothing of the body is read until then.
pub async fn receive(files: &Files, mut form: Multipart, limit_bytes: u64) -> Result<Received> {
    let mut received = Received::default();
    for _ in 0..PARTS {
        let Some(mut field) = form.next_field().await.map_err(|_| Error::BadRequest("multipart"))? else {
            return Ok(received);
        };
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(safe_name) {
            // A file input that was left empty is a part without a name.
            Some(_) if field.file_name() == Some("") => {}
            Some(file_name) => {
                let stored = files.store(&file_name, field, limit_bytes).await?;
                received.files.push((file_name, stored));
            }
            None => {
                let mut word = Vec::new();
                while let Some(chunk) = field.chunk().await.map_err(|_| Error::BadRequest("multipart"))? {
                    if word.len() + chunk.len() > LONGEST {
                        return Err(Error::TooLarge { limit_bytes: LONGEST as u64 });
                    }
                    word.extend_from_slice(&chunk);
                }
                let word = String::from_utf8(word).map_err(|_| Error::BadRequest("multipart"))?;
                received.words.insert(name, word);
            }
        }
    }
    Err(Error::field("form", "too_many"))
}
