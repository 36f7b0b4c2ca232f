//! The bus's connection, to either.

use async_nats::{Client, ConnectOptions, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;
use sqlx::{
    Acquire,
    postgres::{PgListener, PgPoolOptions},
};

use super::{Broken, PATIENCE, Transport};
use crate::{db::Db, live::store};

/// The channel of `NOTIFY`, and the subject of NATS.
const CHANNEL: &str = "preau.hints";
/// How many messages of others may wait for us; beyond that they are dropped.
const INBOX: usize = 4096;

pub(super) enum Connection {
    Postgres(Box<PgListener>),
    Nats(Client, Subscriber),
}

impl Connection {
    /// Connects, and listens.
    pub(super) async fn open(transport: &Transport, db: &Db) -> Result<Self, Broken> {
        match transport {
            Transport::InProcess => Err(Broken::Ended),
            Transport::Postgres => {
                // A pool of one, outside that of the requests. A hint tells of what is committed already: its own
                // commit need not wait for the disk.
                let options = (*db.pool().connect_options()).clone().options([("synchronous_commit", "off")]);
                let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
                let mut listener = PgListener::connect_with(&pool.connect_lazy_with(options)).await?;
                listener.eager_reconnect(false);
                listener.listen(CHANNEL).await?;
                Ok(Self::Postgres(Box::new(listener)))
            }
            Transport::Nats(url) => {
                let options = ConnectOptions::new()
                    .name("preau")
                    .connection_timeout(PATIENCE)
                    .client_capacity(INBOX)
                    .subscription_capacity(INBOX);
                let client = options.connect(url.as_str()).await.map_err(nats)?;
                let subscriber = client.subscribe(CHANNEL).await.map_err(nats)?;
                Ok(Self::Nats(client, subscriber))
            }
        }
    }

    /// What somebody says next, ourselves included. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<String, Broken> {
        match self {
            // Both None and an error say that notifications may have been lost: whoever asks connects anew, and polls.
            Self::Postgres(listener) => match listener.try_recv().await? {
                Some(notification) => Ok(notification.payload().to_owned()),
                None => Err(Broken::Ended),
            },
            Self::Nats(_, subscriber) => match subscriber.next().await {
                Some(message) => Ok(String::from_utf8_lossy(&message.payload).into_owned()),
                None => Err(Broken::Ended),
            },
        }
    }

    /// Sends a batch: one statement, or one write.
    pub(super) async fn send(&mut self, batch: Vec<String>) -> Result<(), Broken> {
        match self {
            Self::Postgres(listener) => {
                let connection = listener.acquire().await?;
                Ok(store::notify(connection, CHANNEL, &batch).await?)
            }
            Self::Nats(client, _) => {
                for text in batch {
                    client.publish(CHANNEL, Bytes::from(text)).await.map_err(nats)?;
                }
                Ok(())
            }
        }
    }
}

fn nats(error: impl std::error::Error + Send + Sync + 'static) -> Broken {
    Broken::Nats(Box::new(error))
}
