//! `release rollback`: makes the previous version live again.

use tokio::time::{Duration, Instant, sleep};

use crate::cli::{Cli, Resume};
use crate::error::{Error, Result};
use crate::journal::{Release, State};
use crate::report::Report;
use crate::runner::Runner;
use crate::step::Continuation;

/// How long another runner may take to roll back.
const ROLLBACK: Duration = Duration::from_mins(2);

/// `release rollback`.
pub async fn rollback(cli: &Cli, options: &Resume) -> (Option<Report>, Result<()>) {
    let outcome = async {
        let runner = Runner::start(cli, &options.care).await?;
        match runner.journal.open_release().await? {
            Some(open) => roll_back_open(&runner, &open).await,
            None => Box::pin(release_previous(runner)).await,
        }
    };
    match Box::pin(outcome).await {
        Ok((report, result)) => (report, result),
        Err(error) => (None, Err(error)),
    }
}

async fn roll_back_open(runner: &Runner, open: &Release) -> Result<(Option<Report>, Result<()>)> {
    let release = match runner.journal.take_over(open).await {
        Ok(release) => release,
        Err(Error::AlreadyOpen(_)) => {
            runner
                .progress
                .report(&format!("request a rollback from {}", open.owner));
            let by = runner.journal.owner();
            runner.journal.request_rollback(open.id, by).await?;
            match wait_until_closed(runner, open).await? {
                None => return Ok((None, Ok(()))),
                Some(release) => release,
            }
        }
        Err(error) => return Err(error),
    };
    let problem = Error::RollbackRequested(runner.journal.owner().to_owned());
    let back = Box::pin(runner.abort(&release, &problem));
    let result = runner.with_lease_uninterrupted(&release, back).await;
    match result {
        Ok(outcome) => {
            let closed = runner.close(&release, outcome).await;
            Ok((Some(runner.report(&release, outcome, None)), closed))
        }
        Err(error) => {
            let _ = runner.journal.end_lease(&release).await;
            Err(error)
        }
    }
}

/// Waits for another runner to end its release. If that runner dies meanwhile, takes the release over and returns it.
async fn wait_until_closed(runner: &Runner, open: &Release) -> Result<Option<Release>> {
    let deadline = Instant::now() + ROLLBACK;
    while Instant::now() < deadline {
        let history = runner.journal.history().await?;
        match history.iter().find(|release| release.id == open.id) {
            Some(release) if release.state == State::Open => {
                if let Ok(release) = runner.journal.take_over(open).await {
                    return Ok(Some(release));
                }
                sleep(Duration::from_millis(500)).await;
            }
            Some(release) if release.state == State::Confirmed => {
                return Err(Error::NothingToDo(format!(
                    "{} was confirmed before its runner received the request: repeat the command to release the previous version",
                    open.version
                )));
            }
            _ => return Ok(None),
        }
    }
    Err(Error::Incomplete(format!(
        "{} did not roll back within {} s",
        open.owner,
        ROLLBACK.as_secs()
    )))
}

/// After the confirmation, releases the previous version by the normal steps. Both droplets have kept its binary.
async fn release_previous(runner: Runner) -> Result<(Option<Report>, Result<()>)> {
    let last = runner.journal.last_confirmed().await?;
    let last = last.ok_or_else(|| {
        Error::NothingToDo("no release was confirmed yet, so there is none to roll back".to_owned())
    })?;
    let start = runner
        .check(&last.previous, &last.previous_checksum)
        .await?;
    if start.previous != last.version {
        return Err(Error::NothingToDo(format!(
            "{} is live, not {}, which the journal records as the last one",
            start.previous, last.version
        )));
    }
    let release = runner.journal.begin(&start).await?;
    Ok(Box::pin(runner.execute(&release, Continuation::Prepare)).await)
}
