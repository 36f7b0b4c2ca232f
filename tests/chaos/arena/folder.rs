//! The folder of a run, with small disks of its own where those can be mounted, so that a full one hurts nobody else.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use uuid::Uuid;

/// A folder that goes when it is dropped, with what is mounted in it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    mounts: Vec<PathBuf>,
    refused: Option<String>,
}

/// A file that fills a disk, until it is dropped.
#[derive(Debug)]
pub(crate) struct Ballast(PathBuf);

impl Folder {
    /// A new one, with a disk for the database and one for files.
    pub(crate) fn fresh(disk_mib: u32) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("preau-chaos-{}", Uuid::now_v7().simple()));
        fs::create_dir(&path)?;
        // The private PostgreSQL of root is another user's.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        let mut folder = Self { path, mounts: Vec::new(), refused: None };
        fs::create_dir(folder.data())?;
        for place in [folder.database(), folder.files()] {
            fs::create_dir(&place)?;
            match mount(&place, disk_mib) {
                Ok(()) => folder.mounts.push(place),
                Err(error) => folder.refused = Some(format!("{error:#}")),
            }
        }
        Ok(folder)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The data folder of the nodes.
    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// The folder of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.data().join("postgresql")
    }

    /// The folder of files.
    pub(crate) fn files(&self) -> PathBuf {
        self.data().join("files")
    }

    /// Why the disks could not be mounted, if they could not.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for place in &self.mounts {
            // Lazily: whoever still holds a file of it is about to end.
            drop(Command::new("umount").arg("--lazy").arg(place).output());
        }
        drop(fs::remove_dir_all(&self.path));
    }
}

impl Ballast {
    /// Fills the disk of a folder to its last byte.
    pub(crate) fn drop_into(folder: &Path) -> Result<Self> {
        use std::io::Write;
        let path = folder.join("ballast");
        let mut file = fs::File::create(&path)?;
        let ballast = Self(path);
        for piece in [vec![0_u8; 1 << 20], vec![0; 4096], vec![0; 1]] {
            while file.write_all(&piece).is_ok() {}
        }
        Ok(ballast)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

fn mount(place: &Path, mib: u32) -> Result<()> {
    let size = format!("size={mib}m,mode=0755");
    let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(place).output();
    let output = output.context("mount cannot be run")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}
