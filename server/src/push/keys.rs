//! The instance's own key, by which a push service knows who sends (VAPID, RFC 8292).

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::store;
use crate::{
    db::Db,
    error::{Error, Result},
};

/// How long a signature holds: services take a day at most.
const HOLDS: TimeDelta = TimeDelta::hours(12);

/// The instance's key pair.
#[derive(Debug)]
pub struct Keys(EcdsaKeyPair);

/// The instance's keys: the first who asks makes them.
pub(super) async fn of(db: &Db) -> Result<Keys> {
    let known = {
        let mut connection = db.lend().await?;
        store::private_key(&mut connection).await?
    };
    let kept = if let Some(key) = known { key } else { make(db).await? };
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &kept);
    pair.map(Keys).map_err(|_| Error::Crypto("the key that is kept is none of P-256"))
}

/// Makes a key and keeps it, unless somebody was sooner; answers the one that is kept.
async fn make(db: &Db) -> Result<Vec<u8>> {
    let fresh = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let fresh = fresh.map_err(|_| Error::Crypto("no key could be made"))?.as_ref().to_vec();
    db.write(move |tx| {
        Box::pin(async move {
            let now = tx.now();
            store::keep_private_key(tx.connection(), &fresh, now).await
        })
    })
    .await
}

impl Keys {
    /// What browsers are given: an uncompressed point of P-256, in base64 for addresses.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key())
    }

    /// The header that tells the service of an address who sends. `contact` is where its operator finds us.
    pub(super) fn authorization(&self, origin: &str, contact: Option<&str>, now: DateTime<Utc>) -> Result<String> {
        let mut claims = json!({ "aud": origin, "exp": (now + HOLDS).timestamp() });
        if let Some(contact) = contact {
            claims["sub"] = contact.into();
        }
        let [header, claims] = [json!({ "typ": "JWT", "alg": "ES256" }), claims].map(|part| part.to_string());
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.map_err(|_| Error::Crypto("nothing could be signed"))?);
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public()))
    }
}
