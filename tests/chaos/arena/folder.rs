//! The folder of a run, with small disks of its own where those can be mounted, so that a full one hurts nobody else.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use uuid::Uuid;

/// How often a disk is shrunk before it is given up.
const TRIES: usize = 50;

/// A folder that goes when it is dropped, with what is mounted in it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    mounts: Vec<PathBuf>,
    refused: Option<String>,
    disk_mib: u32,
}

/// A disk that is as small as what it holds, until this is dropped: filling it would take the memory of the machine.
#[derive(Debug)]
pub(crate) struct Shrunk {
    place: PathBuf,
    disk_mib: u32,
}

impl Folder {
    /// A new one, with a disk for the database and one for files.
    pub(crate) fn fresh(disk_mib: u32) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("preau-chaos-{}", Uuid::now_v7().simple()));
        fs::create_dir(&path)?;
        // The private PostgreSQL of root is another user's.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        let mut folder = Self { path, mounts: Vec::new(), refused: None, disk_mib };
        fs::create_dir(folder.data())?;
        for place in [folder.database(), folder.files()] {
            fs::create_dir(&place)?;
            match mount(&["-t", "tmpfs", "-o", &format!("{},mode=0755", size(mebibytes(disk_mib))), "tmpfs"], &place) {
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

    /// Keeps what the nodes wrote last of themselves: a history says what was answered, and they say why.
    fn keep_logs(&self) {
        let Some(name) = self.path.file_name() else { return };
        let kept = crate::logs().join(name);
        drop(fs::create_dir_all(&kept));
        for file in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            if file.path().extension().is_some_and(|kind| kind == "log") {
                drop(fs::copy(file.path(), kept.join(file.file_name())));
            }
        }
    }

    /// Why the disks could not be mounted, if they could not.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// Leaves one of the disks no room at all.
    pub(crate) fn shrink(&self, place: &Path) -> Result<Shrunk> {
        let shrunk = Shrunk { place: place.to_owned(), disk_mib: self.disk_mib };
        let mut refused = None;
        for _ in 0..TRIES {
            match remount(place, used(place)?) {
                Ok(()) => return Ok(shrunk),
                // Something was written since it was looked at.
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.context("a disk grows too fast")?)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for place in &self.mounts {
            // Lazily: whoever still holds a file of it is about to end.
            drop(Command::new("umount").arg("--lazy").arg(place).output());
        }
        self.keep_logs();
        drop(fs::remove_dir_all(&self.path));
    }
}

impl Drop for Shrunk {
    fn drop(&mut self) {
        // A disk that stays full is told of by whoever cannot write.
        drop(remount(&self.place, mebibytes(self.disk_mib)));
    }
}

/// How many bytes of a disk are taken.
fn used(place: &Path) -> Result<u64> {
    let disk = rustix::fs::statvfs(place)?;
    Ok((disk.f_blocks - disk.f_bfree) * disk.f_frsize)
}

fn remount(place: &Path, bytes: u64) -> Result<()> {
    mount(&["-o", &format!("remount,{}", size(bytes))], place)
}

fn mount(arguments: &[&str], place: &Path) -> Result<()> {
    let output = Command::new("mount").args(arguments).arg(place).output();
    let output = output.context("mount cannot be run")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

fn size(bytes: u64) -> String {
    format!("size={bytes}")
}

fn mebibytes(count: u32) -> u64 {
    u64::from(count) << 20
}
