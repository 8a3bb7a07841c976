//! `release contract`: removes from the schema what is not needed by any version that could become live again.

use crate::cli::Cli;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::pair::Pair;
use crate::runner::journal;

/// `release contract`.
///
/// # Errors
/// [`Error::AlreadyOpen`] while a release is open, [`Error::Frozen`], [`Error::Unfit`] if a droplet runs another version than the
/// last one that was confirmed, [`Error::Migration`].
pub async fn contract(cli: &Cli) -> Result<()> {
    let environment = cli.environment.open()?;
    let journal = journal(&environment, &cli.operator)?;
    if let Some(release) = journal.open_release().await? {
        return Err(release.already_open());
    }
    journal.refuse_if_frozen().await?;
    let last = journal.last_confirmed().await?;
    let last = last.ok_or_else(|| Error::NothingToDo("no release was confirmed yet".to_owned()))?;
    let droplets = Pair::of(&environment)?.both().clone();
    let hosts = droplets.map(|droplet| Host::new(environment.ssh.clone(), droplet));
    for host in &hosts {
        let current = host.current().await?;
        if current.version != last.version {
            return Err(Error::Unfit(format!(
                "{} runs {}, not {}",
                host.droplet().name,
                current.version,
                last.version
            )));
        }
    }
    let database = &environment.outputs.database;
    let applied = hosts[0].migrate(&last.version, database, true).await?;
    println!("{applied}");
    Ok(())
}
