//! A node: the real program, as its operator starts it.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
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
use crate::history::{Recorder, What};

/// How often a start is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long one question may take.
const ANSWER: Duration = Duration::from_secs(2);
/// The counters that must stay 0.
const COUNTERS: [&str; 2] = ["preau_gap_detected_total", "preau_queue_overflow_nonephemeral_total"];
/// How a node that says why and gives up ends, and what its log tells of a panic.
const GAVE_UP: i32 = 1;
const PANIC: &str = " panicked at ";

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
    /// Whether it was ready since it was started.
    was_ready: bool,
    /// Whether it may kill itself at a point, since it was told to.
    is_armed: bool,
    recorder: Recorder,
}

impl Node {
    /// A node that is not started.
    pub(crate) fn new(
        binary: &Path,
        port: u16,
        (folder, recorder): (&Folder, &Recorder),
        environment: &[(String, String)],
    ) -> Self {
        let log = folder.path().join(format!("node-{port}.log"));
        let (binary, environment) = (binary.to_owned(), environment.to_vec());
        Self {
            binary,
            port,
            data: folder.data(),
            log,
            is_faulty: false,
            environment,
            child: None,
            was_ready: false,
            is_armed: false,
            recorder: recorder.clone(),
        }
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
        (self.was_ready, self.is_armed) = (false, false);
        Ok(())
    }

    /// Waits until it says that it is ready. One that ended meanwhile is started again: its database may be away.
    pub(crate) async fn wait_until_ready(&mut self, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        loop {
            if self.answer("/readyz").await.is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                self.was_ready = true;
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "a node is not ready: {}", self.last_words());
            let ended = self.has_ended()?;
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

    /// Whether it does not run. If it ended by itself, that is noted.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        let Some(child) = &mut self.child else { return Ok(true) };
        let pid = child.id();
        let Some(status) = child.try_wait()? else { return Ok(false) };
        self.child = None;
        if let Some(pid) = pid {
            Clock::forget(pid);
        }
        if !(self.is_armed && status.signal() == Some(Signal::KILL.as_raw())) {
            self.note_end(status);
        }
        Ok(true)
    }

    fn note_end(&self, status: ExitStatus) {
        let how = format!("{status}: {}", self.last_words());
        let gave_up = status.code() == Some(GAVE_UP);
        self.recorder.note(0, What::Died { how, starting: !self.was_ready, gave_up });
    }

    /// Notes what it holds in memory, and those of its counters that must stay 0: they end with this life of it.
    pub(crate) async fn note_counts(&self) {
        let Some(kib) = self.memory_kib() else { return };
        self.recorder.note(0, What::Memory { kib });
        let metrics = self.answer("/metrics").await.filter(|answer| answer.starts_with("HTTP/1.1 200"));
        let lines = metrics.iter().flat_map(|metrics| metrics.lines()).filter(|line| !line.starts_with('#'));
        for (name, value) in lines.filter_map(|line| line.rsplit_once(' ')) {
            if let Some(value) = value.trim().parse::<u64>().ok().filter(|_| COUNTERS.contains(&name)) {
                self.recorder.note(0, What::Counter { name: name.to_owned(), value });
            }
        }
    }

    /// Notes how often its log tells of a panic.
    pub(crate) fn note_panics(&self) -> Result<()> {
        let log = fs::read(&self.log)?;
        let log = String::from_utf8_lossy(&log);
        let count = u64::try_from(log.lines().filter(|line| line.contains(PANIC)).count())?;
        // What it was about is in the line that follows.
        let mut first = log.lines().skip_while(|line| !line.contains(PANIC));
        let first = first.next().map(|place| format!("{place} {}", first.next().unwrap_or_default()));
        self.recorder.note(0, What::Panics { count, first });
        Ok(())
    }

    /// Kills it, as a lack of memory does.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        if self.has_ended()? {
            return Ok(());
        }
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
        if self.has_ended()? {
            return Ok(());
        }
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
        self.is_armed |= action.contains("kill");
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
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
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
