//! The command line.

use std::process::ExitCode;

use clap::Parser;
use release::cli::{Cli, Command};
use release::error::{Error, Result};
use release::runner::Report;
use release::seal::seal;
use release::{commands, rollback};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let (outcome, json) = match &cli.command {
        Command::Run(run) => (commands::run(run).await, run.care.json),
        Command::Resume(resume) => (commands::resume(resume).await, resume.care.json),
        Command::Rollback(resume) => (rollback::rollback(resume).await, resume.care.json),
        Command::Confirm(resume) => (commands::confirm(resume).await, resume.care.json),
        other => ((None, by_hand(other).await), false),
    };
    let (report, result) = outcome;
    if let Some(report) = report {
        show(&report, json);
    }
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("release: {error}");
            error.exit_code()
        }
    }
}

async fn by_hand(command: &Command) -> Result<()> {
    match command {
        Command::Contract(place) => println!("{}", commands::contract(place).await?),
        Command::Status(status) => {
            let (_, _, journal) = commands::journal(&status.place)?;
            let releases = journal.history().await?;
            if status.json {
                println!("{}", serde_json::json!(releases));
            } else {
                for release in releases {
                    println!(
                        "{}  {:<10} after {:<10} {:<11} at {:<12} by {}",
                        release.since,
                        release.version,
                        release.previous,
                        release.state,
                        release.step,
                        release.owner
                    );
                }
            }
        }
        Command::Freeze(freeze) => {
            let (_, _, journal) = commands::journal(&freeze.place)?;
            journal.freeze(&freeze.reason).await?;
        }
        Command::Thaw(place) => commands::journal(place)?.2.thaw().await?,
        Command::Seal(command) => seal(command)?,
        Command::Run(_) | Command::Resume(_) | Command::Rollback(_) | Command::Confirm(_) => {
            return Err(Error::Usage("this command has a report".to_owned()));
        }
    }
    Ok(())
}

fn show(report: &Report, json: bool) {
    if json {
        println!("{}", serde_json::json!(report));
        return;
    }
    println!();
    println!(
        "{}: {} after {}, {:.1} s",
        report.outcome, report.version, report.previous, report.seconds
    );
    println!("sha256 {}", report.checksum);
    println!(
        "requests through the live IP: {}, {} failed, p99 {:.0} ms; answered by {}",
        report.probes.requests,
        report.probes.failed,
        report.probes.p99_ms,
        report.versions_seen.join(", ")
    );
    for took in &report.steps {
        println!("  {:<12} {:6.1} s", took.step, took.seconds);
    }
    if report.outcome == "held" {
        println!("`make release-confirm` ends the rollback window, `make rollback` goes back");
    }
}
