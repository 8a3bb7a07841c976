//! Why a change is refused.

/// Why the record does not change. The text is meant for the API's client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing.
    #[error("The resource you requested could not be found.")]
    NotFound,
    /// The request makes sense but can't be followed.
    #[error("{0}")]
    Unprocessable(String),
    /// The account may not do this to this resource now.
    #[error("{0}")]
    Forbidden(String),
    /// Something else is in the way.
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
    /// A request that can't be followed, and why.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::Unprocessable(message.into())
    }
}
