//! How a command on a droplet failed.

use std::time::Duration;

/// A command on a droplet that failed.
#[derive(Debug, thiserror::Error)]
#[error("on {droplet}: {cause}")]
pub struct Error {
    /// The droplet's name.
    pub droplet: String,
    /// How.
    pub cause: Cause,
}

/// How a command on a droplet failed.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// There is no `ssh` here.
    #[error("ssh can't be started ({0}); install openssh-client")]
    NotStarted(std::io::Error),
    /// ssh got no connection, or lost it. The text is its last line.
    #[error("ssh: {0}")]
    NotConnected(String),
    /// The command did not end in time.
    #[error("no result within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The command ended with another exit code than 0.
    #[error("exit code {code}: {last_line}")]
    Failed {
        /// Its exit code.
        code: i32,
        /// The last line of its standard error.
        last_line: String,
    },
    /// This machine has no port to forward from.
    #[error("no local port can be opened: {0}")]
    NoPort(std::io::Error),
    /// A signal ended ssh.
    #[error("ssh was killed")]
    Killed,
}
