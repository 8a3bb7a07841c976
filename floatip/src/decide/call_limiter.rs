//! Keeps one droplet's calls below the API's limits, whatever goes wrong: 250 in a minute and 5,000 in an hour.
//!
//! Two token buckets. In any span of time no more calls are made than a bucket holds plus what it gains in that time:
//! 120 + 60 x 2 = 240 in a minute, and 1,800 + 3,600 x 0.85 = 4,860 in an hour. At rest a droplet makes 0.4 calls a second.

use std::time::Duration;

use crate::clock::Moment;

/// What a claim may need at once: two reads of the record, and the call that acts.
const AT_ONCE: f64 = 3.0;

#[derive(Clone, Copy, Debug)]
struct Bucket {
    holds: f64,
    per_second: f64,
    used: f64,
    at: Moment,
}

impl Bucket {
    const fn new(holds: f64, per_second: f64) -> Self {
        Self {
            holds,
            per_second,
            used: 0.0,
            at: Duration::ZERO,
        }
    }

    fn used(&self, now: Moment) -> f64 {
        let gained = now.saturating_sub(self.at).as_secs_f64() * self.per_second;
        (self.used - gained).max(0.0)
    }

    fn spend(&mut self, now: Moment, calls: f64) {
        self.used = self.used(now) + calls;
        self.at = now;
    }

    fn ready_at(&self, now: Moment) -> Moment {
        let lacks = self.used(now) + AT_ONCE - self.holds;
        if lacks <= 0.0 {
            return now;
        }
        // A little more than exact: rounding could make it ready a moment early, again and again.
        now + Duration::from_secs_f64(lacks / self.per_second) + Duration::from_millis(1)
    }
}

/// The calls of one droplet.
#[derive(Clone, Copy, Debug)]
pub struct CallLimiter {
    minute: Bucket,
    hour: Bucket,
}

impl Default for CallLimiter {
    fn default() -> Self {
        Self {
            minute: Bucket::new(120.0, 2.0),
            hour: Bucket::new(1_800.0, 0.85),
        }
    }
}

impl CallLimiter {
    /// Counts calls.
    pub fn spend(&mut self, now: Moment, calls: u32) {
        self.minute.spend(now, f64::from(calls));
        self.hour.spend(now, f64::from(calls));
    }

    /// When the next call may be made.
    #[must_use]
    pub fn ready_at(&self, now: Moment) -> Moment {
        self.minute.ready_at(now).max(self.hour.ready_at(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_and_no_hour_sees_more_calls_than_the_api_allows() {
        let mut pace = CallLimiter::default();
        let (mut now, mut calls) = (Duration::ZERO, Vec::new());
        while now < Duration::from_hours(3) {
            now = pace.ready_at(now).max(now + Duration::from_millis(50));
            pace.spend(now, 3);
            calls.extend([now; 3]);
        }
        for (span, most) in [
            (Duration::from_mins(1), 250),
            (Duration::from_hours(1), 5_000),
        ] {
            let mut oldest = 0;
            for (newest, at) in calls.iter().enumerate() {
                while calls[oldest] + span < *at {
                    oldest += 1;
                }
                assert!(
                    newest - oldest < most,
                    "{} calls within {span:?}",
                    newest - oldest + 1
                );
            }
        }
    }
}
