//! `minitwitctl dashboards check`: does each query of dashboards and rules find something, in the right unit?

use std::process::ExitCode;
use std::time::Duration;

use dashboards::prometheus::Span;
use operate::environment::Options;

use super::monitor;
use crate::cli::Source;
use crate::error::{BAD_RESULT, Result};

/// Values of each series.
const POINTS: u16 = 60;

pub async fn run(options: &Options, source: &Source, absent: Vec<String>) -> Result<ExitCode> {
    let dashboards = monitor::dashboards_of(source)?;
    let reached = monitor::prometheus_of(options, source).await?;
    let span = Span::until_now(Duration::from_mins(source.minutes), POINTS);
    let absent = absent.into_iter().collect();
    let findings = dashboards::check::run(&reached.prometheus, &dashboards, span, &absent)
        .await
        .map_err(|error| monitor::no_answer(&error))?;
    for defect in &findings.defects {
        println!("FAILED  {defect}");
    }
    let defects = findings.defects.len();
    println!("{} queries and rules, {defects} defects", findings.checked);
    Ok(if defects == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BAD_RESULT)
    })
}
