//! Values that browsers store for the site: signed and with an expiry. Browsers can read them, but neither change them nor use
//! them for ever.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use argon2::password_hash::rand_core::{OsRng, RngCore};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

/// The shortest key, in bytes: as long as the signature.
const SHORTEST_KEY: usize = 32;

/// Why a key can't be used. Its text does not contain the key.
#[derive(Debug, Error)]
#[error("MINITWIT_SESSION_KEY must be {SHORTEST_KEY} bytes or more, in hex or base64")]
pub struct KeyError;

/// Signs with HMAC-SHA256 (RFC 2104).
pub struct Signer {
    keyed: Hmac<Sha256>,
}

#[derive(Serialize, Deserialize)]
struct Signed<T> {
    /// Seconds since 1970.
    expires: u64,
    value: T,
}

impl Signer {
    /// With a key in hex or base64.
    pub fn with_key(text: &str) -> Result<Self, KeyError> {
        let key = decoded(text.trim()).ok_or(KeyError)?;
        if key.len() < SHORTEST_KEY {
            return Err(KeyError);
        }
        Ok(Self::with_bytes(&key))
    }

    /// With a key of this process alone.
    pub fn with_random_key() -> Self {
        let mut key = [0; SHORTEST_KEY];
        OsRng.fill_bytes(&mut key);
        Self::with_bytes(&key)
    }

    fn with_bytes(key: &[u8]) -> Self {
        let keyed = Hmac::new_from_slice(key).expect("HMAC takes a key of any length");
        Self { keyed }
    }

    /// Text that [`Signer::verify`] accepts with the same key and purpose within the lifetime.
    pub fn sign<T: Serialize>(
        &self,
        purpose: &str,
        value: &T,
        lifetime: Duration,
    ) -> serde_json::Result<String> {
        let expires = now() + lifetime.as_secs();
        let content = serde_json::to_vec(&Signed { expires, value })?;
        let tag = self.tag(purpose, &content).finalize().into_bytes();
        Ok(format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(content),
            URL_SAFE_NO_PAD.encode(tag)
        ))
    }

    /// The value, unless the signature is wrong or of another purpose, or the text has expired.
    pub fn verify<T: DeserializeOwned>(&self, purpose: &str, text: &str) -> Option<T> {
        let (content, tag) = text.split_once('.')?;
        let content = URL_SAFE_NO_PAD.decode(content).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        self.tag(purpose, &content).verify_slice(&tag).ok()?;
        let signed: Signed<T> = serde_json::from_slice(&content).ok()?;
        (now() < signed.expires).then_some(signed.value)
    }

    fn tag(&self, purpose: &str, content: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.keyed.clone();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(content);
        mac
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    if text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).ok();
        return (0..text.len()).step_by(2).map(byte).collect();
    }
    let unpadded = text.trim_end_matches('=');
    STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE_NO_PAD.decode(unpadded))
        .ok()
}

fn now() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn signer() -> Signer {
        Signer::with_key(&"0f".repeat(32)).expect("a key")
    }

    #[test]
    fn what_was_signed_verifies_with_the_same_key_on_another_droplet() {
        let text = signer().sign("a", &"ann", HOUR).expect("signed");
        assert_eq!(
            signer().verify::<String>("a", &text).as_deref(),
            Some("ann")
        );
        assert_eq!(signer().verify::<String>("b", &text), None);
        assert_eq!(Signer::with_random_key().verify::<String>("a", &text), None);
    }

    #[test]
    fn what_was_changed_cut_or_expired_does_not_verify() {
        let text = signer().sign("a", &"ann", HOUR).expect("signed");
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(signer().verify::<String>("a", &changed), None, "at {at}");
            assert_eq!(signer().verify::<String>("a", &text[..at]), None, "to {at}");
        }
        let expired = signer().sign("a", &"ann", Duration::ZERO).expect("signed");
        assert_eq!(signer().verify::<String>("a", &expired), None);
    }

    #[test]
    fn keys_are_hex_or_base64_and_long_enough() {
        for good in [
            "0123456789abcdefABCDEF0123456789".repeat(2),
            STANDARD.encode([250; 32]),
            URL_SAFE_NO_PAD.encode([250; 32]),
        ] {
            assert!(Signer::with_key(&good).is_ok(), "{good}");
        }
        for wrong in [
            String::new(),
            "ab".repeat(31),
            "no key".to_owned(),
            "ä".repeat(64),
        ] {
            assert!(Signer::with_key(&wrong).is_err(), "{wrong}");
        }
    }
}
