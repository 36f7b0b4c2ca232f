//! One message to one device: encrypted for it (RFC 8291), signed by us (RFC 8292), handed to its service (RFC 8030).

use std::time::Duration;

use axum::http::{
    HeaderMap, HeaderName, Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER},
};
use chrono::{DateTime, Utc};
use url::Url;
use web_push_native::{Auth, encrypt, p256};

use super::{keys::Keys, payload::Payload, store::Destination};
use crate::{
    http::Settings,
    outgoing::{Outgoing, Refused},
};

/// How long a service keeps what a device cannot take yet, in seconds: a day.
const KEPT_S: u32 = 24 * 60 * 60;
/// The longest pause that a service may ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(2);

/// What speaks to push services.
#[derive(Clone, Debug)]
pub struct Sender {
    outgoing: Outgoing,
    /// Where the operator of a service finds us.
    contact: Option<String>,
}

/// What a service said of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// It has it.
    Accepted,
    /// The device is subscribed no more.
    Gone,
    /// It will never take it.
    Refused,
    /// It may take it later: when it said so, or when we choose.
    Later(Option<Duration>),
}

impl Sender {
    /// One for this server.
    pub fn new(settings: &Settings) -> Self {
        let contact = settings.secure.then(|| settings.public_url.clone());
        Self { outgoing: settings.outgoing.clone(), contact }
    }

    /// Sends a message to a device. It is never logged where: the address is a secret.
    pub(super) async fn send(&self, keys: &Keys, to: &Destination, payload: &Payload, now: DateTime<Utc>) -> Outcome {
        let Ok(origin) = Url::parse(&to.endpoint).map(|url| url.origin().ascii_serialization()) else {
            return Outcome::Refused;
        };
        let Some(body) = encrypted(to, payload) else { return Outcome::Refused };
        let authorization = match keys.authorization(&origin, self.contact.as_deref(), now) {
            Ok(authorization) => authorization,
            Err(error) => {
                tracing::error!(%error, "a push could not be signed");
                return Outcome::Later(None);
            }
        };
        let Some(headers) = headers(authorization, payload) else { return Outcome::Refused };
        match self.outgoing.request(Method::POST, &to.endpoint, headers, body.into()).await {
            Ok((status, headers)) => said(status, &headers),
            Err(Refused::Malformed | Refused::Address) => Outcome::Refused,
            Err(error) => {
                tracing::debug!(device.id = %to.id, %error, "a push service was not reached");
                Outcome::Later(None)
            }
        }
    }
}

fn said(status: StatusCode, headers: &HeaderMap) -> Outcome {
    let pause = || {
        let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
    };
    match status {
        status if status.is_success() => Outcome::Accepted,
        StatusCode::NOT_FOUND | StatusCode::GONE => Outcome::Gone,
        StatusCode::TOO_MANY_REQUESTS => Outcome::Later(pause()),
        status if status.is_server_error() => Outcome::Later(pause()),
        status => {
            tracing::warn!(%status, "a push service refuses what it is sent");
            Outcome::Refused
        }
    }
}

fn headers(authorization: String, payload: &Payload) -> Option<HeaderMap> {
    let named = [
        (AUTHORIZATION, authorization),
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_ENCODING, "aes128gcm".to_owned()),
        (HeaderName::from_static("ttl"), KEPT_S.to_string()),
        (HeaderName::from_static("urgency"), payload.urgency.as_str().to_owned()),
        (HeaderName::from_static("topic"), payload.topic.clone()),
    ];
    named.into_iter().map(|(name, value)| Some((name, value.parse().ok()?))).collect()
}

fn encrypted(to: &Destination, payload: &Payload) -> Option<Vec<u8>> {
    let key = p256::PublicKey::from_sec1_bytes(&to.p256dh).ok()?;
    let auth: [u8; 16] = to.auth.as_slice().try_into().ok()?;
    encrypt(payload.body.clone().into_bytes(), &key, &Auth::from(auth)).ok()
}
