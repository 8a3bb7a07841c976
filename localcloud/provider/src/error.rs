//! Why a call failed, as a sentence for the user.

use std::time::Duration;

use reqwest::StatusCode;

/// Why a call, or a wait for its effect, failed. The texts are whole sentences for a user.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is no URL.
    #[error(
        "\"{0}\" is not a URL: set DIGITALOCEAN_API_URL to something like https://api.digitalocean.com"
    )]
    Address(String),
    /// No TLS, no resolver or the like.
    #[error("the HTTP client could not start: {0}")]
    Client(reqwest::Error),
    /// No connection, or no response in time.
    #[error("the API at {url} can't be reached ({cause}): check DIGITALOCEAN_API_URL")]
    Unreachable {
        /// Address of the API.
        url: String,
        /// The innermost cause.
        cause: String,
    },
    /// 401.
    #[error("the token was refused: set DIGITALOCEAN_TOKEN")]
    Token,
    /// No key to Spaces.
    #[error("there is no key for Spaces: set SPACES_ACCESS_KEY_ID and SPACES_SECRET_ACCESS_KEY")]
    SpacesKey,
    /// 404.
    #[error("the API has no {0}")]
    NotFound(String),
    /// Any other refusal.
    #[error("{message} ({status} from {call})")]
    Refused {
        /// Status of the response.
        status: StatusCode,
        /// The API's reason.
        message: String,
        /// Method and path.
        call: String,
    },
    /// A response that is not the documented JSON.
    #[error("the answer to {0} is not what the API documents")]
    Answer(String),
    /// An action ended as `errored`.
    #[error("the action \"{0}\" failed")]
    Action(String),
    /// A wait took too long.
    #[error("{what} took more than {} s", limit.as_secs())]
    TooLong {
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
    },
}

impl Error {
    /// Status of a refusal; `None` for other errors.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Token => Some(401),
            Self::NotFound(_) => Some(404),
            Self::Refused { status, .. } => Some(status.as_u16()),
            _ => None,
        }
    }
}
