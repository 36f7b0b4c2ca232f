//! Whose process the server is. PostgreSQL refuses to run as root, so root lends it to an unprivileged user.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, bail};

/// The user of the server's process.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    /// The user who runs us.
    Us,
    /// Another, since we are root: user and group ids.
    Other(u32, u32),
}

impl Owner {
    /// Ourselves; for root the user `postgres`, else `nobody`.
    pub(super) fn of_server() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Us);
        }
        let users = fs::read_to_string("/etc/passwd").context("/etc/passwd cannot be read")?;
        let ids = |name: &str| {
            users.lines().find_map(|line| {
                let mut fields = line.split(':');
                let found = fields.next()? == name;
                let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
                found.then_some((user, group))
            })
        };
        let (user, group) = ids("postgres")
            .or_else(|| ids("nobody"))
            .context("PostgreSQL cannot run as root, and there is no user `postgres` or `nobody` to run it as")?;
        Ok(Self::Other(user, group))
    }

    /// Makes a folder that the server alone enters.
    pub(super) fn make_folder(self, folder: &Path) -> Result<()> {
        super::private(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        if let Self::Other(user, group) = self {
            std::os::unix::fs::chown(folder, Some(user), Some(group))?;
        }
        Ok(())
    }

    /// Whether the server's user can reach a folder: each parent must let others through.
    pub(super) fn check_reach(self, folder: &Path) -> Result<()> {
        let Self::Other(user, _) = self else { return Ok(()) };
        for parent in folder.ancestors().skip(1) {
            let parent_data = fs::metadata(parent)?;
            if parent_data.mode() & 0o001 == 0 && parent_data.uid() != user {
                bail!(
                    "PostgreSQL runs as an unprivileged user, who cannot pass {}: choose another folder with --data, or \
                     `chmod o+x` this one",
                    parent.display()
                );
            }
        }
        Ok(())
    }

    /// Makes a command run as this user.
    pub(super) fn dress(self, command: &mut Command) {
        if let Self::Other(user, group) = self {
            command.uid(user).gid(group);
        }
    }
}
