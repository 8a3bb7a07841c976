//! What a run's requests tell, held against what is expected of the fault.

use super::Plan;
use super::environment::Droplet;
use super::fault::{Excused, Row};
use super::injection::Injected;
use super::load::Record;
use super::outage::{Outage, outages};
use super::report::Run;
use super::run::{Observed, SUSTAINED};
use crate::stats::milliseconds;
use std::time::Duration;

/// What the load alone tells.
pub(super) fn summarize(
    victim: &Droplet,
    records: &[Record],
    observed: &Observed,
    plan: &Plan,
) -> Run {
    let samples: Vec<_> = records.iter().map(|record| record.sample).collect();
    let found = outages(&samples, SUSTAINED);
    let mut run = Run {
        live_before: victim.name.clone(),
        outage_ms: found
            .iter()
            .map(Outage::length)
            .sum::<Option<Duration>>()
            .map(milliseconds),
        outages: found.len(),
        requests: records.len(),
        largest_lag_ms: milliseconds(
            records
                .iter()
                .map(|record| record.lag)
                .max()
                .unwrap_or_default(),
        ),
        standby_back_ms: observed.standby_back.map(milliseconds),
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
            "the pair was not healthy again within {} s of mending {}",
            plan.standby_within.as_secs(),
            victim.name,
        ));
    }
    run
}

/// Takes off what is not the pair's doing, and compares with what is allowed. Where the move's length is unknown, all but
/// the fault's own time has to stay within it.
pub(super) fn judge_length(run: &mut Run, row: &Row, fault: &Injected, plan: &Plan) {
    let fault_ms = fault.over.map_or(0.0, |over| {
        (over.duration_since(fault.at).as_secs_f64() * 1e3).max(0.0)
    });
    let move_ms = if row.moves { run.move_ms } else { Some(0.0) };
    let excused = match row.excused {
        Excused::Move => move_ms,
        Excused::Fault => Some(fault_ms),
        Excused::Both => move_ms.map(|latency| latency + fault_ms),
    };
    run.own_ms = match (run.outage_ms, excused) {
        (Some(outage), Some(excused)) => Some((outage - excused).max(0.0)),
        _ => None,
    };
    let most = milliseconds(plan.max_outage.unwrap_or(row.bound));
    run.too_long = run.own_ms.or(run.outage_ms).is_none_or(|own| own > most);
}

/// The live IP moves once if it should, and never if it shouldn't.
pub(super) fn judge_moves(run: &mut Run, row: &Row) {
    let wanted = usize::from(row.moves);
    if run.moves > wanted {
        run.broken.push(format!(
            "the live IP was moved {} times, and should have been {wanted} times",
            run.moves
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault::Fault;
    use super::*;
    use jiff::Timestamp;

    fn own(fault: Fault, outage_ms: f64, over_after: Option<u64>) -> (Option<f64>, bool) {
        let at = Timestamp::UNIX_EPOCH;
        let injected = Injected {
            at,
            over: over_after.map(|seconds| at + Duration::from_secs(seconds)),
        };
        let plan = Plan {
            runs: 1,
            rate: 50,
            max_outage: None,
            recover_within: SUSTAINED,
            standby_within: SUSTAINED,
        };
        let mut run = Run {
            outage_ms: Some(outage_ms),
            move_ms: Some(2000.0),
            ..Run::default()
        };
        judge_length(&mut run, &fault.row(), &injected, &plan);
        (run.own_ms, run.too_long)
    }

    #[test]
    fn what_the_cloud_and_the_fault_took_is_taken_off() {
        assert_eq!(own(Fault::AppStop, 3000.0, None), (Some(1000.0), false));
        assert_eq!(own(Fault::AppStop, 4500.0, None), (Some(2500.0), true));
        assert_eq!(
            own(Fault::ApiSilent, 22_500.0, Some(20)),
            (Some(500.0), false)
        );
        assert_eq!(
            own(Fault::ActionEarly, 10_400.0, Some(10)),
            (Some(400.0), false)
        );
        assert_eq!(own(Fault::FloatipStopped, 40.0, None), (Some(40.0), true));
        assert_eq!(
            own(Fault::DatabaseDown, 10_400.0, Some(10)),
            (Some(400.0), false)
        );
    }

    #[test]
    fn one_move_too_many_is_noticed() {
        for (fault, moves, broken) in [
            (Fault::AppStop, 1, 0),
            (Fault::AppStop, 2, 1),
            (Fault::PeerCut, 0, 0),
            (Fault::PeerCut, 1, 1),
        ] {
            let mut run = Run {
                moves,
                ..Run::default()
            };
            judge_moves(&mut run, &fault.row());
            assert_eq!(run.broken.len(), broken, "{fault:?} {moves}");
        }
    }
}
