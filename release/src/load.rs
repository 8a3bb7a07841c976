//! What clients meet over a stretch of time, from two sides: requests sent on purpose, and the service's own counters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::user::User;

/// One request that was sent on purpose.
#[derive(Clone, Debug)]
pub struct Sample {
    /// When it was sent.
    pub at: Instant,
    /// The path.
    pub path: &'static str,
    /// How long it took, or why it failed.
    pub result: Result<Duration, String>,
    /// Whether there was an answer in time, be it an error.
    pub answered: bool,
    /// The version that answered, if one did.
    pub version: String,
}

/// Requests, failed ones, and how long the slowest hundredth took at least.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Load {
    /// Answered or not.
    pub requests: u64,
    /// No answer in time, or a 5xx.
    pub failed: u64,
    /// In milliseconds, of those that were answered; 0 if none was.
    pub p99_ms: f64,
}

/// Asks an address the same few things in turn, at a steady rate, until it is dropped.
pub struct Probes {
    samples: Arc<Mutex<Vec<Sample>>>,
    _task: JoinSet<()>,
}

/// Users that warm a version up, and requests of each.
const AT_ONCE: usize = 16;
const EACH: usize = 10;
/// What is asked: reads only, one of each kind that the database serves in another way.
const PATHS: [&str; 5] = [
    "/public",
    "/latest",
    "/login",
    "/msgs?no=20",
    "/static/style.css",
];

impl Probes {
    /// Starts.
    #[must_use]
    pub fn start(user: &User, every: Duration) -> Self {
        let samples = Arc::new(Mutex::new(Vec::new()));
        let mut task = JoinSet::new();
        task.spawn(ask(user.clone(), every, samples.clone()));
        Self {
            samples,
            _task: task,
        }
    }

    /// What was asked since a moment, and has ended.
    #[must_use]
    pub fn since(&self, moment: Instant) -> Vec<Sample> {
        let samples = self.lock();
        let since = samples.iter().filter(|sample| sample.at >= moment);
        since.cloned().collect()
    }

    /// What that amounts to: nothing is copied, so it may be asked often in a long watch.
    #[must_use]
    pub fn load_since(&self, moment: Instant) -> Load {
        let samples = self.lock();
        load_of(samples.iter().filter(|sample| sample.at >= moment))
    }

    /// Of what was asked since a moment, the last so many that have ended, the last one first.
    #[must_use]
    pub fn last_since(&self, moment: Instant, count: usize) -> Vec<Sample> {
        let samples = self.lock();
        let last = samples.iter().rev().take(count);
        last.filter(|sample| sample.at >= moment).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Sample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(user: User, every: Duration, samples: Arc<Mutex<Vec<Sample>>>) {
    let mut clock = interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut under_way = JoinSet::new();
    for path in PATHS.into_iter().cycle() {
        clock.tick().await;
        let (mut user, samples) = (user.clone(), samples.clone());
        under_way.spawn(async move {
            let at = Instant::now();
            let answer = user.call(path, None).await;
            let answered = answer.is_ok();
            let (result, version) = match answer {
                Ok(answer) if answer.status == 200 => (Ok(answer.took), answer.version),
                Ok(answer) => (
                    Err(format!("{path} answers {}", answer.status)),
                    answer.version,
                ),
                Err(problem) => (Err(problem), String::new()),
            };
            let sample = Sample {
                at,
                path,
                result,
                answered,
                version,
            };
            samples
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(sample);
        });
        while under_way.try_join_next().is_some() {}
    }
}

/// Uses an address as many users at once do, so that the first real ones don't wait for its connections to the database, and for
/// statements that are not prepared yet. What it answers is judged elsewhere.
pub async fn warm(user: &User) {
    let mut users = JoinSet::new();
    for first in 0..AT_ONCE {
        let mut user = user.clone();
        users.spawn(async move {
            for path in PATHS.into_iter().cycle().skip(first).take(EACH) {
                let _ = user.call(path, None).await;
            }
        });
    }
    while users.join_next().await.is_some() {}
}

/// What samples amount to.
#[must_use]
pub fn load_of<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Load {
    let (mut took, mut requests) = (Vec::new(), 0);
    for sample in samples {
        requests += 1;
        took.extend(sample.result.as_ref().ok().copied());
    }
    took.sort_unstable();
    let p99 = took.get((took.len() * 99).div_ceil(100).saturating_sub(1));
    Load {
        requests,
        failed: requests - took.len() as u64,
        p99_ms: p99.map_or(0.0, |took: &Duration| took.as_secs_f64() * 1e3),
    }
}

/// The versions that answered.
#[must_use]
pub fn versions(samples: &[Sample]) -> BTreeSet<String> {
    let named = samples.iter().filter(|sample| !sample.version.is_empty());
    named.map(|sample| sample.version.clone()).collect()
}

/// The service's counters at a moment, summed over routes: they only grow, until it starts anew.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counters {
    requests: f64,
    failed: f64,
    /// Answered within so many milliseconds, cumulative, by the bucket's bound.
    buckets: BTreeMap<u64, f64>,
}

impl Counters {
    /// Reads the text of `/metrics`.
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

    /// What was served between an earlier moment and this one.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Load {
        // Started anew in between: all of it is since then.
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

    /// Within its bucket, answers are taken to be spread evenly.
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
        // What took longer than the last bucket is not among them.
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

/// Hashing a password takes its time by design, and verification does more of it than users do.
fn hashes(name: &str) -> bool {
    label(name, "method") == Some("POST")
        && matches!(label(name, "route"), Some("/register" | "/login"))
}

#[expect(clippy::cast_precision_loss, reason = "bounds of buckets are seconds")]
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
    reason = "counters are whole, and stay below 2^53"
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
        // 90 of 100 within 1 ms, the others within 5 ms; those of passwords don't count.
        assert!((load.p99_ms - 4.6).abs() < 1e-9, "{}", load.p99_ms);
    }

    #[test]
    fn only_what_came_since_counts_also_after_a_new_start() {
        let before = Counters::parse(TEXT);
        let load = before.since(&before);
        assert_eq!((load.requests, load.failed), (0, 0));
        let anew = Counters::parse("minitwit_http_requests_total{status=\"200\"} 3\n");
        assert_eq!(anew.since(&before).requests, 3);
    }

    #[test]
    fn the_p99_is_that_of_answers() {
        let at = Instant::now();
        let sample = |result| Sample {
            at,
            path: "/",
            answered: true,
            result,
            version: "v1".to_owned(),
        };
        let mut samples: Vec<_> = (1..=200)
            .map(|ms| sample(Ok(Duration::from_millis(ms))))
            .collect();
        samples.push(sample(Err("no answer in time".to_owned())));
        let load = load_of(&samples);
        assert_eq!((load.requests, load.failed), (201, 1));
        assert!((load.p99_ms - 198.0).abs() < 0.01, "{}", load.p99_ms);
        assert_eq!(load_of(&[]), Load::default());
    }
}
