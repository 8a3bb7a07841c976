//! Whether the new version is worse than the previous one.

use crate::load::Load;

/// Fewer failures than this prove nothing.
const MIN_FAILURES: u64 = 3;
/// The error rate may grow by this much.
const MAX_RATE_GROWTH: f64 = 0.01;
/// The p99 may grow by this factor.
const MAX_P99_FACTOR: f64 = 3.0;
/// A p99 below this, in milliseconds, is always good: half of the simulator's time limit.
const GOOD_P99_MS: f64 = 150.0;
/// A p99 of fewer requests proves nothing.
const MIN_REQUESTS: u64 = 50;

/// Why `after` is worse than `before`, if it is. `source` names the measurement.
#[must_use]
pub fn worse(source: &str, before: &Load, after: &Load) -> Option<String> {
    more_fail(source, before, after).or_else(|| slower(source, before, after))
}

/// Why `after` has more failures than `before`, if it has.
#[must_use]
pub fn more_fail(source: &str, before: &Load, after: &Load) -> Option<String> {
    let (was, is) = (rate(before), rate(after));
    (after.failed >= MIN_FAILURES && is > was + MAX_RATE_GROWTH).then(|| {
        format!(
            "{source}: {} of {} requests failed, {} of {} before",
            after.failed, after.requests, before.failed, before.requests
        )
    })
}

/// Why the p99 of `after` is too high, if it is.
#[must_use]
pub fn slower(source: &str, before: &Load, after: &Load) -> Option<String> {
    let bound = (before.p99_ms * MAX_P99_FACTOR).max(GOOD_P99_MS);
    (after.requests >= MIN_REQUESTS && after.p99_ms > bound).then(|| {
        format!(
            "{source}: the p99 is {:.0} ms, {:.0} ms before",
            after.p99_ms, before.p99_ms
        )
    })
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of counts")]
fn rate(load: &Load) -> f64 {
    load.failed as f64 / load.requests.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(requests: u64, failed: u64, p99_ms: f64) -> Load {
        Load {
            requests,
            failed,
            p99_ms,
        }
    }

    #[test]
    fn errors_count_from_the_third_and_against_those_before() {
        let before = load(1000, 0, 5.0);
        assert_eq!(worse("probes", &before, &load(100, 2, 5.0)), None);
        assert!(worse("probes", &before, &load(100, 3, 5.0)).is_some());
        assert_eq!(worse("probes", &before, &load(1000, 9, 5.0)), None);
        let bad = load(1000, 50, 5.0);
        assert_eq!(worse("probes", &bad, &load(100, 5, 5.0)), None);
        assert!(worse("probes", &bad, &load(100, 7, 5.0)).is_some());
    }

    #[test]
    fn latency_counts_when_users_would_notice_and_it_was_better_before() {
        let before = load(1000, 0, 5.0);
        assert_eq!(worse("probes", &before, &load(100, 0, 149.0)), None);
        assert!(worse("probes", &before, &load(100, 0, 151.0)).is_some());
        assert_eq!(worse("probes", &before, &load(20, 0, 151.0)), None);
        let slow = load(1000, 0, 100.0);
        assert_eq!(worse("probes", &slow, &load(100, 0, 299.0)), None);
        assert!(worse("probes", &slow, &load(100, 0, 301.0)).is_some());
    }
}
