//! The peers, and the PostgreSQL of theirs: one with the settings of Préau's own, on the same disk.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    server::Folder,
    sides::{Program, on_servers},
};

/// The longest that a peer may take to start.
const PATIENCE: Duration = Duration::from_mins(1);
/// Where the peers' programs are.
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// A PostgreSQL server for the peers.
pub(crate) struct Postgres {
    child: Child,
    port: u16,
    _folder: Folder,
}

impl Postgres {
    /// Starts one on a folder of its own.
    pub(crate) fn start() -> Result<Self> {
        let (folder, port) = (Folder::fresh()?, free_port()?);
        let cluster = folder.path().join("postgresql");
        fs::create_dir(&cluster)?;
        let user = user()?;
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(&cluster, Some(user), Some(group))?;
        }
        let programs = programs()?;
        let dressed = |program: &str| {
            let mut command = on_servers(&programs.join(program).to_string_lossy());
            if let Some((user, group)) = user {
                command.uid(user).gid(group);
            }
            command.current_dir("/").arg("-D").arg(&cluster).stdin(Stdio::null()).stdout(Stdio::null());
            command
        };
        let made = dressed("initdb")
            .args(["-U", "preau", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=icu"])
            .args(["--icu-locale=fr-FR", "--data-checksums", "--no-instructions"])
            .status()?;
        ensure!(made.success(), "initdb ended with {made}");
        let log = fs::File::create(folder.path().join("postgresql.log"))?;
        let child = dressed("postgres")
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "max_connections=60", "-c", "shared_buffers=64MB"])
            .stderr(log)
            .spawn()?;
        let server = Self { child, port, _folder: folder };
        let began = Instant::now();
        while server.sql("postgres", "select 1").is_err() {
            ensure!(began.elapsed() < PATIENCE, "the peers' PostgreSQL does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Runs SQL on a database; what it answers.
    pub(crate) fn sql(&self, database: &str, script: &str) -> Result<String> {
        let output = self.psql(database).args(["--command", script]).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    fn psql(&self, database: &str) -> Command {
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"])
            .args(["--host", "127.0.0.1", "--port", &self.port.to_string(), "--username", "preau"])
            .args(["--dbname", database]);
        psql
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        // A fast shutdown; it has ended by itself if it cannot be asked.
        if pid.is_some_and(|pid| rustix::process::kill_process(pid, rustix::process::Signal::INT).is_ok()) {
            drop(self.child.wait());
        }
    }
}

/// Starts socket.io with pg, whose deliveries weigh so much.
pub(crate) fn socketio(postgres: &Postgres, weight: usize) -> Result<Program> {
    install()?;
    if postgres.sql("socketio", "select 1").is_err() {
        postgres.sql("postgres", "create database socketio")?;
    }
    let mut command = on_servers("node");
    command
        .arg(format!("{HERE}/socketio.mjs"))
        .env("WEIGHT", weight.to_string())
        .env("DATABASE", format!("postgres://preau@127.0.0.1:{}/socketio", postgres.port));
    Program::start(command)
}

/// Starts node's `ws`.
pub(crate) fn ws() -> Result<Program> {
    install()?;
    let mut command = on_servers("node");
    command.arg(format!("{HERE}/ws.mjs"));
    Program::start(command)
}

/// Installs the peers of npm, as their lock file says.
fn install() -> Result<()> {
    let installed = Path::new(HERE).join("node_modules/.package-lock.json");
    if !installed.exists() {
        let status = Command::new("npm").arg("ci").current_dir(HERE).stdout(Stdio::null()).status()?;
        ensure!(status.success(), "npm ci ended with {status}");
    }
    Ok(())
}

/// ejabberd, of the system's package but with a folder and settings of its own; the package's service stays out of it.
pub(crate) struct Ejabberd {
    child: Child,
    pub(crate) address: SocketAddr,
    _folder: Folder,
}

impl Ejabberd {
    pub(crate) fn start(postgres: &Postgres) -> Result<Self> {
        if postgres.sql("ejabberd", "select 1").is_err() {
            postgres.sql("postgres", "create database ejabberd")?;
            let schema = postgres.psql("ejabberd").args(["--file", "/usr/share/ejabberd/sql/pg.sql"]).output()?;
            ensure!(schema.status.success(), "{}", String::from_utf8_lossy(&schema.stderr));
        }
        let (folder, port) = (Folder::fresh()?, free_port()?);
        let settings = include_str!("ejabberd.yml")
            .replace("SQL_PORT", &postgres.port.to_string())
            .replace("PORT", &port.to_string());
        fs::write(folder.path().join("ejabberd.yml"), settings)?;
        let log = fs::File::create(folder.path().join("output.log"))?;
        let child = on_servers("erl")
            // The flags of the package's own start script.
            .args(["+K", "true", "+P", "250000", "-noinput", "-mnesia", "dir"])
            .arg(format!("\"{}\"", folder.path().join("mnesia").display()))
            .args(["-s", "ejabberd"])
            .env("ERL_LIBS", libraries()?)
            .env("ERL_MAX_PORTS", "32000")
            .env("EJABBERD_CONFIG_PATH", folder.path().join("ejabberd.yml"))
            .env("EJABBERD_LOG_PATH", folder.path().join("ejabberd.log"))
            .env("HOME", folder.path())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("ejabberd is not installed: run deploy/install-deps.sh bench")?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = Self { child, address, _folder: folder };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("ejabberd ended with {status}");
            }
            ensure!(began.elapsed() < PATIENCE, "ejabberd does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Ejabberd {
    fn drop(&mut self) {
        // It has ended by itself if this fails.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The folder that holds ejabberd and its libraries: that of the machine's architecture.
fn libraries() -> Result<PathBuf> {
    for entry in fs::read_dir("/usr/lib")? {
        let folder = entry?.path();
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        if entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("ejabberd-")) {
            return Ok(folder);
        }
    }
    bail!("ejabberd is not installed: run deploy/install-deps.sh bench")
}

/// The folder of PostgreSQL's programs: the newest.
pub(crate) fn programs() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("PREAU_PG_BINDIR") {
        return Ok(folder.into());
    }
    let versions = fs::read_dir("/usr/lib/postgresql").context("set PREAU_PG_BINDIR to the folder of postgres")?;
    let newest = versions.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    Ok(format!("/usr/lib/postgresql/{}/bin", newest.context("PostgreSQL is not installed")?).into())
}

/// Whom PostgreSQL runs as, since it refuses to be root's.
fn user() -> Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let line = users.lines().find(|line| line.starts_with("postgres:")).context("there is no user `postgres`")?;
    let ids: Vec<_> = line.split(':').skip(2).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ids.first().copied().zip(ids.get(1).copied()))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
