//! A check: a few tries. The first success ends it; otherwise the last failure is the verdict.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{Answer, Failure, Target, get};

/// How long a check may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time for one try: connection, request and whole response.
    pub timeout: Duration,
    /// Retries after a failed try.
    pub retries: u32,
    /// Least time between the starts of two tries.
    pub spacing: Duration,
    /// Time for all tries together.
    pub deadline: Duration,
}

impl Default for Limits {
    /// Keepalived's configuration relies on a verdict within 950 ms, before the next run starts.
    fn default() -> Self {
        Self {
            timeout: Duration::from_millis(300),
            retries: 2,
            spacing: Duration::from_millis(200),
            deadline: Duration::from_millis(950),
        }
    }
}

/// One try of a check.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When it started, counted from the start of the check.
    pub after: Duration,
    /// How long it took.
    pub took: Duration,
    /// Its result.
    pub result: Result<Answer, Failure>,
}

/// All tries of a check.
#[derive(Clone, Debug)]
pub struct Report {
    /// Every try, oldest first; at least one.
    pub attempts: Vec<Attempt>,
    /// The verdict: the result of the last try.
    pub result: Result<Answer, Failure>,
    /// How long the check took.
    pub took: Duration,
}

/// Tries until a try succeeds, the retries are used up, or the deadline is reached.
#[must_use]
pub fn check(target: &Target, limits: &Limits) -> Report {
    let start = Instant::now();
    let mut attempts = Vec::new();
    let mut tries_left = limits.retries;
    loop {
        let after = start.elapsed();
        let timeout = limits.timeout.min(limits.deadline.saturating_sub(after));
        let result = get(target, timeout);
        let took = start.elapsed().saturating_sub(after);
        attempts.push(Attempt {
            after,
            took,
            result: result.clone(),
        });
        let next = start.elapsed().max(after + limits.spacing);
        if result.is_ok() || tries_left == 0 || next >= limits.deadline {
            return Report {
                attempts,
                result,
                took: start.elapsed(),
            };
        }
        tries_left -= 1;
        thread::sleep(next.saturating_sub(start.elapsed()));
    }
}
