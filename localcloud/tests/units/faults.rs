//! Faults in force: which calls and links they hit.

use jiff::Timestamp;
use localcloud::fault::{CallFault, Fault, Faults};
use std::net::Ipv4Addr;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_share_of_calls_is_hit_the_same_ones_with_the_same_seed() {
    let hits = |seed| {
        let faults = Faults::default();
        faults.add(Fault::ApiSilent, MINUTE, 0.5, Some(seed));
        let calls = (0..200).map(|_| faults.of_next_call().is_some());
        calls.collect::<Vec<bool>>()
    };
    assert_eq!(hits(7), hits(7));
    assert_ne!(hits(7), hits(8));
    let count = hits(7).iter().filter(|hit| **hit).count();
    assert!((60..140).contains(&count), "{count} of 200");
}

#[test]
fn a_seed_that_was_drawn_can_be_used_again() {
    let faults = Faults::default();
    let loss = Fault::PacketLoss {
        droplet: 7,
        percent: 10,
    };
    let drawn = faults.add(loss.clone(), MINUTE, 1.0, None);
    let seed = drawn.seed.expect("chance decides");
    let again = Faults::default();
    again.add(loss, MINUTE, 1.0, Some(seed));
    assert_eq!(faults.cuts(), again.cuts());
    let certain = faults.add(Fault::ApiSilent, MINUTE, 1.0, Some(7));
    assert_eq!(certain.seed, None, "nothing is left to chance");
}

#[test]
fn a_removed_fault_hits_nothing() {
    let faults = Faults::default();
    let active = faults.add(Fault::ApiStatus { status: 500 }, MINUTE, 1.0, None);
    assert_eq!(faults.of_next_call(), Some(CallFault::Status(500)));
    assert!(faults.remove(active.id).is_some());
    assert_eq!(faults.of_next_call(), None);
    assert!(faults.remove(active.id).is_none());
}

#[test]
fn a_quick_pivot_strands_the_ip_until_it_moves_slowly_or_the_fault_is_over() {
    let faults = Faults::default();
    let ips = [1, 2].map(|n| Ipv4Addr::new(198, 18, 3, n));
    let released = |seconds| {
        let at = Timestamp::now() - jiff::SignedDuration::from_secs(seconds);
        Some((ips[0], at))
    };
    let stranded = |released| {
        faults.record_move(ips[1], released);
        faults.is_stranded(ips[1])
    };
    assert!(!stranded(released(1)), "no fault, no bug");
    let active = faults.add(Fault::ReservedIpPivot { millis: 20_000 }, MINUTE, 1.0, None);
    assert!(stranded(released(1)));
    assert!(!stranded(released(30)), "it has cooled down");
    assert!(!stranded(None), "it held nothing");
    faults.record_move(ips[0], released(1));
    assert!(
        !faults.is_stranded(ips[0]),
        "the same one again is no pivot"
    );
    assert!(stranded(released(1)));
    faults.remove(active.id);
    assert!(!faults.is_stranded(ips[1]));
}
