//! Carries a release out to its end, and abandons it or rolls it back if something goes wrong.

use tokio::time::{Duration, sleep};

use crate::error::{Error, Result};
use crate::journal::{Release, State};
use crate::report::{Outcome, Report};
use crate::runner::Runner;
use crate::step::{Continuation, continuation};

/// Between two renewals of the lease while the droplets are reconciled.
const RENEWAL: Duration = Duration::from_secs(2);

impl Runner {
    /// Carries out what remains of a release.
    pub async fn execute(
        &self,
        release: &Release,
        continuation: Continuation,
    ) -> (Option<Report>, Result<()>) {
        let steps = Box::pin(self.steps(release, continuation));
        let (result, problem) = match self.with_lease(release, steps).await {
            Ok(outcome) => (Ok(outcome), None),
            Err(error @ (Error::LeaseLost(_) | Error::Incomplete(_))) => (Err(error), None),
            Err(problem) => {
                // A rollback that was requested already must not interrupt the way back.
                let back = Box::pin(self.abort(release, &problem));
                let result = self.with_lease_uninterrupted(release, back).await;
                (result, Some(problem))
            }
        };
        match result {
            Ok(Outcome::Held) => {
                let ended = self.journal.end_lease(release).await;
                (Some(self.report(release, Outcome::Held, None)), ended)
            }
            Ok(outcome) => {
                let closed = self.close(release, outcome).await;
                let report = self.report(release, outcome, problem.as_ref());
                (Some(report), closed.and(problem.map_or(Ok(()), Err)))
            }
            Err(error) => {
                // If this fails, the lease expires by itself.
                let _ = self.journal.end_lease(release).await;
                let report = self.report(release, Outcome::Open, Some(&error));
                (Some(report), Err(error))
            }
        }
    }

    async fn steps(&self, release: &Release, continuation: Continuation) -> Result<Outcome> {
        match continuation {
            Continuation::Prepare => {
                self.prepare(release).await?;
                self.swap(release).await?;
                self.judge_live(release).await?;
            }
            Continuation::Judge => self.judge_live(release).await?,
            Continuation::Confirm => {}
            Continuation::Reconcile => {
                return Err(Error::FailedOver(
                    "the live IP is not where this release left it".to_owned(),
                ));
            }
        }
        if self.settings.hold && continuation != Continuation::Confirm {
            return Ok(Outcome::Held);
        }
        self.confirm(release).await?;
        Ok(Outcome::Confirmed)
    }

    /// Closes a release in the journal.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if another runner owns it now.
    pub async fn close(&self, release: &Release, outcome: Outcome) -> Result<()> {
        let state = match outcome {
            Outcome::Confirmed => State::Confirmed,
            Outcome::RolledBack => State::RolledBack,
            Outcome::Abandoned => State::Abandoned,
            Outcome::Held | Outcome::Open => return Ok(()),
        };
        self.journal.close(release.id, state).await
    }

    /// Does `work` and renews the lease meanwhile. Ends early only if another runner takes the release over.
    ///
    /// # Errors
    /// The error of `work`, or [`Error::LeaseLost`].
    pub async fn with_lease_uninterrupted<T>(
        &self,
        release: &Release,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let renewals = async {
            loop {
                sleep(RENEWAL).await;
                let renewed = self.journal.renew_lease(release.id).await;
                if let Err(error @ Error::LeaseLost(_)) = renewed {
                    return error;
                }
            }
        };
        tokio::select! {
            result = work => result,
            error = renewals => Err(error),
        }
    }

    /// Takes over an open release whose runner has died. Returns how it continues.
    ///
    /// # Errors
    /// [`Error::AlreadyOpen`] if its runner is alive.
    pub async fn take_over(&self, release: &Release) -> Result<(Release, Continuation)> {
        let release = self.journal.take_over(release).await?;
        let holder = self.cloud.holder(self.live_ip()).await?;
        let new_is_live = holder == Some(release.standby);
        let mut next = continuation(release.step, new_is_live);
        let needs_new = matches!(next, Continuation::Judge | Continuation::Confirm);
        if needs_new && !self.runs_new(&release).await {
            next = Continuation::Reconcile;
        }
        self.progress.report(&format!(
            "this runner takes over the release of {}, interrupted in step {}. Next: {next}",
            release.version, release.step
        ));
        Ok((release, next))
    }
}
