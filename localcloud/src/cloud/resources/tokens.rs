//! API tokens and what they allow.

use jiff::Timestamp;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The scope that includes all others.
pub const ADMIN: &str = "admin";

/// A token's owner-given name and its scopes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    /// What it is for.
    pub name: String,
    /// Scopes as the real cloud writes them (`droplet:read`), or [`ADMIN`].
    pub scopes: BTreeSet<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Token {
    /// Whether this token may do what needs `scope`.
    #[must_use]
    pub fn allows(&self, scope: &str) -> bool {
        self.is_admin() || self.scopes.contains(scope)
    }

    /// Whether this token may do everything, localcloud's own control surface included.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.scopes.contains(ADMIN)
    }
}

/// A new token's text, in the form of the real cloud's personal access tokens.
#[must_use]
pub fn token_text() -> String {
    let mut text = "dop_v1_".to_owned();
    for byte in rand::rng().random::<[u8; 32]>() {
        write!(text, "{byte:02x}").expect("writing to a string works");
    }
    text
}
