//! The certificate authority of a cloud.

use localcloud::machine::certificates::Authority;
use std::net::Ipv4Addr;

#[test]
fn the_authority_stays_the_same_and_signs() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let first = Authority::new(directory.path().to_owned());
    let ca = first.certificate().expect("made");
    let again = Authority::new(directory.path().to_owned());
    assert_eq!(ca, again.certificate().expect("read"));
    let (certificate, key) = again
        .issue("db", &[Ipv4Addr::new(198, 18, 4, 10)])
        .expect("signed");
    assert!(certificate.contains("BEGIN CERTIFICATE") && key.contains("PRIVATE KEY"));
    assert_ne!(ca, certificate);
}
