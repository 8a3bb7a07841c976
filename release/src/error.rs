//! What can end a release, told apart by what it leaves behind and what to do about it.

use std::process::ExitCode;

/// Printed below `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something that a release needs failed (ssh, the journal, a file); the text says what
  2  wrong usage
  3  the pair is not fit for a release
  4  a release is running already, or its rollback window is open
  5  the version is unknown: the working tree is dirty, or neither tag nor changelog has it
  6  a migration is not expand-only, or failed
  7  releases are frozen, or automatic moves of the live IP
  8  the artifact is not what its checksums say
  9  the new version was rejected; users never met it
 10  the new version was live, was worse, and the previous one is live again
 11  a failover came in between; the release was given up, and a complete version is live
 12  the pair could not be brought to rest: run `make release-resume` when what is missing is back
 13  there is nothing to resume, to roll back or to confirm
 14  another runner has taken this release over";

/// Why a release, or a command about one, ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A tool or a file that is needed failed.
    #[error("{0}")]
    Failed(String),
    /// The user typed something that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A droplet, or the record, is not as a release needs it.
    #[error("the pair is not fit for a release: {0}")]
    Unfit(String),
    /// Only one at a time.
    #[error("{0}")]
    Running(String),
    /// Nobody knows what this version is.
    #[error("{0}")]
    Unknown(String),
    /// The schema.
    #[error("{0}")]
    Migration(String),
    /// Somebody wants no releases now.
    #[error("{what} are frozen since {since} by {who}: {reason}; `{end}` ends that")]
    Frozen {
        /// What is: releases, or the live IP's moves.
        what: &'static str,
        /// The command that ends it.
        end: &'static str,
        /// Who froze them.
        who: String,
        /// Why.
        reason: String,
        /// When.
        since: String,
    },
    /// Not the bytes that were built.
    #[error("{0}")]
    Artifact(String),
    /// The candidate did not pass; nothing moved.
    #[error("rejected: {0}")]
    Rejected(String),
    /// The new version did not pass while it was live.
    #[error("worse than before: {0}")]
    Worse(String),
    /// The droplet that was made live is silent, at its own address too.
    #[error("{0} was made live and is silent, at its own address too")]
    Gone(String),
    /// The live IP is not where this release left it.
    #[error("a failover came in between: {0}")]
    Overtaken(String),
    /// Something is left to be done.
    #[error("the pair is not at rest: {0}; run `make release-resume` when what is missing is back")]
    Unsettled(String),
    /// No release, or none in the state that is needed.
    #[error("{0}")]
    Nothing(String),
    /// Another runner owns the release now.
    #[error("another runner has taken this release over: {0}")]
    Lost(String),
    /// `make rollback` was typed elsewhere while this runner had the release.
    #[error("a rollback was asked for by {0}")]
    Asked(String),
}

impl Error {
    /// The number that [`EXIT_CODES`] lists.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Unfit(_) => 3,
            Self::Running(_) => 4,
            Self::Unknown(_) => 5,
            Self::Migration(_) => 6,
            Self::Frozen { .. } => 7,
            Self::Artifact(_) => 8,
            Self::Rejected(_) => 9,
            Self::Worse(_) | Self::Gone(_) | Self::Asked(_) => 10,
            Self::Overtaken(_) => 11,
            Self::Unsettled(_) => 12,
            Self::Nothing(_) => 13,
            Self::Lost(_) => 14,
        }
    }

    /// The same for the system.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// The result of what can end a release.
pub type Result<T, E = Error> = std::result::Result<T, E>;
