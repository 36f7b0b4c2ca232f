//! The bytes of a file, or a part of them (RFC 9110, 14): always as a download, in a sandbox.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use chrono::TimeDelta;
use futures_util::{Stream, stream};
use tokio::{fs::File, io::AsyncReadExt};
use web::paths;
use words::FileId;

use super::FileAccess;
use crate::{
    error::{Error, Result},
    files::hex,
    http::{App, Path, Viewer},
    people,
};

/// How often a long download asks again whether its reader may go on (I17).
const RECHECK: TimeDelta = TimeDelta::seconds(5);
/// How much is read from the disk at once, in bytes.
const CHUNK: usize = 128 * 1024;

/// Who reads a file, as they asked for it.
struct Reader {
    app: App,
    headers: HeaderMap,
    file: FileId,
}

/// What a Range asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// From a byte to another, both included.
    Of(u64, u64),
    /// Beyond the end.
    Outside,
    /// Not one range of bytes: the whole is answered.
    Ignored,
}

/// Answers the file, the part of it that is asked for, or that nothing changed.
pub(super) async fn file(
    State(app): State<App>,
    viewer: Viewer,
    Path(file): Path<FileId>,
    headers: HeaderMap,
) -> Result<Response> {
    let access = {
        let mut connection = app.db.lend().await?;
        super::may_read_file(&mut connection, &viewer, file).await?
    };
    let tag = format!("\"{}\"", hex(&access.sha256));
    if is_known(&headers, &tag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        describe(&mut response, &access, &tag)?;
        return Ok(response);
    }
    let (status, from, length) = match asked(&headers, &tag, access.size_bytes) {
        Part::Ignored => (StatusCode::OK, 0, access.size_bytes),
        Part::Of(from, to) => (StatusCode::PARTIAL_CONTENT, from, to - from + 1),
        Part::Outside => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", access.size_bytes))?;
            return Ok(response);
        }
    };
    let source = app.files.open_at(&access.sha256, from).await?;
    let body = Body::from_stream(watched(Reader { app, headers, file }, source, length));
    let mut response = (status, body).into_response();
    describe(&mut response, &access, &tag)?;
    set(&mut response, header::CONTENT_LENGTH, &length.to_string())?;
    if status == StatusCode::PARTIAL_CONTENT {
        let last = from + length - 1;
        set(&mut response, header::CONTENT_RANGE, &format!("bytes {from}-{last}/{}", access.size_bytes))?;
    }
    Ok(response)
}

/// Whether the asker has these bytes already: the comparison is the weak one, whatever a proxy made of our tag.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|list| list.split(',')).map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

/// The part that is asked for, unless what the asker has a part of is something else by now.
fn asked(headers: &HeaderMap, tag: &str, size: u64) -> Part {
    let given = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match given(header::RANGE) {
        Some(range) if given(header::IF_RANGE).is_none_or(|known| known == tag) => part(range, size),
        _ => Part::Ignored,
    }
}

fn describe(response: &mut Response, access: &FileAccess, tag: &str) -> Result<()> {
    // A name in the two forms of RFC 6266: ASCII for the old, percent-encoded for the rest.
    let plain: String = access
        .name
        .chars()
        .map(|c| if (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%') { c } else { '_' })
        .collect();
    let encoded = paths::encoded(&access.name).replace('/', "%2F");
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    set(response, header::CONTENT_DISPOSITION, &disposition)?;
    set(response, header::CONTENT_TYPE, &access.media_type)?;
    set(response, header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'")?;
    set(response, header::ACCEPT_RANGES, "bytes")?;
    set(response, header::CACHE_CONTROL, "private, no-cache")?;
    set(response, header::ETAG, tag)
}

fn set(response: &mut Response, name: HeaderName, value: &str) -> Result<()> {
    let value = HeaderValue::from_str(value).map_err(|_| Error::NotFound)?;
    response.headers_mut().insert(name, value);
    Ok(())
}

/// The bytes as they are read, while the reader may read them.
fn watched(reader: Reader, source: File, length: u64) -> impl Stream<Item = Result<Bytes>> {
    let now = reader.app.db.clock().now();
    let began = (reader, source.take(length), length, now);
    stream::try_unfold(began, |(reader, mut source, left, mut checked)| async move {
        if left == 0 {
            return Ok(None);
        }
        let now = reader.app.db.clock().now();
        // A clock that is set back is no reprieve.
        if (now - checked).abs() >= RECHECK {
            reader.recheck().await?;
            checked = now;
        }
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let read = source.read_buf(&mut chunk).await?;
        if read == 0 {
            return Err(Error::NotFound);
        }
        Ok(Some((chunk.freeze(), (reader, source, left - read as u64, checked))))
    })
}

impl Reader {
    /// Asks who they are as well as what they may: a session may have ended too.
    async fn recheck(&self) -> Result<()> {
        let viewer = people::http::viewer_of(&self.app, &self.headers).await?.ok_or(Error::Unauthenticated)?;
        let mut connection = self.app.db.lend().await?;
        super::may_read_file(&mut connection, &viewer, self.file).await.map(drop)
    }
}

fn part(range: &str, size: u64) -> Part {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::Ignored;
    };
    let (Ok(first), Ok(last)) = (place(first), place(last)) else { return Part::Ignored };
    match (first, last) {
        (None, None) => Part::Ignored,
        (Some(first), Some(last)) if first > last => Part::Ignored,
        (Some(first), _) if first >= size => Part::Outside,
        (Some(first), last) => Part::Of(first, last.map_or(size - 1, |last| last.min(size - 1))),
        (None, Some(0)) => Part::Outside,
        (None, Some(_)) if size == 0 => Part::Outside,
        (None, Some(last)) => Part::Of(size - last.min(size), size - 1),
    }
}

/// A place of a range, if one is written.
fn place(digits: &str) -> Result<Option<u64>> {
    match digits.trim() {
        "" => Ok(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map(Some).map_err(|_| Error::BadRequest("range"))
        }
        _ => Err(Error::BadRequest("range")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

    use super::{Part, asked, is_known, part};

    fn with(headers: &[(HeaderName, &'static str)]) -> HeaderMap {
        headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_range_is_one_part_of_the_file_or_nothing() {
        let cases = [
            ("bytes=0-3", Part::Of(0, 3)),
            ("bytes=4-", Part::Of(4, 9)),
            ("bytes=-3", Part::Of(7, 9)),
            ("bytes=-30", Part::Of(0, 9)),
            ("bytes=5-100", Part::Of(5, 9)),
            ("bytes=10-", Part::Outside),
            ("bytes=-0", Part::Outside),
            ("bytes=3-1", Part::Ignored),
            ("bytes=0-1,3-4", Part::Ignored),
            ("lines=1-2", Part::Ignored),
            ("bytes=--1", Part::Ignored),
            ("bytes=-", Part::Ignored),
            ("bytes=+1-3", Part::Ignored),
            ("bytes=0-99999999999999999999", Part::Ignored),
        ];
        for (range, expected) in cases {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!((part("bytes=-1", 0), part("bytes=0-", 0)), (Part::Outside, Part::Outside));
    }

    #[test]
    fn bytes_that_are_known_are_not_sent_again() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(is_known(&with(&[(header::IF_NONE_MATCH, known)]), "\"a\""), "{known}");
        }
        assert!(!is_known(&with(&[(header::IF_NONE_MATCH, "\"b\"")]), "\"a\""));
    }

    #[test]
    fn a_part_of_something_else_is_not_completed() {
        let range = (header::RANGE, "bytes=1-2");
        let same = with(&[range.clone(), (header::IF_RANGE, "\"a\"")]);
        assert_eq!(asked(&same, "\"a\"", 10), Part::Of(1, 2));
        let other = with(&[range, (header::IF_RANGE, "W/\"a\"")]);
        assert_eq!(asked(&other, "\"a\"", 10), Part::Ignored);
    }
}
