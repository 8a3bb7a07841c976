//! Rules of firewalls.

use localcloud::cloud::resources::firewall_rules::{is_address, parse_ports};

#[test]
fn ports_are_one_a_range_or_all() {
    assert_eq!(parse_ports("22"), Ok(Some((22, 22))));
    assert_eq!(parse_ports("8000-9000"), Ok(Some((8000, 9000))));
    assert_eq!(parse_ports("all"), Ok(None));
    assert_eq!(parse_ports("0"), Ok(None));
    for bad in ["", "9000-8000", "x", "70000", "1-", "0-5"] {
        assert!(parse_ports(bad).is_err(), "{bad}");
    }
}

#[test]
fn addresses_are_of_either_family_with_or_without_prefix() {
    for good in ["1.2.3.4", "10.0.0.0/8", "::/0", "fe80::1"] {
        assert!(is_address(good), "{good}");
    }
    for bad in ["", "app", "1.2.3.4/33", "1.2.3/8", "::/129"] {
        assert!(!is_address(bad), "{bad}");
    }
}
