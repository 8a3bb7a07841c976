//! Why a call failed, by what to do about it.

use std::time::Duration;

/// A call that failed. The text contains the remedy.
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
        "the API has no {what} (404): check the address or id, and that the token is of the same account"
    )]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// 422: pending event, the droplet holds a reserved IP already, or a wrong request. DigitalOcean's own tool assumes "holds one
    /// already", Terraform's provider assumes "pending". Only the record decides, so read it again.
    #[error("the API can't do this now (422): {message}")]
    Unprocessable {
        /// The message of the API.
        message: String,
    },
    /// 429.
    #[error("the API's rate limit of this token is used up (429){}", after(*.retry_after))]
    RateLimited {
        /// How long it asks to wait: `retry-after`, or until the limit per hour lets a call pass again.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    #[error("the API failed ({status}): {message}")]
    Server {
        /// HTTP status.
        status: u16,
        /// The message of the API.
        message: String,
    },
    /// No response: refused, no route, reset, or too late. The call may have been carried out.
    #[error("the API does not answer: {0}; check FLOATIP_API_URL and the network")]
    Silent(String),
    /// Anything else, and responses that can't be parsed.
    #[error("the API returned something unexpected ({status}): {message}")]
    Unexpected {
        /// HTTP status.
        status: u16,
        /// The message of the API, or what is wrong with its response.
        message: String,
    },
}

impl Error {
    /// The code in log lines and metric labels.
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
