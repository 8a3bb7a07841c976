//! TLS certificates of the account: uploaded ones, and ones that the platform gets for its domains.

use super::certificate_pem::{self, Leaf};
use super::{Record, Refusal};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One certificate. Keys are checked and not kept: nothing here serves with them.
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

/// A certificate as a client asks for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewCertificate {
    name: String,
    r#type: CertificateType,
    #[serde(deserialize_with = "super::or_default")]
    dns_names: Vec<String>,
    #[serde(deserialize_with = "super::or_default")]
    private_key: String,
    #[serde(deserialize_with = "super::or_default")]
    leaf_certificate: String,
    #[serde(deserialize_with = "super::or_default")]
    certificate_chain: String,
}

impl Record {
    /// Adds an uploaded certificate, or asks for one to be issued.
    ///
    /// # Errors
    /// When its name is empty or taken; when its PEM can't be read or its key is another's; when a
    /// name is in no domain of the account.
    pub fn create_certificate(&mut self, new: &NewCertificate) -> Result<Uuid, Refusal> {
        if new.name.is_empty() || new.name.len() > 255 {
            return Err(Refusal::unprocessable("A name must be given"));
        }
        let taken = |other: &Certificate| other.name == new.name;
        if self.certificates.values().any(taken) {
            return Err(Refusal::unprocessable(format!(
                "A certificate named {:?} exists already",
                new.name
            )));
        }
        let mut certificate = Certificate {
            id: Uuid::new_v4(),
            name: new.name.clone(),
            r#type: new.r#type,
            state: CertificateState::Pending,
            dns_names: new.dns_names.clone(),
            not_after: None,
            sha1: String::new(),
            created_at: Timestamp::now(),
        };
        match new.r#type {
            CertificateType::Custom => {
                let leaf = certificate_pem::leaf(&new.leaf_certificate)?;
                certificate_pem::check(
                    &new.leaf_certificate,
                    &new.private_key,
                    &new.certificate_chain,
                )?;
                certificate.take(leaf);
            }
            CertificateType::LetsEncrypt => self.check_names(&new.dns_names)?,
        }
        let id = certificate.id;
        self.certificates.insert(id, certificate);
        Ok(id)
    }

    fn check_names(&self, names: &[String]) -> Result<(), Refusal> {
        if names.is_empty() {
            return Err(Refusal::unprocessable("dns_names must be given"));
        }
        let managed = |name: &str| {
            let bare = name.strip_prefix("*.").unwrap_or(name);
            self.domains
                .keys()
                .any(|domain| bare == domain || bare.ends_with(&format!(".{domain}")))
        };
        match names.iter().find(|name| !managed(name)) {
            Some(foreign) => Err(Refusal::unprocessable(format!(
                "{foreign:?} is in no domain of this account"
            ))),
            None => Ok(()),
        }
    }

    /// Records that a pending certificate has been issued, or can't be.
    pub fn certificate_issued(&mut self, id: Uuid, leaf: Option<Leaf>) {
        let Some(certificate) = self.certificates.get_mut(&id) else {
            return;
        };
        match leaf {
            Some(leaf) => certificate.take(leaf),
            None => certificate.state = CertificateState::Error,
        }
    }

    /// A certificate by id.
    ///
    /// # Errors
    /// When there is none.
    pub fn certificate(&self, id: Uuid) -> Result<&Certificate, Refusal> {
        self.certificates.get(&id).ok_or(Refusal::NotFound)
    }

    /// Removes a certificate.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete_certificate(&mut self, id: Uuid) -> Result<(), Refusal> {
        let gone = self.certificates.remove(&id);
        gone.map(|_| ()).ok_or(Refusal::NotFound)
    }
}

impl Certificate {
    fn take(&mut self, leaf: Leaf) {
        self.state = CertificateState::Verified;
        self.dns_names = leaf.dns_names;
        self.not_after = Some(leaf.not_after);
        self.sha1 = leaf.sha1;
    }
}
