//! Pages that were rendered last, given again for as long as nothing happened that their readers are told of.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::header,
    response::{Html, IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use futures_util::stream;
use memchr::memmem;
use uuid::Uuid;
use words::PersonId;

use super::{App, Page};
use crate::{
    error::{Error, Result},
    remembered::Remembered,
};

/// How many bytes of pages are remembered.
const MOST: usize = 16 << 20;

/// The pages that were rendered last, each for one reader and of one address.
#[derive(Clone, Debug)]
pub struct Pages(Remembered<(PersonId, String), Stamp, Arc<Rendered>>);

/// The epoch, how matters stood before it was read, and the minute: pages say what time it is, and what no stream tells
/// of, such as the new name of somebody who left, is shown that long.
type Stamp = (Uuid, Arc<str>, DateTime<Utc>);

/// A page, cut where it has something that no other answer has.
#[derive(Debug)]
struct Rendered(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(Bytes),
    /// The nonce of its script.
    Nonce,
    /// The id that a message will have which is written on it.
    Message,
}

impl Rendered {
    fn cut(html: &Bytes, page: &Page) -> Self {
        let mut own = Vec::new();
        for (word, piece) in [(page.nonce.clone(), Piece::Nonce), (page.message.to_string(), Piece::Message)] {
            own.extend(memmem::find_iter(html, &word).map(|at| (at, at + word.len(), piece.clone())));
        }
        own.sort_unstable_by_key(|(at, ..)| *at);
        let (mut pieces, mut from) = (Vec::with_capacity(own.len() * 2 + 1), 0);
        for (at, end, piece) in own {
            pieces.extend([Piece::Text(html.slice(from..at)), piece]);
            from = end;
        }
        pieces.push(Piece::Text(html.slice(from..)));
        Self(pieces)
    }

    /// What is sent of it, without a copy of what all answers share.
    fn parts(&self, page: &Page) -> Vec<Bytes> {
        let (nonce, message) = (Bytes::from(page.nonce.clone()), Bytes::from(page.message.to_string()));
        let part = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Nonce => nonce.clone(),
            Piece::Message => message.clone(),
        };
        self.0.iter().map(part).collect()
    }
}

impl Default for Pages {
    fn default() -> Self {
        Self(Remembered::up_to(MOST))
    }
}

impl Page {
    /// This page as it was rendered last, or else as it is rendered now: for pages of which every change is told on one
    /// of the reader's streams, as open ones need it too (I5), or is one of what they are writing.
    ///
    /// How matters stand is read with the session, before the page is: one that shows more than that is good for it as
    /// well, and names sequences that are no later than what it shows.
    pub async fn remembered<F>(&self, app: &App, render: impl Fn() -> F + Send) -> Result<Response>
    where
        F: Future<Output = Result<Response>> + Send,
    {
        let Some((person, standing)) =
            self.viewer.as_ref().and_then(|viewer| Some((viewer.id, viewer.standing.clone()?)))
        else {
            return render().await;
        };
        let stamp = (app.db.epoch().await?, standing, app.db.clock().minute());
        let key = (person, self.address.clone());
        if let Some(rendered) = app.pages.0.get(&key, &stamp) {
            let parts = rendered.parts(self);
            // The tests look, wherever a page is read twice, whether what is remembered is what is there.
            #[cfg(feature = "faults")]
            {
                let fresh = read(render().await?.into_body()).await?;
                let now = app.db.clock().minute();
                let mut connection = app.db.lend().await?;
                if crate::db::standing(&mut connection, person).await? == *stamp.1 && now == stamp.2 {
                    let told = first_difference(&parts.concat(), &fresh);
                    assert!(told.is_none(), "no event told of a change of {}: {told:?}", self.address);
                }
            }
            let size = parts.iter().map(Bytes::len).sum::<usize>();
            let body = Body::from_stream(stream::iter(parts.into_iter().map(Ok::<_, Infallible>)));
            return Ok(([(header::CONTENT_LENGTH, size.to_string())], Html(body)).into_response());
        }
        let html = read(render().await?.into_body()).await?;
        let weight = html.len();
        app.pages.0.put(key, stamp, Arc::new(Rendered::cut(&html, self)), weight);
        Ok(Html(html).into_response())
    }
}

async fn read(body: Body) -> Result<Bytes> {
    to_bytes(body, usize::MAX).await.map_err(|_| Error::Unavailable)
}

/// Where two pages begin to differ, as each goes on there.
#[cfg(feature = "faults")]
fn first_difference(page: &[u8], other: &[u8]) -> Option<[String; 2]> {
    let at = page.iter().zip(other).take_while(|(a, b)| a == b).count();
    let goes_on = |page: &[u8]| String::from_utf8_lossy(&page[at..page.len().min(at + 200)]).into_owned();
    (page != other).then(|| [goes_on(page), goes_on(other)])
}
