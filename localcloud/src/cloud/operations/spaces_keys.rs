//! Operations on keys of Spaces.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::spaces_keys::{KeySettings, SpacesKey, full};
use jiff::Timestamp;
use rand::RngExt as _;
use rand::distr::Alphanumeric;

/// Most keys of an account, as on the platform.
const LIMIT: usize = 200;

impl Record {
    /// Makes a key and returns its id.
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
    /// When it does not exist.
    pub fn spaces_key(&self, id: &str) -> Result<&SpacesKey, Refusal> {
        self.spaces_keys.get(id).ok_or(Refusal::NotFound)
    }

    /// Changes a key's name or grants.
    ///
    /// # Errors
    /// When it does not exist, or the change would give or take full access.
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
    /// When it does not exist.
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

fn random(length: usize) -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(length)
        .map(char::from)
        .collect()
}
