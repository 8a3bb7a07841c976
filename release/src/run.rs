//! `release run`: releases a version.

use operate::environment::repository;

use crate::artifact::Artifact;
use crate::cli::{Cli, Run};
use crate::error::{Error, Result};
use crate::expand;
use crate::journal::Release;
use crate::report::Report;
use crate::runner::Runner;
use crate::step::Continuation;
use crate::version;

/// Where artifacts are built, by version.
pub const ARTIFACTS: &str = ".cache/releases";

/// `release run`.
pub async fn run(cli: &Cli, options: &Run) -> (Option<Report>, Result<()>) {
    match begin(cli, options).await {
        Ok((runner, release)) => Box::pin(runner.execute(&release, Continuation::Prepare)).await,
        Err(error) => (None, Err(error)),
    }
}

async fn begin(cli: &Cli, options: &Run) -> Result<(Runner, Release)> {
    if !version::is_version(&options.version) {
        return Err(Error::Usage(format!(
            "{:?} is not a version: give vX.Y.Z",
            options.version
        )));
    }
    if !options.trial {
        version::require(&options.version, &repository()?)?;
    }
    let directory = match &options.artifact {
        Some(directory) => directory.clone(),
        None => repository()?.join(ARTIFACTS).join(&options.version),
    };
    let artifact = Artifact::open(&directory, &options.version)?;
    let mut runner = Runner::start(cli, &options.care).await?;
    if let Some(release) = runner.journal.open_release().await? {
        return Err(release.already_open());
    }
    let start = runner.check(&options.version, &artifact.checksum).await?;
    expand::check(&artifact.migrations, &runner.journal.migrations().await?)?;
    runner.artifact = Some(artifact);
    let release = runner.journal.begin(&start).await?;
    Ok((runner, release))
}
