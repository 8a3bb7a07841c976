//! What a run's load measured, as figures.

use super::injection::Injected;
use super::load::Record;
use super::outage::{Outage, SUSTAINED, outages};
use super::plan::Plan;
use super::report::Run;
use crate::stats::milliseconds;
use operate::environment::Droplet;
use std::time::Duration;

/// What was observed up to the end of a run.
pub(super) struct Observed {
    pub(super) fault: Injected,
    /// From when requests count, on the load's clock.
    pub(super) counted_from: Duration,
    /// On the load's clock.
    pub(super) fault_at: Duration,
    pub(super) recovered: bool,
    /// Effects that the fault did not have.
    pub(super) missing: Vec<String>,
    pub(super) standby_back: Option<Duration>,
}

/// The figures and the judgement that follow from the load alone.
pub(super) fn summarize(
    victim: &Droplet,
    records: &[Record],
    observed: &Observed,
    plan: &Plan,
) -> Run {
    let without_service = |wanted: fn(&Record) -> bool| {
        let of_kind = records.iter().filter(|record| wanted(record));
        let samples: Vec<_> = of_kind.map(|record| record.sample).collect();
        let found = outages(&samples, SUSTAINED);
        let length = found.iter().map(Outage::length).sum::<Option<Duration>>();
        (length.map(milliseconds), found.len())
    };
    let (outage_ms, outages) = without_service(|_| true);
    let largest_lag = records.iter().map(|record| record.lag).max();
    let mut run = Run {
        live_before: victim.name.clone(),
        outage_ms,
        outage_fresh_ms: without_service(|record| !record.keep_alive).0,
        outage_kept_ms: without_service(|record| record.keep_alive).0,
        outage_after_ms: after_the_fault(records, observed),
        outages,
        requests: records.len(),
        largest_lag_ms: milliseconds(largest_lag.unwrap_or_default()),
        standby_back_ms: observed.standby_back.map(milliseconds),
        broken: observed.missing.clone(),
        ..Run::default()
    };
    for failure in records.iter().filter_map(|record| record.failure) {
        run.failed += 1;
        *run.failures.entry(failure.to_string()).or_default() += 1;
    }
    let early = records
        .iter()
        .filter(|record| record.failure.is_some() && record.sample.finished < observed.fault_at)
        .count();
    if early > 0 {
        run.broken
            .push(format!("{early} requests failed before the fault"));
    }
    if run.outage_ms.is_none() {
        run.broken
            .push("clients had no service when the run ended".to_owned());
    }
    if !observed.recovered {
        run.broken.push(format!(
            "no recovery within {} s",
            plan.recover_within.as_secs()
        ));
    }
    if observed.standby_back.is_none() {
        run.broken.push(format!(
            "the pair was not healthy again within {} s after the fault on {} was undone",
            plan.standby_within.as_secs(),
            victim.name,
        ));
    }
    run
}

/// How long clients had no service after the end of a fault that ended by itself or was undone.
fn after_the_fault(records: &[Record], observed: &Observed) -> Option<f64> {
    let lasted = observed.fault.over?.duration_since(observed.fault.at);
    let over = observed.fault_at + Duration::try_from(lasted).unwrap_or_default();
    let samples: Vec<_> = records.iter().map(|record| record.sample).collect();
    let lengths = outages(&samples, SUSTAINED).into_iter();
    let after = lengths.map(|outage| Some(outage.end?.saturating_sub(outage.start.max(over))));
    after.sum::<Option<Duration>>().map(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::super::outage::Sample;
    use super::*;
    use jiff::Timestamp;

    fn response(at_ms: u64, by: &str) -> Record {
        let at = Duration::from_millis(at_ms);
        Record {
            sample: Sample {
                scheduled: at,
                finished: at,
                good: true,
            },
            keep_alive: false,
            lag: Duration::ZERO,
            failure: None,
            served_by: Some(by.to_owned()),
            write: None,
        }
    }

    #[test]
    fn an_outage_counts_from_the_end_of_the_fault() {
        let at = Timestamp::UNIX_EPOCH;
        let observed = Observed {
            fault: Injected {
                at,
                over: Some(at + Duration::from_secs(20)),
            },
            counted_from: Duration::ZERO,
            fault_at: Duration::from_secs(2),
            recovered: true,
            missing: Vec::new(),
            standby_back: None,
        };
        // The fault is from 2 s to 22 s; it hurts from 3 s to 24.5 s.
        let records: Vec<Record> = (0..300_u64)
            .map(|number| {
                let mut record = response(number * 100, "a");
                record.sample.good = !(30..245).contains(&number);
                record
            })
            .collect();
        assert_eq!(after_the_fault(&records, &observed), Some(2500.0));
    }
}
