//! One message to one device: encrypted for it (RFC 8291), signed by us (RFC 8292), handed to its service (RFC 8030).

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{
    Client, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use web_push_native::{Auth, encrypt, p256};

use super::{endpoint, keys::Keys, payload::Payload, store::Subscription};
use crate::http::Settings;

/// How long a service keeps what a device cannot take yet, in seconds: a day.
const KEPT_S: u32 = 24 * 60 * 60;
/// The longest pause that a service may ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(2);

/// What speaks to push services.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
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
    pub fn new(settings: &Settings) -> reqwest::Result<Self> {
        let client = endpoint::client(settings.reach)?;
        Ok(Self { client, contact: settings.secure.then(|| settings.public_url.clone()) })
    }

    /// Sends a message to a device. It is never logged where: the address is a secret.
    pub(super) async fn send(&self, keys: &Keys, to: &Subscription, payload: &Payload, now: DateTime<Utc>) -> Outcome {
        let Some((url, origin)) = place(&to.endpoint) else { return Outcome::Refused };
        let Some(body) = encrypted(to, payload) else { return Outcome::Refused };
        let authorization = match keys.authorization(&origin, self.contact.as_deref(), now) {
            Ok(authorization) => authorization,
            Err(error) => {
                tracing::error!(%error, "a push could not be signed");
                return Outcome::Later(None);
            }
        };
        let request = self
            .client
            .post(url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_ENCODING, "aes128gcm")
            .header("ttl", KEPT_S)
            .header("urgency", payload.urgency.as_str())
            .header("topic", &payload.topic)
            .body(body);
        match request.send().await {
            Ok(answer) => said(answer.status(), answer.headers()),
            Err(error) => {
                tracing::debug!(subscription.id = %to.id, error = %error.without_url(), "a push service was not reached");
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

/// The address, and the origin that a signature for it names.
fn place(endpoint: &str) -> Option<(Url, String)> {
    let url = Url::parse(endpoint).ok()?;
    let origin = url.origin().ascii_serialization();
    Some((url, origin))
}

fn encrypted(to: &Subscription, payload: &Payload) -> Option<Vec<u8>> {
    let key = p256::PublicKey::from_sec1_bytes(&to.p256dh).ok()?;
    let auth: [u8; 16] = to.auth.as_slice().try_into().ok()?;
    encrypt(payload.body.clone().into_bytes(), &key, &Auth::from(auth)).ok()
}
