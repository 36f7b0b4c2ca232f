//! Where PostgreSQL's programs are.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// What to say when there are none.
const MISSING: &str = "PostgreSQL's server programs are not on this machine. On Debian or Ubuntu: apt-get install \
    postgresql. Elsewhere: install PostgreSQL 15 or later and set PREAU_PG_BINDIR to the folder of `postgres` and \
    `initdb`, or set DATABASE_URL to a server that runs";

/// The folder of `postgres` and `initdb`: the given one, `pg_config`'s, or the newest of the usual places.
pub(super) fn find(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(folder) = given {
        if complete(folder) {
            return Ok(folder.to_owned());
        }
        bail!("{} does not hold `postgres` and `initdb`: correct PREAU_PG_BINDIR", folder.display());
    }
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    configured.filter(|folder| complete(folder)).or_else(newest).context(MISSING)
}

/// The major version of the programs, as `PG_VERSION` writes it.
pub(super) fn major_version(folder: &Path) -> Result<String> {
    let output = Command::new(folder.join("postgres")).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let major = number.and_then(|number| number.split('.').next()).map(str::to_owned);
    major.with_context(|| format!("`postgres --version` says {text:?}"))
}

fn complete(folder: &Path) -> bool {
    folder.join("postgres").exists() && folder.join("initdb").exists()
}

fn newest() -> Option<PathBuf> {
    let numbered = |root: &str, prefix: &str, tail: &str| {
        let entries = fs::read_dir(root).into_iter().flatten().flatten();
        let (prefix, tail) = (prefix.to_owned(), tail.to_owned());
        entries
            .filter_map(move |entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let version: u32 = name.strip_prefix(prefix.as_str())?.parse().ok()?;
                Some((version, entry.path().join(&tail)))
            })
            .collect::<Vec<_>>()
    };
    let mut found = numbered("/usr/lib/postgresql", "", "bin");
    found.extend(numbered("/usr", "pgsql-", "bin"));
    found.extend(numbered("/opt/homebrew/opt", "postgresql@", "bin"));
    found.extend(numbered("/usr/local/opt", "postgresql@", "bin"));
    found.into_iter().filter(|(_, folder)| complete(folder)).max().map(|(_, folder)| folder)
}
