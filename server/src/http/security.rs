//! The headers of every answer, and who may send an unsafe request. Source: OWASP ASVS 5.0 V3.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
    middleware::Next,
    response::Response,
};
use uuid::Uuid;

use super::{App, Credential};

/// The nonce of a page's one script, new for each answer.
#[derive(Clone, Debug)]
pub struct Nonce(pub String);

const FIXED: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`, which makes the Origin of forms null.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Makes the nonce, and sets what the handler did not.
pub async fn headers(State(app): State<App>, mut request: Request, next: Next) -> Response {
    #[expect(clippy::disallowed_methods, reason = "122 random bits that are no id of anything")]
    let nonce = Uuid::new_v4().simple().to_string();
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(&nonce)) {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    if app.settings.secure {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    response
}

/// Whether a socket is asked for by our own pages. A page of elsewhere sends its own Origin; a program with a token may
/// send none. `localhost`, `127.0.0.1` and `[::1]` are one host, with the port counted.
pub fn is_own_origin(public_url: &str, headers: &HeaderMap, credential: Credential) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return matches!(credential, Credential::Token(_)) };
    let Some(origin) = origin.to_str().ok().and_then(place) else { return false };
    place(public_url) == Some(origin)
}

/// The scheme, host and port of an address.
fn place(url: &str) -> Option<(String, String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    if authority.as_str().contains('@') || !matches!(uri.path(), "" | "/") {
        return None;
    }
    let host = match authority.host() {
        "127.0.0.1" | "[::1]" => "localhost",
        host => host,
    };
    let port = authority.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    Some((scheme.to_owned(), host.to_ascii_lowercase(), port))
}

fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; font-src 'self'; \
         img-src 'self' blob:; media-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types preau"
    )
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use words::{SessionId, TokenId};

    use super::is_own_origin;
    use crate::http::Credential;

    fn from(origin: &str, public_url: &str) -> bool {
        let headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_str(origin).unwrap())]);
        is_own_origin(public_url, &headers, Credential::Session(SessionId::fresh()))
    }

    #[test]
    fn only_our_own_pages_open_a_socket() {
        let own = "https://preau.example";
        assert!(from("https://preau.example", own) && from("https://preau.example:443", own));
        for forged in [
            "null",
            "http://preau.example",
            "https://preau.example:8443",
            "https://evil.example",
            "https://preau.example.evil.example",
            "https://evilpreau.example",
            "https://sub.preau.example",
            "https://preau.example@evil.example",
            "https://prеau.example",
            "file://",
            "https://preau.example/path",
        ] {
            assert!(HeaderValue::from_str(forged).is_err() || !from(forged, own), "{forged}");
        }
        assert!(
            from("http://localhost:8080", "http://127.0.0.1:8080")
                && from("http://[::1]:8080", "http://127.0.0.1:8080")
        );
        assert!(!from("http://localhost:8081", "http://127.0.0.1:8080"));
        let none = HeaderMap::new();
        assert!(is_own_origin(own, &none, Credential::Token(TokenId::fresh())));
        assert!(!is_own_origin(own, &none, Credential::Session(SessionId::fresh())), "a browser always says");
    }
}
