//! Address ranges of VPCs.

use localcloud::cloud::resources::ranges::Range;

#[test]
fn ranges_are_private_aligned_and_of_fit_size() {
    for good in [
        "10.0.0.0/16",
        "172.31.0.0/20",
        "192.168.7.0/28",
        "198.19.0.0/24",
    ] {
        assert!(good.parse::<Range>().is_ok(), "{good}");
    }
    for bad in [
        "10.0.0.0/8",
        "10.0.0.1/24",
        "8.8.8.0/24",
        "10.0.0.0",
        "10.0.0.0/29",
        "::/64",
        "172.32.0.0/24",
    ] {
        assert!(bad.parse::<Range>().is_err(), "{bad}");
    }
}

#[test]
fn overlap_is_seen_whichever_range_is_larger() {
    let parse = |text: &str| text.parse::<Range>().unwrap();
    assert!(parse("10.1.0.0/16").overlaps(parse("10.1.7.0/24")));
    assert!(parse("10.1.7.0/24").overlaps(parse("10.1.0.0/16")));
    assert!(!parse("10.1.0.0/24").overlaps(parse("10.1.1.0/24")));
}
