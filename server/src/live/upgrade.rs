//! The handshake of a socket (RFC 6455, section 4.2), and the stream that comes out of it: we write to that ourselves.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, Version, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::upgrade::OnUpgrade;
use hyper_util::{rt::TokioIo, server::conn::auto::upgrade};
use tokio::net::TcpStream;
use tungstenite::handshake::derive_accept_key;

/// The version of the protocol that we speak.
const VERSION: &str = "13";

/// A request to go on as a socket.
#[derive(Debug)]
pub struct Upgrade {
    accept: String,
    upgrading: Upgrading,
}

/// A stream that is on its way.
#[derive(Debug)]
pub struct Upgrading(OnUpgrade);

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let headers = &parts.headers;
        let asks = parts.version == Version::HTTP_11
            && lists(headers, header::CONNECTION, "upgrade")
            && lists(headers, header::UPGRADE, "websocket")
            && lists(headers, header::SEC_WEBSOCKET_VERSION, VERSION);
        let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| asks).ok_or(StatusCode::UPGRADE_REQUIRED)?;
        let accept = derive_accept_key(key.as_bytes());
        let upgrading = parts.extensions.remove::<OnUpgrade>().ok_or(StatusCode::UPGRADE_REQUIRED)?;
        Ok(Self { accept, upgrading: Upgrading(upgrading) })
    }
}

impl Upgrade {
    /// The answer that switches to a subprotocol, and the stream once that is sent.
    pub fn accept(self, protocol: &'static str) -> (Response, Upgrading) {
        let headers = [
            (header::CONNECTION, "upgrade"),
            (header::UPGRADE, "websocket"),
            (header::SEC_WEBSOCKET_ACCEPT, self.accept.as_str()),
            (header::SEC_WEBSOCKET_PROTOCOL, protocol),
        ];
        ((StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response(), self.upgrading)
    }
}

impl Upgrading {
    /// The stream, and what was read of it already; none if the other side is gone.
    pub async fn stream(self) -> Option<(TcpStream, Bytes)> {
        let upgraded = self.0.await.inspect_err(|error| tracing::debug!(%error, "a socket did not come to be")).ok()?;
        // The accept loop serves no other kind of stream, and HTTP/2 has no way to ask for a socket here.
        let Ok(parts) = upgrade::downcast::<TokioIo<TcpStream>>(upgraded) else {
            tracing::error!("a socket came over a stream of an unknown kind");
            return None;
        };
        Some((parts.io.into_inner(), parts.read_buf))
    }
}

/// Whether a header that is a list has a word in it.
fn lists(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    values.flat_map(|list| list.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
}
