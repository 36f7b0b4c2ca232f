//! A NATS server behind a network that fails, where nodes tell each other of new events by one.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::sleep,
};

use super::{PATIENCE, free_port};
use crate::proxy::{Network, Proxy};

const LOOK: Duration = Duration::from_millis(20);

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
