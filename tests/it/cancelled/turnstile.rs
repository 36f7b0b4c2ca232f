//! A proxy before PostgreSQL that holds its answers back.

use std::{
    future::Future,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::watch,
};

use crate::support::Folder;

/// Stands before PostgreSQL, and holds its answers back from when it sees `BEGIN`. Open, it still has every answer wait
/// for a turn of the test's one thread: who asks is never answered within the same poll.
pub(super) struct Turnstile {
    state: watch::Sender<State>,
    _folder: Folder,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Open,
    /// Closes at the next `BEGIN`.
    Armed,
    Closed,
    /// Closed, with an answer that waits: what was asked is done.
    Holding,
}

impl Turnstile {
    pub(super) fn before(database: &PgConnectOptions) -> (Self, PgConnectOptions) {
        let socket = database.get_socket().expect("the server of tests listens on a socket");
        let (file, folder) = (format!(".s.PGSQL.{}", database.get_port()), Folder::fresh());
        std::fs::create_dir(folder.path()).unwrap();
        let listener = UnixListener::bind(folder.path().join(&file)).unwrap();
        let (state, server) = (watch::Sender::new(State::Open), socket.join(&file));
        tokio::spawn(accept(listener, server, state.clone()));
        let options = database.clone().socket(folder.path());
        (Self { state, _folder: folder }, options)
    }

    /// Runs a write until it waits for the answer of its `BEGIN`, and drops it there.
    pub(super) async fn drops(&self, write: impl Future) {
        self.state.send_replace(State::Armed);
        let mut state = self.state.subscribe();
        tokio::select! {
            holding = state.wait_for(|state| *state == State::Holding) => drop(holding.unwrap()),
            _ = write => panic!("nothing was held back"),
        }
        self.state.send_replace(State::Open);
    }

    /// Runs what begins to its end, with the answer of its `BEGIN` held back until then.
    pub(super) async fn outlasts<T>(&self, begins: impl Future<Output = T>) -> T {
        self.state.send_replace(State::Armed);
        let ended = begins.await;
        assert_eq!(self.state.send_replace(State::Open), State::Holding, "nothing was held back");
        ended
    }
}

async fn accept(listener: UnixListener, server: PathBuf, state: watch::Sender<State>) {
    while let Ok((client, _)) = listener.accept().await {
        let server = UnixStream::connect(&server).await.unwrap();
        tokio::spawn(pass(client, server, state.clone()));
    }
}

/// Passes on what both sides say.
async fn pass(client: UnixStream, server: UnixStream, state: watch::Sender<State>) {
    let ((mut asks, mut hears), (mut answers, mut told)) = (client.into_split(), server.into_split());
    let (closing, holding) = (state.clone(), state.clone());
    // Other connections go on meanwhile.
    let began = AtomicBool::new(false);
    let up = async {
        let mut bytes = vec![0; 16 << 10];
        while let Ok(read @ 1..) = asks.read(&mut bytes).await {
            let begins = bytes[..read].windows(5).any(|part| part.eq_ignore_ascii_case(b"BEGIN"));
            closing.send_if_modified(|state| {
                let closes = begins && *state == State::Armed;
                if closes {
                    began.store(true, SeqCst);
                    *state = State::Closed;
                }
                closes
            });
            told.write_all(&bytes[..read]).await.unwrap();
        }
    };
    let down = async {
        let (mut bytes, mut state) = (vec![0; 16 << 10], state.subscribe());
        while let Ok(read @ 1..) = answers.read(&mut bytes).await {
            holding.send_if_modified(|state| {
                let holds = *state == State::Closed && began.load(SeqCst);
                if holds {
                    *state = State::Holding;
                }
                holds
            });
            state.wait_for(|state| *state != State::Holding || !began.load(SeqCst)).await.unwrap();
            if hears.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(up, down);
}
