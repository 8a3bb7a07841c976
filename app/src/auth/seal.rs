//! Values that browsers keep for the site: signed and with an expiry, so that they can be read there
//! but neither changed nor kept for ever.

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

/// Why a key can't be used. Says nothing of the key itself.
#[derive(Debug, Error)]
#[error("MINITWIT_SESSION_KEY must be {SHORTEST_KEY} bytes or more, in hex or base64")]
pub struct KeyError;

/// Signs with HMAC-SHA256 (RFC 2104).
pub struct Sealer {
    keyed: Hmac<Sha256>,
}

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    /// Seconds since 1970.
    expires: u64,
    value: T,
}

impl Sealer {
    /// With a key in hex or base64.
    ///
    /// # Errors
    /// When it is neither, or too short.
    pub fn with_key(text: &str) -> Result<Self, KeyError> {
        let key = decoded(text.trim()).ok_or(KeyError)?;
        if key.len() < SHORTEST_KEY {
            return Err(KeyError);
        }
        Ok(Self::with_bytes(&key))
    }

    /// With a key that nobody else has and that ends with the process.
    #[must_use]
    pub fn with_random_key() -> Self {
        let mut key = [0; SHORTEST_KEY];
        OsRng.fill_bytes(&mut key);
        Self::with_bytes(&key)
    }

    fn with_bytes(key: &[u8]) -> Self {
        let keyed = Hmac::new_from_slice(key).expect("HMAC takes a key of any length");
        Self { keyed }
    }

    /// Text that only [`Sealer::open`] with the same key and purpose takes, and only for so long.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn seal<T: Serialize>(
        &self,
        purpose: &str,
        value: &T,
        lifetime: Duration,
    ) -> serde_json::Result<String> {
        let expires = now() + lifetime.as_secs();
        let content = serde_json::to_vec(&Sealed { expires, value })?;
        let tag = self.tag(purpose, &content).finalize().into_bytes();
        Ok(format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(content),
            URL_SAFE_NO_PAD.encode(tag)
        ))
    }

    /// The value, unless the text was not sealed here for this purpose or has expired.
    #[must_use]
    pub fn open<T: DeserializeOwned>(&self, purpose: &str, text: &str) -> Option<T> {
        let (content, tag) = text.split_once('.')?;
        let content = URL_SAFE_NO_PAD.decode(content).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        self.tag(purpose, &content).verify_slice(&tag).ok()?;
        let sealed: Sealed<T> = serde_json::from_slice(&content).ok()?;
        (now() < sealed.expires).then_some(sealed.value)
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

    fn sealer() -> Sealer {
        Sealer::with_key(&"0f".repeat(32)).expect("a key")
    }

    #[test]
    fn what_was_sealed_opens_with_the_same_key_on_another_droplet() {
        let text = sealer().seal("a", &"ann", HOUR).expect("sealed");
        assert_eq!(sealer().open::<String>("a", &text).as_deref(), Some("ann"));
        assert_eq!(sealer().open::<String>("b", &text), None);
        assert_eq!(Sealer::with_random_key().open::<String>("a", &text), None);
    }

    #[test]
    fn what_was_changed_cut_or_expired_does_not_open() {
        let text = sealer().seal("a", &"ann", HOUR).expect("sealed");
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(sealer().open::<String>("a", &changed), None, "at {at}");
            assert_eq!(sealer().open::<String>("a", &text[..at]), None, "to {at}");
        }
        let expired = sealer().seal("a", &"ann", Duration::ZERO).expect("sealed");
        assert_eq!(sealer().open::<String>("a", &expired), None);
    }

    #[test]
    fn keys_are_hex_or_base64_and_long_enough() {
        for good in [
            "0123456789abcdefABCDEF0123456789".repeat(2),
            STANDARD.encode([250; 32]),
            URL_SAFE_NO_PAD.encode([250; 32]),
        ] {
            assert!(Sealer::with_key(&good).is_ok(), "{good}");
        }
        for wrong in [
            String::new(),
            "ab".repeat(31),
            "no key".to_owned(),
            "ä".repeat(64),
        ] {
            assert!(Sealer::with_key(&wrong).is_err(), "{wrong}");
        }
    }
}
