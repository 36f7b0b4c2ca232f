//! What pages of threads show, read anew only when something happened in the group.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::messages::Message;
use words::ThreadId;

use super::store;
use crate::{error::Result, remembered::Remembered, threads::ThreadAccess};

/// How many bytes of messages are remembered.
const MOST: usize = 16 << 20;
/// What a message weighs beside what it says, and a window beside its messages, in bytes.
const MESSAGE: usize = 600;

/// The windows of threads that were read last: messages are the same for every reader, and many come when they are told
/// of something. One is good for as long as its group's stream stands where it stood, which is read with the right.
#[derive(Clone, Debug)]
pub struct Windows(Remembered<(ThreadId, i32, i32), Stamp, Arc<[Message]>>);

/// The epoch, the group's sequence, and the minute: who left a group may call themselves otherwise, and its stream does
/// not tell of it.
type Stamp = (Uuid, i64, DateTime<Utc>);

impl Default for Windows {
    fn default() -> Self {
        Self(Remembered::up_to(MOST))
    }
}

impl Windows {
    /// The messages of a thread from a position to another, ascending.
    pub async fn read(
        &self,
        connection: &mut PgConnection,
        access: &ThreadAccess,
        (from, to): (i32, i32),
        (epoch, minute): (Uuid, DateTime<Utc>),
    ) -> Result<Arc<[Message]>> {
        let (key, stamp) = ((access.thread(), from, to), (epoch, access.seq(), minute));
        let mut fresh = async || store::between(connection, access.thread(), from, to).await;
        if let Some(messages) = self.0.get(&key, &stamp) {
            // The tests look, wherever one is read twice, whether what is remembered is what is there.
            if cfg!(feature = "faults") {
                assert_eq!(format!("{messages:?}"), format!("{:?}", fresh().await?), "no event told of a change");
            }
            return Ok(messages);
        }
        let messages = fresh().await?;
        let said = |message: &Message| {
            message.body.as_ref().map_or(0, String::len) + message.html.as_ref().map_or(0, |html| html.as_str().len())
        };
        // One that shows nothing is not for nothing either: addresses name as many as one likes.
        let weight = MESSAGE + messages.iter().map(|message| MESSAGE + said(message)).sum::<usize>();
        let messages: Arc<[Message]> = messages.into();
        self.0.put(key, stamp, Arc::clone(&messages), weight);
        Ok(messages)
    }
}
