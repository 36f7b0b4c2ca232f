//! The socket's gate of messages: the same verbs as the pages' and the API's.
//!
//! A `send` takes its place in the group's batch before the next frame is read, and is answered when its commit
//! returned: sends of one socket commit in the order in which they came.

use axum::extract::ws::Utf8Bytes;
use web::Text;
use words::StreamId;

use super::{Ack, Draft, Post, Poster};
use crate::{
    channels,
    db::{Db, Tx, Work},
    error::{Error, Result},
    http::Viewer,
    live::{
        frame::{self, ClientFrame, ServerFrame},
        session::{self, id_of},
        socket::Answer,
    },
    threads::NewThread,
};

/// Runs a command; the answer comes later, in its turn.
pub async fn run(db: Db, poster: Poster, viewer: Viewer, command: ClientFrame) -> Answer {
    let (id, text) = (id_of(&command), Text::of(viewer.locale));
    match command {
        ClientFrame::Send { message, .. } => {
            let handed_in = async {
                // First whether it may be read at all.
                let may = poster.may_post(&viewer, message.thread).await?;
                let draft = Draft::checked(Some(message.id), &message.body, message.attachments)?;
                let draft = poster.addressed(&may, draft).await?;
                Ok((StreamId::from(may.group()), poster.submit(Post::new(may, draft))))
            };
            match handed_in.await {
                Ok((stream, waiting)) => {
                    Box::pin(async move { Some(answered(id, waiting.verdict().await.map(|ack| (stream, ack)), text)) })
                }
                Err(error) => ready(answered(id, Err(error), text)),
            }
        }
        command => {
            let done = db.write(move |tx| write(tx, viewer, command)).await;
            ready(answered(id, done, text))
        }
    }
}

/// The commands that are a transaction of their own.
fn write(tx: &mut Tx, viewer: Viewer, command: ClientFrame) -> Work<'_, (StreamId, Ack)> {
    Box::pin(async move {
        match command {
            ClientFrame::Open { thread, message, .. } => {
                let new = NewThread::checked(thread.id, thread.title.as_deref(), thread.kind)?;
                let draft = Draft::checked(message.id, &message.body, Vec::new())?;
                let access = channels::may_read(tx.connection(), &viewer, thread.channel).await?;
                Ok((access.may().group().into(), super::open(tx, &access, &new, draft).await?))
            }
            ClientFrame::Edit { op, message, body, .. } => {
                let draft = Draft::checked(Some(message), &body, Vec::new())?;
                let access = super::may_read(tx.connection(), &viewer, message).await?;
                Ok((access.group().into(), super::edit(tx, &access, op, draft).await?))
            }
            ClientFrame::Delete { op, message, .. } => {
                let access = super::may_read(tx.connection(), &viewer, message).await?;
                Ok((access.group().into(), super::remove(tx, &access, op).await?))
            }
            ClientFrame::React { op, message, name, on, .. } => {
                let access = super::may_read(tx.connection(), &viewer, message).await?;
                Ok((access.group().into(), super::react(tx, &access, op, name, on).await?))
            }
            _ => Err(Error::BadRequest("frame")),
        }
    })
}

fn ready(frame: Utf8Bytes) -> Answer {
    Box::pin(std::future::ready(Some(frame)))
}

/// The frame that answers a command.
fn answered(id: Option<i64>, done: Result<(StreamId, Ack)>, text: Text) -> Utf8Bytes {
    match done {
        Ok((stream, Ack { message, seq, position, duplicate, .. })) => {
            frame::print(&ServerFrame::Ack { id, message, stream, seq, position, duplicate })
        }
        Err(error) => {
            if error.code() == "internal" {
                tracing::error!(%error, "a command failed");
            }
            session::refusal(id, &error, text)
        }
    }
}
