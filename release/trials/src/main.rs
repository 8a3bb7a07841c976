//! Trials of releases in a localcloud: good and bad versions under load, runners and droplets that die at each step, an API that
//! fails. Reports what clients experienced and fails if that exceeds the limits.

mod actions;
mod cli;
mod clients;
mod interrupted;
mod result;
mod runner;
mod suite;
mod table;
mod testbed;
mod trial;
mod verdict;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::result::{TrialResult, append, read};
use crate::testbed::{Failure, TestBed};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("release-trials: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the trials and prints the table of results. Returns whether all of them passed.
async fn run(cli: &Cli) -> Result<bool, Failure> {
    let mut results = Vec::new();
    let trials = suite::trials(cli);
    if !trials.is_empty() {
        let bed = TestBed::open(cli).await?;
        bed.wait_until_at_rest().await?;
        for trial in trials {
            let result = trial.run(&bed).await;
            let result = result.unwrap_or_else(|failure| TrialResult::failed(&trial, &failure));
            println!("{result}");
            if let Some(path) = &cli.results {
                append(path, &result)?;
            }
            results.push(result);
        }
    }
    if let Some(path) = &cli.results {
        results = read(path)?;
    }
    let table = table::render(&results, &suite::names());
    println!("\n{table}");
    if let Some(path) = &cli.write {
        table::write(path, &table)?;
    }
    Ok(results.iter().all(TrialResult::passed))
}
