//! What a person types: one file per subcommand.

pub mod backup;
pub mod daemon;
pub mod down;
pub mod env;
pub mod events;
pub mod fault;
pub mod place;
pub mod status;
pub mod up;

use std::process::ExitCode;

/// Why a command failed, as its exit code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Something went wrong while it ran.
    Failed = 1,
    /// The machine lacks something; the message says what to install or free.
    Machine = 3,
    /// There is no such cloud, or its daemon does not run.
    NoCloud = 4,
    /// A port or a name is taken.
    Taken = 5,
}

/// A failure and the sentence that says what to do.
#[derive(Debug)]
pub struct CliError {
    failure: Failure,
    message: String,
}

impl CliError {
    /// A failure of kind `failure`.
    #[must_use]
    pub fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self {
            failure,
            message: message.into(),
        }
    }

    /// Whether it is of kind `failure`.
    #[must_use]
    pub fn is(&self, failure: Failure) -> bool {
        self.failure == failure
    }

    /// Says it on standard error and gives the exit code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        eprintln!("localcloud: {}", self.message);
        ExitCode::from(self.failure as u8)
    }
}

impl From<anyhow::Error> for CliError {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Failure::Failed, format!("{error:#}"))
    }
}

/// Exit codes, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the machine lacks something (root, a tool, disk \
space), 4 no such cloud or its daemon does not run, 5 a port or slot is taken.";
