//! Trials in which something dies or fails at a step: the runner, the API, a droplet.

use std::time::Duration;

use release::step::Step;
use tokio::time::{Instant, sleep};

use crate::actions::succeeded;
use crate::result::TrialResult;
use crate::runner::Runner;
use crate::testbed::{Failure, TestBed};
use crate::trial::{ApiFault, Moment, Takeover, Victim};

/// After this time the lease of a runner that was killed has expired.
const LEASE: Duration = Duration::from_secs(11);
/// Between two tries of `release resume` while a droplet boots, and how many there are.
const RETRY: Duration = Duration::from_secs(5);
const RETRIES: u32 = 6;
/// `release`'s exit code while the droplets run different versions.
const INCOMPLETE: i32 = 12;
/// `release`'s exit codes that must not be the last one: a failure, incomplete, taken over.
const NOT_AT_REST: [i32; 3] = [1, INCOMPLETE, 14];

/// A release whose runner is killed, and another command that ends it.
///
/// # Errors
/// If the trial could not be carried out.
pub async fn kill(
    bed: &TestBed,
    next: &str,
    step: Step,
    takeover: Takeover,
) -> Result<TrialResult, Failure> {
    let mut runner = Runner::start(bed, &["run", next, "--json"], &[])?;
    runner.wait_for(step).await?;
    runner.kill().await?;
    // A rollback waits for the lease by itself.
    if takeover == Takeover::Resume {
        sleep(LEASE).await;
    }
    let done = bed.release(&[takeover.name(), "--json"], &[]).await?;
    Ok(succeeded("from the second command to its end", &done))
}

/// A release during which the API fails for a while.
///
/// # Errors
/// If the trial could not be carried out.
pub async fn api_fault(
    bed: &TestBed,
    next: &str,
    step: Step,
    fault: ApiFault,
) -> Result<TrialResult, Failure> {
    let mut runner = Runner::start(bed, &["run", next, "--json"], &[])?;
    runner.wait_for(step).await?;
    runner.hold()?;
    bed.fault(fault.arguments).await?;
    runner.proceed()?;
    let done = runner.finish().await?;
    Ok(succeeded("from command to confirmed", &done))
}

/// A release during which a droplet dies. The droplet comes back afterwards.
///
/// # Errors
/// If the trial could not be carried out.
pub async fn death(
    bed: &TestBed,
    next: &str,
    victim: Victim,
    moment: Moment,
) -> Result<TrialResult, Failure> {
    let (live, standby) = bed.roles().await?;
    let droplet = match victim {
        Victim::Live => live,
        Victim::Standby => standby,
    };
    let patience = [("RELEASE_API_PATIENCE", "20")];
    let mut runner = Runner::start(bed, &["run", next, "--json"], &patience)?;
    match moment {
        Moment::Moving => {
            runner.wait_for(Step::Move).await?;
            bed.wait_until_moving().await?;
            bed.power_off(droplet).await?;
        }
        Moment::Step(step) => {
            runner.wait_for(step).await?;
            runner.hold()?;
            bed.power_off(droplet).await?;
            runner.proceed()?;
        }
    }
    let first = runner.finish().await?;
    bed.power_on(droplet).await?;
    let started = Instant::now();
    let mut codes = vec![first.code];
    if first.code == INCOMPLETE {
        // Until the droplet has booted, something is missing; an operator would try again too.
        for _ in 0..RETRIES {
            sleep(RETRY).await;
            let code = bed.release(&["resume", "--json"], &[]).await?.code;
            codes.push(code);
            if code != INCOMPLETE {
                break;
            }
        }
    }
    let last = codes.last().copied().unwrap_or_default();
    let seconds = started.elapsed().as_secs_f64();
    let mut result = TrialResult::of("from power on to rest", seconds, codes);
    result.expect(
        !NOT_AT_REST.contains(&last),
        &format!("the last exit code is {last}: {}", first.report["problem"]),
    );
    Ok(result)
}
