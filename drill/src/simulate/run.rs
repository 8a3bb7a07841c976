//! Sends a run to a target and reads back what it acknowledged.

use crate::acceptance::took_effect;
use crate::api::Api;
use crate::error::Error;
use crate::scenario::step::{Action, Step};
use crate::simulate::ledger::{Effect, Ledger};
use crate::simulate::read_back;
use crate::simulate::report::{Counts, Report};
use operate::client::{Failure, Response};
use std::time::Duration;
use tokio::time::Instant;

/// How long the first response before a run may take.
const FIRST_RESPONSE: Duration = Duration::from_secs(3);
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// Sends all steps, one at a time, and reads back what was acknowledged.
///
/// # Errors
/// [`Error::Unreachable`] if the target does not respond before the first step. Failures after that are results.
pub async fn run(api: &Api, steps: &[Step], fast: bool) -> Result<Report, Error> {
    if let Err(failure) = api.responds_within(FIRST_RESPONSE).await {
        return Err(Error::Unreachable {
            url: api.target().to_string(),
            cause: failure.to_string(),
        });
    }
    let started = Instant::now();
    let mut counts = Counts::default();
    let mut ledger = Ledger::default();
    let mut progress = started + PROGRESS_EVERY;
    for (index, step) in steps.iter().enumerate() {
        if !fast {
            tokio::time::sleep(step.pause()).await;
        }
        let sent = Instant::now();
        let result = api.perform(step).await;
        counts.add(
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
                counts.failed()
            );
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let read_back = read_back::check(api, &ledger).await;
    Ok(Report::new(
        api.target().to_string(),
        seconds,
        &counts,
        read_back,
    ))
}

fn effect(result: &Result<Response, Failure>) -> Effect {
    match result {
        Ok(response) if took_effect(response) => Effect::Acknowledged,
        Err(failure) if failure.may_have_taken_effect() => Effect::Unknown,
        Ok(_) | Err(Failure::Status(_)) => Effect::Rejected,
        Err(_) => Effect::NotSent,
    }
}
