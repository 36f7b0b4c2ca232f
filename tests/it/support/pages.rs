//! Another server of the web, that counts who comes.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What is answered to who asks.
pub(crate) enum Reply {
    /// These bytes, and the end.
    Whole(Vec<u8>),
    /// A beginning, and then the same again without end.
    Endless(&'static str, &'static str),
    /// A beginning, and then a letter now and then.
    Dripping(&'static str),
    /// Nothing.
    Silence,
}

/// A running server.
pub(crate) struct Pages {
    pub(crate) address: SocketAddr,
    arrived: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Pages {
    /// A server at an address, that answers by the path which is asked.
    pub(crate) async fn start(at: &str, reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (arrived, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (count, log, reply) = (Arc::clone(&arrived), Arc::clone(&asked), Arc::new(reply));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let (log, reply) = (Arc::clone(&log), Arc::clone(&reply));
                tokio::spawn(async move {
                    let Some(head) = head(&mut stream).await else { return };
                    let answer = reply(head.split(' ').nth(1).unwrap_or_default());
                    log.lock().unwrap().push(head);
                    give(&mut stream, answer).await;
                });
            }
        });
        Self { address, arrived, asked }
    }

    /// How many connections arrived.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    /// The heads of what was asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// A page.
pub(crate) fn page(html: &str) -> Reply {
    Reply::Whole(answer("200 OK", "content-type: text/html; charset=utf-8", html.as_bytes()))
}

/// An answer with a header of one's own.
pub(crate) fn answer(status: &str, header: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// Who asked may be gone before all is given.
async fn give(stream: &mut TcpStream, reply: Reply) {
    match reply {
        Reply::Whole(bytes) => drop(stream.write_all(&bytes).await),
        Reply::Endless(head, again) => {
            let again = again.repeat(1000);
            drop(stream.write_all(head.as_bytes()).await);
            while stream.write_all(again.as_bytes()).await.is_ok() {}
        }
        Reply::Dripping(head) => {
            drop(stream.write_all(head.as_bytes()).await);
            while stream.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Reply::Silence => drop(stream.read_u8().await),
    }
}
