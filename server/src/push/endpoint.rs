//! What a browser subscribes with: an address that it names, and the keys for what is sent there.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;
use web_push_native::p256;

use crate::{
    error::{Error, Result},
    outgoing::Outgoing,
};

/// The longest address, in bytes.
const LONGEST: usize = 1024;

/// A device that may be kept, as its browser describes it.
#[derive(Clone, Debug)]
pub struct NewDevice {
    pub(super) endpoint: String,
    pub(super) p256dh: Vec<u8>,
    pub(super) auth: Vec<u8>,
}

impl NewDevice {
    /// Checks what a browser names: its address, and its public key and its secret in base64 for addresses.
    pub fn checked(endpoint: &str, (p256dh, auth): (&str, &str), outgoing: &Outgoing) -> Result<Self> {
        let url = Url::parse(endpoint).ok().filter(|url| endpoint.len() <= LONGEST && is_asked(url, outgoing));
        let url = url.ok_or_else(|| Error::field("endpoint", "malformed"))?;
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).unwrap_or_default();
        let (p256dh, auth) = (bytes(p256dh), bytes(auth));
        if p256dh.len() != 65 || p256::PublicKey::from_sec1_bytes(&p256dh).is_err() {
            return Err(Error::field("keys.p256dh", "malformed"));
        }
        if auth.len() != 16 {
            return Err(Error::field("keys.auth", "malformed"));
        }
        Ok(Self { endpoint: url.into(), p256dh, auth })
    }
}

/// Whether an address may be asked at all: encrypted, of a name and not a number, at the port of the web. What the name
/// leads to is looked at as it is asked.
fn is_asked(url: &Url, outgoing: &Outgoing) -> bool {
    if outgoing.is_opened(url) {
        return true;
    }
    url.scheme() == "https"
        && url.domain().is_some_and(|name| name.contains('.'))
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::NewDevice;
    use crate::{error::Error, outgoing::Outgoing};

    const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    fn refused(endpoint: &str, keys: (&str, &str)) -> Option<String> {
        match NewDevice::checked(endpoint, keys, &Outgoing::new(&[])) {
            Err(Error::Invalid(fields)) => Some(fields[0].field.to_string()),
            _ => None,
        }
    }

    #[test]
    fn only_an_encrypted_address_of_a_name_is_kept() {
        let keys = (P256DH, AUTH);
        for good in ["https://updates.push.services.mozilla.com/wpush/v2/gAAA", "https://web.push.apple.com:443/QGu"] {
            assert_eq!(refused(good, keys), None, "{good}");
        }
        let long = format!("https://push.example/{}", "a".repeat(1100));
        for wrong in [
            "http://push.example/a",
            "https://127.0.0.1/a",
            "https://[::1]/a",
            "https://2130706433/a",
            "https://localhost/a",
            "https://intranet/a",
            "https://push.example:8443/a",
            "https://user@push.example/a",
            "ftp://push.example/a",
            "file:///etc/passwd",
            "https://",
            "push",
            "",
            &long,
        ] {
            assert_eq!(refused(wrong, keys).as_deref(), Some("endpoint"), "{wrong}");
        }
        let at = "https://push.example/a";
        let off_the_curve = format!("{}A", &P256DH[..86]);
        for wrong in ["", "AAAA", &off_the_curve] {
            assert_eq!(refused(at, (wrong, AUTH)).as_deref(), Some("keys.p256dh"), "{wrong}");
        }
        assert_eq!(refused(at, (P256DH, "AAAA")).as_deref(), Some("keys.auth"));
    }
}
