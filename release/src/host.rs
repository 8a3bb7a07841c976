//! Commands on a droplet. Each is idempotent: it may be repeated after it was interrupted.

use std::time::Duration;

use floatip::serve::status::Status;
use operate::environment::{Database, Droplet};
use operate::ssh::{Cause, Ssh};
use tokio::time::{Instant, sleep};

use crate::counters::Counters;
use crate::error::{Error, Result};
use crate::status::unfit;

const SHORT: Duration = Duration::from_secs(8);
const UPLOAD: Duration = Duration::from_mins(2);
const SCHEMA: Duration = Duration::from_secs(330);
const SWITCH: Duration = Duration::from_secs(45);
/// How long a service may take to become ready or fit.
pub(crate) const READY: Duration = Duration::from_secs(20);
pub(crate) const POLL: Duration = Duration::from_millis(250);
/// The exit code of the upload's script when the checksum differs: `EX_DATAERR` of sysexits.h.
const WRONG_CHECKSUM: i32 = 65;

/// A droplet to run commands on.
#[derive(Clone, Debug)]
pub struct Host {
    ssh: Ssh,
    droplet: Droplet,
}

/// A version on a droplet's disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its name, such as `v1.2.3`.
    pub version: String,
    /// SHA-256 of its binary, in hex.
    pub checksum: String,
}

impl Host {
    /// Connects for each command anew.
    #[must_use]
    pub fn new(ssh: Ssh, droplet: Droplet) -> Self {
        Self { ssh, droplet }
    }

    /// Which droplet it is.
    #[must_use]
    pub fn droplet(&self) -> &Droplet {
        &self.droplet
    }

    pub(crate) async fn sh(&self, script: &str) -> Result<String> {
        Ok(self.ssh.run(&self.droplet, script, b"", SHORT).await?)
    }

    /// The address of the service's admin listener.
    pub(crate) fn admin(&self) -> String {
        format!("{}:9101", self.droplet.private_ip)
    }

    /// The status of the droplet's `floatip` agent.
    ///
    /// # Errors
    /// If the agent does not respond.
    pub async fn status(&self) -> Result<Status> {
        let script = format!(
            "curl -fsS --max-time 2 http://{}:9102/status",
            self.droplet.private_ip
        );
        let text = self.sh(&script).await?;
        serde_json::from_str(&text).map_err(|error| {
            Error::Failed(format!(
                "the status of the agent on {} can't be read: {error}",
                self.droplet.name
            ))
        })
    }

    /// The version that the service runs.
    ///
    /// # Errors
    /// If there is none.
    pub async fn current(&self) -> Result<Installed> {
        let script = "cd /opt/minitwit/current && basename \"$(pwd -P)\" && sha256sum minitwit";
        let text = self.sh(script).await?;
        let mut lines = text.lines();
        let (Some(version), Some(sum)) = (lines.next(), lines.next()) else {
            return Err(Error::Failed(format!(
                "{} has no current version",
                self.droplet.name
            )));
        };
        Ok(Installed {
            version: version.to_owned(),
            checksum: sum.split(' ').next().unwrap_or_default().to_owned(),
        })
    }

    /// The checksum of a version's binary, if the version is installed.
    ///
    /// # Errors
    /// If the droplet does not respond.
    pub async fn checksum(&self, version: &str) -> Result<Option<String>> {
        let script =
            format!("sha256sum /opt/minitwit/releases/{version}/minitwit 2>/dev/null || true");
        let text = self.sh(&script).await?;
        Ok(text
            .split(' ')
            .next()
            .filter(|sum| sum.len() == 64)
            .map(str::to_owned))
    }

    /// Installs a version beside the others: in a directory that gets its final name once the checksum is verified.
    ///
    /// # Errors
    /// [`Error::Artifact`] if the checksum of what arrived is not `checksum`.
    pub async fn install(&self, version: &str, binary: &[u8], checksum: &str) -> Result<()> {
        if self.checksum(version).await?.as_deref() == Some(checksum) {
            return Ok(());
        }
        let script = format!(
            "set -e; cd /opt/minitwit/releases; rm -rf .new-{version}; mkdir .new-{version}; cd .new-{version}
             cat >minitwit; chmod 755 minitwit; echo '{checksum}  minitwit' >SHA256SUMS
             sha256sum --check --status SHA256SUMS || {{ cd ..; rm -rf .new-{version}; exit {WRONG_CHECKSUM}; }}
             cd ..; rm -rf {version}; mv .new-{version} {version}"
        );
        let result = self.ssh.run(&self.droplet, &script, binary, UPLOAD).await;
        match result {
            Ok(_) => Ok(()),
            Err(error) => match error.cause {
                Cause::Failed {
                    code: WRONG_CHECKSUM,
                    ..
                } => Err(Error::Artifact(format!(
                    "the upload to {} was damaged: its checksum differs",
                    self.droplet.name
                ))),
                _ => Err(error.into()),
            },
        }
    }

    /// Applies a version's migrations as the schema's owner, either those that expand the schema or those that contract it. The
    /// owner's password is on no disk and in no process list of the droplet. Returns the command's output.
    ///
    /// # Errors
    /// [`Error::Migration`] with the command's last message.
    pub async fn migrate(
        &self,
        version: &str,
        database: &Database,
        contract: bool,
    ) -> Result<String> {
        let flag = if contract { " --contract" } else { "" };
        let script = format!(
            "exec systemd-run --wait --pipe --quiet --collect --property=DynamicUser=yes --property=RuntimeMaxSec=300 \
             --setenv=MINITWIT_DATABASE_CA=/etc/minitwit/database-ca.crt --setenv=MINITWIT_MIGRATE_GRANT_TO='{}' \
             sh -c 'read -r DATABASE_URL && export DATABASE_URL && exec /opt/minitwit/releases/{version}/minitwit migrate{flag}'",
            database.user
        );
        let input = format!("{}\n", database.admin_uri);
        let output = self
            .ssh
            .run(&self.droplet, &script, input.as_bytes(), SCHEMA)
            .await;
        output
            .map(|text| text.trim().replace('\n', ", "))
            .map_err(|error| Error::Migration(error.to_string()))
    }

    /// Makes an installed version the current one and waits until it is ready. Does nothing if it runs already.
    ///
    /// The service is stopped and started instead of restarted: over a restart systemd keeps file descriptors for it, such as its
    /// listener, and an older version may not be able to use those of a newer one.
    ///
    /// # Errors
    /// [`Error::Rejected`] if it does not become ready.
    pub async fn switch(&self, version: &str) -> Result<()> {
        let script = format!(
            "set -e; cd /opt/minitwit; test -x releases/{version}/minitwit
             if [ \"$(readlink current)\" != releases/{version} ] || ! systemctl is-active --quiet minitwit; then
               systemctl stop minitwit; ln -sfn releases/{version} .current; mv -T .current current; systemctl start minitwit; fi"
        );
        self.ssh.run(&self.droplet, &script, b"", SWITCH).await?;
        let ready = self
            .wait_until_ready(&self.admin(), "minitwit", version)
            .await;
        ready.map_err(Error::Rejected)
    }

    /// Waits until the droplet's agent reports it as fit and Keepalived takes part in the election.
    ///
    /// # Errors
    /// [`Error::Unfit`] if that takes too long.
    pub async fn wait_until_fit(&self) -> Result<()> {
        let deadline = Instant::now() + READY;
        loop {
            let problem = match self.status().await {
                Ok(status) => match unfit(&status) {
                    None => return Ok(()),
                    Some(problem) => problem,
                },
                Err(error) => error.to_string(),
            };
            if Instant::now() > deadline {
                return Err(Error::Unfit(format!("{}: {problem}", self.droplet.name)));
            }
            sleep(POLL).await;
        }
    }

    /// Starts to close the service's connections, or stops that.
    ///
    /// # Errors
    /// If the service does not respond.
    pub async fn drain(&self, start: bool) -> Result<()> {
        let method = if start { "POST" } else { "DELETE" };
        let script = format!(
            "curl -fsS --max-time 2 -X {method} http://{}/drain",
            self.admin()
        );
        self.sh(&script).await.map(drop)
    }

    /// The service's counters.
    ///
    /// # Errors
    /// If the service does not respond.
    pub async fn counters(&self) -> Result<Counters> {
        let script = format!("curl -fsS --max-time 2 http://{}/metrics", self.admin());
        self.sh(&script).await.map(|text| Counters::parse(&text))
    }

    /// Removes old versions: all but the current one, those in `keep`, and the newest one besides.
    ///
    /// # Errors
    /// If the droplet does not respond.
    pub async fn prune(&self, keep: &[&str]) -> Result<()> {
        let keep: Vec<String> = keep
            .iter()
            .map(|version| format!("! -name '{version}'"))
            .collect();
        let keep = keep.join(" ");
        let script = format!(
            "cd /opt/minitwit/releases && find . -mindepth 1 -maxdepth 1 -type d ! -name \"$(basename \"$(readlink ../current)\")\" {keep} \
             -printf '%T@ %f\\n' | sort -rn | tail -n +2 | cut -d' ' -f2 | xargs -r rm -r --"
        );
        self.sh(&script).await.map(drop)
    }
}
