//! What a release does and reads on a droplet. Each function may be said again after it was cut off half-way.

use std::time::Duration;

use floatip::serve::status::Status;
use tokio::time::{Instant, sleep};

use crate::environment::{Database, Droplet};
use crate::error::{Error, Result};
use crate::load::Counters;
use crate::ssh::Ssh;
use crate::status::unfit;

const SHORT: Duration = Duration::from_secs(8);
const UPLOAD: Duration = Duration::from_mins(2);
const SCHEMA: Duration = Duration::from_secs(330);
/// A service that isn't ready by then never is.
const READY: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(250);

/// Where the candidate answers users, on the anchor address.
pub const CANDIDATE_PORT: u16 = 8080;
const CANDIDATE_ADMIN: &str = "127.0.0.1:9111";
const CANDIDATE_UNIT: &str = "minitwit-candidate";

/// A droplet, to be worked on.
#[derive(Clone, Debug)]
pub struct Host {
    ssh: Ssh,
    droplet: Droplet,
}

/// A version as it is on a droplet's disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its name.
    pub version: String,
    /// SHA-256 of its binary, in hex.
    pub checksum: String,
}

/// A service's process as the system sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// Its process id; 0 if it doesn't run.
    pub pid: u32,
    /// Memory that it holds, in KiB.
    pub memory_kib: u64,
}

impl Host {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(ssh: Ssh, droplet: Droplet) -> Self {
        Self { ssh, droplet }
    }

    /// Which one it is.
    #[must_use]
    pub fn droplet(&self) -> &Droplet {
        &self.droplet
    }

    async fn sh(&self, script: &str) -> Result<String> {
        self.ssh.run(&self.droplet, script, b"", SHORT).await
    }

    fn admin(&self) -> String {
        format!("{}:9101", self.droplet.private_ip)
    }

    /// What its agent says of it.
    ///
    /// # Errors
    /// If it can't be asked.
    pub async fn status(&self) -> Result<Status> {
        let script = format!(
            "curl -fsS --max-time 2 http://{}:9102/status",
            self.droplet.private_ip
        );
        let text = self.sh(&script).await?;
        serde_json::from_str(&text).map_err(|error| {
            Error::Failed(format!(
                "the agent on {} does not say its status: {error}",
                self.droplet.name
            ))
        })
    }

    /// The version that is current there.
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

    /// The checksum of a version's binary, if it is installed there.
    ///
    /// # Errors
    /// If the droplet can't be asked.
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

    /// Puts a version beside what is there: into a directory of its own, which gets its name when its checksum is right.
    ///
    /// # Errors
    /// [`Error::Artifact`] if what arrives is not `checksum`.
    pub async fn install(&self, version: &str, binary: &[u8], checksum: &str) -> Result<()> {
        if self.checksum(version).await?.as_deref() == Some(checksum) {
            return Ok(());
        }
        let script = format!(
            "set -e; cd /opt/minitwit/releases; rm -rf .new-{version}; mkdir .new-{version}; cd .new-{version}
             cat >minitwit; chmod 755 minitwit; echo '{checksum}  minitwit' >SHA256SUMS
             sha256sum --check --status SHA256SUMS || {{ cd ..; rm -rf .new-{version}; exit 65; }}
             cd ..; rm -rf {version}; mv .new-{version} {version}"
        );
        match self.ssh.run(&self.droplet, &script, binary, UPLOAD).await {
            Err(Error::Failed(text)) if text.contains("exit code 65") => {
                Err(Error::Artifact(format!(
                    "what arrived on {} is not what was sent: its checksum differs",
                    self.droplet.name
                )))
            }
            result => result.map(drop),
        }
    }

    /// Expands the schema with a version's own migrations, as the schema's owner, whose password is on no disk and in no process
    /// list of the droplet. Returns what was applied.
    ///
    /// # Errors
    /// [`Error::Migration`] with what the migration said.
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
        let done = self
            .ssh
            .run(&self.droplet, &script, input.as_bytes(), SCHEMA)
            .await;
        done.map(|text| text.trim().replace('\n', ", "))
            .map_err(|error| Error::Migration(error.to_string()))
    }

    /// Starts a version as the candidate, beside the service, and waits until it is ready.
    ///
    /// # Errors
    /// [`Error::Rejected`] if it doesn't become ready.
    pub async fn start_candidate(&self, version: &str) -> Result<()> {
        self.sh(&format!(
            "ln -sfn releases/{version} /opt/minitwit/candidate && systemctl restart {CANDIDATE_UNIT}"
        ))
        .await
        .map_err(|error| Error::Rejected(format!("the candidate does not start: {error}")))?;
        self.wait_until_ready(CANDIDATE_ADMIN, CANDIDATE_UNIT, version)
            .await
            .map_err(Error::Rejected)
    }

    /// Ends the candidate, if one runs.
    ///
    /// # Errors
    /// If the droplet can't be told.
    pub async fn stop_candidate(&self) -> Result<()> {
        let script = format!("systemctl stop {CANDIDATE_UNIT}; rm -f /opt/minitwit/candidate");
        self.sh(&script).await.map(drop)
    }

    /// Makes a version that is installed the current one, and waits until it serves. Does nothing if it does already.
    ///
    /// It is stopped and started, not restarted: what systemd keeps for the service from one process to the next, as its listener, is
    /// of the version before, and an older one may not know what to do with it.
    ///
    /// # Errors
    /// [`Error::Rejected`] if it doesn't become ready.
    pub async fn switch(&self, version: &str) -> Result<()> {
        let script = format!(
            "set -e; cd /opt/minitwit; test -x releases/{version}/minitwit
             if [ \"$(readlink current)\" != releases/{version} ] || ! systemctl is-active --quiet minitwit; then
               systemctl stop minitwit; ln -sfn releases/{version} .current; mv -T .current current; systemctl start minitwit; fi"
        );
        self.ssh
            .run(&self.droplet, &script, b"", Duration::from_secs(45))
            .await?;
        let ready = self
            .wait_until_ready(&self.admin(), "minitwit", version)
            .await;
        ready.map_err(Error::Rejected)
    }

    /// Waits until the service at `admin` is ready and says that it is `version`.
    async fn wait_until_ready(&self, admin: &str, unit: &str, version: &str) -> Result<(), String> {
        let deadline = Instant::now() + READY;
        let script = format!(
            "curl -sS --max-time 2 http://{admin}/readyz; echo; systemctl show --value --property=ActiveState {unit}"
        );
        loop {
            let text = self
                .sh(&script)
                .await
                .unwrap_or_else(|error| error.to_string());
            let ready = text.contains("\"status\":\"ready\"");
            if ready && text.contains(&format!("\"version\":\"{version}\"")) {
                return Ok(());
            }
            if text.trim_end().ends_with("failed") {
                return Err(format!(
                    "{version} ends as soon as it is started ({unit} on {})",
                    self.droplet.name
                ));
            }
            if Instant::now() > deadline {
                let said = text.lines().next().unwrap_or_default();
                return Err(format!(
                    "{version} is not ready within {} s on {}: {said}",
                    READY.as_secs(),
                    self.droplet.name
                ));
            }
            sleep(POLL).await;
        }
    }

    /// Waits until the droplet's own agent finds it fit, and Keepalived stands by or is master.
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

    /// Starts the drain of its connections, or ends it.
    ///
    /// # Errors
    /// If the service can't be told.
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
    /// If it can't be asked.
    pub async fn counters(&self) -> Result<Counters> {
        let script = format!("curl -fsS --max-time 2 http://{}/metrics", self.admin());
        self.sh(&script).await.map(|text| Counters::parse(&text))
    }

    /// The candidate's process.
    ///
    /// # Errors
    /// If the droplet can't be asked.
    pub async fn candidate_vitals(&self) -> Result<Vitals> {
        let script = format!(
            "pid=$(systemctl show --value --property=MainPID {CANDIDATE_UNIT}); echo \"$pid\"; \
             awk '/^VmRSS/ {{ print $2 }}' /proc/$pid/status 2>/dev/null || true"
        );
        let text = self.sh(&script).await?;
        let mut numbers = text
            .lines()
            .map(|line| line.trim().parse::<u64>().unwrap_or_default());
        let pid = numbers.next().unwrap_or_default();
        Ok(Vitals {
            pid: u32::try_from(pid).unwrap_or_default(),
            memory_kib: numbers.next().unwrap_or_default(),
        })
    }

    /// Removes all but the newest three versions; what is current stays, and so does what is named.
    ///
    /// # Errors
    /// If the droplet can't be told.
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
