//! Trials of releases in a localcloud: good ones and bad ones under load, runners and droplets that die at each step, an API that
//! fails. Says what clients met, and fails if that is more than it may be.
//!
//! `trials quick` is for `make test`; `trials full --runs 20 --write docs/RELEASES.md` is what the figures come from. Runs in the repository's
//! directory, in the environment `NAME`.

mod acts;
mod client;
mod command;
mod pair;
mod table;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::pair::{Failure, Pair};
use crate::table::Outcome;
use crate::trial::Trial;

#[derive(Parser)]
struct Cli {
    /// Which trials
    suite: Suite,
    /// How many good releases, and how many rounds of bad ones
    #[arg(long, default_value_t = 1)]
    runs: u32,
    /// Of these, only the trials whose name has this in it
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Two versions whose artifacts are in .cache/releases, released in turn
    #[arg(long, num_args = 2, default_values = ["v0.0.1-trial", "v0.0.2-trial"])]
    good: Vec<String>,
    /// The program that makes bad versions out of good ones
    #[arg(long, default_value = "target/debug/examples/impostor")]
    impostor: PathBuf,
    /// Requests a second
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// The share of requests that may fail besides, on a machine that does other things meanwhile
    #[arg(long, default_value_t = 0.0)]
    tolerance: f64,
    /// Add what each trial comes to to this file, and make the table of all that it has, which other runs may have added
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// Write the table between its marks in this file
    #[arg(long)]
    write: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Suite {
    /// One good release, both rollbacks, what refuses, one bad version, one runner killed
    Quick,
    /// No release: what clients meet on this machine anyway
    Nothing,
    /// Good releases only
    Good,
    /// Bad versions only
    Bad,
    /// Runners killed at each step
    Kill,
    /// The API fails at each step
    Api,
    /// A droplet dies at each step
    Dead,
    /// All of it
    Full,
    /// None: the table of what is kept
    Table,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("trials: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<bool, Failure> {
    let mut trials = trials(cli.suite, cli.runs);
    trials.retain(|trial| trial.to_string().contains(&cli.only));
    let mut outcomes = Vec::new();
    if !trials.is_empty() {
        let mut pair = Pair::new(&cli.good, &cli.impostor, cli.rate, cli.tolerance).await?;
        for trial in trials {
            let outcome = match trial.run(&mut pair).await {
                Ok(outcome) => outcome,
                Err(failure) => Outcome::broken(trial.to_string(), &failure),
            };
            println!("{outcome}");
            if let Some(path) = &cli.results {
                table::keep(path, &outcome)?;
            }
            outcomes.push(outcome);
        }
    }
    if let Some(path) = &cli.results {
        outcomes = table::kept(path)?;
    }
    let order: Vec<String> = names();
    let table = table::render(&outcomes, &order);
    println!("\n{table}");
    if let Some(path) = &cli.write {
        table::write(path, &table)?;
    }
    Ok(outcomes.iter().all(|outcome| outcome.broken.is_empty()))
}

/// All trials' names, each once.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for trial in trials(Suite::Full, 1) {
        let name = trial.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn trials(suite: Suite, runs: u32) -> Vec<Trial> {
    let times = |trials: &[Trial], runs: u32| -> Vec<Trial> {
        (0..runs).flat_map(|_| trials.iter().cloned()).collect()
    };
    // A rollback of what was confirmed follows a confirmation.
    let good = || [times(&[Trial::Good], runs), vec![Trial::Undo]].concat();
    let nothing = || times(&[Trial::Nothing], runs.div_ceil(5));
    let bad = || times(&Trial::bad(), runs.div_ceil(8));
    match suite {
        Suite::Quick => vec![
            Trial::Good,
            Trial::Undo,
            Trial::Frozen,
            Trial::Rollback,
            Trial::Bad("page-500"),
            Trial::Kill("move", "resume"),
        ],
        Suite::Nothing => nothing(),
        Suite::Good => good(),
        Suite::Bad => bad(),
        Suite::Kill => Trial::kills(),
        Suite::Api => Trial::api_faults(),
        Suite::Dead => Trial::deaths(),
        Suite::Full => [
            nothing(),
            good(),
            vec![Trial::Frozen, Trial::Rollback],
            bad(),
            Trial::kills(),
            Trial::api_faults(),
            Trial::deaths(),
        ]
        .concat(),
        Suite::Table => Vec::new(),
    }
}
