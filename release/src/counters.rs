//! The service's own counters, read from `/metrics`, as the load between two moments.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::load::Load;

/// The service's counters at one moment, summed over routes. They only grow, until the service restarts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counters {
    requests: f64,
    failed: f64,
    /// Cumulative counts of responses, by the upper bound of their duration in microseconds.
    buckets: BTreeMap<u64, f64>,
}

impl Counters {
    /// Parses the text of `/metrics`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut counters = Self::default();
        for line in text.lines() {
            let Some((name, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let Ok(value) = value.parse::<f64>() else {
                continue;
            };
            if name.starts_with("minitwit_http_requests_total{") {
                counters.requests += value;
                if label(name, "status").is_some_and(|status| status.starts_with('5')) {
                    counters.failed += value;
                }
            } else if name.starts_with("minitwit_http_request_duration_seconds_bucket{")
                && !hashes(name)
                && let Some(bound) = label(name, "le").and_then(|le| le.parse::<f64>().ok())
                && bound.is_finite()
            {
                let bound = Duration::from_secs_f64(bound.max(0.0)).as_micros();
                let bound = u64::try_from(bound).unwrap_or(u64::MAX);
                *counters.buckets.entry(bound).or_default() += value;
            }
        }
        counters
    }

    /// The load between an earlier moment and this one.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Load {
        // The service restarted in between, so all requests are newer.
        let zero = Self::default();
        let earlier = if self.requests < earlier.requests {
            &zero
        } else {
            earlier
        };
        let requests = self.requests - earlier.requests;
        Load {
            requests: whole(requests),
            failed: whole(self.failed - earlier.failed),
            p99_ms: self.p99_micros(earlier) / 1e3,
        }
    }

    /// Assumes that durations are spread evenly within a bucket.
    fn p99_micros(&self, earlier: &Self) -> f64 {
        let counts: Vec<(f64, f64)> = self
            .buckets
            .iter()
            .map(|(bound, count)| {
                (
                    micros(*bound),
                    count - earlier.buckets.get(bound).copied().unwrap_or_default(),
                )
            })
            .collect();
        // Responses slower than the last bucket are not counted.
        let wanted = counts.last().map_or(0.0, |(_, count)| count * 0.99);
        let (mut lower, mut below) = (0.0, 0.0);
        for (bound, count) in counts {
            if count >= wanted && count > below {
                return lower + (bound - lower) * (wanted - below) / (count - below);
            }
            (lower, below) = (bound, count);
        }
        lower
    }
}

/// Whether the route hashes a password. That is slow by design, and verification does more of it than users do.
fn hashes(name: &str) -> bool {
    label(name, "method") == Some("POST")
        && matches!(label(name, "route"), Some("/register" | "/login"))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bounds of buckets are a few seconds"
)]
fn micros(bound: u64) -> f64 {
    bound as f64
}

fn label<'a>(name: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = name.split_once(&format!("{label}=\""))?;
    rest.split('"').next()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counters are whole numbers below 2^53"
)]
fn whole(count: f64) -> u64 {
    count.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# TYPE minitwit_http_requests counter
minitwit_http_requests_total{route="/public",method="GET",status="200"} 98
minitwit_http_requests_total{route="/latest",method="GET",status="503"} 2
minitwit_http_request_duration_seconds_bucket{le="0.001",route="/public",method="GET"} 90
minitwit_http_request_duration_seconds_bucket{le="0.005",route="/public",method="GET"} 98
minitwit_http_request_duration_seconds_bucket{le="+Inf",route="/public",method="GET"} 98
minitwit_http_request_duration_seconds_bucket{le="0.001",route="/register",method="POST"} 0
minitwit_http_request_duration_seconds_bucket{le="0.3",route="/register",method="POST"} 50
minitwit_http_request_duration_seconds_bucket{le="0.001",route="/latest",method="GET"} 0
minitwit_http_request_duration_seconds_bucket{le="0.005",route="/latest",method="GET"} 2
# EOF"#;

    #[test]
    fn counters_are_summed_over_routes() {
        let load = Counters::parse(TEXT).since(&Counters::default());
        assert_eq!((load.requests, load.failed), (100, 2));
        // 90 of 100 within 1 ms, the others within 5 ms; routes that hash passwords don't count.
        assert!((load.p99_ms - 4.6).abs() < 1e-9, "{}", load.p99_ms);
    }

    #[test]
    fn load_is_a_difference_and_starts_at_zero_after_a_restart() {
        let before = Counters::parse(TEXT);
        let load = before.since(&before);
        assert_eq!((load.requests, load.failed), (0, 0));
        let restarted = Counters::parse("minitwit_http_requests_total{status=\"200\"} 3\n");
        assert_eq!(restarted.since(&before).requests, 3);
    }
}
