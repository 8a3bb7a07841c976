//! Carries a release out, from the checks to its end, and gives it up if it does not go well.

use serde_json::json;
use tokio::time::{Duration, sleep};

use crate::error::{Error, Result};
use crate::host::Installed;
use crate::journal::release::{Release, Start};
use crate::runner::{Report, Runner};
use crate::status::{refuse_if_frozen, unfit};
use crate::step::{Step, Way, forward};

impl Runner {
    /// Everything that a release needs, before anything is changed.
    ///
    /// # Errors
    /// [`Error::Unfit`], [`Error::Frozen`], [`Error::Unknown`] with what is missing.
    pub async fn check(&self, version: &str, checksum: &str) -> Result<Start> {
        self.progress
            .enter(Step::Check, "the journal, the record, both droplets");
        self.journal.refuse_if_frozen().await?;
        let live = self.cloud.holder(self.environment.live_ip).await?;
        let live = live.ok_or_else(|| Error::Unfit("nobody holds the live IP".to_owned()))?;
        self.environment.droplet(live)?;
        let standby = self.environment.other(live).id;
        let (here, there) = (self.host(live)?, self.host(standby)?);
        for host in [&here, &there] {
            let name = &host.droplet().name;
            let status = host
                .status()
                .await
                .map_err(|error| Error::Unfit(error.to_string()))?;
            refuse_if_frozen(&status)?;
            if let Some(problem) = unfit(&status) {
                return Err(Error::Unfit(format!("{name}: {problem}")));
            }
            if !status.agreement {
                return Err(Error::Unfit(format!(
                    "{name}: record and VRRP disagree; a failover may be under way"
                )));
            }
        }
        let (current, other) = tokio::try_join!(here.current(), there.current())?;
        if current != other {
            return Err(Error::Unfit(format!(
                "{} runs {}, {} runs {}: `make up` or `make release-resume` makes them equal",
                here.droplet().name,
                current.version,
                there.droplet().name,
                other.version
            )));
        }
        let Installed {
            version: previous,
            checksum: previous_checksum,
        } = current;
        if previous == version && previous_checksum != checksum {
            return Err(Error::Unknown(format!(
                "{version} is live already, with other bytes: a version is released once"
            )));
        }
        self.progress.say(&format!(
            "{previous} is live on {}, {} stands by; {version} is next",
            here.droplet().name,
            there.droplet().name
        ));
        Ok(Start {
            version: version.to_owned(),
            previous,
            checksum: checksum.to_owned(),
            previous_checksum,
            live,
            standby,
            settings: json!(self.settings),
        })
    }

    /// From the journal's entry to the end, and back if it does not go well.
    pub async fn carry_out(&self, release: &Release, way: Way) -> (Option<Report>, Result<()>) {
        let work = async {
            match way {
                Way::Again => {
                    self.prepare(release).await?;
                    self.swap(release).await?;
                    self.judge(release).await?;
                }
                Way::Judge => self.judge(release).await?,
                Way::Confirm => {}
                Way::Settle => {
                    return Err(Error::Overtaken(
                        "the live IP is not where this release left it".to_owned(),
                    ));
                }
            }
            if self.settings.hold && way != Way::Confirm {
                return Ok("held");
            }
            self.confirm(release).await?;
            Ok("confirmed")
        };
        let mut result = Box::pin(self.guarded(release, work)).await;
        let mut problem = None;
        if let Err(why) = result {
            if let Error::Lost(_) | Error::Unsettled(_) = why {
                result = Err(why);
            } else {
                // Somebody who asked is not refused again while the pair is brought to rest.
                let back = Box::pin(self.give_up(release, &why));
                result = self.guarded_from_others(release, back).await;
                problem = Some(why);
            }
        }
        match result {
            Ok("held") => {
                let given = self.journal.give(release).await;
                (Some(self.report(release, "held", None)), given)
            }
            Ok(outcome) => {
                let closed = self.journal.close(release.id, outcome).await;
                let report = self.report(release, outcome, problem.as_ref());
                (Some(report), closed.and(problem.map_or(Ok(()), Err)))
            }
            Err(error) => {
                // Its owner is gone from here on; should this fail, the lease ends by itself.
                let _ = self.journal.give(release).await;
                (Some(self.report(release, "open", Some(&error))), Err(error))
            }
        }
    }

    /// Shows signs of life, and hears nothing but that another runner has taken over.
    ///
    /// # Errors
    /// What `work` ends with, or [`Error::Lost`].
    pub async fn guarded_from_others<T>(
        &self,
        release: &Release,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let alive = async {
            loop {
                sleep(Duration::from_secs(2)).await;
                if let Err(error @ Error::Lost(_)) = self.journal.live(release.id).await {
                    return error;
                }
            }
        };
        tokio::select! {
            result = work => result,
            error = alive => Err(error),
        }
    }

    /// Takes an open release over and says how it goes on.
    ///
    /// # Errors
    /// [`Error::Running`] if its owner is alive.
    pub async fn take(&self, release: &Release) -> Result<(Release, Way)> {
        let release = self.journal.take(release).await?;
        let holder = self.cloud.holder(self.environment.live_ip).await?;
        let new_is_live = holder == Some(release.standby);
        let mut way = forward(release.step, new_is_live);
        if matches!(way, Way::Judge | Way::Confirm) && !self.runs_new(&release).await {
            way = Way::Settle;
        }
        self.progress.say(&format!(
            "taking over {} at {}: {way:?}",
            release.version, release.step
        ));
        Ok((release, way))
    }
}
