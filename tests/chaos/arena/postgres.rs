//! The database's server, as it is killed, paused and brought back.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use preau::db::private::{Durability, PrivatePostgres};
use rustix::process::Signal;
use sqlx::{Connection, PgConnection, migrate::Migrator, postgres::PgConnectOptions};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Folder, PATIENCE, is_alive, signal};

/// How often something is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long ending its processes may take.
const END: Duration = Duration::from_secs(5);

/// The server: a node's own, or one that is supervised here.
#[derive(Debug)]
pub(crate) struct Postgres {
    folder: PathBuf,
    options: PgConnectOptions,
    /// Starts it again when it dies, where no node does.
    watched: JoinSet<()>,
    stop: CancellationToken,
}

impl Postgres {
    /// Starts one, and starts it again whenever it dies.
    pub(crate) async fn start(folder: &Folder) -> Result<Self> {
        let server = PrivatePostgres::start(&folder.data(), None, Durability::Kept).await?;
        let (options, stop) = (server.options(), CancellationToken::new());
        let mut watched = JoinSet::new();
        watched.spawn(server.watch(stop.clone()));
        let postgres = Self { folder: folder.database(), options, watched, stop };
        postgres.keep_small().await?;
        Ok(postgres)
    }

    /// The one that a node has started.
    pub(crate) async fn attach(folder: &Folder) -> Result<Self> {
        let (options, _) = PrivatePostgres::attach_or_start(&folder.data(), None, Durability::Kept).await?;
        let (watched, stop) = (JoinSet::new(), CancellationToken::new());
        let postgres = Self { folder: folder.database(), options, watched, stop };
        postgres.keep_small().await?;
        Ok(postgres)
    }

    /// How to connect.
    pub(crate) fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// How nodes connect.
    pub(crate) fn url(&self) -> String {
        let socket = self.options.get_socket().map(|socket| socket.display().to_string()).unwrap_or_default();
        format!("postgres://preau@localhost/preau?host={socket}")
    }

    /// A connection, as soon as there is one.
    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match tokio::time::timeout(END, PgConnection::connect_with(&self.options)).await {
                Ok(Ok(connection)) => return Ok(connection),
                _ if Instant::now() > deadline => anyhow::bail!("PostgreSQL does not come back"),
                _ => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Brings the schema to that of a version to come, by a migration that adds something, as long as it takes.
    pub(crate) async fn migrate_ahead(&self, number: u32) -> Result<()> {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
        let ahead = self.folder.with_file_name("migrations");
        if number == 1 {
            fs::create_dir(&ahead)?;
            for migration in fs::read_dir(ours)? {
                let migration = migration?;
                fs::copy(migration.path(), ahead.join(migration.file_name()))?;
            }
        }
        let sql = format!(
            "set local lock_timeout = '2s';\n\
             alter table messages add column ahead_{number} integer;\n\
             create table ahead_{number} (message_id uuid primary key references messages);\n"
        );
        fs::write(ahead.join(format!("2999010100{number:04}_ahead.sql")), sql)?;
        let migrator = Migrator::new(ahead).await?;
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = migrator.run(&mut self.connect().await?).await {
            ensure!(Instant::now() < deadline, "the schema cannot be changed: {error}");
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Kills the postmaster; its backends end as they notice.
    pub(crate) fn kill(&self) -> Result<()> {
        let postmaster = self.postmaster().context("PostgreSQL does not run")?;
        signal(postmaster, Signal::KILL);
        Ok(())
    }

    /// Stops its time, or lets it go on: of every process.
    pub(crate) fn signal(&self, what: Signal) {
        for pid in self.processes() {
            signal(pid, what);
        }
    }

    /// Stops it in good order, if it is ours.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        self.stop.cancel();
        let ended = async { while self.watched.join_next().await.is_some() {} };
        tokio::time::timeout(PATIENCE, ended).await.context("PostgreSQL does not stop")
    }

    /// What the log of changes may take of a small disk.
    async fn keep_small(&self) -> Result<()> {
        let mut connection = self.connect().await?;
        for statement in ["alter system set max_wal_size = '48MB'", "alter system set min_wal_size = '32MB'"] {
            sqlx::raw_sql(statement).execute(&mut connection).await?;
        }
        sqlx::raw_sql("select pg_reload_conf()").execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    fn postmaster(&self) -> Option<u32> {
        let file = fs::read_to_string(self.folder.join("postmaster.pid")).ok()?;
        let pid = file.lines().next()?.trim().parse().ok()?;
        is_alive(pid).then_some(pid)
    }

    /// The postmaster and its children.
    fn processes(&self) -> Vec<u32> {
        let Some(postmaster) = self.postmaster() else { return Vec::new() };
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let children = pids.filter(|pid| parent(*pid) == Some(postmaster));
        std::iter::once(postmaster).chain(children).collect()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Nobody is to start it again.
        self.watched.abort_all();
        let processes = self.processes();
        for what in [Signal::KILL, Signal::CONT] {
            for pid in &processes {
                signal(*pid, what);
            }
        }
        let deadline = Instant::now() + END;
        while processes.iter().any(|pid| is_alive(*pid)) && Instant::now() < deadline {
            std::thread::sleep(LOOK);
        }
        if let Some(socket) = self.options.get_socket() {
            drop(fs::remove_dir_all(socket));
        }
    }
}

/// The parent of a process (`/proc/PID/stat`, field 4).
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}
