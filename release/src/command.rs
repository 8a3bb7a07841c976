//! One command of the command line, from its options to its report.

use std::future::Future;
use std::pin::Pin;

use crate::cli::{Cli, Command};
use crate::error::Result;
use crate::report::Report;
use crate::{contract, history, manifest, resume, rollback, run};

/// Runs the command. The future is boxed, so that it is compiled here and not again in the binary.
#[must_use]
pub fn execute(cli: &Cli) -> Pin<Box<dyn Future<Output = Result<()>> + '_>> {
    Box::pin(async {
        match &cli.command {
            Command::Run(options) => finish(run::run(cli, options).await, options.care.json),
            Command::Resume(options) => {
                finish(resume::resume(cli, options).await, options.care.json)
            }
            Command::Confirm(options) => {
                finish(resume::confirm(cli, options).await, options.care.json)
            }
            Command::Rollback(options) => {
                finish(rollback::rollback(cli, options).await, options.care.json)
            }
            Command::Contract => contract::contract(cli).await,
            Command::Status(options) => history::show(cli, options.json).await,
            Command::Freeze(options) => history::freeze(cli, &options.reason).await,
            Command::Thaw => history::thaw(cli).await,
            Command::Manifest(options) => manifest::write(options),
        }
    })
}

/// Prints the report of a release, if there was one, whether or not it succeeded.
fn finish((report, result): (Option<Report>, Result<()>), json: bool) -> Result<()> {
    match report {
        Some(report) if json => println!("{}", serde_json::json!(report)),
        Some(report) => println!("\n{report}"),
        None => {}
    }
    result
}
