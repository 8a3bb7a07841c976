//! Why an operation failed: a refusal that the client receives, or a failure whose cause only the log receives.

use s3s::S3Error;

/// The result of an operation of Spaces.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client receives this as it is.
    #[error("{0}")]
    Refused(#[from] S3Error),
    /// The client receives "internal error".
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.into())
    }
}
