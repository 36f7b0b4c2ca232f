//! What the asker reads: a page or JSON, French or English.

use axum::http::{HeaderMap, Uri, header};
use words::Locale;

/// Whether the answer is JSON: the API's addresses, the socket's, and whoever asks for JSON and not for a page.
pub fn wants_json(uri: &Uri, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    uri.path().starts_with("/api/")
        || uri.path() == "/live"
        || uri.path().starts_with("/live/")
        || (accept.contains("json") && !accept.contains("text/html"))
}

/// The language of somebody who has not chosen one: the first of ours that the browser names, else French.
pub fn locale(headers: &HeaderMap) -> Locale {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted
        .split(',')
        .find_map(|range| range.split([';', '-']).next()?.trim().to_ascii_lowercase().parse().ok())
        .unwrap_or(Locale::Fr)
}
