//! Carries out each command and prints its report.

mod alerts;
mod opened;
mod pair;
mod print;
mod results;
mod signals;
mod simulate;

use crate::cli::Command;
use crate::error::Error;

/// Carries the command out. Returns the exit code.
///
/// # Errors
/// If it can't be carried out.
pub async fn run(command: &Command) -> Result<u8, Error> {
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
}
