//! How many requests were sent, how many failed, and how slow the slowest hundredth was.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// A load over a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// All requests.
    pub requests: u64,
    /// Requests without a response in time, or with a 5xx.
    pub failed: u64,
    /// The 99th percentile of response times in milliseconds; 0 without a response.
    pub p99_ms: f64,
}

impl Load {
    /// The load of `requests` requests, of which those that succeeded took `times`.
    #[must_use]
    pub fn of(requests: u64, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let p99 = times.get((times.len() * 99).div_ceil(100).saturating_sub(1));
        Self {
            requests,
            failed: requests - times.len() as u64,
            p99_ms: p99.map_or(0.0, |time| time.as_secs_f64() * 1e3),
        }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests, {} failed, p99 {:.0} ms",
            self.requests, self.failed, self.p99_ms
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p99_is_that_of_good_responses() {
        let times = (1..=200).map(Duration::from_millis).collect();
        let load = Load::of(201, times);
        assert_eq!((load.requests, load.failed), (201, 1));
        assert!((load.p99_ms - 198.0).abs() < 0.01, "{}", load.p99_ms);
        assert_eq!(Load::of(0, Vec::new()), Load::default());
    }
}
