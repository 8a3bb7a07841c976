//! `release resume` and `release confirm`: continue an open release.

use operate::environment::repository;

use crate::artifact::Artifact;
use crate::cli::{Cli, Resume};
use crate::error::{Error, Result};
use crate::journal::Release;
use crate::report::Report;
use crate::run::ARTIFACTS;
use crate::runner::Runner;
use crate::step::{Continuation, Step};

/// `release resume`.
pub async fn resume(cli: &Cli, options: &Resume) -> (Option<Report>, Result<()>) {
    match take_over(cli, options).await {
        Ok((runner, release, next)) => Box::pin(runner.execute(&release, next)).await,
        Err(error) => (None, Err(error)),
    }
}

async fn take_over(cli: &Cli, options: &Resume) -> Result<(Runner, Release, Continuation)> {
    let mut runner = Runner::start(cli, &options.care).await?;
    let open = runner.journal.open_release().await?;
    let open = open.ok_or_else(|| Error::NothingToDo("no release is open".to_owned()))?;
    let (release, next) = runner.take_over(&open).await?;
    if next == Continuation::Prepare {
        let artifacts = match &options.artifacts {
            Some(directory) => Some(directory.clone()),
            None => repository().ok().map(|it| it.join(ARTIFACTS)),
        };
        // The droplets usually have the version already.
        runner.artifact = artifacts.and_then(|artifacts| {
            Artifact::open(&artifacts.join(&release.version), &release.version).ok()
        });
    }
    Ok((runner, release, next))
}

/// `release confirm`.
pub async fn confirm(cli: &Cli, options: &Resume) -> (Option<Report>, Result<()>) {
    let (runner, release, next) = match take_over(cli, options).await {
        Ok(taken) => taken,
        Err(error) => return (None, Err(error)),
    };
    let was_verified = release.step == Step::Bake && next == Continuation::Judge;
    if was_verified || next == Continuation::Confirm {
        return Box::pin(runner.execute(&release, Continuation::Confirm)).await;
    }
    let _ = runner.journal.end_lease(&release).await;
    let problem = format!(
        "{} is not both live and verified: `make release-resume` continues its release",
        release.version
    );
    (None, Err(Error::NothingToDo(problem)))
}
