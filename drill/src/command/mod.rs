//! Carries out each command and prints its report.

mod alerts;
mod opened;
mod pair;
mod print;
mod results;
mod signals;
mod simulate;

use std::future::Future;
use std::pin::Pin;

use crate::cli::Command;
use crate::error::Error;

/// Carries the command out. Returns the exit code. The future is boxed, so that it is compiled here and not again in the binary.
///
/// # Errors
/// If it can't be carried out.
#[must_use]
pub fn run(command: &Command) -> Pin<Box<dyn Future<Output = Result<u8, Error>> + '_>> {
    Box::pin(async {
        match command {
            Command::Simulate(options) => simulate::run(options).await,
            Command::Failover(options) => pair::failover(options).await,
            Command::Matrix(options) => pair::matrix(options).await,
            Command::Soak(options) => pair::soak(options).await,
            Command::Alerts(options) => alerts::run(options).await,
            Command::Page(options) => results::page(options),
            Command::Summary(options) => results::summary(options),
            Command::Faults => results::faults(),
        }
    })
}
