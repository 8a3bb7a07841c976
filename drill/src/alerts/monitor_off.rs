//! The monitor dies: clients and the pair must not notice.

use super::checks::run_of;
use super::steps::KILLED;
use super::suite::Suite;
use crate::error::Error;
use crate::failover::fault::{Object, Row, Step, Which};
use crate::failover::injection::Injector;
use crate::simulate;
use std::time::Duration;

const STEPS: &[Step] = &[Step::Localcloud(Object::Droplet(Which::Monitor), KILLED)];
const REQUESTS: usize = 1000;
/// More than the simulator's 0.3 s, because this machine may be busy with other work.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn check(suite: &Suite) -> Result<(), String> {
    let injector = suite.injector();
    let result = while_off(suite, &injector).await;
    let undone = injector.undo().await.map_err(|error| error.to_string());
    result.and(undone)
}

async fn while_off(suite: &Suite, injector: &Injector) -> Result<(), String> {
    let text = |error: Error| error.to_string();
    let roles = suite.roles().await.map_err(text)?;
    injector
        .inject(&Row::until_undone(STEPS), &roles)
        .await
        .map_err(text)?;
    let api = suite.drill.api.with_limit(LIMIT);
    let steps = run_of(suite.limits.seed, REQUESTS);
    let report = simulate::run::run(&api, &steps, true).await.map_err(text)?;
    if !report.passed {
        return Err(report.to_string());
    }
    suite.drill.wait_until_ready().await.map_err(text)?;
    Ok(())
}
