//! Virtual private clouds.

use crate::cloud::resources::ranges::Range;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A private network in a region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Vpc {
    /// UUID.
    pub id: Uuid,
    /// Unique in the account.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Slug of its region.
    pub region: String,
    /// Its addresses.
    pub range: Range,
    /// Whether resources of the region land here when they name no VPC.
    pub default: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Something in a VPC.
#[derive(Debug, Clone)]
pub struct Member {
    /// Type as in its URN: `droplet` or `dbaas`.
    pub kind: &'static str,
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Member {
    /// Its name across the account.
    #[must_use]
    pub fn urn(&self) -> String {
        format!("do:{}:{}", self.kind, self.id)
    }
}
