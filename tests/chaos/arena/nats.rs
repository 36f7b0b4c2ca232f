//! A NATS server behind a network that fails, where nodes tell each other of new events by one.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout_at},
};

use super::{PATIENCE, free_port};
use crate::proxy::{Network, Proxy};

/// How often a start is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Where nodes speak to each other.
const SUBJECT: &str = "preau.hints";

/// The server, and the network between it and the nodes.
#[derive(Debug)]
pub(crate) struct Nats {
    port: u16,
    child: Child,
    proxy: Proxy,
}

impl Nats {
    /// Starts one.
    pub(crate) async fn start() -> Result<Self> {
        let port = free_port()?;
        let (child, proxy) = (spawn(port)?, Proxy::start(&[port]).await?);
        let nats = Self { port, child, proxy };
        nats.wait_until_ready().await?;
        Ok(nats)
    }

    /// How nodes connect.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.proxy.address())
    }

    /// The nodes' connections to it.
    pub(crate) fn network(&self) -> Network {
        self.proxy.network()
    }

    /// Kills it, and starts it again.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        self.child.kill().await?;
        self.child = spawn(self.port)?;
        self.wait_until_ready().await
    }

    /// What nodes say to each other for a while; past the network that fails.
    pub(crate) async fn hear(&self, how_long: Duration) -> Result<Vec<String>> {
        let client = self.client().await?;
        let mut subscriber = client.subscribe(SUBJECT).await?;
        client.flush().await?;
        let mut heard = Vec::new();
        let until = tokio::time::Instant::now() + how_long;
        while let Ok(Some(said)) = timeout_at(until, subscriber.next()).await {
            heard.push(String::from_utf8_lossy(&said.payload).into_owned());
        }
        Ok(heard)
    }

    /// Says this as if a node did.
    pub(crate) async fn say(&self, said: &[String]) -> Result<()> {
        let client = self.client().await?;
        for text in said {
            client.publish(SUBJECT, text.clone().into()).await?;
        }
        Ok(client.flush().await?)
    }

    async fn client(&self) -> Result<async_nats::Client> {
        Ok(async_nats::connect(format!("127.0.0.1:{}", self.port)).await?)
    }

    async fn wait_until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            ensure!(Instant::now() < deadline, "nats-server does not answer");
            sleep(LOOK).await;
        }
        Ok(())
    }
}

fn spawn(port: u16) -> Result<Child> {
    Command::new("nats-server")
        .args(["--addr", "127.0.0.1", "--port", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("nats-server cannot be started: run ./deploy/install-deps.sh test")
}
