//! Reads what clients upload as a certificate, its key and its chain, all in PEM.

use crate::cloud::refusal::Refusal;
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha1::{Digest as _, Sha1};
use std::fmt::Write as _;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The content of a leaf certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The names that it is for.
    pub dns_names: Vec<String>,
    /// When it expires.
    pub not_after: Timestamp,
    /// SHA-1 of its DER, in hexadecimal digits.
    pub sha1: String,
}

/// Reads a leaf certificate.
///
/// # Errors
/// When it is not a certificate in PEM.
pub fn leaf(pem: &str) -> Result<Leaf, Refusal> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| unreadable("leaf_certificate"))?;
    let (_, certificate) =
        X509Certificate::from_der(&der).map_err(|_| unreadable("leaf_certificate"))?;
    let not_after = certificate.validity().not_after.timestamp();
    let mut sha1 = String::new();
    for byte in Sha1::digest(&der) {
        write!(sha1, "{byte:02x}").expect("writing to a string works");
    }
    Ok(Leaf {
        dns_names: dns_names(&certificate),
        not_after: Timestamp::from_second(not_after).map_err(|_| unreadable("leaf_certificate"))?,
        sha1,
    })
}

/// The names in its extension; a certificate without one is for its subject's common name.
fn dns_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names
        .into_iter()
        .flat_map(|extension| &extension.value.general_names);
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    let names: Vec<String> = names.collect();
    if !names.is_empty() {
        return names;
    }
    let subject = certificate.subject().iter_common_name();
    let subject = subject.filter_map(|name| name.as_str().ok());
    subject.map(str::to_owned).collect()
}

/// Refuses what a load balancer could not serve: a certificate without its key, or an unreadable chain.
///
/// # Errors
/// When the key or the chain can't be read, or the key is another certificate's.
pub fn check(leaf: &str, key: &str, chain: &str) -> Result<(), Refusal> {
    let read = |what: &'static str, pem: &str| -> Result<Vec<CertificateDer<'static>>, Refusal> {
        let all = CertificateDer::pem_slice_iter(pem.as_bytes());
        let all: Result<Vec<CertificateDer<'static>>, _> = all.collect();
        let all = all.map_err(|_| unreadable(what))?;
        let good = |der: &CertificateDer<'_>| X509Certificate::from_der(der).is_ok();
        if all.is_empty() || !all.iter().all(good) {
            return Err(unreadable(what));
        }
        Ok(all)
    };
    let mut certificates = read("leaf_certificate", leaf)?;
    if !chain.trim().is_empty() {
        certificates.extend(read("certificate_chain", chain)?);
    }
    let key =
        PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| unreadable("private_key"))?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key)
        .map_err(|_| unreadable("private_key"))?;
    CertifiedKey::new(certificates, key)
        .keys_match()
        .map_err(|_| Refusal::unprocessable("private_key does not belong to the leaf_certificate"))
}

fn unreadable(what: &str) -> Refusal {
    Refusal::unprocessable(format!("{what} is not valid PEM"))
}
