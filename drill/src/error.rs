//! What can end a drill, and the exit code of each.

use operate::client::BadTarget;
use operate::environment;
use std::path::PathBuf;

/// Everything was as required.
pub const PASSED: u8 = 0;
/// A check of `alerts` or a fault of `summary` failed.
pub const CHECK_FAILED: u8 = 1;
/// Requests failed.
pub const REQUESTS_FAILED: u8 = 6;
/// An acknowledged write could not be read back.
pub const WRITES_LOST: u8 = 7;
/// A failover left something other than a healthy pair with the right droplet live.
pub const INVARIANT_BROKEN: u8 = 8;
/// An outage was longer than allowed.
pub const TOO_LONG: u8 = 9;

/// The exit codes, as `--help` lists them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  no error, and every acknowledged write is readable
  1  the drill itself could not be carried out (network, ssh, cloud API, output); alerts, summary: a check failed
  2  bad usage
  3  an input file or the environment is missing, or a line of a file is bad
  4  the target can't be reached
  5  the target or the cloud's API is neither loopback nor in 198.18.0.0/15, and --allow-remote-target was not given
  6  requests failed
  7  an acknowledged write (or the last `latest`) could not be read back
  8  failover: an invariant broke (the wrong droplet is live, a second move, the standby is not back, no recovery)
  9  failover: the outage was longer than allowed
 10  failover: the environment was not ready for a drill (no fit standby, unknown holder)";

/// Why a drill ended before it had a result. Each text contains the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An input file can't be read.
    #[error("can't read {path}: {source}; give the path of {what}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the file should have been.
        what: &'static str,
        /// The cause.
        source: std::io::Error,
    },
    /// A line of a recorded run is not in the format.
    #[error("{path} line {line}: {problem}; fix or remove the line")]
    BadLine {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A file can't be understood as a whole.
    #[error("{path}: {problem}")]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// A file can't be written.
    #[error("can't write {path}: {source}; give a path in an existing, writable directory")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The environment can't be found, read or reached.
    #[error(transparent)]
    Environment(#[from] environment::Error),
    /// The cloud's API refused or failed a call.
    #[error("{0}")]
    Cloud(String),
    /// A command on a droplet failed.
    #[error("{0}")]
    Ssh(String),
    /// A drill needs a healthy pair to start from.
    #[error("not ready for a drill: {0}; wait, or repair that first")]
    NotReady(String),
    /// A fault could not be undone.
    #[error("not everything that this drill broke is undone ({source}); do by hand: {what}")]
    NotUndone {
        /// What is left to do.
        what: String,
        /// Why.
        source: Box<Error>,
    },
    /// A signal ended it.
    #[error("interrupted; every fault is undone")]
    Interrupted,
    /// No place for a temporary file.
    #[error("can't make a temporary directory: {0}; set TMPDIR to one that can be written to")]
    NoTemporary(std::io::Error),
    /// The report can't be printed.
    #[error("can't print the report: {0}; give drill a standard output that can be written to")]
    Output(std::io::Error),
    /// The target's URL is not usable.
    #[error(transparent)]
    BadTarget(#[from] BadTarget),
    /// A name of `alerts` is not in the table.
    #[error("there is no check {0:?}; `drill alerts --list` prints their names")]
    UnknownCheck(String),
    /// The target is not on this machine.
    #[error(
        "{0} is neither loopback nor in 198.18.0.0/15, and a drill breaks things and leaves test accounts behind; \
         add --allow-remote-target if you mean it"
    )]
    Remote(String),
    /// Nothing responds at the target.
    #[error(
        "no good response to GET /latest from {url} ({cause}); check that it is up (make up) and that the address is right"
    )]
    Unreachable {
        /// The target.
        url: String,
        /// How it failed.
        cause: String,
    },
}

impl Error {
    /// The exit code for this error.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::BadTarget(_)
            | Self::UnknownCheck(_)
            | Self::Environment(environment::Error::NoToken | environment::Error::BadName(_)) => 2,
            Self::Unwritable { .. }
            | Self::Cloud(_)
            | Self::Ssh(_)
            | Self::NotUndone { .. }
            | Self::Interrupted
            | Self::NoTemporary(_)
            | Self::Output(_)
            | Self::Environment(environment::Error::Localcloud(_)) => 1,
            Self::Environment(_)
            | Self::Unreadable { .. }
            | Self::BadLine { .. }
            | Self::BadFile { .. } => 3,
            Self::Unreachable { .. } => 4,
            Self::Remote(_) => 5,
            Self::NotReady(_) => 10,
        }
    }
}
