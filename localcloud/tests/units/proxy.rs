//! What the package proxy caches.

use localcloud::proxy::cache_name;

#[test]
fn only_packages_are_kept() {
    let package = "/debian/pool/main/k/keepalived/keepalived_2.2.7-1+b2_amd64.deb";
    assert_eq!(
        cache_name(package).as_deref(),
        Some("keepalived_2.2.7-1+b2_amd64.deb")
    );
    assert_eq!(cache_name("/debian/dists/bookworm/InRelease"), None);
    assert_eq!(cache_name("/debian/pool/main/.deb/.."), None);
}
