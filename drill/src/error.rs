//! What can end a drill, and the exit code of each.

use std::path::PathBuf;

/// Everything was as it should be.
pub const PASSED: u8 = 0;
/// Requests failed.
pub const REQUESTS_FAILED: u8 = 6;
/// An acknowledged write could not be read back.
pub const WRITES_LOST: u8 = 7;
/// A failover left something other than a healthy pair with another droplet live.
pub const INVARIANT_BROKEN: u8 = 8;
/// An outage was longer than allowed.
pub const TOO_LONG: u8 = 9;

/// The exit codes, as `--help` lists them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  no error, and every acknowledged write is readable
  1  the drill itself could not be carried out (network, ssh, cloud API, output)
  2  bad usage
  3  an input file is missing or a line of it is bad
  4  the target can't be reached
  5  the target or the cloud's API is neither loopback nor in 198.18.0.0/15, and --allow-remote-target was not given
  6  requests failed
  7  an acknowledged write (or the last `latest`) could not be read back
  8  failover: an invariant broke (the wrong droplet is live, a second move, the standby is not back, no recovery)
  9  failover: the outage was longer than allowed
 10  failover: the environment was not ready for a drill (no fit standby, unknown holder)";

/// Why a drill ended before it had a result. Each text says what to do.
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
    /// A line of a recorded run is not what the format says.
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
    /// The cloud's API did not do what was asked.
    #[error("{0}")]
    Cloud(String),
    /// A droplet did not do what was asked.
    #[error("{0}")]
    Ssh(String),
    /// A drill needs a healthy pair to start from.
    #[error("not ready for a drill: {0}; wait, or mend that first")]
    NotReady(String),
    /// A fault could not be undone.
    #[error("not all that this drill broke is mended ({source}); do by hand: {what}")]
    NotUndone {
        /// What is left to do.
        what: String,
        /// Why.
        source: Box<Error>,
    },
    /// The user ended it.
    #[error("interrupted; what was broken is mended")]
    Interrupted,
    /// No place for a file of ours.
    #[error("can't make a temporary directory: {0}; set TMPDIR to one that can be written to")]
    NoTemporary(std::io::Error),
    /// The report can't be printed.
    #[error("can't print the report: {0}; give drill a standard output that can be written to")]
    Output(std::io::Error),
    /// The target's URL is not usable.
    #[error("bad target {url:?}: {problem}; give http://HOST or http://HOST:PORT")]
    BadTarget {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The target is not on this machine.
    #[error(
        "{0} is neither loopback nor in 198.18.0.0/15, and a drill breaks things and leaves test accounts behind; \
         add --allow-remote-target if that is really meant"
    )]
    Remote(String),
    /// Nothing answers at the target.
    #[error(
        "no good answer to GET /latest from {url} ({cause}); check that it is up (make up) and that the address is right"
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
            Self::BadTarget { .. } => 2,
            Self::Unreadable { .. } | Self::BadLine { .. } | Self::BadFile { .. } => 3,
            Self::Unreachable { .. } => 4,
            Self::Remote(_) => 5,
            Self::NotReady(_) => 10,
            Self::Unwritable { .. }
            | Self::Cloud(_)
            | Self::Ssh(_)
            | Self::NotUndone { .. }
            | Self::Interrupted
            | Self::NoTemporary(_)
            | Self::Output(_) => 1,
        }
    }
}
