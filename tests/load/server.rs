//! The server under measure, as its operator starts it, and one person who uses it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use uuid::Uuid;

/// The longest that a server may take to answer or to end.
const PATIENCE: Duration = Duration::from_mins(1);
/// The address of who animates the group under measure.
const ADDRESS: &str = "ines.charge@reseau.example";

/// A data folder that goes with its last user.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A folder that holds nothing yet.
    pub(crate) fn fresh() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("preau-load-{}", Uuid::now_v7().simple()));
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    pid: u32,
    binary: PathBuf,
    folder: PathBuf,
    url: String,
    took: Duration,
    client: Client,
}

impl Server {
    /// Starts the program, and waits for its sign-in page.
    pub(crate) async fn start(binary: &Path, folder: &Folder) -> Result<Self> {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let client = Client::builder().build()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let (url, began) = (format!("http://127.0.0.1:{port}"), Instant::now());
        let mut child = Command::new(binary)
            .args(["serve", "--rate-limits", "off", "--listen", &format!("127.0.0.1:{port}")])
            .env("PREAU_DATA", &folder.0)
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started: build it first", binary.display()))?;
        let pid = child.id().context("a program that was started has a number")?;
        loop {
            if let Ok(page) = client.get(format!("{url}/sign-in")).send().await
                && page.status().is_success()
            {
                drop(page.bytes().await?);
                break;
            }
            if let Some(status) = child.try_wait()? {
                bail!("the server ended with {status}");
            }
            ensure!(began.elapsed() < PATIENCE, "the server does not answer");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let took = began.elapsed();
        Ok(Self { child, pid, binary: binary.to_owned(), folder: folder.0.clone(), url, took, client })
    }

    /// From the start of the program to the last byte of its first page.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    /// The proportional set size of the server alone, in MB of 1,000,000 bytes: its own pages, and its part of those
    /// that it shares (`/proc/PID/smaps_rollup`, proc(5)).
    pub(crate) fn memory(&self) -> Result<f64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss in smaps_rollup")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024.0 / 1e6)
    }

    /// The processor time that the server has used so far, in seconds (`/proc/PID/stat`, fields 14 and 15, in
    /// hundredths of a second on Linux).
    pub(crate) fn processor(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        let (_, fields) = stat.rsplit_once(')').context("the name of the program is in brackets")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
    }

    /// Somebody who may make groups, with a token, both made by the program's own commands.
    pub(crate) async fn animator(&self) -> Result<Person> {
        self.command(&["user", "create", "--admin", "--name", "Inès Charge", "--email", ADDRESS]).await?;
        let said = self.command(&["token", "create", "--email", ADDRESS]).await?;
        let token = said.split_whitespace().last().context("a token is printed")?.to_owned();
        Ok(Person { url: self.url.clone(), token, client: self.client.clone() })
    }

    /// Asks the server to stop, as its service manager does, and waits for its end.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let status = Command::new("kill").args(["-TERM", &self.pid.to_string()]).status().await?;
        ensure!(status.success(), "the server could not be asked to stop");
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await.context("the server does not stop")??;
        ensure!(ended.success(), "the server ended with {ended}");
        Ok(())
    }

    /// Kills the server; its PostgreSQL lives on.
    pub(crate) async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    async fn command(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.binary);
        let output = command.args(args).env("PREAU_DATA", &self.folder).env_remove("DATABASE_URL").output().await?;
        ensure!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// Who uses the server, by their token.
#[derive(Clone)]
pub(crate) struct Person {
    url: String,
    token: String,
    client: Client,
}

impl Person {
    /// The same person at another start of the server.
    pub(crate) fn at(&self, server: &Server) -> Self {
        Self { url: server.url.clone(), ..self.clone() }
    }

    /// Reads a page, whole.
    pub(crate) async fn page(&self, path: &str) -> Result<String> {
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        let answer = request.header("accept", "text/html").send().await?.error_for_status()?;
        Ok(answer.text().await?)
    }

    /// Reads a thing.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        Self::read(request.send().await?).await
    }

    /// Makes a thing.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body);
        Self::read(request.send().await?).await
    }

    /// Sends a form with a file.
    pub(crate) async fn upload(&self, path: &str, form: reqwest::multipart::Form) -> Result<Value> {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).multipart(form);
        Self::read(request.header("accept", "application/json").send().await?).await
    }

    /// Makes a group with a channel; its id and that of the channel.
    pub(crate) async fn group(&self, name: &str) -> Result<(String, String)> {
        let group = self.post("/api/v1/groups", &json!({ "name": name, "purpose": "", "access": "invite" })).await?;
        let group = id(&group)?;
        let path = format!("/api/v1/groups/{group}/channels");
        let channel = self.post(&path, &json!({ "name": "Évaluation", "purpose": "" })).await?;
        Ok((group, id(&channel)?))
    }

    async fn read(answer: Response) -> Result<Value> {
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

/// The id of a thing that was answered.
pub(crate) fn id(thing: &Value) -> Result<String> {
    Ok(thing["id"].as_str().context("a thing has an id")?.to_owned())
}
