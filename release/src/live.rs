//! Judges the new version while it is live: acceptance test, errors and latency.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::acceptance::AcceptanceTest;
use crate::counters::Counters;
use crate::error::{Error, Result};
use crate::journal::Release;
use crate::judge::{more_fail, slower};
use crate::runner::Runner;
use crate::step::Step;

/// How long the live IP may take to reach a droplet after its record has moved.
const ARRIVAL: Duration = Duration::from_secs(10);
/// Between two measurements.
const PERIOD: Duration = Duration::from_secs(1);
/// Measurements in a window. At the end of each window the p99 is judged and the record is read, which the API limits.
const WINDOW: u32 = 3;

impl Runner {
    /// Waits until the new version responds at the live IP, tests it there, and watches it for the bake time.
    ///
    /// # Errors
    /// [`Error::Worse`], [`Error::DeadDroplet`], or [`Error::FailedOver`] if something else moves the live IP.
    pub async fn judge_live(&self, release: &Release) -> Result<()> {
        tokio::select! {
            dead = self.wait_for_death(release) => Err(dead),
            judged = self.judge_responses(release) => judged,
        }
    }

    async fn judge_responses(&self, release: &Release) -> Result<()> {
        let address = self.service_at(self.live_ip());
        self.wait_for_version(address, &release.version, ARRIVAL)
            .await
            .map_err(Error::Worse)?;
        self.progress
            .report(&format!("{} responds at the live IP", release.version));
        self.begin_step(
            release,
            Step::VerifyLive,
            "test the new version through the live IP",
        )
        .await?;
        let moved = Instant::now();
        let before = self.counters(release.standby).await;
        let watched = self.watch_live(release, moved, before.as_ref());
        let tested = async {
            self.test_live(release).await?;
            self.begin_step(
                release,
                Step::Bake,
                &format!("watch it for {} s", self.settings.bake.as_secs()),
            )
            .await?;
            sleep(self.settings.bake).await;
            Ok(())
        };
        tokio::select! {
            problem = watched => Err(problem),
            result = tested => result,
        }?;
        let load = self.probed_since(moved);
        self.progress
            .report(&format!("since the move: {load} through the live IP"));
        Ok(())
    }

    async fn test_live(&self, release: &Release) -> Result<()> {
        let address = self.service_at(self.live_ip());
        let visit = self
            .test(address, &release.version)
            .await
            .map_err(Error::Worse)?;
        self.remove_accounts(&visit.tag).await;
        if let Some(visit) = self.visit.get() {
            let visitor = visit.visitor.at(address);
            let result = AcceptanceTest::still_signed_in(visitor, &release.version).await;
            self.remove_accounts(&visit.tag).await;
            result.map_err(|problem| Error::Worse(problem.to_string()))?;
            self.progress
                .report("a visitor who signed in before the move is still signed in");
        }
        // It is the standby now. If it becomes live again, it may keep connections open.
        if let Ok(host) = self.host(release.live) {
            let _ = host.drain(false).await;
        }
        Ok(())
    }

    /// Compares with the previous version until the new one is worse or the live IP is on another droplet.
    ///
    /// Failures are counted since the move. The p99 is judged by windows: one slow window may be a busy machine, two in a row are a
    /// slow version.
    async fn watch_live(
        &self,
        release: &Release,
        moved: Instant,
        before: Option<&Counters>,
    ) -> Error {
        let baseline = self.baseline.get().cloned().unwrap_or_default();
        let (mut window, mut counted) = (moved, before.cloned());
        let mut slow = 0;
        for period in 1_u32.. {
            sleep(PERIOD).await;
            let probed = self.probed_since(moved);
            let now = self.counters(release.standby).await;
            let found = more_fail("through the live IP", &baseline.probed, &probed).or_else(|| {
                let since = now.as_ref()?.since(before?);
                more_fail("by the droplet's own counters", &baseline.counted, &since)
            });
            if let Some(problem) = found {
                return Error::Worse(problem);
            }
            if period.is_multiple_of(WINDOW) {
                let found = slower(
                    "through the live IP",
                    &baseline.probed,
                    &self.probed_since(window),
                )
                .or_else(|| {
                    let since = now.as_ref()?.since(counted.as_ref()?);
                    slower("by the droplet's own counters", &baseline.counted, &since)
                });
                (window, counted) = (Instant::now(), now);
                slow = if found.is_some() { slow + 1 } else { 0 };
                if let (2.., Some(problem)) = (slow, found) {
                    return Error::Worse(problem);
                }
                if let Err(error @ Error::FailedOver(_)) =
                    self.require_live_on(release.standby).await
                {
                    return error;
                }
            }
        }
        unreachable!("2^32 seconds exceed every bake time")
    }
}
