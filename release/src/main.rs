//! Parses the command line, runs the command, and exits with the code that `--help` lists.

use std::process::ExitCode;

use clap::Parser;
use release::cli::{Cli, Command};
use release::error::Result;
use release::report::Report;
use release::{contract, history, manifest, resume, rollback, run};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(&cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("release: {error}");
            error.exit_code()
        }
    }
}

async fn execute(cli: &Cli) -> Result<()> {
    match &cli.command {
        Command::Run(options) => finish(run::run(cli, options).await, options.care.json),
        Command::Resume(options) => finish(resume::resume(cli, options).await, options.care.json),
        Command::Confirm(options) => finish(resume::confirm(cli, options).await, options.care.json),
        Command::Rollback(options) => {
            finish(rollback::rollback(cli, options).await, options.care.json)
        }
        Command::Contract => contract::contract(cli).await,
        Command::Status(options) => history::show(cli, options.json).await,
        Command::Freeze(options) => history::freeze(cli, &options.reason).await,
        Command::Thaw => history::thaw(cli).await,
        Command::Manifest(options) => manifest::write(options),
    }
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
