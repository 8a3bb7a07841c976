//! Failures of commands, each with its exit code.

use std::process::ExitCode;

/// Why a command failed; the values are the exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Something went wrong while it ran.
    Failed = 1,
    /// The machine lacks something; the message names what to install or free.
    Machine = 3,
    /// There is no such cloud, or its daemon does not run.
    NoCloud = 4,
    /// A port or a name is taken.
    Taken = 5,
}

/// A failure and a message that includes what to do.
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

    /// Prints the message to standard error and returns the exit code.
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
