//! A NATS server of a test's own, that the test may end and start again.

use std::{net::TcpListener, process::Stdio};

use preau::live::bus::Transport;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use super::PATIENCE;

/// A running NATS server; dropped, it ends.
pub(crate) struct Nats {
    port: u16,
    child: Child,
}

impl Nats {
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { port, child: run(port).await }
    }

    /// How nodes reach it.
    pub(crate) fn transport(&self) -> Transport {
        Transport::Nats(format!("nats://127.0.0.1:{}", self.port))
    }

    /// Ends it, without a word to its clients.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Lets it stand, and do nothing.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    /// Starts it again at the same address.
    pub(crate) async fn start_again(&mut self) {
        self.child = run(self.port).await;
    }
}

impl Nats {
    fn signal(&self, signal: &str) {
        let pid = self.child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

async fn run(port: u16) -> Child {
    let child = Command::new("nats-server")
        .args(["-a", "127.0.0.1", "-p", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("nats-server is installed: run `deploy/install-deps.sh test`");
    let answers = async { while TcpStream::connect(("127.0.0.1", port)).await.is_err() {} };
    tokio::time::timeout(PATIENCE, answers).await.expect("nats-server answers");
    child
}
