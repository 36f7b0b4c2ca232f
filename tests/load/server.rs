//! The server under measure, as its operator starts it, and one person who uses it.

use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::processor;

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

    pub(crate) fn path(&self) -> &Path {
        &self.0
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
    address: SocketAddr,
    url: String,
    took: Duration,
    client: Client,
}

impl Server {
    /// Starts the program, and waits for its sign-in page.
    pub(crate) async fn start(binary: &Path, folder: &Folder) -> Result<Self> {
        Self::start_on(binary, folder, 0).await
    }

    /// The same on a port that was used before, so that who was connected finds it again.
    pub(crate) async fn start_on(binary: &Path, folder: &Folder, port: u16) -> Result<Self> {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let client = Client::builder().build()?;
        let address = match port {
            0 => std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?,
            port => ([127, 0, 0, 1], port).into(),
        };
        // What it says of a kill or of a stop would drown what the run says.
        let log = std::fs::File::options().create(true).append(true).open(folder.0.join("server.log"))?;
        let (url, began) = (format!("http://{address}"), Instant::now());
        let mut child = Command::new("taskset")
            .args(["--cpu-list", &processor::of_servers()])
            .arg(binary)
            .args(["serve", "--rate-limits", "off", "--listen", &address.to_string()])
            .env("PREAU_DATA", &folder.0)
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
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
        Ok(Self { child, pid, binary: binary.to_owned(), folder: folder.0.clone(), address, url, took, client })
    }

    /// From the start of the program to the last byte of its first page.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address, as a browser types it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The server, and its PostgreSQL.
    pub(crate) fn programs(&self) -> Result<Vec<u32>> {
        Ok(vec![self.pid, self.postmaster(0)?.parse()?])
    }

    /// Runs SQL on the server's database, in one transaction; the first column of the last answer.
    pub(crate) fn sql(&self, script: &str) -> Result<String> {
        let mut psql = std::process::Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--single-transaction"])
            .args(["--set", "ON_ERROR_STOP=1", "--username", "preau", "--dbname", "preau", "--host"])
            .arg(self.socket()?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        psql.stdin.take().context("psql reads")?.write_all(script.as_bytes())?;
        let output = psql.wait_with_output()?;
        ensure!(output.status.success(), "psql ended with {}", output.status);
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Has PostgreSQL look at what its tables hold now: by itself, since it is no transaction.
    pub(crate) fn vacuum(&self) -> Result<()> {
        let status = std::process::Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--username", "preau", "--dbname", "preau", "--host", &self.socket()?])
            .args(["--command", "vacuum analyze"])
            .status()?;
        ensure!(status.success(), "psql ended with {status}");
        Ok(())
    }

    /// Reads a page, whole, as a browser does whose session has this secret.
    pub(crate) async fn visit(&self, session: &str, path: &str) -> Result<String> {
        let request = self.client.get(format!("{}{path}", self.url)).header("cookie", format!("session={session}"));
        let answer = request.header("accept", "text/html").send().await?.error_for_status()?;
        Ok(answer.text().await?)
    }

    /// The folder of the socket of its PostgreSQL.
    pub(crate) fn socket(&self) -> Result<String> {
        self.postmaster(4)
    }

    /// A line of the file in which PostgreSQL says where it is.
    fn postmaster(&self, line: usize) -> Result<String> {
        let file = std::fs::read_to_string(self.folder.join("postgresql/postmaster.pid"))?;
        Ok(file.lines().nth(line).context("the file has this line")?.trim().to_owned())
    }

    /// The memory of the server alone, in bytes.
    pub(crate) fn memory(&self) -> Result<f64> {
        processor::memory_of(self.pid)
    }

    /// The processor time that the server has used so far, in seconds, without its PostgreSQL.
    pub(crate) fn processor(&self) -> Result<f64> {
        let database: u32 = self.postmaster(0)?.parse()?;
        Ok(processor::time(&[self.pid])? - processor::time(&[database])?)
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

    /// The token that proves who they are.
    pub(crate) fn token(&self) -> &str {
        &self.token
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
