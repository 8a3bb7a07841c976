//! Operations on SSH keys.

use crate::cloud::random::next_id;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::ssh_keys::SshKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

impl Record {
    /// Adds a key.
    ///
    /// # Errors
    /// When it has no name, is not a public key, or the account has it already.
    pub fn create_ssh_key(&mut self, name: String, public_key: String) -> Result<u64, Refusal> {
        if name.trim().is_empty() {
            return Err(Refusal::unprocessable("Name can't be blank"));
        }
        let fingerprint = fingerprint(&public_key).ok_or_else(|| {
            Refusal::unprocessable(
                "Key invalid, key should be of type ssh-rsa, ssh-ed25519 or ecdsa",
            )
        })?;
        if self
            .ssh_keys
            .values()
            .any(|key| key.fingerprint == fingerprint)
        {
            return Err(Refusal::unprocessable(
                "SSH Key is already in use on your account",
            ));
        }
        let id = next_id(&mut self.last_key);
        let key = SshKey {
            id,
            name,
            public_key,
            fingerprint,
        };
        self.ssh_keys.insert(id, key);
        Ok(id)
    }

    /// The key with this id or fingerprint.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn ssh_key(&self, id_or_fingerprint: &str) -> Result<&SshKey, Refusal> {
        let id = id_or_fingerprint.parse().ok();
        self.ssh_keys
            .values()
            .find(|key| Some(key.id) == id || key.fingerprint == id_or_fingerprint)
            .ok_or(Refusal::NotFound)
    }

    /// Renames a key.
    ///
    /// # Errors
    /// When it does not exist, or the name is empty.
    pub fn rename_ssh_key(
        &mut self,
        id_or_fingerprint: &str,
        name: String,
    ) -> Result<u64, Refusal> {
        let id = self.ssh_key(id_or_fingerprint)?.id;
        if name.trim().is_empty() {
            return Err(Refusal::unprocessable("Name can't be blank"));
        }
        let key = self.ssh_keys.get_mut(&id).ok_or(Refusal::NotFound)?;
        key.name = name;
        Ok(id)
    }

    /// Removes a key. Droplets keep what they were created with.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_ssh_key(&mut self, id_or_fingerprint: &str) -> Result<(), Refusal> {
        let id = self.ssh_key(id_or_fingerprint)?.id;
        self.ssh_keys.remove(&id);
        Ok(())
    }
}

/// MD5 fingerprint of a public key in OpenSSH's format; `None` if it isn't one.
fn fingerprint(public_key: &str) -> Option<String> {
    let mut words = public_key.split_whitespace();
    let kind = words.next()?;
    if !(kind.starts_with("ssh-") || kind.starts_with("ecdsa-") || kind.starts_with("sk-")) {
        return None;
    }
    let bytes = STANDARD.decode(words.next()?).ok()?;
    let named = bytes.get(4..4 + kind.len())?;
    if named != kind.as_bytes() {
        return None;
    }
    let hex: Vec<String> = Md5::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Some(hex.join(":"))
}
