//! What goes from the folder: uploads that never ended, and blobs that no row names.

use std::{io, path::Path, time::SystemTime};

use chrono::{DateTime, Utc};
use tokio::fs;

use super::Files;
use crate::error::Result;

impl Files {
    /// The blobs whose hash begins with this byte and that were written before an instant.
    pub async fn aged(&self, first: u8, before: DateTime<Utc>) -> Result<Vec<Vec<u8>>> {
        let mut blobs = Vec::new();
        for (name, written) in listed(&self.folder.join(super::hex(&[first]))).await? {
            if let Some(sha256) = unhex(&name).filter(|_| written < before) {
                blobs.push(sha256);
            }
        }
        Ok(blobs)
    }

    /// Begins the age of a blob again; one that is not there has none.
    pub async fn touch(&self, sha256: &[u8], now: DateTime<Utc>) -> Result<()> {
        let file = match fs::File::options().append(true).open(self.path(sha256)).await {
            Ok(file) => file.into_std().await,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        Ok(file.set_modified(SystemTime::from(now))?)
    }

    /// Removes a blob that no row names and that was written before an instant. It is taken aside first: an upload of the
    /// same bytes may have put it there again since the rows were read, and its row is still to come.
    pub async fn discard(&self, sha256: &[u8], before: DateTime<Utc>) -> Result<bool> {
        let (path, aside) = (self.path(sha256), self.incoming());
        match fs::rename(&path, &aside).await {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        if written(&fs::metadata(&aside).await?)? >= before {
            fs::rename(&aside, &path).await?;
            return Ok(false);
        }
        fs::remove_file(&aside).await?;
        Ok(true)
    }

    /// Removes uploads that nothing was written to since an instant: their server is gone. Answers how many.
    pub async fn sweep_incoming(&self, before: DateTime<Utc>) -> Result<usize> {
        let folder = self.folder.join("incoming");
        let mut gone = 0;
        for (name, written) in listed(&folder).await? {
            if written < before {
                fs::remove_file(folder.join(name)).await?;
                gone += 1;
            }
        }
        Ok(gone)
    }
}

/// The names of a folder with when each was last written; nothing if there is no folder.
async fn listed(folder: &Path) -> Result<Vec<(String, DateTime<Utc>)>> {
    let mut entries = match fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        // It may have been renamed since it was listed.
        let Ok(metadata) = entry.metadata().await else { continue };
        if let Ok(name) = entry.file_name().into_string() {
            found.push((name, written(&metadata)?));
        }
    }
    Ok(found)
}

fn written(metadata: &std::fs::Metadata) -> Result<DateTime<Utc>> {
    Ok(metadata.modified()?.into())
}

/// The bytes of a blob's name; none for a name that is no hash.
fn unhex(name: &str) -> Option<Vec<u8>> {
    let digits = name.as_bytes();
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    (0..32).map(|at| u8::from_str_radix(name.get(2 * at..2 * at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use bytes::Bytes;
    use chrono::{DateTime, TimeDelta, Utc};
    use futures_util::stream;

    use crate::{
        error::Error,
        files::{Files, Stored},
    };

    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn files() -> (Files, Folder) {
        let folder = std::env::temp_dir().join(format!("preau-blobs-{}", uuid::Uuid::now_v7()));
        (Files::open(&folder).unwrap(), Folder(folder))
    }

    async fn stored(files: &Files, parts: &[&'static str], limit: u64) -> Result<Stored, Error> {
        let parts = parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes())));
        files.store("a.txt", stream::iter(parts.collect::<Vec<_>>()), limit).await
    }

    fn names(folder: &Folder, name: &str) -> usize {
        std::fs::read_dir(folder.0.join(name)).map_or(0, Iterator::count)
    }

    #[tokio::test]
    async fn a_blob_is_named_by_its_content_and_a_refused_one_leaves_nothing() {
        let (files, folder) = files();
        let kept = stored(&files, &["bon", "jour"], 7).await.unwrap();
        assert_eq!((kept.size_bytes, kept.media_type.as_str()), (7, "text/plain"));
        assert!(matches!(stored(&files, &["bon", "jour", "!"], 7).await, Err(Error::TooLarge { limit_bytes: 7 })));
        let cut = stream::iter([Ok(Bytes::from_static(b"bon")), Err(Error::BadRequest("multipart"))]);
        assert!(files.store("a.txt", cut, 7).await.is_err());
        assert_eq!((names(&folder, "incoming"), names(&folder, "2c")), (0, 1));
        let mut again = files.open_at(&kept.sha256, 3).await.unwrap();
        let mut read = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut again, &mut read).await.unwrap();
        assert_eq!(read, "jour");
    }

    #[tokio::test]
    async fn only_what_is_old_goes_and_what_comes_again_is_young() {
        let (files, folder) = files();
        let blob = stored(&files, &["bonjour"], 7).await.unwrap();
        std::fs::write(folder.0.join("incoming/half"), "bon").unwrap();
        let (early, late) = (DateTime::<Utc>::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC);
        assert_eq!(files.aged(blob.sha256[0], early).await.unwrap().len(), 0);
        assert_eq!(files.aged(blob.sha256[0], late).await.unwrap(), [blob.sha256.to_vec()]);
        assert_eq!(files.sweep_incoming(early).await.unwrap(), 0);
        assert_eq!(files.sweep_incoming(late).await.unwrap(), 1);
        assert!(!files.discard(&blob.sha256, early).await.unwrap(), "it was written since");
        assert!(files.open_at(&blob.sha256, 0).await.is_ok());
        let now = DateTime::from_timestamp(4_000_000_000, 0).unwrap();
        files.touch(&blob.sha256, now).await.unwrap();
        assert_eq!(files.aged(blob.sha256[0], now - TimeDelta::hours(1)).await.unwrap().len(), 0);
        assert!(files.discard(&blob.sha256, late).await.unwrap());
        assert!(files.open_at(&blob.sha256, 0).await.is_err());
        assert!(!files.discard(&blob.sha256, late).await.unwrap());
    }
}
