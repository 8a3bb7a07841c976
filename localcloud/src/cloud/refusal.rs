//! Why a change is refused.

/// Why an operation is refused. The text is safe to show to the API's client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The resource does not exist.
    #[error("The resource you requested could not be found.")]
    NotFound,
    /// The request is well-formed but can't be carried out.
    #[error("{0}")]
    Unprocessable(String),
    /// The account may not do this to this resource now.
    #[error("{0}")]
    Forbidden(String),
    /// The request conflicts with another resource.
    #[error("{0}")]
    Conflict(String),
    /// The resource must be emptied or stopped first.
    #[error("{0}")]
    Precondition(String),
    /// The record can't be written to disk.
    #[error("the cloud's record can't be stored: {0}")]
    Storage(String),
}

impl Refusal {
    /// A refusal with status 422.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::Unprocessable(message.into())
    }
}
