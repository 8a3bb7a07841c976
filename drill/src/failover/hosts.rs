//! What a drill does and reads on the droplets themselves, over ssh.

use super::environment::Droplet;
use crate::error::Error;
use jiff::Timestamp;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

const SHORT: Duration = Duration::from_secs(10);
const SERVICE: Duration = Duration::from_secs(90);
/// A droplet that was powered on answers within this.
const BOOT: Duration = Duration::from_mins(1);
const AGAIN: Duration = Duration::from_millis(500);

/// Runs commands on droplets as root, with the `ssh` that is installed.
#[derive(Clone, Debug)]
pub struct Hosts {
    key: Option<PathBuf>,
    known_hosts: PathBuf,
}

/// What a droplet's agent says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Status {
    /// `live` or `standby`, by the record.
    #[serde(default)]
    pub role: Option<String>,
    /// Whether the health check passes there.
    #[serde(default)]
    pub fit: bool,
    /// Whether the record and VRRP agree.
    #[serde(default)]
    pub agreement: Option<bool>,
}

impl Status {
    /// Whether it could take over now.
    #[must_use]
    pub fn is_fit_standby(&self) -> bool {
        self.fit && self.role.as_deref() == Some("standby") && self.agreement != Some(false)
    }
}

impl Hosts {
    /// `key` is the private key, if it isn't one that ssh finds by itself. Host keys go to `known_hosts`: unknown ones
    /// are entered there, and one that changes later is an error.
    #[must_use]
    pub fn new(key: Option<&Path>, known_hosts: &Path) -> Self {
        Self {
            key: key.map(Path::to_owned),
            known_hosts: known_hosts.to_owned(),
        }
    }

    /// Runs a command that breaks something. Returns when the droplet's clock said it began.
    ///
    /// # Errors
    /// If the command can't be run or fails.
    pub async fn break_by(&self, droplet: &Droplet, command: &str) -> Result<Timestamp, Error> {
        let command = format!("date +%s%N && {command}");
        let output = self.run(droplet, &command, SERVICE).await?;
        output
            .trim()
            .parse()
            .ok()
            .and_then(|nanoseconds| Timestamp::from_nanosecond(nanoseconds).ok())
            .ok_or_else(|| {
                Error::Ssh(format!(
                    "{} answered {output:?} for its time of day; is `date` GNU's there?",
                    droplet.name
                ))
            })
    }

    /// Runs a command that mends something, and that may be run again. The droplet may be booting.
    ///
    /// # Errors
    /// If the command can't be run or fails.
    pub async fn mend_by(&self, droplet: &Droplet, command: &str) -> Result<(), Error> {
        let mut result = self.run(droplet, command, SERVICE).await;
        let deadline = Instant::now() + BOOT;
        while result.is_err() && Instant::now() < deadline {
            if self.run(droplet, "true", SHORT).await.is_ok() {
                result = self.run(droplet, command, SERVICE).await;
                break;
            }
            sleep(AGAIN).await;
        }
        result.map(drop)
    }

    /// What the droplet's agent says of itself.
    ///
    /// # Errors
    /// If it can't be asked or what it says is no such JSON.
    pub async fn status(&self, droplet: &Droplet) -> Result<Status, Error> {
        let command = format!(
            "curl -fsS --max-time 2 http://{}:9102/status",
            droplet.private_ip
        );
        let output = self.run(droplet, &command, SHORT).await?;
        serde_json::from_str(&output).map_err(|error| {
            Error::Ssh(format!(
                "the agent on {} does not say its status as JSON ({error})",
                droplet.name
            ))
        })
    }

    /// The agent's log since a moment, one JSON object a line.
    ///
    /// # Errors
    /// If the command can't be run or fails.
    pub async fn agent_log(&self, droplet: &Droplet, since: Timestamp) -> Result<String, Error> {
        let command = format!(
            "journalctl -u floatip -o cat --no-pager --since @{}",
            since.as_second()
        );
        self.run(droplet, &command, SHORT).await
    }

    async fn run(
        &self,
        droplet: &Droplet,
        command: &str,
        limit: Duration,
    ) -> Result<String, Error> {
        let mut ssh = Command::new("ssh");
        if let Some(key) = &self.key {
            ssh.arg("-i").arg(key).args(["-o", "IdentitiesOnly=yes"]);
        }
        let mut known_hosts = std::ffi::OsString::from("UserKnownHostsFile=");
        known_hosts.push(&self.known_hosts);
        ssh.args([
            "-o",
            "BatchMode=yes",
            "-o",
            "LogLevel=ERROR",
            "-o",
            "ConnectTimeout=3",
        ])
        .args(["-o", "StrictHostKeyChecking=accept-new", "-o"])
        .arg(known_hosts)
        .arg(format!("root@{}", droplet.public_ip))
        .arg(command)
        .stdin(Stdio::null())
        .kill_on_drop(true);
        let failed = |cause: String| {
            Error::Ssh(format!(
                "`{command}` on {} ({}): {cause}",
                droplet.name, droplet.public_ip
            ))
        };
        let output = timeout(limit, ssh.output())
            .await
            .map_err(|_| failed(format!("no result within {} s", limit.as_secs())))?
            .map_err(|error| failed(format!("can't run ssh ({error}); install openssh-client")))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors
            .trim()
            .lines()
            .last()
            .unwrap_or("no message")
            .to_owned();
        Err(failed(match output.status.code() {
            Some(255) => format!("ssh failed: {last}; check --ssh-key and that the droplet is up"),
            Some(code) => format!("exit code {code}: {last}"),
            None => "ssh was killed".to_owned(),
        }))
    }
}
