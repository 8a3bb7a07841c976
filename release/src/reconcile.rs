//! Ends a release that went wrong: moves the live IP back if necessary, then brings both droplets to the version that is live.

use std::time::Duration;

use floatip::mover::release_orders::move_live;
use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};
use crate::journal::Release;
use crate::report::Outcome;
use crate::runner::Runner;
use crate::status::unfit;
use crate::step::Step;

/// How long connections are closed before the move back when the new version is bad.
const DRAIN: Duration = Duration::from_millis(300);
/// How long the live IP may take to reach a droplet after its record has moved.
const ARRIVAL: Duration = Duration::from_secs(10);

impl Runner {
    /// Ends a release because of `problem`: makes the previous version live if the new one is, then reconciles both droplets.
    ///
    /// # Errors
    /// [`Error::Incomplete`] if the droplets could not be reconciled; the release stays open.
    pub async fn abort(&self, release: &Release, problem: &Error) -> Result<Outcome> {
        self.progress
            .report(&format!("the release ends: {problem}"));
        let incomplete = |error: Error| Error::Incomplete(format!("{problem}; then {error}"));
        let holder = self
            .cloud
            .holder(self.live_ip())
            .await
            .map_err(incomplete)?;
        let mut outcome = Outcome::Abandoned;
        if holder == Some(release.standby) && !matches!(problem, Error::FailedOver(_)) {
            let dead = matches!(problem, Error::DeadDroplet(_)) || self.is_dead(release).await;
            if dead || self.runs_new(release).await {
                self.move_back(release, problem, dead)
                    .await
                    .map_err(incomplete)?;
                outcome = Outcome::RolledBack;
            }
        }
        self.reconcile(release).await.map_err(incomplete)?;
        Ok(outcome)
    }

    /// Whether the droplet that got the new version runs it.
    pub async fn runs_new(&self, release: &Release) -> bool {
        let Ok(host) = self.host(release.standby) else {
            return false;
        };
        // If the droplet does not respond, the agents are about to move the live IP themselves.
        host.current()
            .await
            .is_ok_and(|current| current.version == release.version)
    }

    /// Moves the live IP back to the droplet that was live, where the previous version still runs, with one call. Sends no command
    /// to a dead droplet.
    async fn move_back(&self, release: &Release, problem: &Error, dead: bool) -> Result<()> {
        let started = Instant::now();
        if dead {
            self.journal.avoid(release.standby).await;
        }
        let (old, new) = (self.host(release.live)?, self.host(release.standby)?);
        let description = format!("move the live IP back to {}", release.previous);
        let begun = self.begin_step(release, Step::Reconcile, &description);
        let ready = async { tokio::join!(old.status(), old.drain(false)).0 };
        let status = if dead {
            let (begun, status) = tokio::join!(begun, ready);
            begun?;
            status
        } else {
            begun.await?;
            // A requested rollback is less urgent than one from a bad version.
            let drain = if matches!(problem, Error::RollbackRequested(_)) {
                self.settings.drain
            } else {
                DRAIN
            };
            tokio::join!(ready, new.drain(true), sleep(drain)).0
        };
        if let Some(problem) = unfit(&status?) {
            return Err(Error::Unfit(format!(
                "{} can't take the live IP back: {problem}",
                old.droplet().name
            )));
        }
        let ip = self.live_ip();
        self.cloud
            .execute(move_live(ip, release.standby, release.live))
            .await?;
        let address = self.service_at(ip);
        self.wait_for_version(address, &release.previous, ARRIVAL)
            .await
            .map_err(Error::Failed)?;
        self.progress.report(&format!(
            "{} responds at the live IP again, after {:.1} s",
            release.previous,
            started.elapsed().as_secs_f64()
        ));
        Ok(())
    }

    /// Removes the candidate, the drain and the stage IP, and switches the standby to the version that is live. Idempotent.
    ///
    /// # Errors
    /// If a droplet or the API does not respond.
    pub async fn reconcile(&self, release: &Release) -> Result<()> {
        self.begin_step(
            release,
            Step::Reconcile,
            "bring both droplets to the version that is live",
        )
        .await?;
        if let Some(visit) = self.visit.get() {
            self.remove_accounts(&visit.tag).await;
        }
        let holder = self.cloud.holder(self.live_ip()).await?;
        let holder =
            holder.ok_or_else(|| Error::Unfit("no droplet holds the live IP".to_owned()))?;
        self.unstage().await?;
        let (live, standby) = (self.host(holder)?, self.host(self.pair.other(holder).id)?);
        // The live droplet goes first: the standby may not respond.
        live.stop_candidate().await?;
        live.drain(false).await?;
        let version = live.current().await?.version;
        standby.stop_candidate().await?;
        standby.switch(&version).await?;
        standby.drain(false).await?;
        standby.wait_until_fit().await?;
        self.progress.report(&format!(
            "both droplets run {version}, {} is live",
            live.droplet().name
        ));
        Ok(())
    }
}
