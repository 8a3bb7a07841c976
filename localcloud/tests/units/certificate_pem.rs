//! Certificates in PEM.

use localcloud::cloud::resources::certificate_pem::{check, leaf};
use rcgen::{CertificateParams, KeyPair};

fn pair(names: &[&str]) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names).unwrap();
    parameters.not_after = rcgen::date_time_ymd(2031, 5, 4);
    let certificate = parameters.self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

#[test]
fn a_certificate_tells_names_end_and_fingerprint() {
    let (certificate, key) = pair(&["a.example", "*.a.example"]);
    let leaf = leaf(&certificate).unwrap();
    assert_eq!(leaf.dns_names, ["a.example", "*.a.example"]);
    assert_eq!(leaf.not_after.to_string(), "2031-05-04T00:00:00Z");
    assert_eq!(leaf.sha1.len(), 40);
    check(&certificate, &key, "").unwrap();
    check(&certificate, &key, &pair(&["ca.example"]).0).unwrap();
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let ((certificate, key), (_, other)) = (pair(&["a.example"]), pair(&["b.example"]));
    let refused =
        |leaf: &str, key: &str, chain: &str| check(leaf, key, chain).unwrap_err().to_string();
    assert!(refused(&certificate, &other, "").contains("does not belong"));
    assert!(refused(&certificate, "", "").contains("private_key"));
    assert!(refused("", &key, "").contains("leaf_certificate"));
    assert!(refused(&certificate, &key, "nonsense").contains("certificate_chain"));
    let cut = certificate.replace("MI", "MJ");
    assert!(refused(&cut, &key, "").contains("leaf_certificate"));
}
