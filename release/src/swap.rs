//! The steps that users could notice: the move of the live IP, and what is watched after it.

use std::time::Duration;

use floatip::mover::release_orders::move_live;
use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};
use crate::journal::release::Release;
use crate::judge::{more_fail, slower};
use crate::load::Counters;
use crate::runner::Runner;
use crate::status::{refuse_if_frozen, unfit};
use crate::step::Step;
use crate::story::Story;

/// The data plane follows the record within this.
const ARRIVAL: Duration = Duration::from_secs(10);
/// Between two looks while the new version is watched.
const LOOK: Duration = Duration::from_secs(1);
/// Looks in a stretch, at whose end the p99 is judged and the record is read: the API's rate is limited.
const LOOKS_PER_STRETCH: u32 = 3;

impl Runner {
    /// Drain and move.
    ///
    /// # Errors
    /// [`Error::Overtaken`] if a failover came in between, [`Error::Unfit`] if the standby may not be live, [`Error::Frozen`] if an
    /// operator has said meanwhile that nothing is to move.
    pub async fn swap(&self, release: &Release) -> Result<()> {
        let standby = self.host(release.standby)?;
        self.enter(
            release,
            Step::Drain,
            "let connections of the live droplet go, so that the move cuts none",
        )
        .await?;
        // A live droplet that can't be told is one that the standby is about to take over from.
        if let Err(error) = self.host(release.live)?.drain(true).await {
            self.progress.say(&format!("not drained: {error}"));
        }
        sleep(self.settings.drain).await;
        self.enter(
            release,
            Step::Move,
            "move the live IP: one call, from where this release found it",
        )
        .await?;
        // As late as can be: a standby that dies from here on costs users a failover on top of the move.
        let status = standby.status().await?;
        refuse_if_frozen(&status)?;
        if let Some(problem) = unfit(&status) {
            return Err(Error::Unfit(format!(
                "{}: {problem}",
                standby.droplet().name
            )));
        }
        let begun = Instant::now();
        let ip = self.environment.live_ip;
        self.cloud
            .execute(move_live(ip, release.live, release.standby))
            .await?;
        self.progress.say(&format!(
            "moved, after {:.1} s",
            begun.elapsed().as_secs_f64()
        ));
        Ok(())
    }

    /// Waits until the new version answers through the live IP, uses it there, and watches it.
    ///
    /// # Errors
    /// [`Error::Worse`] if it is; [`Error::Gone`] if its droplet is; [`Error::Overtaken`] if the live IP leaves the droplet.
    pub async fn judge(&self, release: &Release) -> Result<()> {
        tokio::select! {
            gone = self.gone(release) => Err(gone),
            judged = self.judge_what_answers(release) => judged,
        }
    }

    async fn judge_what_answers(&self, release: &Release) -> Result<()> {
        let ip = self.environment.live_ip;
        self.arrives(ip, 80, &release.version, ARRIVAL)
            .await
            .map_err(Error::Worse)?;
        self.progress
            .say(&format!("{} answers at the live IP", release.version));
        self.enter(
            release,
            Step::VerifyLive,
            "use the new version through the live IP",
        )
        .await?;
        let moved = Instant::now();
        let before = self.counters(release.standby).await;
        let watched = self.watch_live(release, moved, before.as_ref());
        let told = async {
            self.use_live(release).await?;
            self.enter(
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
            result = told => result,
        }?;
        let load = self.probed_since(moved);
        self.progress.say(&format!(
            "{} requests probed since the move, {} failed, p99 {:.0} ms",
            load.requests, load.failed, load.p99_ms
        ));
        Ok(())
    }

    async fn use_live(&self, release: &Release) -> Result<()> {
        let visit = self
            .tell_story(&self.live_url(), &release.version)
            .await
            .map_err(Error::Worse)?;
        visit.forget(self).await;
        if let Some(visit) = self.visitor.get() {
            let visitor = visit.visitor.at(&self.live_url());
            let known = Story::remembers(visitor, &release.version).await;
            visit.forget(self).await;
            known.map_err(Error::Worse)?;
            self.progress
                .say("a visitor who signed in before the move is still signed in");
        }
        // It stands by now; should it be live again, connections may be kept.
        if let Ok(host) = self.host(release.live) {
            let _ = host.drain(false).await;
        }
        Ok(())
    }

    /// Compares for ever with what was before; returns when it is worse, or the live IP is gone from here.
    ///
    /// Failures count since the move. The p99 counts by stretches: one slow moment of a busy machine is no verdict, two
    /// stretches in a row are.
    async fn watch_live(
        &self,
        release: &Release,
        moved: Instant,
        before: Option<&Counters>,
    ) -> Error {
        let baseline = self.baseline.get().cloned().unwrap_or_default();
        let (mut stretch, mut counted) = (moved, before.cloned());
        let mut slow = 0;
        for look in 1_u32.. {
            sleep(LOOK).await;
            let probed = self.probed_since(moved);
            let now = self.counters(release.standby).await;
            let found = more_fail("through the live IP", &baseline.probed, &probed).or_else(|| {
                let since = now.as_ref()?.since(before?);
                more_fail("by the droplet's own counters", &baseline.counted, &since)
            });
            if let Some(problem) = found {
                return Error::Worse(problem);
            }
            if look.is_multiple_of(LOOKS_PER_STRETCH) {
                let found = slower(
                    "through the live IP",
                    &baseline.probed,
                    &self.probed_since(stretch),
                )
                .or_else(|| {
                    let since = now.as_ref()?.since(counted.as_ref()?);
                    slower("by the droplet's own counters", &baseline.counted, &since)
                });
                (stretch, counted) = (Instant::now(), now);
                slow = if found.is_some() { slow + 1 } else { 0 };
                if let (2.., Some(problem)) = (slow, found) {
                    return Error::Worse(problem);
                }
                if let Err(error @ Error::Overtaken(_)) =
                    self.require_live_on(release.standby).await
                {
                    return error;
                }
            }
        }
        unreachable!("it looks for longer than anybody bakes")
    }

    /// Gives the droplet that was live the new version: from here on there is no way back but another release.
    ///
    /// # Errors
    /// [`Error::Unsettled`] if that droplet is gone: the release stays open until it is back.
    pub async fn confirm(&self, release: &Release) -> Result<()> {
        self.enter(
            release,
            Step::Confirm,
            "give the droplet that was live the new version",
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
            Error::Unsettled(format!("{} is live and good, but {error}", release.version))
        })
    }
}
