//! A form with files, read as it comes: its words in memory, its files to the disk.
//!
//! Surprises: the reader of parts takes all that the connection has, and keeps what it cannot cut into parts yet. So it
//! is given one piece at a time, and a form without its marks is refused rather than held in memory.

use std::{
    collections::{HashMap, hash_map::Entry},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{FromRequest, Multipart, Request, multipart::Field},
    http::header,
};
use futures_util::{Stream, StreamExt, stream};

use crate::{
    error::{Error, Result},
    files::{Files, Stored, safe_name},
    http::kept::Typed,
};

/// The longest word of a form, in bytes: that of a message.
const LONGEST: usize = 128 * 1024;
/// The most parts of a form.
const PARTS: usize = 64;
/// How far the reader of parts may be ahead of what was read of it, in bytes.
const AHEAD: u64 = 1 << 20;
/// What a form may weigh beside its file, in bytes.
const BESIDE: u64 = 4 << 20;
/// How long a sender may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// How many files a form may bring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Most {
    /// One.
    One,
    /// As many as a message has.
    Several,
}

/// A form of which nothing was read yet.
#[derive(Debug)]
pub struct Incoming {
    form: Multipart,
    ahead: Arc<AtomicU64>,
    weight_bytes: Option<u64>,
    typed: Option<Typed>,
}

/// A form that was read.
#[derive(Debug, Default)]
pub struct Received {
    /// Its words, by the name of their field.
    pub words: HashMap<String, String>,
    /// Its files, with their safe names, in order.
    pub files: Vec<(String, Stored)>,
    /// Why the rest of it was not read, if it was not.
    pub refused: Option<Error>,
}

impl<S: Send + Sync> FromRequest<S> for Incoming {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let weight_bytes =
            parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let typed = parts.extensions.get::<Typed>().cloned();
        let ahead = Arc::new(AtomicU64::new(0));
        let paced = Paced { body: body.into_data_stream(), ahead: Arc::clone(&ahead), gave: false };
        let request = Request::from_parts(parts, Body::from_stream(paced));
        let form = Multipart::from_request(request, &()).await.map_err(|_| Error::UnsupportedMediaType)?;
        Ok(Self { form, ahead, weight_bytes, typed })
    }
}

impl Received {
    /// A word of the form; empty if it was not given.
    pub fn word(&self, field: &str) -> &str {
        self.words.get(field).map_or("", String::as_str)
    }

    /// A field that comes several times is a list: its words are joined by commas.
    fn note(&mut self, field: String, word: String) {
        match self.words.entry(field) {
            Entry::Vacant(place) => drop(place.insert(word)),
            Entry::Occupied(mut words) => {
                words.get_mut().push(',');
                words.get_mut().push_str(&word);
            }
        }
    }

    /// The one file of the form, or why there is none.
    pub fn file(&mut self) -> Result<(String, Stored)> {
        self.whole()?;
        self.files.pop().ok_or_else(|| Error::field("file", "required"))
    }

    /// Whether the form was read to its end; if not, why.
    pub fn whole(&mut self) -> Result<()> {
        self.refused.take().map_or(Ok(()), Err)
    }
}

/// Reads a form. The asker's right was checked before: nothing of the body is read until then. What came before a refusal
/// is answered too, so that nothing typed is lost.
pub async fn receive(files: &Files, mut form: Incoming, most: Most, limit_bytes: u64) -> Received {
    let mut received = Received::default();
    received.refused = form.read(files, most, limit_bytes, &mut received).await.err();
    received
}

impl Most {
    /// That many.
    pub const fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Several => 20,
        }
    }
}

impl Incoming {
    async fn read(&mut self, files: &Files, most: Most, limit_bytes: u64, received: &mut Received) -> Result<()> {
        let heaviest = limit_bytes.saturating_mul(most.count() as u64).saturating_add(BESIDE);
        let too_heavy = self.weight_bytes.is_some_and(|weight| weight > heaviest);
        for _ in 0..PARTS {
            let Some(field) = in_time(self.form.next_field()).await? else { return Ok(()) };
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(str::to_owned);
            let pieces = Box::pin(pieces(field, &self.ahead));
            match file_name.as_deref() {
                // A file input that was left empty is a part without a name.
                Some("") => {}
                Some(_) if received.files.len() == most.count() => return Err(Error::field("file", "too_many")),
                Some(_) if too_heavy => return Err(Error::TooLarge { limit_bytes }),
                Some(file_name) => {
                    let file_name = safe_name(file_name);
                    let stored = files.store(&file_name, pieces, limit_bytes).await?;
                    received.files.push((file_name, stored));
                }
                None => {
                    let word = word(pieces).await?;
                    if let Some(typed) = &self.typed {
                        typed.note(&name, &word);
                    }
                    received.note(name, word);
                }
            }
        }
        Err(Error::field("form", "too_many"))
    }
}

/// A word of a form, in memory.
async fn word(mut pieces: impl Stream<Item = Result<Bytes>> + Unpin) -> Result<String> {
    let mut word = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        if word.len() + piece.len() > LONGEST {
            return Err(Error::TooLarge { limit_bytes: LONGEST as u64 });
        }
        word.extend_from_slice(&piece);
    }
    String::from_utf8(word).map_err(|_| Error::BadRequest("multipart"))
}

/// The pieces of a part; each one lets the reader of parts go on.
fn pieces<'f>(field: Field<'f>, ahead: &'f AtomicU64) -> impl Stream<Item = Result<Bytes>> + 'f {
    stream::try_unfold(field, move |mut field| async move {
        let Some(piece) = in_time(field.chunk()).await? else { return Ok(None) };
        ahead.fetch_sub((piece.len() as u64).min(ahead.load(Ordering::Relaxed)), Ordering::Relaxed);
        Ok(Some((piece, field)))
    })
}

async fn in_time<T>(read: impl Future<Output = Result<T, axum::extract::multipart::MultipartError>>) -> Result<T> {
    match tokio::time::timeout(SILENCE, read).await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(_)) | Err(_) => Err(Error::BadRequest("multipart")),
    }
}

/// A body that gives one piece at a time, and ends with an error when nobody reads what was given.
struct Paced {
    body: BodyDataStream,
    ahead: Arc<AtomicU64>,
    gave: bool,
}

impl Stream for Paced {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.gave) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = std::task::ready!(self.body.poll_next_unpin(context));
        if let Some(Ok(piece)) = &next {
            self.gave = true;
            let before = self.ahead.fetch_add(piece.len() as u64, Ordering::Relaxed);
            if before > AHEAD {
                return Poll::Ready(Some(Err(axum::Error::new("a form without its marks"))));
            }
        }
        Poll::Ready(next)
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        extract::{FromRequest, Request},
        http::header,
    };
    use bytes::Bytes;
    use futures_util::{StreamExt, stream};

    use super::{Incoming, Most, Received, receive};
    use crate::{error::Error, files::Files};

    async fn sent(body: Body, most: Most) -> Received {
        let folder = std::env::temp_dir().join(format!("preau-upload-{}", uuid::Uuid::now_v7()));
        let request = Request::builder().header(header::CONTENT_TYPE, "multipart/form-data; boundary=x").body(body);
        let incoming = Incoming::from_request(request.unwrap(), &()).await.unwrap();
        let received = receive(&Files::open(&folder).unwrap(), incoming, most, 8 << 20).await;
        std::fs::remove_dir_all(folder).unwrap();
        received
    }

    fn part(name: &str, file: Option<&str>, content: &str) -> String {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
    }

    #[tokio::test]
    async fn what_was_typed_before_a_refusal_is_kept() {
        let form = [part("title", None, "Bilan"), part("file", Some("a"), "un"), part("file", Some("b"), "deux")];
        let mut received = sent(Body::from(form.concat() + "--x--\r\n"), Most::One).await;
        assert_eq!((received.word("title"), received.files.len()), ("Bilan", 1));
        assert!(matches!(received.whole(), Err(Error::Invalid(_))), "one file is asked for");
        let mut cut = sent(Body::from(form[..2].concat()), Most::One).await;
        assert_eq!(cut.word("title"), "Bilan");
        assert!(matches!(cut.file(), Err(Error::BadRequest(_))), "a form that is cut brings nothing");
    }

    #[tokio::test]
    async fn a_file_input_left_empty_brings_no_file() {
        let form = part("file", Some(""), "") + &part("body", None, "bonjour") + "--x--\r\n";
        let mut received = sent(Body::from(form), Most::Several).await;
        received.whole().unwrap();
        assert_eq!((received.word("body"), received.files.len()), ("bonjour", 0));
    }

    #[tokio::test]
    async fn a_form_without_its_marks_is_refused_and_not_held_in_memory() {
        let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; 64 * 1024])));
        let mut received = sent(Body::from_stream(endless), Most::One).await;
        assert!(matches!(received.whole(), Err(Error::BadRequest(_))));
        let header = Bytes::from_static(b"--x\r\ncontent-disposition: form-data; name=\"");
        let endless = stream::iter([Ok::<_, std::io::Error>(header)])
            .chain(stream::repeat_with(|| Ok(Bytes::from(vec![b'a'; 64 * 1024]))));
        let mut received = sent(Body::from_stream(endless), Most::One).await;
        assert!(matches!(received.whole(), Err(Error::BadRequest(_))), "nor a part without its end");
    }
}
