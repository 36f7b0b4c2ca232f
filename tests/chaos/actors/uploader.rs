//! Somebody who brings files, also while the disk is full: at once, or slowly enough for a disk to fill meanwhile.

use std::time::Duration;

use anyhow::Result;
use futures_util::stream;
use reqwest::{
    Body, Method,
    multipart::{Form, Part as Piece},
};
use tokio::time::sleep;
use uuid::Uuid;

use super::{Phase, Signals, backoff};
use crate::{
    cast::{Part, Room, id},
    history::{What, digest_of},
    wire::Api,
};

/// How long is paused after a file.
const PAUSE: Duration = Duration::from_millis(300);
/// A file that comes slowly: how many pieces, how large, how long from one to the next.
const PIECES: usize = 6;
const PIECE: usize = 32 << 10;
const BETWEEN: Duration = Duration::from_millis(120);

/// Brings files to a room until the storm is over.
pub(crate) async fn upload(part: Part, room: Room, slowly: bool, mut signals: Signals) -> Result<()> {
    let api = part.person.api(&part.network)?;
    let mut failures = 0;
    let mut round = 0_u32;
    while signals.phase() == Phase::Storm {
        round += 1;
        let name = Uuid::now_v7();
        let bytes = format!("Fichier {name}\n").repeat(PIECES * PIECE / 50 / if slowly { 1 } else { 20 });
        // What comes slowly is a document, and every other one of the rest; the others are named by nothing, and go with
        // the first sweep.
        let named = slowly || round.is_multiple_of(2);
        let place = if named { "documents" } else { "files" };
        let path = format!("/api/v1/groups/{}/{place}", room.stream);
        let digest = digest_of(&bytes.as_bytes());
        let request = api.request(Method::POST, &path).header("accept", "application/json");
        match Api::answered(request.multipart(form(bytes.into_bytes(), named, slowly)?)).await {
            Ok(answer) if answer.status.is_success() => {
                failures = 0;
                let made = answer.thing()?;
                let file = if named { &made["versions"][0]["file"] } else { &made };
                part.note(What::Uploaded { file: id(file)?, digest });
            }
            Ok(answer) => {
                failures = 1;
                part.note(What::FileRefused { status: answer.status.as_u16() });
            }
            // Nobody knows.
            Err(_) => failures += 1,
        }
        signals.rest(if failures == 0 { PAUSE } else { backoff(failures) }).await;
    }
    Ok(())
}

fn form(bytes: Vec<u8>, named: bool, slowly: bool) -> Result<Form> {
    let piece = if slowly {
        let pieces: Vec<_> = bytes.chunks(PIECE).map(<[u8]>::to_vec).collect();
        let body = stream::unfold(pieces.into_iter(), |mut pieces| async move {
            let next = pieces.next()?;
            sleep(BETWEEN).await;
            Some((Ok::<_, std::io::Error>(next), pieces))
        });
        Piece::stream(Body::wrap_stream(body))
    } else {
        Piece::bytes(bytes)
    };
    let form = if named {
        Form::new().text("title", "Compte rendu").text("purpose", "Relire").text("type", "minutes")
    } else {
        Form::new()
    };
    Ok(form.part("file", piece.file_name("compte-rendu.txt").mime_str("text/plain")?))
}
