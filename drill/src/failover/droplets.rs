//! Commands of a drill on the droplets, over ssh.

use crate::error::Error;
use jiff::Timestamp;
use operate::environment::Droplet;
use operate::ssh::Ssh;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SHORT: Duration = Duration::from_secs(10);
const SERVICE: Duration = Duration::from_secs(90);
/// A droplet that was powered on accepts ssh within this time.
const BOOT: Duration = Duration::from_mins(1);
const RETRY: Duration = Duration::from_millis(500);

/// Runs commands on droplets as root.
#[derive(Clone, Debug)]
pub struct Droplets {
    ssh: Ssh,
}

/// The status that a droplet's agent reports.
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
    /// Whether the droplet could take over now.
    #[must_use]
    pub fn is_fit_standby(&self) -> bool {
        self.fit && self.role.as_deref() == Some("standby") && self.agreement != Some(false)
    }
}

impl Droplets {
    /// With the key and host keys of `ssh`.
    #[must_use]
    pub fn new(ssh: Ssh) -> Self {
        Self { ssh }
    }

    /// Runs a command that breaks something, with `input` on its standard input. Returns when it began, by the droplet's
    /// clock.
    ///
    /// # Errors
    /// If the command can't be run or fails.
    pub async fn run_fault(
        &self,
        droplet: &Droplet,
        command: &str,
        input: &str,
    ) -> Result<Timestamp, Error> {
        let command = format!("date +%s%N && {command}");
        let output = self
            .run_with_input(droplet, &command, input, SERVICE)
            .await?;
        let first = output.lines().next().unwrap_or_default();
        first
            .trim()
            .parse()
            .ok()
            .and_then(|nanoseconds| Timestamp::from_nanosecond(nanoseconds).ok())
            .ok_or_else(|| {
                Error::Ssh(format!(
                    "{} printed {first:?} instead of the time; is its `date` GNU's?",
                    droplet.name
                ))
            })
    }

    /// Runs a command that undoes something and is idempotent. The droplet may be booting.
    ///
    /// # Errors
    /// If the command can't be run or fails.
    pub async fn run_undo(&self, droplet: &Droplet, command: &str) -> Result<(), Error> {
        let mut result = self.run(droplet, command, SERVICE).await;
        let deadline = Instant::now() + BOOT;
        while result.is_err() && Instant::now() < deadline {
            if self.run(droplet, "true", SHORT).await.is_ok() {
                result = self.run(droplet, command, SERVICE).await;
                break;
            }
            sleep(RETRY).await;
        }
        result.map(drop)
    }

    /// The status that the droplet's agent reports.
    ///
    /// # Errors
    /// If it can't be read or is not such JSON.
    pub async fn status(&self, droplet: &Droplet) -> Result<Status, Error> {
        let command = format!(
            "curl -fsS --max-time 2 http://{}:9102/status",
            droplet.private_ip
        );
        let output = self.run(droplet, &command, SHORT).await?;
        serde_json::from_str(&output).map_err(|error| {
            Error::Ssh(format!(
                "the status that the agent on {} reports is not JSON as expected ({error})",
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

    /// Runs a command and returns its standard output.
    ///
    /// # Errors
    /// If the command can't be run or fails.
    pub async fn run(
        &self,
        droplet: &Droplet,
        command: &str,
        limit: Duration,
    ) -> Result<String, Error> {
        self.run_with_input(droplet, command, "", limit).await
    }

    /// The same with `input` on the command's standard input: for secrets, which a list of processes must not show.
    ///
    /// # Errors
    /// If the command can't be run or fails.
    pub async fn run_with_input(
        &self,
        droplet: &Droplet,
        command: &str,
        input: &str,
        limit: Duration,
    ) -> Result<String, Error> {
        let result = self.ssh.run(droplet, command, input.as_bytes(), limit);
        result
            .await
            .map_err(|error| Error::Ssh(format!("`{command}` {error}")))
    }
}
