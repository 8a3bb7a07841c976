//! Why a command ended without a result, and the exit code of each cause.

use operate::{environment, ssh};

/// Listed by `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the command failed for another reason than those below
  2  wrong usage
  3  there is no such environment, or its outputs lack what the command needs
  4  a droplet, the cloud's API or Prometheus does not answer
  5  the result is bad: an alert fired, a query found nothing, watching costs too much
`shell`, `sql`, `promql` and `restore` exit with the code of what they run on the droplet; 255 is ssh's own.";

/// The exit code for a bad result.
pub const BAD_RESULT: u8 = 5;

pub type Result<T> = std::result::Result<T, Error>;

/// Why a command ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Environment(#[from] environment::Error),
    #[error("{0}")]
    NotInEnvironment(String),
    #[error(transparent)]
    Ssh(#[from] ssh::Error),
    #[error("{0}")]
    NoAnswer(String),
    #[error("{0}")]
    Failed(String),
}

impl Error {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Environment(_) | Self::NotInEnvironment(_) => 3,
            Self::Ssh(_) | Self::NoAnswer(_) => 4,
        }
    }
}
