//! `release status`, `release freeze` and `release thaw`: read and write the journal without a release.

use crate::cli::Cli;
use crate::error::Result;
use crate::journal::Journal;
use crate::runner::journal;

fn open(cli: &Cli) -> Result<Journal> {
    journal(&cli.environment.open()?, &cli.operator)
}

/// `release status`.
///
/// # Errors
/// If the journal can't be read.
pub async fn show(cli: &Cli, json: bool) -> Result<()> {
    let releases = open(cli)?.history().await?;
    if json {
        println!("{}", serde_json::json!(releases));
        return Ok(());
    }
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
    Ok(())
}

/// `release freeze`.
///
/// # Errors
/// If the journal can't be written.
pub async fn freeze(cli: &Cli, reason: &str) -> Result<()> {
    open(cli)?.freeze(reason).await
}

/// `release thaw`.
///
/// # Errors
/// If the journal can't be written.
pub async fn thaw(cli: &Cli) -> Result<()> {
    open(cli)?.thaw().await
}
