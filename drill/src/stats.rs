//! Percentiles and counts.

use serde::Serialize;
use std::time::Duration;

/// Latencies in ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

impl Percentiles {
    /// By nearest rank, so each is a measured value; `None` without values.
    #[must_use]
    pub fn of(values: &[Duration]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let rank = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).max(1);
            sorted.get(rank - 1).copied().map(milliseconds)
        };
        Some(Self {
            p50: rank(50)?,
            p90: rank(90)?,
            p99: rank(99)?,
            max: rank(100)?,
        })
    }
}

/// A percentile of sorted values by nearest rank, so it is a measured value; `None` without values.
#[must_use]
pub fn rank(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// A duration in ms, to the microsecond.
#[must_use]
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rank_is_a_value_that_was_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(rank(&hundred, 99), Some(99.0));
        assert_eq!(rank(&hundred[..50], 99), Some(50.0));
        assert_eq!(rank(&hundred[..3], 50), Some(2.0));
        assert_eq!(rank(&[], 99), None);
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let values: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        let expected = Percentiles {
            p50: 100.0,
            p90: 180.0,
            p99: 198.0,
            max: 200.0,
        };
        assert_eq!(Percentiles::of(&values), Some(expected));
        let one = Percentiles::of(&[Duration::from_micros(1500)]).unwrap();
        assert!((one.p50 - 1.5).abs() < 1e-9 && (one.max - 1.5).abs() < 1e-9);
        assert_eq!(Percentiles::of(&[]), None);
    }

    proptest! {
        #[test]
        fn percentiles_rise_and_are_measured_values(micros in proptest::collection::vec(0_u64..1_000_000, 1..200)) {
            let values: Vec<Duration> = micros.iter().copied().map(Duration::from_micros).collect();
            let p = Percentiles::of(&values).unwrap();
            prop_assert!(p.p50 <= p.p90 && p.p90 <= p.p99 && p.p99 <= p.max);
            prop_assert!(values.iter().any(|v| (milliseconds(*v) - p.p90).abs() < 1e-9));
        }
    }
}
