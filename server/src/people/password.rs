//! Passwords: argon2id, off the runtime's threads and two at a time, so that a flood of them cannot stop the chat.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// Longer ones are refused before they cost anything (CVE-2026-24458).
const LONGEST: usize = 128;
/// Shorter ones are refused: with counted tries, twelve characters are the CNIL's second case.
const SHORTEST: usize = 12;

static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A PHC string.
#[derive(Debug)]
pub struct Hash(String);

impl Hash {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hashes a new password, if it is neither too short nor too long.
pub async fn hash(typed: String) -> Result<Hash> {
    let length = typed.chars().count();
    if length < SHORTEST {
        return Err(Error::field("password", "too_short"));
    }
    if length > LONGEST {
        return Err(Error::field("password", "too_long"));
    }
    let _permit = AT_ONCE.acquire().await.map_err(|_| Error::Unavailable)?;
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(typed.as_bytes())
            .map(|hash| Hash(hash.to_string()))
            .map_err(|_| Error::Unavailable)
    })
    .await?
}

/// Whether a password is the hashed one. Without a hash it takes as long, and is not.
pub(super) async fn verify(typed: String, hash: Option<String>) -> Result<bool> {
    if typed.chars().count() > LONGEST {
        return Ok(false);
    }
    let _permit = AT_ONCE.acquire().await.map_err(|_| Error::Unavailable)?;
    Ok(tokio::task::spawn_blocking(move || {
        let Some(hash) = hash else {
            // The result is meant to be thrown away: only the time it takes counts.
            drop(Argon2::default().hash_password(typed.as_bytes()));
            return false;
        };
        PasswordHash::new(&hash).is_ok_and(|hash| Argon2::default().verify_password(typed.as_bytes(), &hash).is_ok())
    })
    .await?)
}
