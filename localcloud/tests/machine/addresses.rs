//! The address plan of the clouds of one machine.

use localcloud::machine::addresses::{Addresses, SLOTS};
use std::net::Ipv4Addr;

#[test]
fn slots_do_not_overlap_and_stay_in_the_test_block() {
    let end = u32::from(Ipv4Addr::new(198, 19, 255, 255));
    for slot in 0..SLOTS {
        let here = Addresses::of_slot(slot);
        assert!(u32::from(here.vpc(7)) + 255 <= end);
        if slot > 0 {
            let before = Addresses::of_slot(slot - 1);
            assert_eq!(u32::from(before.vpc(7)) + 256, u32::from(here.network()));
        }
    }
}
