//! What handlers take from a request. Each refusal is one of our errors, never axum's plain text.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    body::Bytes,
    extract::{ConnectInfo, FromRequest, FromRequestParts, OptionalFromRequestParts, Request},
    http::{header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::{Viewer, kept::Typed};
use crate::error::{Error, FieldError, Result};

/// The largest JSON body or form, in bytes; files have their own limit.
const BODY_LIMIT: usize = 256 * 1024;

/// A JSON body. Unknown fields are the type's to refuse.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// A form, as browsers send it.
#[derive(Debug)]
pub struct Form<T>(pub T);

/// The parts of the path; a malformed one is an address of nothing.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// The query of the address.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !media_type.is_some_and(|value| value.starts_with("application/json")) {
            return Err(Error::UnsupportedMediaType);
        }
        let bytes = body(request).await?;
        let mut parser = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
            let field = error.path().to_string();
            match error.into_inner().classify() {
                serde_json::error::Category::Data => {
                    Error::Invalid(vec![FieldError { field: field.into(), code: "malformed" }])
                }
                _ => Error::BadRequest("json"),
            }
        })?;
        parser.end().map_err(|_| Error::BadRequest("json"))?;
        Ok(Self(value))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self> {
        let typed = request.extensions().get::<Typed>().cloned();
        let bytes = body(request).await?;
        if let Some(typed) = typed {
            let fields: Vec<(String, String)> = serde_html_form::from_bytes(&bytes).unwrap_or_default();
            for (field, words) in &fields {
                typed.note(field, words);
            }
        }
        serde_html_form::from_bytes(&bytes).map(Self).map_err(|_| Error::field("form", "malformed"))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let axum::extract::Path(value) =
            <axum::extract::Path<T> as FromRequestParts<S>>::from_request_parts(parts, state)
                .await
                .map_err(|_| Error::NotFound)?;
        Ok(Self(value))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        serde_html_form::from_str(query).map(Self).map_err(|_| Error::field("query", "malformed"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts.extensions.get::<Self>().cloned().ok_or(Error::Unauthenticated)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(Option<IpAddr>);

impl Peer {
    /// Whether it is this machine or one of its private network (RFC 1918, RFC 4193).
    pub fn is_private(&self) -> bool {
        match self.0.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
            Some(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
            None => false,
        }
    }

    /// The network of the address: what tries are counted by, since one person may have many addresses of it.
    pub fn network(&self) -> String {
        match self.0 {
            Some(IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            None => "unknown".to_owned(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())))
    }
}

async fn body(request: Request) -> Result<Bytes> {
    axum::body::to_bytes(request.into_body(), BODY_LIMIT)
        .await
        .map_err(|_| Error::TooLarge { limit_bytes: BODY_LIMIT as u64 })
}
