//! A node: the real program, as its operator starts it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};

use super::{Clock, Folder, is_alive, signal, state};

/// How often a start is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long one question may take.
const ANSWER: Duration = Duration::from_secs(2);

/// A node, running or not.
#[derive(Debug)]
pub(crate) struct Node {
    binary: PathBuf,
    port: u16,
    data: PathBuf,
    log: PathBuf,
    /// Whether it fails at points on demand.
    is_faulty: bool,
    environment: Vec<(String, String)>,
    child: Option<Child>,
}

impl Node {
    /// A node that is not started.
    pub(crate) fn new(binary: &Path, port: u16, folder: &Folder, environment: &[(String, String)]) -> Self {
        let log = folder.path().join(format!("node-{port}.log"));
        let (binary, environment) = (binary.to_owned(), environment.to_vec());
        Self { binary, port, data: folder.data(), log, is_faulty: false, environment, child: None }
    }

    /// That is another program, which fails at points on demand.
    pub(crate) fn faulty(mut self, binary: &Path) -> Self {
        binary.clone_into(&mut self.binary);
        self.is_faulty = true;
        self
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its process, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Takes something into its environment from the next start on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Starts it.
    pub(crate) fn start(&mut self) -> Result<()> {
        let log = fs::File::options().create(true).append(true).open(&self.log)?;
        let child = Command::new(&self.binary)
            .args(["serve", "--rate-limits", "off", "--listen", &format!("127.0.0.1:{}", self.port)])
            .env_remove("DATABASE_URL")
            .env("PREAU_DATA", &self.data)
            .env("PREAU_LOG", "warn")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(if self.is_faulty { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started: build it first", self.binary.display()))?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until it says that it is ready. One that ended meanwhile is started again: its database may be away.
    pub(crate) async fn wait_until_ready(&mut self, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        loop {
            if self.answer("/readyz").await.is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "a node is not ready: {}", self.last_words());
            let ended =
                self.child.as_mut().map_or(Ok(true), |child| child.try_wait().map(|status| status.is_some()))?;
            tokio::time::sleep(if ended { 10 * LOOK } else { LOOK }).await;
            if ended {
                self.start()?;
            }
        }
    }

    /// What it answers to a question, asked past the proxy.
    pub(crate) async fn answer(&self, path: &str) -> Option<String> {
        let asked = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
            let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\r\n", self.port);
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.ok()?;
            Some(String::from_utf8_lossy(&answer).into_owned())
        };
        tokio::time::timeout(ANSWER, asked).await.ok()?
    }

    /// Kills it, as a lack of memory does.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            let pid = child.id();
            child.kill().await?;
            if let Some(pid) = pid {
                Clock::forget(pid);
            }
        }
        Ok(())
    }

    /// Asks it to stop, as a service manager does, and waits for its end.
    pub(crate) async fn terminate(&mut self, patience: Duration) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let pid = child.id();
        if let Some(pid) = pid {
            signal(pid, Signal::TERM);
        }
        match tokio::time::timeout(patience, child.wait()).await {
            Ok(Ok(status)) if status.success() => {
                if let Some(pid) = pid {
                    Clock::forget(pid);
                }
                Ok(())
            }
            Ok(_) => bail!("a node did not stop well: {}", self.last_words()),
            Err(_) => bail!("a node does not stop: {}", self.last_words()),
        }
    }

    /// Says what it is to do at a point; false if it hears nothing.
    pub(crate) async fn set_point(&mut self, place: &str, action: &str) -> bool {
        let Some(points) = self.child.as_mut().and_then(|child| child.stdin.as_mut()) else { return false };
        points.write_all(format!("{place}={action}\n").as_bytes()).await.is_ok()
    }

    /// Whether its time stands still, or it has ended.
    pub(crate) fn is_halted(&self) -> bool {
        self.pid().is_some_and(|pid| matches!(state(pid), None | Some('T' | 'Z')))
    }

    /// Stops its time, or lets it go on.
    pub(crate) fn signal(&self, what: Signal) {
        if let Some(pid) = self.pid() {
            signal(pid, what);
        }
    }

    /// Its resident memory.
    pub(crate) fn memory_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(pid) = self.pid() {
            signal(pid, Signal::KILL);
            let deadline = Instant::now() + ANSWER;
            while is_alive(pid) && Instant::now() < deadline {
                std::thread::sleep(LOOK);
            }
            Clock::forget(pid);
        }
    }
}
