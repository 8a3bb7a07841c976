//! `minitwitctl promql`: a query on the monitor's Prometheus.

use std::process::ExitCode;

use operate::environment::Environment;

use super::{monitor, passed_on};
use crate::error::Result;

pub async fn run(environment: &Environment, query: &str) -> Result<ExitCode> {
    // The query is passed as input: no shell reads its quotes.
    let command = r#"promtool query instant http://127.0.0.1:9090 "$(cat)""#;
    let droplet = monitor::droplet(environment)?;
    let code = environment
        .ssh
        .feed(droplet, command, query.as_bytes())
        .await?;
    Ok(passed_on(code))
}
