//! A node that lives in another time than the others, by libfaketime.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

/// What is said where it is not installed.
const MISSING: &str = "libfaketime is not installed: run ./deploy/install-deps.sh test";

/// The time of one node.
#[derive(Debug)]
pub(crate) struct Clock {
    library: Option<PathBuf>,
    /// How far it is off, as the library reads it.
    file: PathBuf,
}

impl Clock {
    /// A clock that is right, kept in a folder.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let file = folder.join("clock");
        fs::write(&file, "+0")?;
        let places = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
        let mut libraries = places.map(|place| place.path().join("faketime/libfaketimeMT.so.1"));
        Ok(Self { library: libraries.find(|library| library.exists()), file })
    }

    /// Why it cannot be moved, if it cannot.
    pub(crate) fn refused(&self) -> Option<&'static str> {
        if self.is_there() { None } else { Some(MISSING) }
    }

    fn is_there(&self) -> bool {
        self.library.is_some()
    }

    /// What the node that lives by it has in its environment.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let Some(library) = &self.library else { return Vec::new() };
        vec![
            ("LD_PRELOAD", library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_CACHE_DURATION", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }

    /// Removes what a process that lived by it shared with its children, and leaves behind when it is killed.
    pub(crate) fn forget(pid: u32) {
        for name in [format!("faketime_shm_{pid}"), format!("sem.faketime_sem_{pid}")] {
            drop(fs::remove_file(Path::new("/dev/shm").join(name)));
        }
    }

    /// Moves it by so many seconds.
    pub(crate) fn set(&self, offset: &str) -> Result<()> {
        Ok(fs::write(&self.file, offset)?)
    }
}
