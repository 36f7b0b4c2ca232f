//! The private PostgreSQL: a server of our own in the data folder, reached by a unix socket only.
//!
//! Who serves holds the folder's lock. A postmaster that outlived its owner is adopted; one that is going down is waited
//! for; one that died while we serve is started again. Nothing is ever killed with SIGKILL, and fsync stays on.

mod binaries;
mod owner;

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use owner::Owner;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio_util::sync::CancellationToken;

/// The role and the database that Préau uses.
const NAME: &str = "preau";
/// How long a server may take to answer after a start: a crash recovery is part of it.
const START: Duration = Duration::from_mins(1);
/// How long a fast shutdown may take before an immediate one is asked for.
const STOP: Duration = Duration::from_secs(20);
/// How often a start is tried and a server is looked at.
const LOOK: Duration = Duration::from_millis(25);

/// What a server is kept for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// Data that people rely on.
    Kept,
    /// A test's, gone with it: nothing waits for the disk.
    Fleeting,
}

/// Our PostgreSQL server.
#[derive(Debug)]
pub struct PrivatePostgres {
    place: Place,
    /// Held for as long as we own the server.
    _lock: File,
    child: Option<Child>,
}

#[derive(Clone, Debug)]
struct Place {
    binaries: PathBuf,
    cluster: PathBuf,
    socket: PathBuf,
    owner: Owner,
    durability: Durability,
}

impl PrivatePostgres {
    /// Takes the folder and starts its server, or adopts the one that runs. The folder is made if need be.
    pub async fn start(data: &Path, binaries: Option<&Path>, durability: Durability) -> Result<Self> {
        let place = Place::prepare(data, binaries, durability)?;
        let lock = Place::lock(data)?
            .context("another Préau uses this data folder: stop it, or choose another with --data")?;
        place.initialise()?;
        let mut server = Self { place, _lock: lock, child: None };
        server.run().await?;
        server.place.create_database().await?;
        Ok(server)
    }

    /// Connects to the server of a folder: that of whoever serves, or one started for now.
    pub async fn attach_or_start(
        data: &Path,
        binaries: Option<&Path>,
        durability: Durability,
    ) -> Result<(PgConnectOptions, Option<Self>)> {
        let place = Place::prepare(data, binaries, durability)?;
        if Place::lock(data)?.is_some() {
            let server = Self::start(data, binaries, durability).await?;
            return Ok((server.options(), Some(server)));
        }
        place.wait_until_ready(None).await?;
        Ok((place.options(NAME), None))
    }

    /// How to connect to the database.
    pub fn options(&self) -> PgConnectOptions {
        self.place.options(NAME)
    }

    /// The folder of the socket, for a connection address.
    pub fn socket(&self) -> &Path {
        &self.place.socket
    }

    /// Starts the server again whenever it dies, until told to stop; then stops it.
    pub async fn watch(mut self, stop: CancellationToken) {
        let mut pause = Duration::from_millis(200);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
            }
            if self.alive() {
                pause = Duration::from_millis(200);
                continue;
            }
            tracing::warn!("the private PostgreSQL is gone and is started again");
            if let Err(error) = self.run().await {
                tracing::error!(error = %format!("{error:#}"), "the private PostgreSQL does not start");
                pause = (pause * 2).min(Duration::from_secs(10));
            }
        }
        if let Err(error) = self.stop().await {
            tracing::error!(error = %format!("{error:#}"), "the private PostgreSQL did not stop");
        }
    }

    /// Stops the server: fast, and after a while immediately. Both keep every commit.
    pub async fn stop(mut self) -> Result<()> {
        let Some(pid) = self.pid() else { return Ok(()) };
        for (signal, patience) in [(Signal::INT, STOP), (Signal::QUIT, STOP)] {
            if kill_process(pid, signal).is_err() {
                return Ok(());
            }
            let deadline = Instant::now() + patience;
            while Instant::now() < deadline {
                if !self.alive() {
                    return Ok(());
                }
                tokio::time::sleep(LOOK).await;
            }
        }
        bail!("PostgreSQL (process {}) does not stop", pid.as_raw_nonzero())
    }

    /// Adopts the server that runs, or starts one.
    async fn run(&mut self) -> Result<()> {
        self.child = None;
        let deadline = Instant::now() + START;
        // One that is shutting down holds its pid file until it is gone; one that has just lost its clients, or comes
        // back from a crash, may answer a little later.
        while self.place.postmaster().is_some() && Instant::now() < deadline {
            if self.place.adopted().await {
                tracing::info!("the private PostgreSQL runs already and is adopted");
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        self.child = Some(self.place.spawn()?);
        self.place.wait_until_ready(self.child.as_mut()).await
    }

    fn pid(&self) -> Option<Pid> {
        match &self.child {
            Some(child) => i32::try_from(child.id()).ok().and_then(Pid::from_raw),
            None => self.place.postmaster(),
        }
    }

    fn alive(&mut self) -> bool {
        match &mut self.child {
            Some(child) => child.try_wait().is_ok_and(|status| status.is_none()),
            None => self.place.postmaster().is_some(),
        }
    }
}

impl Place {
    fn prepare(data: &Path, binaries: Option<&Path>, durability: Durability) -> Result<Self> {
        let binaries = binaries::find(binaries)?;
        let data = std::path::absolute(data)?;
        let owner = Owner::of_server()?;
        fs::create_dir_all(&data).with_context(|| format!("the data folder {} cannot be made", data.display()))?;
        let cluster = data.join("postgresql");
        owner.make_folder(&cluster)?;
        owner.check_reach(&cluster)?;
        let socket = socket_folder(&data)?;
        owner.make_folder(&socket)?;
        Ok(Self { binaries, cluster, socket, owner, durability })
    }

    /// The lock of the data folder, or none if somebody holds it.
    fn lock(data: &Path) -> Result<Option<File>> {
        let path = data.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).context("the data folder cannot be locked"),
        }
    }

    fn initialise(&self) -> Result<()> {
        let version_file = self.cluster.join("PG_VERSION");
        let binary = binaries::major_version(&self.binaries)?;
        if let Ok(version) = fs::read_to_string(&version_file) {
            let version = version.trim();
            if version != binary {
                bail!(
                    "the data folder was made by PostgreSQL {version}, and {} is PostgreSQL {binary}: install PostgreSQL \
                     {version}, or upgrade the folder with pg_upgrade",
                    self.binaries.display()
                );
            }
            return Ok(());
        }
        let mut command = self.command("initdb");
        command.arg("-D").arg(&self.cluster).args([
            "-U",
            NAME,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=fr-FR",
            "--data-checksums",
            "--no-instructions",
        ]);
        if self.durability == Durability::Fleeting {
            command.arg("--no-sync");
        }
        let output = command.output().context("initdb cannot be run")?;
        if !output.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    fn spawn(&self) -> Result<Child> {
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.cluster).arg("-k").arg(&self.socket);
        let kept: &[&str] = &["max_connections=60", "shared_buffers=64MB"];
        let fleeting: &[&str] = &[
            "max_connections=300",
            "shared_buffers=128MB",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ];
        let settings = if self.durability == Durability::Kept { kept } else { fleeting };
        for setting in
            ["listen_addresses=", "unix_socket_permissions=0700", "logging_collector=off"].iter().chain(settings)
        {
            command.args(["-c", setting]);
        }
        let log = self.log()?;
        // A group of its own, so that Ctrl-C reaches us alone and the order of stopping is ours.
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().context("PostgreSQL cannot be started")
    }

    /// Where the server writes what it has to say, started afresh when it has grown.
    fn log(&self) -> Result<File> {
        let path = self.cluster.join("server.log");
        if fs::metadata(&path).is_ok_and(|log| log.len() > 10 << 20) {
            fs::remove_file(&path)?;
        }
        File::options().create(true).append(true).open(&path).context("the server's log cannot be written")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir("/");
        self.owner.dress(&mut command);
        command
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new().socket(&self.socket).username(NAME).database(database).disable_statement_logging()
    }

    async fn wait_until_ready(&self, mut child: Option<&mut Child>) -> Result<()> {
        let deadline = Instant::now() + START;
        loop {
            match PgConnection::connect_with(&self.options("postgres")).await {
                Ok(connection) => return Ok(connection.close().await?),
                Err(error) if Instant::now() > deadline => {
                    return Err(error)
                        .context(format!("PostgreSQL does not answer: see {}", self.log_path().display()));
                }
                Err(_) => {}
            }
            if let Some(child) = child.as_deref_mut()
                && let Some(status) = child.try_wait()?
            {
                bail!("PostgreSQL ended at once ({status}): {}", self.last_words());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether the running server answers, and is that of our folder.
    async fn adopted(&self) -> bool {
        let Ok(mut connection) = PgConnection::connect_with(&self.options("postgres")).await else { return false };
        let folder = sqlx::query_scalar!(r#"select current_setting('data_directory') as "folder!""#)
            .fetch_one(&mut connection)
            .await;
        folder.is_ok_and(|folder| Path::new(&folder) == self.cluster)
    }

    async fn create_database(&self) -> Result<()> {
        let mut connection = PgConnection::connect_with(&self.options("postgres")).await?;
        let there =
            sqlx::query_scalar!(r#"select exists (select from pg_database where datname = $1) as "there!""#, NAME)
                .fetch_one(&mut connection)
                .await?;
        if !there {
            sqlx::raw_sql("create database preau").execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }

    /// The process that the pid file names, if it lives.
    fn postmaster(&self) -> Option<Pid> {
        let file = fs::read_to_string(self.cluster.join("postmaster.pid")).ok()?;
        let pid = Pid::from_raw(file.lines().next()?.trim().parse().ok()?)?;
        test_kill_process(pid).is_ok().then_some(pid).filter(|&pid| is_postgres(pid))
    }

    fn log_path(&self) -> PathBuf {
        self.cluster.join("server.log")
    }

    fn last_words(&self) -> String {
        let mut text = String::new();
        if let Ok(mut log) = File::open(self.log_path()) {
            let from = log.metadata().map_or(0, |log| log.len().saturating_sub(2000));
            if log.seek(std::io::SeekFrom::Start(from)).is_ok() && log.read_to_string(&mut text).is_err() {
                text.clear();
            }
        }
        text.trim().lines().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(" / ")
    }
}

/// Whether a process is a PostgreSQL server: a pid may have been given to another since.
fn is_postgres(pid: Pid) -> bool {
    let comm = fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero()));
    comm.map_or(true, |name| name.trim().starts_with("postgres"))
}

/// A short folder for the socket: its address is limited to 107 bytes. Named after the data folder, so that each has
/// its own.
fn socket_folder(data: &Path) -> Result<PathBuf> {
    use sha2::{Digest, Sha256};
    use std::os::unix::ffi::OsStrExt;
    let digest = Sha256::digest(data.as_os_str().as_bytes());
    let name = format!("preau-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
    let parent = match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
        Some(folder) if folder.is_dir() && !rustix::process::geteuid().is_root() => folder,
        _ if rustix::process::geteuid().is_root() && Path::new("/run").is_dir() => PathBuf::from("/run"),
        _ => std::env::temp_dir(),
    };
    let folder = parent.join(name);
    if folder.as_os_str().len() > 80 {
        bail!(
            "the folder {} is too deep for a unix socket: set XDG_RUNTIME_DIR or TMPDIR to a shorter one",
            folder.display()
        );
    }
    Ok(folder)
}

/// A folder that only its owner enters.
fn private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}
