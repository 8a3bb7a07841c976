//! Issues the certificates that clients ask for instead of uploading one.

use super::Jobs;
use crate::cloud::resources::certificate_pem::{self, Leaf};
use anyhow::Result;
use rcgen::{CertificateParams, KeyPair};
use slog::error;
use std::time::Duration;
use uuid::Uuid;

/// How long a certificate is valid, as Let's Encrypt's are.
const VALIDITY: time::Duration = time::Duration::days(90);
/// How long a certificate stays pending; the platform takes a few seconds.
const ISSUING: Duration = Duration::from_millis(500);

impl Jobs {
    /// Issues a certificate that is pending. It is self-signed: this cloud has no certificate authority.
    pub(super) async fn issue_certificate(&self, id: Uuid) -> Result<()> {
        tokio::time::sleep(ISSUING).await;
        let record = self.store.record();
        let Ok(certificate) = record.certificate(id) else {
            return Ok(());
        };
        let leaf = issue(&certificate.dns_names);
        if let Err(error) = &leaf {
            error!(self.log, "a certificate can't be issued"; "certificate" => &certificate.name, "error" => format!("{error:#}"));
        }
        self.change(|record| record.certificate_issued(id, leaf.ok()))
            .await
    }
}

fn issue(names: &[String]) -> Result<Leaf> {
    let mut parameters = CertificateParams::new(names)?;
    parameters.not_before = time::OffsetDateTime::now_utc();
    parameters.not_after = parameters.not_before + VALIDITY;
    let certificate = parameters.self_signed(&KeyPair::generate()?)?;
    Ok(certificate_pem::leaf(&certificate.pem())?)
}
