//! The steps before the live IP moves. Users notice none of them.

use std::net::SocketAddr;
use std::time::Duration;

use floatip::mover::release_orders as orders;
use tokio::time::{Instant, sleep};

use crate::candidate::CANDIDATE_PORT;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::journal::Release;
use crate::load::Load;
use crate::probes::warm;
use crate::runner::{Baseline, Runner};
use crate::status::unfit;
use crate::step::Step;

/// How long a reserved IP may take to reach a droplet after its record has moved.
const ARRIVAL: Duration = Duration::from_secs(15);

impl Runner {
    /// All steps from the installation to the move. They are idempotent.
    ///
    /// # Errors
    /// [`Error::Rejected`] if the new version does not pass; the errors of each step.
    pub async fn prepare(&self, release: &Release) -> Result<()> {
        // The measurement takes a while, and the installation does not disturb it.
        let (installed, ()) = tokio::join!(self.install(release), self.measure_baseline(release));
        installed?;
        let standby = self.host(release.standby)?;

        self.begin_step(
            release,
            Step::Migrate,
            "expand the schema with the new version's migrations",
        )
        .await?;
        let database = &self.environment.outputs.database;
        let applied = standby.migrate(&release.version, database, false).await?;
        self.progress.report(&applied);

        self.begin_step(
            release,
            Step::Candidate,
            "start the new version on the standby, beside the previous one",
        )
        .await?;
        standby.start_candidate(&release.version).await?;

        self.stage(release).await?;
        self.verify_candidate(release).await?;
        self.switch_standby(release, &standby).await?;

        self.begin_step(release, Step::Unstage, "take the stage IP off the standby")
            .await?;
        self.unstage().await?;
        let pause = self.settings.cool_down;
        self.progress
            .report(&format!("wait {} s before the next move", pause.as_secs()));
        sleep(pause).await;
        Ok(())
    }

    /// Measures the previous version, to compare the new one with.
    async fn measure_baseline(&self, release: &Release) {
        let started = Instant::now();
        let before = self.counters(release.live).await;
        sleep(self.settings.watch).await;
        let counted = match (before, self.counters(release.live).await) {
            (Some(before), Some(after)) => after.since(&before),
            _ => Load::default(),
        };
        let baseline = Baseline {
            probed: self.probed_since(started),
            counted,
        };
        self.progress.report(&format!(
            "{} before the release: {} through the live IP; {} by the droplet's own counters",
            release.previous, baseline.probed, baseline.counted
        ));
        // A runner prepares one release, so no baseline is set yet.
        let _ = self.baseline.set(baseline);
    }

    async fn install(&self, release: &Release) -> Result<()> {
        self.begin_step(
            release,
            Step::Install,
            "copy the binary to both droplets, beside the version that runs",
        )
        .await?;
        let [a, b] = self.hosts();
        let install = async |host: &Host| match &self.artifact {
            Some(artifact) if artifact.checksum == release.checksum => {
                host.install(&release.version, &artifact.bytes, &release.checksum)
                    .await
            }
            _ => match host.checksum(&release.version).await? {
                Some(sum) if sum == release.checksum => Ok(()),
                _ => Err(Error::Artifact(format!(
                    "{} is not on {}, and this runner does not have its artifact: give the artifact's directory",
                    release.version,
                    host.droplet().name
                ))),
            },
        };
        tokio::try_join!(install(&a), install(&b))?;
        self.progress
            .report(&format!("sha256 {}", release.checksum));
        Ok(())
    }

    async fn stage(&self, release: &Release) -> Result<()> {
        self.begin_step(release, Step::Stage, "move the stage IP to the standby")
            .await?;
        let ip = self.stage_ip();
        // An agent that takes over unassigns the stage IP from its droplet first. After that it must not be assigned again.
        self.require_live_on(release.live).await?;
        self.cloud
            .execute(orders::stage(ip, release.live, release.standby))
            .await?;
        let address = SocketAddr::from((ip, CANDIDATE_PORT));
        self.wait_for_version(address, &release.version, ARRIVAL)
            .await
            .map_err(Error::Rejected)
    }

    async fn switch_standby(&self, release: &Release, standby: &Host) -> Result<()> {
        self.begin_step(
            release,
            Step::Switch,
            "make the new version the standby's service",
        )
        .await?;
        self.require_live_serves(release).await?;
        standby.stop_candidate().await?;
        standby.switch(&release.version).await?;
        standby.wait_until_fit().await?;
        let address = self.service_at(self.stage_ip());
        let visit = self
            .test(address, &release.version)
            .await
            .map_err(Error::Rejected)?;
        self.remove_accounts(&visit.tag).await;
        warm(&self.user(address)).await;
        Ok(())
    }

    /// Checks that this droplet holds the live IP by the API's record.
    ///
    /// # Errors
    /// [`Error::FailedOver`].
    pub async fn require_live_on(&self, droplet: u64) -> Result<()> {
        match self.cloud.holder(self.live_ip()).await? {
            Some(holder) if holder == droplet => Ok(()),
            Some(holder) => Err(Error::FailedOver(format!(
                "droplet {holder} holds the live IP now"
            ))),
            None => Err(Error::FailedOver(
                "no droplet holds the live IP now".to_owned(),
            )),
        }
    }

    /// Checks that the live droplet is fit. If it is not, the standby has to take over as it is.
    async fn require_live_serves(&self, release: &Release) -> Result<()> {
        self.require_live_on(release.live).await?;
        let live = self.host(release.live)?;
        let name = &live.droplet().name;
        let problem = match live.status().await {
            Ok(status) => unfit(&status),
            Err(error) => Some(error.to_string()),
        };
        problem.map_or(Ok(()), |problem| {
            Err(Error::Unfit(format!("{name}: {problem}")))
        })
    }

    /// Takes the stage IP off whichever droplet holds it.
    ///
    /// # Errors
    /// If the API fails.
    pub async fn unstage(&self) -> Result<()> {
        let droplets = self.pair.both().each_ref().map(|droplet| droplet.id);
        self.cloud
            .execute(orders::unstage(self.stage_ip(), droplets))
            .await
    }
}
