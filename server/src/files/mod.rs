//! The bytes of files, in a folder, named by their content.
//!
//! Written to a temporary name, synced, renamed, the folder synced, and only then named by a row: every file that a row
//! names is there. What no row names is swept.

use std::path::{Path, PathBuf};

use crate::error::Result;

/// The folder of blobs.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// Opens the folder, and makes it if need be.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
