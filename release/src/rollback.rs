//! `release rollback`: the version before, live again.

use tokio::time::{Duration, Instant, sleep};

use crate::cli::Resume;
use crate::error::{Error, Result};
use crate::journal::release::Release;
use crate::runner::{Report, Runner};
use crate::step::Way;

/// How long another runner may take to do what it is asked.
const WISH: Duration = Duration::from_mins(2);

/// `release rollback`.
pub async fn rollback(command: &Resume) -> (Option<Report>, Result<()>) {
    let outcome = async {
        let runner = Runner::new(&command.place, &command.care)?;
        match runner.journal.open().await? {
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
    let release = match runner.journal.take(open).await {
        Ok(release) => release,
        Err(Error::Running(_)) => {
            runner
                .progress
                .say(&format!("asking {} to roll back", open.owner));
            runner.journal.wish(open.id, runner.journal.owner()).await?;
            match wait_until_closed(runner, open).await? {
                None => return Ok((None, Ok(()))),
                Some(release) => release,
            }
        }
        Err(error) => return Err(error),
    };
    let why = Error::Asked(runner.journal.owner().to_owned());
    let back = Box::pin(runner.give_up(&release, &why));
    let result = runner.guarded_from_others(&release, back).await;
    match result {
        Ok(outcome) => {
            let closed = runner.journal.close(release.id, outcome).await;
            Ok((Some(runner.report(&release, outcome, None)), closed))
        }
        Err(error) => {
            let _ = runner.journal.give(&release).await;
            Err(error)
        }
    }
}

/// Waits for a live runner to end its release; if that runner dies meanwhile, the release is this one's, and returned.
async fn wait_until_closed(runner: &Runner, open: &Release) -> Result<Option<Release>> {
    let deadline = Instant::now() + WISH;
    while Instant::now() < deadline {
        let history = runner.journal.history().await?;
        match history.iter().find(|release| release.id == open.id) {
            Some(release) if release.state == "open" => {
                if let Ok(release) = runner.journal.take(open).await {
                    return Ok(Some(release));
                }
                sleep(Duration::from_millis(500)).await;
            }
            Some(release) if release.state == "confirmed" => {
                return Err(Error::Nothing(format!(
                    "{} was confirmed before it could be asked: say this again",
                    open.version
                )));
            }
            _ => return Ok(None),
        }
    }
    Err(Error::Unsettled(format!(
        "{} did not roll back within {} s",
        open.owner,
        WISH.as_secs()
    )))
}

/// After a confirmation the way back is a release of the version before, which both droplets have kept.
async fn release_previous(runner: Runner) -> Result<(Option<Report>, Result<()>)> {
    let last = runner.journal.last_confirmed().await?;
    let last = last.ok_or_else(|| {
        Error::Nothing("no release was confirmed yet, so there is none to undo".to_owned())
    })?;
    let start = runner
        .check(&last.previous, &last.previous_checksum)
        .await?;
    if start.previous != last.version {
        return Err(Error::Nothing(format!(
            "{} is live, not {}, which the journal has last",
            start.previous, last.version
        )));
    }
    let release = runner.journal.begin(&start).await?;
    Ok(Box::pin(runner.carry_out(&release, Way::Again)).await)
}
