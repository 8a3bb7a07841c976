//! Compares a run's figures with the requirements of its fault.

use super::fault::{Excused, Moves, Row};
use super::load::Record;
use super::plan::Plan;
use super::report::Run;
use super::witness::Witnessed;
use crate::stats::milliseconds;
use std::time::Duration;

/// Responses of the old droplet may arrive this long after the first of the new one.
const OVERLAP: Duration = Duration::from_secs(1);

/// When the new live droplet sent its first response, and whether others responded after that. Nothing is judged where
/// responses don't name their droplet.
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
            .push(format!("no response came from {live}, which is live"));
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
            "{late} responses came from elsewhere more than {} s after the first of {live}",
            OVERLAP.as_secs()
        ));
    }
}

/// The user's session must be valid on the new live droplet, and each message must have come to the open timeline.
pub(super) fn judge_witness(run: &mut Run, witnessed: Witnessed) {
    let mut require = |holds: bool, problem: String| {
        if !holds {
            run.broken.push(problem);
        }
    };
    let undelivered = witnessed.undelivered;
    require(
        undelivered == 0,
        format!("{undelivered} messages never came to an open timeline"),
    );
    let signed_out = witnessed.signed_out;
    require(
        signed_out == 0,
        format!("{signed_out} visits got the page of someone who is not signed in"),
    );
    let names_droplets = !witnessed.served_by.is_empty();
    if names_droplets && let Some(live) = run.live_after.clone() {
        require(
            witnessed.served_by.contains(&live),
            format!("no visit of the signed-in user was served by {live}"),
        );
    }
    run.witness = Some(witnessed);
}

/// Subtracts the excused part and compares with the bound. Where the move's length is unknown, everything but the fault's
/// own time must stay within it.
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

/// The live IP moves once if it must, and otherwise never.
pub(super) fn judge_moves(run: &mut Run, row: &Row) {
    let wanted = usize::from(row.moves == Moves::Once);
    if run.moves > wanted {
        run.broken.push(format!(
            "the live IP was moved {} times instead of {wanted} times",
            run.moves
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault::Fault;
    use super::super::load::Traffic;
    use super::super::outage::{SUSTAINED, Sample};
    use super::*;
    use std::sync::Arc;

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

    fn served(live: &str, responses: &[(u64, &str)]) -> Run {
        let records: Vec<Record> = responses.iter().map(|(at, by)| response(*at, by)).collect();
        let mut run = Run {
            live_before: "a".to_owned(),
            ..Run::default()
        };
        judge_servers(&mut run, &records, Duration::from_secs(1), live);
        run
    }

    #[test]
    fn the_first_response_is_of_the_new_droplet_and_the_old_one_stays_silent() {
        let run = served("b", &[(900, "a"), (1200, "a"), (3500, "b"), (4000, "a")]);
        assert_eq!(run.phases_ms.first_answer, Some(2500.0));
        assert_eq!(run.broken, [""; 0]);
        let run = served("b", &[(900, "a"), (3500, "b"), (4600, "a")]);
        assert_eq!(run.broken.len(), 1, "{:?}", run.broken);
        let run = served("b", &[(900, "a"), (3500, "a")]);
        assert_eq!(run.broken, ["no response came from b, which is live"]);
    }

    #[test]
    fn no_other_droplet_responds_where_nothing_moves() {
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
    fn the_time_of_the_cloud_and_of_the_fault_is_subtracted() {
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
    fn one_move_too_many_breaks_the_invariant() {
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
