//! TLS certificates of the account: uploaded ones, and ones that the platform gets for its domains.

use crate::cloud::resources::certificate_pem::Leaf;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One certificate. Keys are checked and not stored: nothing here uses them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Certificate {
    /// UUID.
    pub id: Uuid,
    /// Unique in the account.
    pub name: String,
    /// Where it comes from.
    pub r#type: CertificateType,
    /// Whether it can be used.
    pub state: CertificateState,
    /// The names that it is for.
    pub dns_names: Vec<String>,
    /// When it expires; unknown while it is pending.
    pub not_after: Option<Timestamp>,
    /// SHA-1 of its DER, in hexadecimal digits; empty while it is pending.
    pub sha1: String,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// Where a certificate comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateType {
    /// Uploaded.
    #[default]
    Custom,
    /// Issued for domains of the account.
    LetsEncrypt,
}

/// Whether a certificate can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CertificateState {
    /// It is being issued.
    Pending,
    /// It can.
    Verified,
    /// It could not be issued.
    Error,
}

impl Certificate {
    /// Stores the names, end of validity and fingerprint of the certificate.
    pub(in crate::cloud) fn set_leaf(&mut self, leaf: Leaf) {
        self.state = CertificateState::Verified;
        self.dns_names = leaf.dns_names;
        self.not_after = Some(leaf.not_after);
        self.sha1 = leaf.sha1;
    }
}
