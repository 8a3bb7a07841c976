//! SSH keys of the account.

use serde::{Deserialize, Serialize};

/// A public key that droplets can be created with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SshKey {
    /// Numeric id.
    pub id: u64,
    /// The account's name for it.
    pub name: String,
    /// One line in OpenSSH's format.
    pub public_key: String,
    /// MD5 of the key's bytes, in colon-separated hex.
    pub fingerprint: String,
}
