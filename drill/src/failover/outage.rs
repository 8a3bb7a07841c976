//! When clients got no service, computed from the result of each request.

use std::time::Duration;

/// How long good responses must last to count as recovered.
pub(crate) const SUSTAINED: Duration = Duration::from_secs(1);

/// One request of a steady load. Times count from the start of the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was due.
    pub scheduled: Duration,
    /// When it had a response or was given up.
    pub finished: Duration,
    /// Whether the response was good and in time.
    pub good: bool,
}

/// A time without service, as clients saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When the first request was due that failed.
    pub start: Duration,
    /// When the first of the sustained good responses came; `None` if the load ended before.
    pub end: Option<Duration>,
}

impl Outage {
    /// How long it was, if it has ended.
    #[must_use]
    pub fn length(&self) -> Option<Duration> {
        self.end.map(|end| end.saturating_sub(self.start))
    }
}

/// All outages in a load, in order. One ends with the first good response after which no request fails for `sustained`;
/// good responses before that are part of it. `samples` must be in the order of their schedule.
#[must_use]
pub fn outages(samples: &[Sample], sustained: Duration) -> Vec<Outage> {
    let mut found = Vec::new();
    let mut start: Option<Duration> = None;
    let mut first_good: Option<Sample> = None;
    for sample in samples {
        if !sample.good {
            start.get_or_insert(sample.scheduled);
            first_good = None;
            continue;
        }
        let Some(since) = start else { continue };
        let first = *first_good.get_or_insert(*sample);
        if sample.scheduled.saturating_sub(first.scheduled) >= sustained {
            found.push(Outage {
                start: since,
                end: Some(first.finished),
            });
            start = None;
            first_good = None;
        }
    }
    found.extend(start.map(|start| Outage { start, end: None }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STEP: u64 = 20;

    /// One sample every 20 ms, each with a response after 5 ms: `.` good, `x` failed.
    fn samples(pattern: &str) -> Vec<Sample> {
        (0..)
            .zip(pattern.chars())
            .map(|(index, mark)| Sample {
                scheduled: Duration::from_millis(index * STEP),
                finished: Duration::from_millis(index * STEP + 5),
                good: mark == '.',
            })
            .collect()
    }

    fn found(pattern: &str) -> Vec<(u128, Option<u128>)> {
        outages(&samples(pattern), Duration::from_millis(100))
            .iter()
            .map(|outage| {
                (
                    outage.start.as_millis(),
                    outage.end.map(|end| end.as_millis()),
                )
            })
            .collect()
    }

    #[test]
    fn good_responses_are_no_outage() {
        assert_eq!(found(""), []);
        assert_eq!(found("........"), []);
    }

    #[test]
    fn an_outage_is_from_the_first_failed_request_to_the_first_sustained_good_response() {
        assert_eq!(found("..xxxx........"), [(40, Some(125))]);
    }

    #[test]
    fn good_responses_that_do_not_last_are_part_of_the_outage() {
        assert_eq!(found("..xx.x...x........"), [(40, Some(205))]);
    }

    #[test]
    fn failures_after_sustained_good_responses_are_an_outage_of_their_own() {
        assert_eq!(
            found(".x.......x......."),
            [(20, Some(45)), (180, Some(205))]
        );
    }

    #[test]
    fn without_sustained_good_responses_it_has_not_ended() {
        assert_eq!(found("..xx"), [(40, None)]);
        assert_eq!(found("..xx.."), [(40, None)]);
    }

    proptest! {
        #[test]
        fn outages_are_in_order_apart_and_contain_each_failure(pattern in "[.x]{0,5}(\\.{0,9}x{0,3}){0,9}") {
            let samples = samples(&pattern);
            let sustained = Duration::from_millis(100);
            let outages = outages(&samples, sustained);
            for pair in outages.windows(2) {
                let end = pair[0].end.expect("only the last one may be open");
                prop_assert!(pair[0].start < end && end + sustained <= pair[1].start + Duration::from_millis(STEP));
            }
            for sample in samples.iter().filter(|sample| !sample.good) {
                let at = sample.scheduled;
                let held = outages.iter().any(|o| o.start <= at && o.end.is_none_or(|end| at < end));
                prop_assert!(held, "no outage contains {at:?}");
            }
            for outage in &outages {
                let first = samples.iter().find(|s| s.scheduled == outage.start).expect("starts with a request");
                prop_assert!(!first.good);
                if let Some(end) = outage.end {
                    let good = samples.iter().find(|s| s.finished == end).expect("ends with a response");
                    prop_assert!(good.good);
                }
            }
        }

        #[test]
        fn a_steady_load_measures_an_outage_to_within_one_interval(down in 1_usize..200, at in 0_usize..50) {
            let pattern = format!("{}{}{}", ".".repeat(at), "x".repeat(down), ".".repeat(10));
            let outages = outages(&samples(&pattern), Duration::from_millis(100));
            prop_assert_eq!(outages.len(), 1);
            let length = outages[0].length().expect("it ended").as_millis();
            prop_assert_eq!(length, down as u128 * u128::from(STEP) + 5);
        }
    }
}
