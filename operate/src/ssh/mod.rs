//! Runs commands on droplets as root, with the `ssh` that is installed, and opens connections through them.

mod error;
mod forward;

pub use error::{Cause, Error};
pub use forward::Forward;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::environment::Droplet;

/// Unknown host keys are accepted and recorded; a key that changes later is an error.
const OPTIONS: [&str; 4] = [
    "BatchMode=yes",
    "LogLevel=ERROR",
    "ConnectTimeout=3",
    "StrictHostKeyChecking=accept-new",
];
/// A command without a terminal ends within seconds when its droplet dies.
const NOTICE_DEATH: [&str; 2] = ["ServerAliveInterval=2", "ServerAliveCountMax=2"];

/// ssh's exit code for its own failures; a command's exit code is passed on.
pub const NOT_CONNECTED: i32 = 255;

/// The key and the file of host keys for an environment's droplets.
#[derive(Clone, Debug)]
pub struct Ssh {
    key: Option<PathBuf>,
    known_hosts: Option<PathBuf>,
}

impl Ssh {
    /// Without a key or a file of host keys, ssh uses its own defaults.
    #[must_use]
    pub fn new(key: Option<&Path>, known_hosts: Option<&Path>) -> Self {
        Self {
            key: key.map(Path::to_owned),
            known_hosts: known_hosts.map(Path::to_owned),
        }
    }

    /// The private key, if ssh's own is not used.
    #[must_use]
    pub fn key(&self) -> Option<&Path> {
        self.key.as_deref()
    }

    /// The file of host keys, if ssh's own is not used.
    #[must_use]
    pub fn known_hosts(&self) -> Option<&Path> {
        self.known_hosts.as_deref()
    }

    /// Runs `command` in the droplet's shell with `input` as its standard input. Returns its standard output.
    ///
    /// # Errors
    /// If ssh can't connect, the command fails, or it takes longer than `limit`. The command may go on running then.
    pub async fn run(
        &self,
        droplet: &Droplet,
        command: &str,
        input: &[u8],
        limit: Duration,
    ) -> Result<String, Error> {
        let failed = |cause: Cause| Error {
            droplet: droplet.name.clone(),
            cause,
        };
        let mut child = self
            .command(&NOTICE_DEATH)
            .arg(root_at(droplet))
            .arg(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(Cause::NotStarted(error)))?;
        let mut stdin = child.stdin.take();
        let work = async {
            let feed = async {
                if let Some(mut stdin) = stdin.take() {
                    // A command that ends without reading all of its input has not failed by that.
                    let _ = stdin.write_all(input).await;
                }
            };
            tokio::join!(feed, child.wait_with_output()).1
        };
        let output = timeout(limit, work)
            .await
            .map_err(|_| failed(Cause::TimedOut(limit)))?
            .map_err(|error| failed(Cause::NotStarted(error)))?;
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
            Some(NOT_CONNECTED) => Cause::NotConnected(last),
            Some(code) => Cause::Failed {
                code,
                last_line: last,
            },
            None => Cause::Killed,
        }))
    }

    /// Runs `command`, or a login shell if it is empty, on this process's own standard streams. Returns its exit code.
    ///
    /// # Errors
    /// If ssh can't be started.
    pub async fn attach(&self, droplet: &Droplet, command: &[String]) -> Result<i32, Error> {
        let mut ssh = self.command(&[]);
        ssh.arg(root_at(droplet)).args(command);
        let status = ssh.status().await.map_err(|error| Error {
            droplet: droplet.name.clone(),
            cause: Cause::NotStarted(error),
        })?;
        Ok(status.code().unwrap_or(NOT_CONNECTED))
    }

    /// Runs `command` with `input` as its standard input and this process's own output streams. Returns its exit code.
    ///
    /// # Errors
    /// If ssh can't be started.
    pub async fn feed(&self, droplet: &Droplet, command: &str, input: &[u8]) -> Result<i32, Error> {
        let failed = |error| Error {
            droplet: droplet.name.clone(),
            cause: Cause::NotStarted(error),
        };
        let mut child = self
            .command(&NOTICE_DEATH)
            .arg(root_at(droplet))
            .arg(command)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that ends without reading all of its input has not failed by that.
            let _ = stdin.write_all(input).await;
        }
        let status = child.wait().await.map_err(failed)?;
        Ok(status.code().unwrap_or(NOT_CONNECTED))
    }

    /// A connection to `host`:`port` from the droplet (`ssh -W`), as the child's standard input and output. It closes when
    /// the child is dropped.
    ///
    /// # Errors
    /// If ssh can't be started. A connection that fails shows as the end of the child's output.
    pub fn stream(&self, droplet: &Droplet, host: &str, port: u16) -> Result<Child, Error> {
        self.command(&NOTICE_DEATH)
            .args(["-W", &format!("{host}:{port}")])
            .arg(root_at(droplet))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Error {
                droplet: droplet.name.clone(),
                cause: Cause::NotStarted(error),
            })
    }

    /// `ssh` with the options that all calls share. The process ends when it is dropped.
    fn command(&self, more: &[&str]) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.args(self.arguments());
        for option in more {
            ssh.args(["-o", option]);
        }
        ssh.kill_on_drop(true);
        ssh
    }

    fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        if let Some(key) = &self.key {
            arguments.extend([
                "-i".into(),
                key.into(),
                "-o".into(),
                "IdentitiesOnly=yes".into(),
            ]);
        }
        if let Some(known_hosts) = &self.known_hosts {
            let mut option = OsString::from("UserKnownHostsFile=");
            option.push(known_hosts);
            arguments.extend(["-o".into(), option]);
        }
        for option in OPTIONS {
            arguments.extend(["-o".into(), option.into()]);
        }
        arguments
    }
}

fn root_at(droplet: &Droplet) -> String {
    format!("root@{}", droplet.public_ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_and_host_keys_are_passed_to_ssh() {
        let ssh = Ssh::new(Some(Path::new("/k")), Some(Path::new("/h")));
        let arguments = ssh.arguments();
        let text: Vec<_> = arguments
            .iter()
            .filter_map(|argument| argument.to_str())
            .collect();
        assert_eq!(
            text[..6],
            [
                "-i",
                "/k",
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "UserKnownHostsFile=/h"
            ]
        );
        let defaults = Ssh::new(None, None).arguments();
        assert!(!defaults.contains(&"-i".into()));
    }
}
