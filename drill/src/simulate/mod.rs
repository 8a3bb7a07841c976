//! The simulator's run against a target, and whether it kept what it acknowledged.

pub mod ledger;
pub mod read_back;
pub mod report;

use crate::api::{Api, took_effect};
use crate::error::Error;
use crate::http::{Answer, Failure};
use crate::scenario::{Action, Step};
use ledger::{Effect, Ledger};
use report::{Report, Tally};
use std::time::Duration;
use tokio::time::Instant;

/// How long a target may take to answer at all before a run starts.
const FIRST_ANSWER: Duration = Duration::from_secs(3);
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// Sends all steps, one at a time, and reads back what was acknowledged.
///
/// # Errors
/// [`Error::Unreachable`] if the target does not even answer before the first step. Failures after that are results.
pub async fn run(api: &Api, steps: &[Step], fast: bool) -> Result<Report, Error> {
    if let Err(failure) = api.answers_within(FIRST_ANSWER).await {
        return Err(Error::Unreachable {
            url: api.target().to_string(),
            cause: failure.to_string(),
        });
    }
    let started = Instant::now();
    let mut tally = Tally::default();
    let mut ledger = Ledger::default();
    let mut progress = started + PROGRESS_EVERY;
    for (index, step) in steps.iter().enumerate() {
        if !fast {
            tokio::time::sleep(step.pause()).await;
        }
        let sent = Instant::now();
        let result = api.perform(step).await;
        tally.add(
            step.action.kind(),
            result.as_ref().err().copied(),
            sent.elapsed(),
        );
        ledger.add(step, effect(&result));
        if let Action::Tweet { user, .. } = &step.action
            && let Some(account) = ledger.due(user)
        {
            read_back::verify_so_far(api, user, account).await;
        }
        if Instant::now() >= progress {
            progress += PROGRESS_EVERY;
            eprintln!(
                "{} of {} sent, {} failed",
                index + 1,
                steps.len(),
                tally.failed()
            );
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let read_back = read_back::check(api, &ledger).await;
    Ok(Report::new(
        api.target().to_string(),
        seconds,
        &tally,
        read_back,
    ))
}

fn effect(result: &Result<Answer, Failure>) -> Effect {
    match result {
        Ok(answer) if took_effect(answer) => Effect::Acknowledged,
        Err(failure) if failure.may_have_taken_effect() => Effect::Unknown,
        Ok(_) | Err(Failure::Status(_)) => Effect::Rejected,
        Err(_) => Effect::NotSent,
    }
}
