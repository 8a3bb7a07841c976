//! What a run's requests tell, held against what is expected of the fault.

use super::Plan;
use super::environment::Droplet;
use super::fault::{Excused, Moves, Row};
use super::injection::Injected;
use super::load::Record;
use super::outage::{Outage, SUSTAINED, outages};
use super::report::Run;
use super::witness::Witnessed;
use crate::stats::milliseconds;
use std::time::Duration;

/// Answers of the old droplet that were under way may come this much after the first of the new one.
const OVERLAP: Duration = Duration::from_secs(1);

/// What the load and the record showed up to the end of a run.
pub(super) struct Observed {
    pub(super) fault: Injected,
    /// From when requests count, on the load's clock.
    pub(super) counted_from: Duration,
    /// On the load's clock.
    pub(super) fault_at: Duration,
    pub(super) recovered: bool,
    /// What did not come about of the fault.
    pub(super) missing: Vec<String>,
    pub(super) standby_back: Option<Duration>,
}

/// What the load alone tells.
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
        outage_fresh_ms: without_service(|record| !record.kept).0,
        outage_kept_ms: without_service(|record| record.kept).0,
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
            "the pair was not healthy again within {} s of mending {}",
            plan.standby_within.as_secs(),
            victim.name,
        ));
    }
    run
}

/// For how long clients had no service after a fault that ended by itself or was undone.
fn after_the_fault(records: &[Record], observed: &Observed) -> Option<f64> {
    let lasted = observed.fault.over?.duration_since(observed.fault.at);
    let over = observed.fault_at + Duration::try_from(lasted).unwrap_or_default();
    let samples: Vec<_> = records.iter().map(|record| record.sample).collect();
    let lengths = outages(&samples, SUSTAINED).into_iter();
    let after = lengths.map(|outage| Some(outage.end?.saturating_sub(outage.start.max(over))));
    after.sum::<Option<Duration>>().map(milliseconds)
}

/// When the droplet that is live now first answered, and whether others answered after that. Says nothing where answers
/// don't name their droplet.
pub(super) fn judge_servers(run: &mut Run, records: &[Record], fault_at: Duration, live: &str) {
    if records.iter().all(|record| record.served_by.is_none()) {
        return;
    }
    let good = records.iter().filter(|record| record.failure.is_none());
    let (its, others): (Vec<&Record>, Vec<&Record>) =
        good.partition(|record| record.served_by.as_deref() == Some(live));
    let after_fault = its
        .iter()
        .map(|record| record.sample.finished)
        .filter(|finished| *finished >= fault_at);
    let Some(first) = after_fault.min() else {
        run.broken
            .push(format!("no answer came from {live}, which is live"));
        return;
    };
    if run.live_before != live {
        run.phases_ms.first_answer = Some(milliseconds(first.saturating_sub(fault_at)));
    }
    let late = others
        .iter()
        .filter(|record| record.sample.finished > first + OVERLAP)
        .count();
    if late > 0 {
        run.broken.push(format!(
            "{late} answers came from elsewhere more than {} s after the first of {live}",
            OVERLAP.as_secs()
        ));
    }
}

/// The user's session must hold on the droplet that is live now, and each message must have come to the open timeline.
pub(super) fn judge_witness(run: &mut Run, witnessed: Witnessed) {
    let mut must = |holds: bool, problem: String| {
        if !holds {
            run.broken.push(problem);
        }
    };
    let untold = witnessed.untold;
    must(
        untold == 0,
        format!("{untold} messages never came to an open timeline"),
    );
    let signed_out = witnessed.signed_out;
    must(
        signed_out == 0,
        format!("{signed_out} visits were answered as to someone who is not signed in"),
    );
    let names_droplets = !witnessed.served_by.is_empty();
    if names_droplets && let Some(live) = run.live_after.clone() {
        must(
            witnessed.served_by.contains(&live),
            format!("no visit of a signed-in user was answered by {live}"),
        );
    }
    run.witness = Some(witnessed);
}

/// Takes off what is not the pair's doing, and compares with what is allowed. Where the move's length is unknown, all but
/// the fault's own time has to stay within it.
pub(super) fn judge_length(run: &mut Run, row: &Row, plan: &Plan) {
    let move_ms = match row.moves {
        Moves::Once => run.move_ms,
        Moves::Never => Some(0.0),
    };
    let counted = match row.excused {
        Excused::Nothing | Excused::Move => run.outage_ms,
        Excused::Fault | Excused::Both => run.outage_after_ms,
    };
    let excused = match row.excused {
        Excused::Nothing | Excused::Fault => Some(0.0),
        Excused::Move | Excused::Both => move_ms,
    };
    run.own_ms = match (counted, excused) {
        (Some(counted), Some(excused)) => Some((counted - excused).max(0.0)),
        _ => None,
    };
    let most = milliseconds(row.bound + plan.slack);
    run.too_long = run.own_ms.or(run.outage_ms).is_none_or(|own| own > most);
}

/// The live IP moves once if it should, and never if it shouldn't.
pub(super) fn judge_moves(run: &mut Run, row: &Row) {
    let wanted = usize::from(row.moves == Moves::Once);
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
    use super::super::load::Traffic;
    use super::super::outage::Sample;
    use super::*;
    use jiff::Timestamp;
    use std::sync::Arc;

    fn answer(at_ms: u64, by: &str) -> Record {
        let at = Duration::from_millis(at_ms);
        Record {
            sample: Sample {
                scheduled: at,
                finished: at,
                good: true,
            },
            kept: false,
            lag: Duration::ZERO,
            failure: None,
            served_by: Some(by.to_owned()),
            write: None,
        }
    }

    fn served(live: &str, answers: &[(u64, &str)]) -> Run {
        let records: Vec<Record> = answers.iter().map(|(at, by)| answer(*at, by)).collect();
        let mut run = Run {
            live_before: "a".to_owned(),
            ..Run::default()
        };
        judge_servers(&mut run, &records, Duration::from_secs(1), live);
        run
    }

    #[test]
    fn the_first_answer_is_the_new_droplets_and_the_old_one_answers_no_more() {
        let run = served("b", &[(900, "a"), (1200, "a"), (3500, "b"), (4000, "a")]);
        assert_eq!(run.phases_ms.first_answer, Some(2500.0));
        assert_eq!(run.broken, [""; 0]);
        let run = served("b", &[(900, "a"), (3500, "b"), (4600, "a")]);
        assert_eq!(run.broken.len(), 1, "{:?}", run.broken);
        let run = served("b", &[(900, "a"), (3500, "a")]);
        assert_eq!(run.broken, ["no answer came from b, which is live"]);
    }

    #[test]
    fn nobody_else_answers_where_nothing_moves() {
        assert_eq!(served("a", &[(900, "a"), (1500, "a")]).broken, [""; 0]);
        let run = served("a", &[(900, "a"), (1500, "a"), (2600, "b")]);
        assert_eq!(run.broken.len(), 1, "{:?}", run.broken);
    }

    fn own(fault: Fault, outage_ms: f64, over_after: Option<f64>) -> (Option<f64>, bool) {
        let traffic = Traffic {
            rate: 50,
            versions: Arc::default(),
        };
        let plan = Plan {
            runs: 1,
            traffic,
            max_outage: None,
            slack: Duration::ZERO,
            move_latency: None,
            lasts_at_most: SUSTAINED,
            settle: SUSTAINED,
            witness: false,
            recover_within: SUSTAINED,
            standby_within: SUSTAINED,
        };
        let mut run = Run {
            outage_ms: Some(outage_ms),
            outage_after_ms: over_after.map(|seconds| outage_ms - seconds * 1e3),
            move_ms: Some(2000.0),
            ..Run::default()
        };
        judge_length(&mut run, &fault.row(), &plan);
        (run.own_ms, run.too_long)
    }

    #[test]
    fn of_an_outage_that_outlasts_the_fault_only_the_rest_counts() {
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
                let mut record = answer(number * 100, "a");
                record.sample.good = !(30..245).contains(&number);
                record
            })
            .collect();
        assert_eq!(after_the_fault(&records, &observed), Some(2500.0));
    }

    #[test]
    fn what_the_cloud_and_the_fault_took_is_taken_off() {
        assert_eq!(own(Fault::AppStop, 3000.0, None), (Some(1000.0), false));
        assert_eq!(own(Fault::AppStop, 4500.0, None), (Some(2500.0), true));
        assert_eq!(
            own(Fault::ApiSilent, 22_500.0, Some(20.0)),
            (Some(500.0), false)
        );
        assert_eq!(
            own(Fault::ActionEarly, 10_400.0, Some(10.0)),
            (Some(400.0), false)
        );
        assert_eq!(own(Fault::FloatipStopped, 40.0, None), (Some(40.0), true));
        assert_eq!(
            own(Fault::DatabaseDown, 10_400.0, Some(10.0)),
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
