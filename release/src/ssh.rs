//! Runs commands on droplets as root, with the `ssh` that is installed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::environment::Droplet;
use crate::error::{Error, Result};

/// How to get onto a droplet.
#[derive(Clone, Debug)]
pub struct Ssh {
    key: Option<PathBuf>,
    known_hosts: Option<PathBuf>,
}

impl Ssh {
    /// Without a key, or a file of host keys, ssh uses what it finds by itself.
    #[must_use]
    pub fn new(key: Option<&Path>, known_hosts: Option<&Path>) -> Self {
        Self {
            key: key.map(Path::to_owned),
            known_hosts: known_hosts.map(Path::to_owned),
        }
    }

    /// `ssh` with what is the same for all calls; it ends when dropped.
    fn command(&self) -> Command {
        let mut ssh = Command::new("ssh");
        if let Some(key) = &self.key {
            ssh.arg("-i").arg(key).args(["-o", "IdentitiesOnly=yes"]);
        }
        if let Some(known_hosts) = &self.known_hosts {
            let mut option = std::ffi::OsString::from("UserKnownHostsFile=");
            option.push(known_hosts);
            ssh.arg("-o").arg(option);
        }
        for option in [
            "BatchMode=yes",
            "LogLevel=ERROR",
            "ConnectTimeout=3",
            "ServerAliveInterval=2",
            "ServerAliveCountMax=2",
            "StrictHostKeyChecking=accept-new",
        ] {
            ssh.args(["-o", option]);
        }
        ssh.kill_on_drop(true);
        ssh
    }

    /// Runs `script` with `sh` and `input` as its standard input; returns what it prints.
    ///
    /// # Errors
    /// [`Error::Failed`] with the last line of its diagnostics if it fails or takes longer than `limit`.
    pub async fn run(
        &self,
        droplet: &Droplet,
        script: &str,
        input: &[u8],
        limit: Duration,
    ) -> Result<String> {
        let failed = |cause: String| Error::Failed(format!("on {}: {cause}", droplet.name));
        let mut child = self
            .command()
            .arg(format!("root@{}", droplet.public_ip))
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("can't run ssh ({error}); install openssh-client")))?;
        let mut stdin = child.stdin.take();
        let work = async {
            let feed = async {
                if let Some(mut stdin) = stdin.take() {
                    // A script that doesn't read to the end is no failure by itself.
                    let _ = stdin.write_all(input).await;
                }
            };
            tokio::join!(feed, child.wait_with_output()).1
        };
        let output = timeout(limit, work)
            .await
            .map_err(|_| failed(format!("no result within {} s", limit.as_secs())))?
            .map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.trim().lines().last().unwrap_or("no message");
        Err(failed(match output.status.code() {
            Some(255) => format!("ssh: {last}"),
            Some(code) => format!("exit code {code}: {last}"),
            None => "ssh was killed".to_owned(),
        }))
    }

    /// A connection to `host`:`port` by way of the droplet, as the child's standard input and output.
    ///
    /// # Errors
    /// If ssh can't be started.
    pub fn tunnel(&self, droplet: &Droplet, host: &str, port: u16) -> Result<Child> {
        self.command()
            .args(["-W", &format!("{host}:{port}")])
            .arg(format!("root@{}", droplet.public_ip))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Error::Failed(format!("can't run ssh: {error}")))
    }
}
