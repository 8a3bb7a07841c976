//! Operations on certificates.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::certificate_pem::{self, Leaf};
use crate::cloud::resources::certificates::{Certificate, CertificateState, CertificateType};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

/// A certificate as a client asks for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewCertificate {
    name: String,
    r#type: CertificateType,
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    dns_names: Vec<String>,
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    private_key: String,
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    leaf_certificate: String,
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    certificate_chain: String,
}

impl Record {
    /// Adds an uploaded certificate, or a pending one that a job issues.
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
                certificate.set_leaf(leaf);
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
            Some(leaf) => certificate.set_leaf(leaf),
            None => certificate.state = CertificateState::Error,
        }
    }

    /// A certificate by id.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn certificate(&self, id: Uuid) -> Result<&Certificate, Refusal> {
        self.certificates.get(&id).ok_or(Refusal::NotFound)
    }

    /// Removes a certificate.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_certificate(&mut self, id: Uuid) -> Result<(), Refusal> {
        let gone = self.certificates.remove(&id);
        gone.map(|_| ()).ok_or(Refusal::NotFound)
    }
}
