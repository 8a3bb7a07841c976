//! Buckets and regions in the `Host` header.

use localcloud::spaces::host::{Named, parse};

#[test]
fn buckets_and_regions_are_found_in_hosts() {
    let table = [
        ("fra1.digitaloceanspaces.com", None, Some("fra1")),
        ("b.ams3.digitaloceanspaces.com", Some("b"), Some("ams3")),
        ("a.b.fra1.spaces.example:9000", Some("a.b"), Some("fra1")),
        ("198.18.0.1:9000", None, None),
        ("b.198.18.0.1:9000", Some("b"), None),
        ("b.localhost:9000", Some("b"), None),
        ("localhost:9000", None, None),
        ("[::1]:9000", None, None),
        ("spaces.internal", None, None),
    ];
    for (host, bucket, region) in table {
        assert_eq!(parse(host), Named { bucket, region }, "{host}");
    }
}
