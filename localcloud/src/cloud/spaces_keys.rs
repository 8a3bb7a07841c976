//! Keys of Spaces, the object storage, and what each may do with which bucket.

use super::{Record, Refusal, or_default};
use jiff::Timestamp;
use rand::RngExt as _;
use rand::distr::Alphanumeric;
use serde::{Deserialize, Serialize};

/// Most keys of an account, as on the platform.
const LIMIT: usize = 200;

/// One key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SpacesKey {
    /// Its id, which requests name.
    pub access_key: String,
    /// What requests are signed with. It is told once, when the key is made.
    pub secret_key: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Something that a key may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Name of a bucket; empty with [`Permission::FullAccess`].
    pub bucket: String,
    /// What it may do there.
    pub permission: Permission,
}

/// What a key may do with a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// List and read objects.
    Read,
    /// Write and delete them, too.
    ReadWrite,
    /// Everything, with every bucket.
    FullAccess,
    /// Nothing.
    #[serde(rename = "")]
    None,
}

/// What a client says about a key.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct KeySettings {
    /// What it is for; a change without it leaves it.
    pub name: Option<String>,
    /// What it may do; a change without it leaves it.
    #[serde(default, deserialize_with = "or_default")]
    pub grants: Option<Vec<Grant>>,
}

impl KeySettings {
    /// Why these grants can't be had together or at all.
    #[must_use]
    pub fn contradiction(&self) -> Option<&'static str> {
        let grants = self.grants.as_deref().unwrap_or_default();
        let scoped = |grant: &Grant| grant.permission != Permission::FullAccess;
        if full(grants) && grants.iter().any(scoped) {
            return Some("cannot mix fullaccess permission with scoped permissions.");
        }
        let nowhere = |grant: &Grant| scoped(grant) && grant.bucket.is_empty();
        let nowhere = grants.iter().any(nowhere);
        nowhere.then_some("a scoped permission names a bucket.")
    }
}

impl Record {
    /// Makes a key and gives its id.
    ///
    /// # Errors
    /// When it has no name, or there are too many keys.
    pub fn create_spaces_key(&mut self, new: KeySettings) -> Result<String, Refusal> {
        let name = new.name.unwrap_or_default();
        let grants = new.grants.unwrap_or_default();
        check_name(&name)?;
        if self.spaces_keys.len() >= LIMIT {
            return Err(Refusal::unprocessable(format!(
                "an account has at most {LIMIT} Spaces keys"
            )));
        }
        let key = SpacesKey {
            access_key: format!("DO00{}", random(16).to_ascii_uppercase()),
            secret_key: random(43),
            name,
            grants,
            created_at: Timestamp::now(),
        };
        let id = key.access_key.clone();
        self.spaces_keys.insert(id.clone(), key);
        Ok(id)
    }

    /// A key by its id.
    ///
    /// # Errors
    /// When there is none.
    pub fn spaces_key(&self, id: &str) -> Result<&SpacesKey, Refusal> {
        self.spaces_keys.get(id).ok_or(Refusal::NotFound)
    }

    /// Changes a key's name or grants.
    ///
    /// # Errors
    /// When there is none, or a key with full access would become one without or the other way round.
    pub fn change_spaces_key(&mut self, id: &str, change: KeySettings) -> Result<(), Refusal> {
        let key = self.spaces_keys.get_mut(id).ok_or(Refusal::NotFound)?;
        let name = change.name.unwrap_or_else(|| key.name.clone());
        let grants = change.grants.unwrap_or_else(|| key.grants.clone());
        check_name(&name)?;
        if full(&grants) != full(&key.grants) {
            let words = "a key with full access can't be converted to a scoped one, nor the other way round";
            return Err(Refusal::unprocessable(words));
        }
        (key.name, key.grants) = (name, grants);
        Ok(())
    }

    /// Removes a key: what is signed with it is refused from now on.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete_spaces_key(&mut self, id: &str) -> Result<(), Refusal> {
        let gone = self.spaces_keys.remove(id);
        gone.map(|_| ()).ok_or(Refusal::NotFound)
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() {
        return Err(Refusal::unprocessable("a Spaces key needs a name"));
    }
    Ok(())
}

fn full(grants: &[Grant]) -> bool {
    grants
        .iter()
        .any(|grant| grant.permission == Permission::FullAccess)
}

fn random(length: usize) -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(length)
        .map(char::from)
        .collect()
}
