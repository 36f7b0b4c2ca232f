//! The bytes of files, in a folder, named by their content.
//!
//! Written to a temporary name while they are hashed, synced, renamed, the folder synced, and only then named by a row:
//! every file that a row names is there. Memory stays flat whatever the weight. What no row names is swept.
//!
//! Surprises: several servers may share the folder, so that nothing is removed but for its age. Some room of the disk is
//! kept free: uploads are refused before the database is.

mod name;
mod picture;
mod sniff;
mod sweep;

use std::{
    io::SeekFrom,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::{
    fs::{self, File},
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufWriter},
};
use uuid::Uuid;

pub use name::safe_name;
pub use picture::Picture;

use crate::{
    error::{Error, Result},
    faults::{bug, point},
};

/// How much is gathered before it is written, in bytes: the disk is asked seldom, and memory stays flat.
const GATHERED: usize = 256 * 1024;
/// After so many bytes the room on the disk is looked at again.
const LOOK: u64 = 64 << 20;
/// The most of the disk that is kept free, in bytes; less on a small one.
const RESERVE: u64 = 1 << 30;

/// The folder of blobs.
#[derive(Clone, Debug)]
pub struct Files {
    folder: Arc<Path>,
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
    /// How large a picture is shown, where they are one.
    pub picture: Option<Picture>,
}

impl Files {
    /// Opens the folder, and makes it if need be.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder.join("incoming"))?;
        Ok(Self { folder: folder.into() })
    }

    /// Stores a stream of bytes, at most `limit_bytes`; one that is longer is not read to its end.
    pub async fn store(
        &self,
        name: &str,
        mut bytes: impl Stream<Item = Result<Bytes>> + Unpin,
        limit_bytes: u64,
    ) -> Result<Stored> {
        self.keep_reserve()?;
        let temporary = Temporary(self.incoming());
        // At once: an upload that is abandoned while its file is made elsewhere would leave it.
        let file = File::from_std(std::fs::File::create(&temporary.0)?);
        let mut file = BufWriter::with_capacity(GATHERED, file);
        let (mut hash, mut size_bytes, mut looked, mut beginning) = (Sha256::new(), 0_u64, 0, Vec::new());
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            size_bytes += chunk.len() as u64;
            if size_bytes > limit_bytes {
                return Err(Error::TooLarge { limit_bytes });
            }
            if size_bytes - looked > LOOK {
                self.keep_reserve()?;
                looked = size_bytes;
            }
            let missing = sniff::BEGINNING.saturating_sub(beginning.len()).min(chunk.len());
            beginning.extend_from_slice(&chunk[..missing]);
            hash.update(&chunk);
            file.write_all(&chunk).await?;
        }
        finish(&mut file).await?;
        let media_type = sniff::media_type(name, &beginning);
        let picture = if picture::may_be(&media_type) { picture(&media_type, &temporary.0).await? } else { None };
        let sha256: [u8; 32] = hash.finalize().into();
        self.keep(&temporary.0, &sha256).await?;
        Ok(Stored { sha256, size_bytes, media_type, picture })
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
        match fs::create_dir(folder).await {
            Ok(()) => File::open(&self.folder).await?.sync_all().await?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        point!("file_rename");
        // Also where the same bytes are there already: their age begins again, so that no sweep takes them now.
        fs::rename(temporary, &path).await?;
        File::open(folder).await?.sync_all().await?;
        Ok(())
    }

    /// Whether more of the disk is free than is kept free: a twentieth, and at most a gibibyte.
    pub fn has_room(&self) -> Result<bool> {
        let disk = rustix::fs::statvfs(&*self.folder).map_err(std::io::Error::from)?;
        let reserve = (disk.f_blocks.saturating_mul(disk.f_frsize) / 20).min(RESERVE);
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize) >= reserve)
    }

    /// Refuses to write when little room is left: a database that cannot write is worse than an upload refused.
    fn keep_reserve(&self) -> Result<()> {
        if !self.has_room()? {
            tracing::warn!("an upload is refused: the disk of the files is nearly full");
            return Err(Error::Unavailable);
        }
        Ok(())
    }

    /// A name that nothing has yet.
    fn incoming(&self) -> PathBuf {
        self.folder.join("incoming").join(Uuid::now_v7().to_string())
    }

    fn path(&self, sha256: &[u8]) -> PathBuf {
        let name = hex(sha256);
        self.folder.join(&name[..2.min(name.len())]).join(name)
    }
}

/// Writes what was gathered, and waits for the disk. Syncing alone would not tell that the last write failed.
async fn finish(file: &mut BufWriter<File>) -> Result<()> {
    if let Err(error) = file.flush().await {
        bug!("half_a_file" => return Ok(()));
        return Err(error.into());
    }
    Ok(file.get_ref().sync_all().await?)
}

/// How large a file is shown, as far as its beginning tells.
async fn picture(media_type: &str, path: &Path) -> Result<Option<Picture>> {
    let mut beginning = Vec::new();
    File::open(path).await?.take(picture::BEGINNING).read_to_end(&mut beginning).await?;
    Ok(picture::of(media_type, &beginning))
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
