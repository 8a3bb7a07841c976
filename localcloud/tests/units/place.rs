//! Names and slots of clouds.

use localcloud::cli::place::{name, overlaps};
use localcloud::machine::addresses::Addresses;

#[test]
fn a_route_into_a_slot_is_noticed() {
    // 198.18.16.0/20 via 198.18.16.1
    let line = "localcloud1\t001012C6\t011012C6\t0003\t0\t0\t0\t00F0FFFF\t0\t0\t0";
    assert!(overlaps(line, Addresses::of_slot(1).network().into()));
    assert!(!overlaps(line, Addresses::of_slot(0).network().into()));
}

#[test]
fn names_fit_into_paths_and_units() {
    assert!(name("e2e-1").is_ok());
    for bad in ["", "A", "a/b", "..", "a b", "abcdefghijklmnopqrstu"] {
        assert!(name(bad).is_err(), "{bad:?}");
    }
}
