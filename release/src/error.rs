//! Why a release ended early. The variants differ in what state they leave behind and in what the operator does next.

use std::process::ExitCode;

use operate::{environment, ssh};

/// Printed below `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  something that a release needs failed (ssh, the journal, a file); the message names it
  2  wrong usage
  3  the droplets are not fit for a release
  4  another release is running, or is still open
  5  the version is unknown: the working tree has uncommitted changes, or neither a tag nor the changelog names the version
  6  a migration does more than expand the schema, or failed
  7  releases are frozen, or automatic moves of the live IP are
  8  the artifact does not match its checksums
  9  the new version was rejected before it was live
 10  the new version was live and was worse, or a rollback was requested; the previous version is live again
 11  a failover happened during the release; the release was abandoned, and a complete version is live
 12  the droplets run different versions: repair what the message names, then run `make release-resume`
 13  there is nothing to resume, roll back or confirm
 14  another runner has taken this release over";

/// Why a release, or a command about one, ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A tool or file failed.
    #[error("{0}")]
    Failed(String),
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A droplet or the record of reserved IPs is not in the state that a release needs.
    #[error("the droplets are not fit for a release: {0}")]
    Unfit(String),
    /// Only one release may be open.
    #[error("{0}")]
    AlreadyOpen(String),
    /// Neither git nor the changelog names the version.
    #[error("{0}")]
    UnknownVersion(String),
    /// A migration was refused or failed.
    #[error("{0}")]
    Migration(String),
    /// An operator has stopped releases, or moves of the live IP.
    #[error("{what} are frozen since {since} by {who}: {reason}; `{end}` ends the freeze")]
    Frozen {
        /// What is frozen.
        what: &'static str,
        /// The command that ends the freeze.
        end: &'static str,
        /// Who froze it.
        who: String,
        /// Why.
        reason: String,
        /// Since when.
        since: String,
    },
    /// A file of the artifact is missing or damaged.
    #[error("{0}")]
    Artifact(String),
    /// The candidate did not pass. The live IP did not move.
    #[error("the new version is rejected: {0}")]
    Rejected(String),
    /// The new version did not pass while it was live.
    #[error("the new version is worse than the previous one: {0}")]
    Worse(String),
    /// The droplet that was made live answers neither at the live IP nor at its own address.
    #[error("{0} was made live, but answers neither at the live IP nor at its own address")]
    DeadDroplet(String),
    /// Something else moved a reserved IP.
    #[error("a failover happened during the release: {0}")]
    FailedOver(String),
    /// The droplets run different versions, and the release stays open.
    #[error("the release is incomplete: {0}; repair this, then run `make release-resume`")]
    Incomplete(String),
    /// There is no release in the state that the command needs.
    #[error("{0}")]
    NothingToDo(String),
    /// Another runner owns the release now.
    #[error("another runner has taken this release over: {0}")]
    LeaseLost(String),
    /// `release rollback` was called elsewhere while this runner worked on the release.
    #[error("a rollback was requested by {0}")]
    RollbackRequested(String),
}

impl Error {
    /// The number that [`EXIT_CODES`] lists.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Unfit(_) => 3,
            Self::AlreadyOpen(_) => 4,
            Self::UnknownVersion(_) => 5,
            Self::Migration(_) => 6,
            Self::Frozen { .. } => 7,
            Self::Artifact(_) => 8,
            Self::Rejected(_) => 9,
            Self::Worse(_) | Self::DeadDroplet(_) | Self::RollbackRequested(_) => 10,
            Self::FailedOver(_) => 11,
            Self::Incomplete(_) => 12,
            Self::NothingToDo(_) => 13,
            Self::LeaseLost(_) => 14,
        }
    }

    /// The process's exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

impl From<ssh::Error> for Error {
    fn from(error: ssh::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<environment::Error> for Error {
    fn from(error: environment::Error) -> Self {
        match error {
            environment::Error::BadName(_) => Self::Usage(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// The result of a release, or of a part of one.
pub type Result<T, E = Error> = std::result::Result<T, E>;
