//! What can go wrong with a call, told apart by what to do about it.

use std::time::Duration;

/// A call that failed. The text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// 401.
    #[error(
        "the API refuses the token (401): put a valid one into the file that FLOATIP_TOKEN_FILE names, or into DIGITALOCEAN_TOKEN"
    )]
    Unauthorized,
    /// 403.
    #[error(
        "the token may not do this (403): it needs the scopes reserved_ip:read, reserved_ip:update and droplet:read"
    )]
    Forbidden,
    /// 404.
    #[error(
        "the API knows no {what} (404): check the address or id, and that the token is of the same account"
    )]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// 422: pending event, the droplet holds a reserved IP already, or a wrong request. The API's own operator tool takes it for
    /// "holds one already", Terraform's provider for "pending": only the record tells, so read that again.
    #[error("the API can't do this now (422): {message}")]
    Unprocessable {
        /// What the API said.
        message: String,
    },
    /// 429.
    #[error("the API's rate limit of this token is used up (429){}", after(*.retry_after))]
    RateLimited {
        /// How long it asks to wait: `retry-after`, or until the limit per hour lets a call pass again.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    #[error("the API has trouble of its own ({status}): {message}")]
    Server {
        /// HTTP status.
        status: u16,
        /// What the API said.
        message: String,
    },
    /// No answer: refused, no route, broken off, or too late. The call may have been carried out.
    #[error("the API does not answer: {0}; check FLOATIP_API_URL and the network")]
    Silent(String),
    /// Anything else, and answers that can't be read.
    #[error("the API answered something unexpected ({status}): {message}")]
    Unexpected {
        /// HTTP status.
        status: u16,
        /// What the API said, or what is wrong with it.
        message: String,
    },
}

impl Error {
    /// A word for log lines and metric labels.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound { .. } => "not_found",
            Self::Unprocessable { .. } => "unprocessable",
            Self::RateLimited { .. } => "rate_limited",
            Self::Server { .. } => "server",
            Self::Silent(_) => "silent",
            Self::Unexpected { .. } => "unexpected",
        }
    }

    /// How long the API asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// True if trying again can't help until someone changes the configuration.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::Unauthorized | Self::Forbidden | Self::NotFound { .. }
        )
    }
}

fn after(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| {
        format!(": it asks to wait {} s", wait.as_secs())
    })
}
