//! Which packets a lossy link loses.

use localcloud::machine::packet_loss::{PERIOD, places};

#[test]
fn a_seed_loses_the_same_packets_and_no_more_than_its_share() {
    assert_eq!(places(30, 7), places(30, 7));
    assert_ne!(places(30, 7), places(30, 8));
    let [first, second] = places(30, 7);
    assert_ne!(first, second, "the two ways are not the same");
    assert_eq!((first.len(), second.len()), (300, 300));
    assert!(first.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(places(100, 7)[0].len(), PERIOD);
}
