//! The certificate authority of a cloud's databases, and the certificates it signs.

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// A CA: the files `ca.crt` and `ca.key` of a directory.
#[derive(Debug)]
pub struct Authority {
    directory: PathBuf,
}

impl Authority {
    /// The CA in `directory`, created at its first use.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Its certificate in PEM.
    ///
    /// # Errors
    /// When it can't be made or read.
    pub fn certificate(&self) -> Result<String> {
        let path = self.directory.join("ca.crt");
        if !path.exists() {
            self.make()?;
        }
        fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    }

    fn make(&self) -> Result<()> {
        fs::create_dir_all(&self.directory)?;
        let key = KeyPair::generate()?;
        let certificate = authority_parameters()?.self_signed(&key)?;
        write_secret(&self.directory.join("ca.key"), &key.serialize_pem())?;
        fs::write(self.directory.join("ca.crt"), certificate.pem()).context("writing ca.crt")
    }

    /// A new certificate and key (PEM) for a server at `addresses`.
    ///
    /// # Errors
    /// When the CA can't be read.
    pub fn issue(&self, name: &str, addresses: &[Ipv4Addr]) -> Result<(String, String)> {
        self.certificate()?;
        let signer = KeyPair::from_pem(&fs::read_to_string(self.directory.join("ca.key"))?)?;
        let issuer = Issuer::new(authority_parameters()?, signer);
        let mut parameters = CertificateParams::new(vec![name.to_owned()])?;
        parameters.distinguished_name.push(DnType::CommonName, name);
        for address in addresses {
            parameters
                .subject_alt_names
                .push(SanType::IpAddress((*address).into()));
        }
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &issuer)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

fn authority_parameters() -> Result<CertificateParams> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
        .distinguished_name
        .push(DnType::CommonName, "localcloud Project CA");
    Ok(parameters)
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// When the disk refuses.
pub fn write_secret(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let _ = fs::remove_file(path);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("writing {}", path.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(())
}
