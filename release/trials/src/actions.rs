//! Trials of commands: releases, rollbacks, refusals, bad versions.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::result::TrialResult;
use crate::runner::Finished;
use crate::testbed::{Failure, TestBed};
use crate::trial::Fault;

/// Seconds within which the previous version is live again after a bad version became live.
const MAX_BACK: f64 = 15.0;
/// Seconds of a rollback: ten, and two in which the cloud moves the live IP.
const MAX_ROLLBACK: f64 = 12.0;
/// Seconds of a whole release.
const MAX_RELEASE: f64 = 180.0;
/// About as long as a release takes.
const RELEASE: Duration = Duration::from_secs(45);

/// No release, for about as long as one takes.
pub async fn nothing() -> TrialResult {
    sleep(RELEASE).await;
    TrialResult::of("without a command", RELEASE.as_secs_f64(), Vec::new())
}

/// A release from the command to its confirmation.
///
/// # Errors
/// If the trial could not be carried out.
pub async fn good(bed: &TestBed, next: &str) -> Result<TrialResult, Failure> {
    let done = bed.release(&["run", next, "--json"], &[]).await?;
    let mut result = succeeded("from command to confirmed", &done);
    result.expect(done.took.as_secs_f64() < MAX_RELEASE, "it took too long");
    Ok(result)
}

/// A release that is held open, and its rollback.
///
/// # Errors
/// If the trial could not be carried out.
pub async fn roll_back(bed: &TestBed, next: &str) -> Result<TrialResult, Failure> {
    let run = ["run", next, "--json"];
    let held = bed.release(&run, &[("RELEASE_HOLD", "1")]).await?;
    // While it is open, neither another release nor a contract may begin.
    let refused = [
        bed.release(&run, &[]).await?.code,
        bed.release(&["contract"], &[]).await?.code,
    ];
    let back = bed.release(&["rollback", "--json"], &[]).await?;
    let steps = steps_of(&back);
    let seconds = steps.first().map_or(f64::INFINITY, |(_, seconds)| *seconds);
    let codes = [&[held.code], &refused[..], &[back.code]].concat();
    let mut result = TrialResult::of("until the previous version responds", seconds, codes);
    result.expect(
        held.code == 0 && refused == [4, 4] && back.code == 0,
        &format!("{}, {}", held.report["problem"], back.report["problem"]),
    );
    result.expect(
        back.report["outcome"] == "rolled back",
        "it is not rolled back",
    );
    result.expect(seconds < MAX_ROLLBACK, "it took too long");
    Ok(result)
}

/// Freezes refuse a release and a contract; afterwards a contract succeeds.
///
/// # Errors
/// If the trial could not be carried out.
pub async fn frozen(bed: &TestBed, next: &str) -> Result<TrialResult, Failure> {
    let started = Instant::now();
    let run = ["run", next, "--json"];
    let contract = ["contract"];
    let mut codes = Vec::new();
    for arguments in [
        &["freeze", "--reason", "a trial"][..],
        &run,
        &contract,
        &["thaw"],
    ] {
        codes.push(bed.release(arguments, &[]).await?.code);
    }
    bed.on_live("floatip freeze --why 'a trial'").await?;
    let refused = bed.release(&run, &[]).await;
    bed.on_live("floatip unfreeze").await?;
    codes.push(refused?.code);
    codes.push(bed.release(&contract, &[]).await?.code);
    let expected = codes == [0, 7, 7, 0, 7, 0];
    let seconds = started.elapsed().as_secs_f64();
    let mut result = TrialResult::of("for all commands", seconds, codes);
    result.expect(expected, "the exit codes are not 0, 7, 7, 0, 7, 0");
    Ok(result)
}

/// The rollback of the last release, which was confirmed.
///
/// # Errors
/// If the trial could not be carried out.
pub async fn undo(bed: &TestBed) -> Result<TrialResult, Failure> {
    let done = bed.release(&["rollback", "--json"], &[]).await?;
    Ok(succeeded("from command to confirmed", &done))
}

/// A release of a bad version.
///
/// # Errors
/// If the trial could not be carried out.
pub async fn bad(bed: &TestBed, next: &str, fault: Fault) -> Result<TrialResult, Failure> {
    let bake = [("RELEASE_BAKE", "30")];
    let done = bed.release(&["run", next, "--json"], &bake).await?;
    let live = fault.needs_live_traffic();
    let expected = match fault {
        Fault::LiveError | Fault::LiveSlow => 10,
        Fault::WrongChecksum => 8,
        _ => 9,
    };
    let back = seconds_live(&steps_of(&done)).unwrap_or(f64::INFINITY);
    let (seconds, measure) = if live {
        (back, "with the bad version live")
    } else {
        (done.took.as_secs_f64(), "from command to rest")
    };
    let mut result = TrialResult::of(measure, seconds, vec![done.code]);
    result.expect(
        done.code == expected,
        &format!(
            "exit code {}, not {expected}: {}",
            done.code, done.report["problem"]
        ),
    );
    result.expect(!live || back < MAX_BACK, "it was live for too long");
    Ok(result)
}

/// The result of a command that must succeed.
pub fn succeeded(measure: &str, done: &Finished) -> TrialResult {
    let mut result = TrialResult::of(measure, done.took.as_secs_f64(), vec![done.code]);
    result.expect(
        done.code == 0,
        &format!("exit code {}: {}", done.code, done.report["problem"]),
    );
    result
}

/// From the test of the live version to the end of the move back.
fn seconds_live(steps: &[(&str, f64)]) -> Option<f64> {
    let from = steps.iter().position(|(step, _)| *step == "verify-live")?;
    let to = steps.iter().position(|(step, _)| *step == "reconcile")?;
    Some(
        steps
            .get(from..=to)?
            .iter()
            .map(|(_, seconds)| seconds)
            .sum(),
    )
}

/// The steps in a report, with their seconds.
fn steps_of(done: &Finished) -> Vec<(&str, f64)> {
    let steps = done.report["steps"].as_array();
    steps
        .into_iter()
        .flatten()
        .filter_map(|it| Some((it["step"].as_str()?, it["seconds"].as_f64()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_version_is_live_until_the_move_back_has_ended() {
        let steps = [
            ("move", 2.0),
            ("verify-live", 1.0),
            ("bake", 4.0),
            ("reconcile", 3.0),
            ("reconcile", 9.0),
        ];
        assert_eq!(seconds_live(&steps), Some(8.0));
        assert_eq!(seconds_live(&steps[..3]), None);
    }
}
