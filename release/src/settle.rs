//! Back to rest when a release does not end well: the live IP back if need be, then both droplets on the version that is live.

use std::time::Duration;

use floatip::mover::release_orders::move_live;
use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};
use crate::journal::release::Release;
use crate::runner::Runner;
use crate::status::unfit;
use crate::step::Step;

/// How long connections are let go before the move back when what is live is bad.
const DRAIN: Duration = Duration::from_millis(300);
const ARRIVAL: Duration = Duration::from_secs(10);

impl Runner {
    /// Gives a release up: back to the version before if the new one is live, then to rest. Returns the word for what it came to.
    ///
    /// # Errors
    /// [`Error::Unsettled`] if the pair could not be brought to rest; the release stays open.
    pub async fn give_up(&self, release: &Release, why: &Error) -> Result<&'static str> {
        self.progress.say(&format!("giving up: {why}"));
        let unsettled = |error: Error| Error::Unsettled(format!("{why}; then {error}"));
        let holder = self
            .cloud
            .holder(self.environment.live_ip)
            .await
            .map_err(unsettled)?;
        let mut outcome = "abandoned";
        if holder == Some(release.standby) && !matches!(why, Error::Overtaken(_)) {
            let gone = matches!(why, Error::Gone(_)) || self.is_gone(release).await;
            if gone || self.runs_new(release).await {
                self.go_back(release, why, gone).await.map_err(unsettled)?;
                outcome = "rolled back";
            }
        }
        self.settle(release).await.map_err(unsettled)?;
        Ok(outcome)
    }

    /// Whether the new version is what the droplet that it was released to serves with.
    pub async fn runs_new(&self, release: &Release) -> bool {
        let Ok(host) = self.host(release.standby) else {
            return false;
        };
        // A droplet that can't be asked is about to lose the live IP: then it is the agents' matter.
        host.current()
            .await
            .is_ok_and(|current| current.version == release.version)
    }

    /// The live IP back to the droplet that was live, on which the previous version still runs: one call. Of a droplet that is gone
    /// nothing is asked.
    async fn go_back(&self, release: &Release, why: &Error, gone: bool) -> Result<()> {
        let begun = Instant::now();
        if gone {
            self.journal.avoid(release.standby).await;
        }
        let (old, new) = (self.host(release.live)?, self.host(release.standby)?);
        let what = format!("move the live IP back to {}", release.previous);
        let entered = self.enter(release, Step::Settle, &what);
        let ready = async { tokio::join!(old.status(), old.drain(false)).0 };
        let status = if gone {
            let (entered, status) = tokio::join!(entered, ready);
            entered?;
            status
        } else {
            entered.await?;
            // Somebody who asked is in less of a hurry than users who meet errors.
            let drain = if matches!(why, Error::Asked(_)) {
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
        let ip = self.environment.live_ip;
        self.cloud
            .execute(move_live(ip, release.standby, release.live))
            .await?;
        self.arrives(ip, 80, &release.previous, ARRIVAL)
            .await
            .map_err(Error::Failed)?;
        self.progress.say(&format!(
            "{} answers at the live IP again, after {:.1} s",
            release.previous,
            begun.elapsed().as_secs_f64()
        ));
        Ok(())
    }

    /// No candidate, no drain, no stage IP, and the standby on the version that is live. May be said again.
    ///
    /// # Errors
    /// If a droplet is gone, or the API.
    pub async fn settle(&self, release: &Release) -> Result<()> {
        self.enter(
            release,
            Step::Settle,
            "bring both droplets to the version that is live",
        )
        .await?;
        if let Some(visit) = self.visitor.get() {
            visit.forget(self).await;
        }
        let holder = self.cloud.holder(self.environment.live_ip).await?;
        let holder = holder.ok_or_else(|| Error::Unfit("the live IP is nowhere".to_owned()))?;
        self.unstage().await?;
        let (live, standby) = (
            self.host(holder)?,
            self.host(self.environment.other(holder).id)?,
        );
        // What is live goes first, whatever became of the other.
        live.stop_candidate().await?;
        live.drain(false).await?;
        let version = live.current().await?.version;
        standby.stop_candidate().await?;
        standby.switch(&version).await?;
        standby.drain(false).await?;
        standby.wait_until_fit().await?;
        self.progress.say(&format!(
            "both droplets run {version}, {} is live",
            live.droplet().name
        ));
        Ok(())
    }
}
