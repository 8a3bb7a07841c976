//! Keys of Spaces, the object storage, and what each may do with which bucket.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SpacesKey {
    /// Its id, which requests name.
    pub access_key: String,
    /// The secret that signs requests. The API returns it once, when the key is created.
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

/// What a client sends about a key.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct KeySettings {
    /// What it is for; a change without it leaves it.
    pub name: Option<String>,
    /// What it may do; a change without it leaves it.
    #[serde(default, deserialize_with = "crate::cloud::json::null_is_default")]
    pub grants: Option<Vec<Grant>>,
}

impl KeySettings {
    /// Why these grants are invalid, if they are.
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

pub(in crate::cloud) fn full(grants: &[Grant]) -> bool {
    grants
        .iter()
        .any(|grant| grant.permission == Permission::FullAccess)
}
