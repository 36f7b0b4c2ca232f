//! Sessions that end while their socket is open: the socket has to end with them.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use reqwest::Method;
use tokio::time::timeout;
use uuid::Uuid;

use super::{Phase, Reader, Signals, backoff};
use crate::{
    cast::{Casting, Person},
    history::What,
    wire::{Api, Credential, JSON},
};

/// How long each session lasts.
const LASTS: Duration = Duration::from_millis(1200);
/// How long its socket is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens a session, reads with it, ends it; again and again, until the storm is over.
pub(crate) async fn end_sessions(
    casting: Arc<Casting>,
    person: Person,
    streams: Vec<Uuid>,
    mut signals: Signals,
) -> Result<()> {
    while signals.phase() == Phase::Storm {
        let Ok(secret) = casting.session(person.id).await else {
            signals.rest(backoff(4)).await;
            continue;
        };
        let part = casting.part(&person, "session");
        let credential = Credential::Session(secret);
        let api = Api::new(part.network.address(), credential.clone())?;
        let (reader, _) = Reader::new(part.clone(), JSON, streams.clone(), signals.clone());
        let reading = reader.with(credential).act();
        let ending = async {
            signals.rest(LASTS).await;
            if sign_out(&api, &signals).await {
                part.note(What::Ended);
                let until_us = part.recorder.now_us();
                part.note(What::Fault { kind: "session_revoked".to_owned(), until_us });
            }
        };
        // A reader that does not end is told of by the history: its session ended, and its connection did not.
        drop(timeout(PATIENCE, async { tokio::join!(reading, ending) }).await);
    }
    Ok(())
}

/// Ends the session, until it is known that it has ended.
async fn sign_out(api: &Api, signals: &Signals) -> bool {
    while signals.phase() != Phase::Done {
        let request = api.request(Method::POST, "/sign-out").header("accept", "text/html");
        match Api::answered(request).await {
            Ok(answer) if answer.status.is_redirection() => return true,
            // It had ended already, by a try whose answer was lost.
            Ok(answer) if answer.status.is_client_error() => return true,
            _ => tokio::time::sleep(backoff(3)).await,
        }
    }
    false
}
