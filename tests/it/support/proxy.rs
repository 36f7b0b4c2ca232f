//! A way to the database that can be cut off without a word: the connections stay open and carry nothing any more.

use std::sync::{Arc, Mutex};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::{
    io::{AsyncRead, AsyncWrite, copy_bidirectional},
    net::{TcpListener, TcpStream, UnixStream},
};
use tokio_util::sync::CancellationToken;

/// A proxy before a database.
pub(crate) struct Proxy {
    port: u16,
    behind: PgConnectOptions,
    cut: Arc<Mutex<CancellationToken>>,
}

impl Proxy {
    pub(crate) async fn before(behind: PgConnectOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(Mutex::new(CancellationToken::new()));
        tokio::spawn({
            let (behind, cut) = (behind.clone(), Arc::clone(&cut));
            async move {
                while let Ok((near, _)) = listener.accept().await {
                    let (behind, cut) = (behind.clone(), cut.lock().unwrap().clone());
                    tokio::spawn(async move {
                        if let Some(folder) = behind.get_socket() {
                            let socket = folder.join(format!(".s.PGSQL.{}", behind.get_port()));
                            carry(near, UnixStream::connect(socket).await.unwrap(), cut).await;
                        } else {
                            let far = TcpStream::connect((behind.get_host(), behind.get_port())).await.unwrap();
                            carry(near, far, cut).await;
                        }
                    });
                }
            }
        });
        Self { port, behind, cut }
    }

    /// How to reach the database through it.
    pub(crate) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(self.behind.get_username())
            .database(self.behind.get_database().unwrap())
            .ssl_mode(PgSslMode::Disable)
    }

    /// Lets what is connected carry nothing any more, in either direction; new connections carry.
    pub(crate) fn cut_off(&self) {
        std::mem::replace(&mut *self.cut.lock().unwrap(), CancellationToken::new()).cancel();
    }
}

async fn carry(
    mut near: impl AsyncRead + AsyncWrite + Unpin,
    mut far: impl AsyncRead + AsyncWrite + Unpin,
    cut: CancellationToken,
) {
    tokio::select! {
        // Who ends first ends it for both.
        _ = copy_bidirectional(&mut near, &mut far) => {}
        () = cut.cancelled() => std::future::pending().await,
    }
}
