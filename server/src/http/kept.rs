//! What was typed into a form whose answer is an error: shown again, so that nothing typed is lost.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, Method, Uri, header},
};
use futures_util::{StreamExt, future};
use web::paths;

use super::Form;
use crate::error::{Error, Result};

/// The fields that people write in, in the order in which they are shown.
pub const WRITTEN: [&str; 19] = [
    "title",
    "name",
    "objective",
    "purpose",
    "date",
    "from",
    "to",
    "place",
    "link",
    "agenda",
    "tags",
    "url",
    "body",
    "options",
    "closes_at",
    "reason",
    "at",
    "acronym",
    "expansion",
];
/// How much of a form with files is looked at, in bytes: its words come first.
const LOOKED_AT: usize = 512 * 1024;

/// How long a form may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the gates note what a form brought, until it is known whether it was lost on them.
#[derive(Clone, Debug, Default)]
pub struct Typed(Arc<Mutex<Vec<(usize, String)>>>);

impl Typed {
    /// Notes a field, if it is one that people write in.
    pub fn note(&self, field: &str, words: &str) {
        let place = WRITTEN.iter().position(|written| *written == field);
        if let Some(place) = place.filter(|_| !words.trim().is_empty()) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((place, words.to_owned()));
        }
    }

    /// All that was noted; empty for a form in which nobody wrote.
    pub fn text(&self) -> String {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        noted.sort_by_key(|(place, _)| *place);
        noted.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join("\n\n")
    }
}

/// Reads a form that no handler will read into where the gates note it; of one that is slow to come, what has come.
pub async fn read(request: Request) -> Typed {
    let typed = request.extensions().get::<Typed>().cloned().unwrap_or_default();
    if request.method() == Method::POST {
        // Whether it came to its end or not, what was noted is noted.
        drop(tokio::time::timeout(PATIENCE, read_into(request, &typed)).await);
    }
    typed
}

async fn read_into(request: Request, typed: &Typed) {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        read_parts(request, typed).await;
    } else {
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(typed.clone());
        // What does not parse holds nothing that could be shown.
        drop(Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), &()).await);
    }
}

/// Up to the first file, and no further than is looked at.
async fn read_parts(request: Request, typed: &Typed) {
    let (parts, body) = request.into_parts();
    let mut read = 0;
    let looked_at = body.into_data_stream().take_while(move |piece| {
        read += piece.as_ref().map_or(0, Bytes::len);
        future::ready(read < LOOKED_AT)
    });
    let request = Request::from_parts(parts, Body::from_stream(looked_at));
    let Ok(mut form) = Multipart::from_request(request, &()).await else { return };
    while let Ok(Some(part)) = form.next_field().await {
        if part.file_name().is_some_and(|name| !name.is_empty()) {
            return;
        }
        let name = part.name().unwrap_or_default().to_owned();
        if let Ok(words) = part.text().await {
            typed.note(&name, &words);
        }
    }
}

/// Refuses a form that shows a thing as it no longer is, so that nobody undoes what they have not seen. A form that does
/// not tell what it shows is taken as it is.
pub fn unchanged(shown: Option<&str>, now: &str) -> Result<()> {
    if shown.is_none_or(|shown| shown == now) { Ok(()) } else { Err(Error::field("etag", "changed")) }
}

/// The page that holds the form, as the browser tells, if it is one of ours.
pub fn back(headers: &HeaderMap, public_url: &str) -> String {
    let referer: Option<Uri> =
        headers.get(header::REFERER).and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
    let own: Option<Uri> = public_url.parse().ok();
    let own = own.as_ref().and_then(Uri::authority);
    referer
        .filter(|page| page.authority() == own)
        .and_then(|page| page.path_and_query().map(ToString::to_string))
        .filter(|path| path.starts_with('/') && !path.starts_with("//"))
        .unwrap_or_else(|| paths::HOME.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Typed, back};

    #[test]
    fn what_people_wrote_is_shown_in_the_order_of_a_page_and_secrets_are_not() {
        let typed = Typed::default();
        for (field, words) in [("body", "Bonjour"), ("password", "secret"), ("title", "Titre"), ("purpose", "  ")] {
            typed.note(field, words);
        }
        assert_eq!(typed.text(), "Titre\n\nBonjour");
    }

    #[test]
    fn one_goes_back_to_our_own_pages_only() {
        let from = |referer: &'static str| {
            let headers = HeaderMap::from_iter([(header::REFERER, HeaderValue::from_static(referer))]);
            back(&headers, "https://preau.example")
        };
        assert_eq!(from("https://preau.example/threads/1?before=3"), "/threads/1?before=3");
        for elsewhere in
            ["https://other.example/x", "//other.example", "javascript:alert(1)", "https://preau.example//x.y"]
        {
            assert_eq!(from(elsewhere), "/", "{elsewhere}");
        }
        assert_eq!(back(&HeaderMap::new(), "https://preau.example"), "/");
    }
}
