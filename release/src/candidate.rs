//! The candidate: the new version beside the service on the standby, with a port of its own.

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};
use crate::host::{Host, POLL, READY};

/// The candidate's port for users, on the anchor address.
pub const CANDIDATE_PORT: u16 = 8080;
const ADMIN: &str = "127.0.0.1:9111";
const UNIT: &str = "minitwit-candidate";

/// A process as the droplet's kernel reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number; 0 if the service does not run.
    pub pid: u32,
    /// Its resident memory in KiB.
    pub memory_kib: u64,
}

/// The state of a service that is starting.
#[derive(Debug, PartialEq, Eq)]
enum Startup {
    /// It is ready and of the expected version.
    Ready,
    /// Its process has ended.
    Failed,
    /// Neither; the text is what it reports.
    Waiting(String),
}

/// The response of `/readyz`.
#[derive(Deserialize)]
struct Readiness {
    status: String,
    version: String,
}

impl Startup {
    /// Reads the response of `/readyz`, which is empty if there was none, and after it a line with systemd's state of the unit.
    fn parse(text: &str, version: &str) -> Self {
        let (response, unit) = text
            .trim_end()
            .rsplit_once('\n')
            .unwrap_or(("", text.trim_end()));
        let readiness = serde_json::from_str::<Readiness>(response).ok();
        if readiness.is_some_and(|it| it.status == "ready" && it.version == version) {
            Self::Ready
        } else if unit.trim() == "failed" {
            Self::Failed
        } else {
            Self::Waiting(response.trim().to_owned())
        }
    }
}

impl Host {
    /// Starts a version as the candidate and waits until it is ready.
    ///
    /// # Errors
    /// [`Error::Rejected`] if it does not become ready.
    pub async fn start_candidate(&self, version: &str) -> Result<()> {
        self.sh(&format!(
            "ln -sfn releases/{version} /opt/minitwit/candidate && systemctl restart {UNIT}"
        ))
        .await
        .map_err(|error| Error::Rejected(format!("the candidate does not start: {error}")))?;
        self.wait_until_ready(ADMIN, UNIT, version)
            .await
            .map_err(Error::Rejected)
    }

    /// Stops the candidate, if there is one.
    ///
    /// # Errors
    /// If the droplet does not respond.
    pub async fn stop_candidate(&self) -> Result<()> {
        let script = format!("systemctl stop {UNIT}; rm -f /opt/minitwit/candidate");
        self.sh(&script).await.map(drop)
    }

    /// The candidate's process.
    ///
    /// # Errors
    /// If the droplet does not respond.
    pub async fn candidate_process(&self) -> Result<Process> {
        let script = format!(
            "pid=$(systemctl show --value --property=MainPID {UNIT}); echo \"$pid\"; \
             awk '/^VmRSS/ {{ print $2 }}' /proc/$pid/status 2>/dev/null || true"
        );
        let text = self.sh(&script).await?;
        let mut numbers = text
            .lines()
            .map(|line| line.trim().parse::<u64>().unwrap_or_default());
        let pid = numbers.next().unwrap_or_default();
        Ok(Process {
            pid: u32::try_from(pid).unwrap_or_default(),
            memory_kib: numbers.next().unwrap_or_default(),
        })
    }

    /// Waits until the service with this admin listener is ready and of this version.
    ///
    /// # Errors
    /// A sentence with what it reports instead.
    pub(crate) async fn wait_until_ready(
        &self,
        admin: &str,
        unit: &str,
        version: &str,
    ) -> Result<(), String> {
        let deadline = Instant::now() + READY;
        let script = format!(
            "curl -sS --max-time 2 http://{admin}/readyz; echo; systemctl show --value --property=ActiveState {unit}"
        );
        let name = &self.droplet().name;
        loop {
            let startup = match self.sh(&script).await {
                Ok(text) => Startup::parse(&text, version),
                Err(error) => Startup::Waiting(error.to_string()),
            };
            match startup {
                Startup::Ready => return Ok(()),
                Startup::Failed => {
                    return Err(format!("{version} exits when it starts ({unit} on {name})"));
                }
                Startup::Waiting(report) if Instant::now() > deadline => {
                    let seconds = READY.as_secs();
                    return Err(format!(
                        "{version} is not ready within {seconds} s on {name}: {report}"
                    ));
                }
                Startup::Waiting(_) => sleep(POLL).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_expected_version_counts_as_ready() {
        let ready = "{\"status\":\"ready\",\"version\":\"v1.2.3\"}\nactive\n";
        assert_eq!(Startup::parse(ready, "v1.2.3"), Startup::Ready);
        assert!(matches!(
            Startup::parse(ready, "v1.2.4"),
            Startup::Waiting(_)
        ));
        let not_ready =
            "{\"status\":\"not ready\",\"reason\":\"x\",\"version\":\"v1.2.3\"}\nactive\n";
        assert!(matches!(
            Startup::parse(not_ready, "v1.2.3"),
            Startup::Waiting(report) if report.contains("not ready")
        ));
    }

    #[test]
    fn a_unit_that_failed_is_not_waited_for() {
        assert_eq!(Startup::parse("\nfailed\n", "v1.2.3"), Startup::Failed);
        assert_eq!(Startup::parse("failed", "v1.2.3"), Startup::Failed);
        assert_eq!(
            Startup::parse("\nactivating\n", "v1.2.3"),
            Startup::Waiting(String::new())
        );
    }
}
