//! The checks before a release: everything that it needs, before anything changes.

use serde_json::json;

use crate::error::{Error, Result};
use crate::host::Installed;
use crate::journal::Start;
use crate::runner::Runner;
use crate::status::{refuse_if_frozen, unfit};
use crate::step::Step;

impl Runner {
    /// Checks the journal, the record of reserved IPs and both droplets. Returns the state that the release starts from.
    ///
    /// # Errors
    /// [`Error::Unfit`], [`Error::Frozen`] or [`Error::UnknownVersion`] with what is missing.
    pub async fn check(&self, version: &str, checksum: &str) -> Result<Start> {
        self.progress.begin(
            Step::Check,
            "check the journal, the record of reserved IPs and both droplets",
        );
        self.journal.refuse_if_frozen().await?;
        let live = self.cloud.holder(self.live_ip()).await?;
        let live = live.ok_or_else(|| Error::Unfit("no droplet holds the live IP".to_owned()))?;
        self.pair.droplet(live)?;
        let standby = self.pair.other(live).id;
        let hosts = [self.host(live)?, self.host(standby)?];
        for host in &hosts {
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
                    "{name}: the record of the live IP and VRRP disagree; a failover may be under way"
                )));
            }
        }
        let [live_name, standby_name] = hosts.each_ref().map(|host| &host.droplet().name);
        let (current, other) = tokio::try_join!(hosts[0].current(), hosts[1].current())?;
        if current != other {
            return Err(Error::Unfit(format!(
                "{live_name} runs {}, {standby_name} runs {}: `make up` or `make release-resume` makes them equal",
                current.version, other.version
            )));
        }
        let Installed {
            version: previous,
            checksum: previous_checksum,
        } = current;
        if previous == version && previous_checksum != checksum {
            return Err(Error::UnknownVersion(format!(
                "{version} is live with another binary: a version can be released only once"
            )));
        }
        self.progress.report(&format!(
            "{previous} is live on {live_name}, {standby_name} is the standby; {version} is next"
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
}
