//! The steps that users could notice: the move of the live IP, and the confirmation.

use floatip::mover::release_orders::move_live;
use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};
use crate::journal::Release;
use crate::runner::Runner;
use crate::status::{refuse_if_frozen, unfit};
use crate::step::Step;

impl Runner {
    /// Drains the live droplet's connections, then moves the live IP to the standby.
    ///
    /// # Errors
    /// [`Error::FailedOver`] if something else moved the live IP, [`Error::Unfit`] if the standby may not be live, [`Error::Frozen`]
    /// if an operator has frozen moves meanwhile.
    pub async fn swap(&self, release: &Release) -> Result<()> {
        let standby = self.host(release.standby)?;
        self.begin_step(
            release,
            Step::Drain,
            "let the live droplet close its connections, so that the move breaks none",
        )
        .await?;
        // A live droplet that does not respond is about to fail over to the standby anyway.
        if let Err(error) = self.host(release.live)?.drain(true).await {
            self.progress
                .report(&format!("the live droplet does not drain: {error}"));
        }
        sleep(self.settings.drain).await;
        self.begin_step(release, Step::Move, "move the live IP with one call")
            .await?;
        // Checked as late as possible: if the standby dies after this, users meet a failover besides the move.
        let status = standby.status().await?;
        refuse_if_frozen(&status)?;
        if let Some(problem) = unfit(&status) {
            return Err(Error::Unfit(format!(
                "{}: {problem}",
                standby.droplet().name
            )));
        }
        let started = Instant::now();
        let ip = self.live_ip();
        self.cloud
            .execute(move_live(ip, release.live, release.standby))
            .await?;
        self.progress.report(&format!(
            "the live IP moved in {:.1} s",
            started.elapsed().as_secs_f64()
        ));
        Ok(())
    }

    /// Installs the new version on the droplet that was live. After this, only another release brings the previous version back.
    ///
    /// # Errors
    /// [`Error::Incomplete`] if that droplet does not respond: the release stays open until it does.
    pub async fn confirm(&self, release: &Release) -> Result<()> {
        self.begin_step(
            release,
            Step::Confirm,
            "install the new version on the droplet that was live",
        )
        .await?;
        let work = async {
            let host = self.host(release.live)?;
            host.drain(false).await?;
            host.switch(&release.version).await?;
            host.wait_until_fit().await?;
            for host in self.hosts() {
                host.prune(&[&release.version, &release.previous]).await?;
            }
            Ok::<_, Error>(())
        };
        work.await.map_err(|error| {
            Error::Incomplete(format!("{} is live and good, but {error}", release.version))
        })
    }
}
