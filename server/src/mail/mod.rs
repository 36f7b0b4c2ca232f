//! Mail that leaves: written in the transaction that causes it, sent by a worker, to SMTP or to a folder.
//!
//! The row is the truth: a mail is sent at least once after its cause was committed, and never before. A refusal of
//! the server is tried again with growing waits for a day, then given up for that mail alone.

mod store;

use std::{panic::AssertUnwindSafe, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use futures_util::FutureExt;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart, header},
};
use tokio_util::sync::CancellationToken;
use words::PersonId;

pub use store::Sent;

use crate::{
    db::{Db, Tx},
    error::{Error, Result},
    faults::point,
};

/// How many mails one round takes.
const ROUND: i64 = 20;
/// How often the worker looks for what is due.
const PAUSE: Duration = Duration::from_secs(1);
/// A mail is given up after so many tries: the waits double up to some hours, a day in all.
const TRIES: i16 = 10;

/// A mail to send.
#[derive(Debug)]
pub struct Letter {
    /// To whom.
    pub person: PersonId,
    /// Their address.
    pub recipient: String,
    /// The subject.
    pub subject: String,
    /// The whole content as plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum Transport {
    /// A mail server.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// A folder, one `.eml` each: what an instance without a mail server does.
    Folder(PathBuf),
}

/// Notes a mail in the transaction that causes it.
pub async fn enqueue(tx: &mut Tx, letter: &Letter) -> Result<()> {
    let (id, now) = (tx.fresh(), tx.now());
    store::insert(tx.connection(), id, letter, now).await
}

/// The last mails, for the mailbox page of a demonstration.
pub async fn latest(db: &Db, limit: i64) -> Result<Vec<Sent>> {
    let mut connection = db.lend().await?;
    store::latest(&mut connection, limit).await
}

/// Sends what is due until told to stop.
pub async fn work(db: Db, transport: Transport, from: Mailbox, stop: CancellationToken) {
    loop {
        // What panics on one mail must not end the worker: it is due again later, and the others are sent.
        let round = AssertUnwindSafe(send_due(&db, &transport, &from)).catch_unwind();
        match round.await.unwrap_or(Ok(0)) {
            Ok(sent) if sent == ROUND => continue,
            Ok(_) | Err(Error::Unavailable) => {}
            Err(error) => tracing::error!(%error, "mails could not be taken from the queue"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// One round: each due mail is claimed by moving its next try, sent outside any transaction, then marked.
async fn send_due(db: &Db, transport: &Transport, from: &Mailbox) -> Result<i64> {
    let due = db.write(|tx| {
        Box::pin(async move {
            let now = tx.now();
            store::claim(tx.connection(), now, now + TimeDelta::minutes(2), ROUND).await
        })
    });
    let mut sent = 0;
    for mail in due.await? {
        let outcome = send(&mail, transport, from).await;
        point!("outbox_after_send");
        if let Err(error) = &outcome {
            tracing::warn!(mail.id = %mail.id, attempts = mail.attempts, %error, "a mail was not sent");
        }
        let again = TimeDelta::seconds(30 << mail.attempts.clamp(0, 9));
        let (id, given_up) = (mail.id, mail.attempts >= TRIES);
        db.write(move |tx| {
            Box::pin(async move {
                let now = tx.now();
                match outcome {
                    Ok(()) => store::mark_sent(tx.connection(), id, now).await,
                    Err(_) if given_up => store::mark_failed(tx.connection(), id, now).await,
                    Err(_) => store::postpone(tx.connection(), id, now + again).await,
                }
            })
        })
        .await?;
        sent += 1;
    }
    Ok(sent)
}

async fn send(mail: &store::Due, transport: &Transport, from: &Mailbox) -> anyhow::Result<()> {
    let message = Message::builder()
        .from(from.clone())
        .to(mail.recipient.parse()?)
        .subject(mail.subject.as_str())
        .message_id(Some(format!("<{}@preau>", mail.id)))
        .raw_header(header::HeaderValue::new(
            header::HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(MultiPart::alternative_plain_html(mail.text_body.clone(), mail.html_body.clone()))?;
    match transport {
        Transport::Smtp(smtp) => {
            tokio::time::timeout(Duration::from_mins(1), smtp.send(message)).await??;
        }
        Transport::Folder(folder) => {
            tokio::fs::create_dir_all(folder).await?;
            tokio::fs::write(folder.join(format!("{}.eml", mail.id)), message.formatted()).await?;
        }
    }
    Ok(())
}
