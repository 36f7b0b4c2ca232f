//! The bytes of files, in a folder, named by their content.
//!
//! Written to a temporary name while they are hashed, synced, renamed, the folder synced, and only then named by a row:
//! every file that a row names is there. Memory stays flat whatever the weight. What no row names is swept.

mod name;
mod sniff;

use std::{
    io::SeekFrom,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::{
    fs::{self, File},
    io::{AsyncSeekExt, AsyncWriteExt},
};
use uuid::Uuid;

pub use name::safe_name;

use crate::error::{Error, Result};

/// The folder of blobs.
#[derive(Clone, Debug, Default)]
pub struct Files {
    folder: PathBuf,
}

/// Bytes that were stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Their SHA-256, which names them.
    pub sha256: [u8; 32],
    /// How many.
    pub size_bytes: u64,
    /// What they are, by what they begin with.
    pub media_type: String,
}

impl Files {
    /// Opens the folder, and makes it if need be. What an earlier process left half-written goes.
    pub fn open(folder: &Path) -> Result<Self> {
        let incoming = folder.join("incoming");
        if incoming.exists() {
            std::fs::remove_dir_all(&incoming)?;
        }
        std::fs::create_dir_all(&incoming)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Stores a stream of bytes, at most `limit_bytes`; one that is longer is not read to its end.
    pub async fn store<E>(
        &self,
        name: &str,
        mut bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
        limit_bytes: u64,
    ) -> Result<Stored> {
        let temporary = Temporary(self.folder.join("incoming").join(Uuid::now_v7().to_string()));
        let mut file = File::create(&temporary.0).await?;
        let (mut hash, mut size_bytes, mut beginning) = (Sha256::new(), 0_u64, Vec::new());
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk.map_err(|_| Error::BadRequest("multipart"))?;
            size_bytes += chunk.len() as u64;
            if size_bytes > limit_bytes {
                return Err(Error::TooLarge { limit_bytes });
            }
            let missing = sniff::BEGINNING.saturating_sub(beginning.len()).min(chunk.len());
            beginning.extend_from_slice(&chunk[..missing]);
            hash.update(&chunk);
            file.write_all(&chunk).await?;
        }
        file.sync_all().await?;
        let sha256: [u8; 32] = hash.finalize().into();
        self.keep(&temporary.0, &sha256).await?;
        Ok(Stored { sha256, size_bytes, media_type: sniff::media_type(name, &beginning) })
    }

    /// Opens a blob at a place.
    pub async fn open_at(&self, sha256: &[u8], from: u64) -> Result<File> {
        let mut file = match File::open(self.path(sha256)).await {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Error::NotFound),
            Err(error) => return Err(error.into()),
        };
        file.seek(SeekFrom::Start(from)).await?;
        Ok(file)
    }

    /// Gives the bytes their name, and makes the name last.
    async fn keep(&self, temporary: &Path, sha256: &[u8]) -> Result<()> {
        let path = self.path(sha256);
        let Some(folder) = path.parent() else { return Err(Error::NotFound) };
        fs::create_dir_all(folder).await?;
        fs::rename(temporary, &path).await?;
        File::open(folder).await?.sync_all().await?;
        Ok(())
    }

    fn path(&self, sha256: &[u8]) -> PathBuf {
        let name = hex(sha256);
        self.folder.join(&name[..2.min(name.len())]).join(name)
    }
}

/// The hexadecimal digits of a hash.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// A file that goes if it was not renamed: a refused or abandoned upload leaves nothing.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It is gone already when the upload was kept.
        drop(std::fs::remove_file(&self.0));
    }
}
