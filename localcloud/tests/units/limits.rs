//! Rate limits.

use localcloud::api::limits::{BURST, HOUR, HOURLY, KEY_LISTS, Limits, Verdict};
use std::time::{Duration, Instant};

#[test]
fn a_burst_is_stopped_and_passes_again_after_the_time_it_names() {
    let (limits, start) = (Limits::default(), Instant::now());
    for n in 0..BURST {
        let standing = limits.count_at("t", start);
        assert_eq!(standing.verdict, Verdict::Pass);
        assert_eq!(standing.remaining, HOURLY - n - 1);
    }
    let left = limits.left("t");
    assert_eq!((left.hour, left.minute), (HOURLY - BURST, 0));
    assert_eq!(limits.left("other").minute, BURST);
    let Verdict::Burst(wait) = limits.count_at("t", start).verdict else {
        panic!("no burst limit")
    };
    assert_eq!(limits.count_at("other", start).verdict, Verdict::Pass);
    assert_eq!(
        limits
            .count_at("t", start + Duration::from_secs(wait))
            .verdict,
        Verdict::Pass
    );
}

#[test]
fn lists_of_keys_have_a_limit_of_their_own() {
    let (limits, start) = (Limits::default(), Instant::now());
    for _ in 0..KEY_LISTS {
        assert_eq!(limits.count_key_list_at("t", start), Verdict::Pass);
    }
    let Verdict::Burst(wait) = limits.count_key_list_at("t", start) else {
        panic!("no limit")
    };
    assert_eq!(limits.count_key_list_at("other", start), Verdict::Pass);
    let later = start + Duration::from_secs(wait);
    assert_eq!(limits.count_key_list_at("t", later), Verdict::Pass);
    assert_eq!(limits.count_at("t", start).remaining, HOURLY - 1);
}

#[test]
fn an_hour_holds_its_limit_and_rolls() {
    let (limits, start) = (Limits::default(), Instant::now());
    let pace = Duration::from_millis(700);
    for n in 0..HOURLY {
        let at = start + pace * u32::try_from(n).unwrap();
        assert_eq!(
            limits.count_at("t", at).verdict,
            Verdict::Pass,
            "request {n}"
        );
    }
    let full = start + pace * u32::try_from(HOURLY).unwrap();
    assert_eq!(limits.count_at("t", full).verdict, Verdict::Hour);
    assert_eq!(limits.count_at("t", start + HOUR).verdict, Verdict::Pass);
}
