//! The program with its faults, as a process that a test may kill.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// Every wait of a test ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process that serves a test's database.
pub(crate) struct Program {
    pub(crate) url: String,
    child: Child,
    points: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
    logged: Lines<BufReader<ChildStderr>>,
}

impl Program {
    /// Starts the program on a database and a folder, and waits until it says where it serves.
    pub(crate) async fn start(database: &PgConnectOptions, data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_faulty"))
            .args(["serve", "--listen", "127.0.0.1:0", "--rate-limits", "off"])
            .env("DATABASE_URL", database.to_url_lossy().as_str())
            .env("PREAU_DATA", data)
            .envs([("PREAU_LOG", "preau::faults=warn"), ("PREAU_LOG_FORMAT", "json")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let points = child.stdin.take().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let logged = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = line(&mut said, "serves at").await.rsplit(' ').next().unwrap().to_owned();
        Self { url, child, points, said, logged }
    }

    /// Sets a failpoint.
    pub(crate) async fn set(&mut self, point: &str) {
        self.points.write_all(format!("{point}\n").as_bytes()).await.unwrap();
        assert_eq!(line(&mut self.said, "=").await, point);
    }

    /// Waits until a failpoint is met.
    pub(crate) async fn meets(&mut self, place: &str) {
        line(&mut self.logged, &format!(r#""place":"{place}""#)).await;
    }

    /// Asks it to stop, as a service manager does, and waits for its end: how long that took.
    pub(crate) async fn stopped(mut self) -> Duration {
        let (pid, began) = (self.child.id().unwrap().to_string(), Instant::now());
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let ended = timeout(PATIENCE, self.child.wait()).await.expect("it stops").unwrap();
        assert!(ended.success(), "{ended}");
        began.elapsed()
    }

    /// Waits until it was killed.
    pub(crate) async fn killed(mut self) {
        use std::os::unix::process::ExitStatusExt;
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it is killed").unwrap();
        assert_eq!(status.signal(), Some(9), "{status}");
    }
}

/// The next line that contains this.
async fn line<R: tokio::io::AsyncBufRead + Unpin>(lines: &mut Lines<R>, part: &str) -> String {
    loop {
        let next = timeout(PATIENCE, lines.next_line()).await.unwrap_or_else(|_| panic!("nothing says {part}"));
        let next = next.unwrap().unwrap_or_else(|| panic!("it ended without saying {part}"));
        if next.contains(part) {
            return next;
        }
    }
}
