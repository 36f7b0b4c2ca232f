//! Secrets that travel in cookies, links and headers. We keep their hashes only.

use rand::RngExt;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// 256 random bits, as 64 hexadecimal digits. Never logged: it has no `Display`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new secret from the system's generator.
    pub fn fresh() -> Self {
        let bits: [u8; 32] = rand::rng().random();
        Self(hex(&bits))
    }

    /// A secret that somebody presents; anything that is not one of ours is nobody's.
    pub fn presented(text: &str) -> Option<Self> {
        (text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The text to hand to its holder.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it. A plain hash is enough for 256 random bits.
    pub(super) fn hash(&self) -> [u8; 32] {
        digest(self.0.as_bytes())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Six digits to type.
pub(super) fn code() -> String {
    format!("{:06}", rand::rng().random_range(0..1_000_000))
}

/// What is stored of a code: salted by its sign-in.
pub(super) fn code_hash(sign_in: Uuid, code: &str) -> [u8; 32] {
    digest(&[sign_in.as_bytes(), code.as_bytes()].concat())
}

/// SHA-256.
pub(super) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}
