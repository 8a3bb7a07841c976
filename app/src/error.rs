//! Why a request failed: a status and a text that is safe to show, and the cause for the log.

use std::borrow::Cow;

use hyper::StatusCode;
use thiserror::Error;

use crate::database;

const NO_SUCH_USER: &str = "There is no such user";

/// A handler's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request failed.
#[derive(Debug, Error)]
pub enum Error {
    /// 400; the text explains what to change.
    #[error("{0}")]
    BadRequest(Cow<'static, str>),
    /// 401: nobody is signed in.
    #[error("You have to sign in first")]
    Unauthorized,
    /// 403: the simulator's credential is missing or wrong.
    #[error("You are not authorized to use this resource!")]
    Forbidden,
    /// 403: the page of another site made this request.
    #[error("This request came from another site, so it was not done")]
    CrossSite,
    /// 404.
    #[error("{0}")]
    NotFound(&'static str),
    /// 405, with the methods that the path has.
    #[error("The method is not allowed here; allowed: {0}")]
    MethodNotAllowed(&'static str),
    /// 408: the body did not arrive in time.
    #[error("The request body did not arrive in time")]
    BodyTimeout,
    /// 413, with the limit in bytes.
    #[error("The request body is larger than {0} bytes")]
    TooLarge(usize),
    /// 414, with the limit in bytes.
    #[error("The address is longer than {0} bytes")]
    AddressTooLong(usize),
    /// 415; the text names the type to send.
    #[error("{0}")]
    UnsupportedMediaType(&'static str),
    /// 429, with the seconds to wait.
    #[error("Too many attempts; please wait and try again")]
    TooMany(u64),
    /// 503: the database is away or all its connections are in use; a retry may succeed.
    #[error("The service is busy or its database is away; please try again")]
    Unavailable(#[source] Cause),
    /// 500: a defect.
    #[error("Something went wrong on our side")]
    Internal(#[source] Cause),
}

/// The cause of a 5xx, for the log only.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// A 400 with this text.
    pub fn bad_request(text: impl Into<Cow<'static, str>>) -> Self {
        Self::BadRequest(text.into())
    }

    /// A 404 for a user that does not exist.
    #[must_use]
    pub fn unknown_user() -> Self {
        Self::NotFound(NO_SUCH_USER)
    }

    /// A 404 for a path without a route.
    #[must_use]
    pub fn unknown_path() -> Self {
        Self::NotFound("There is no such page")
    }

    /// A 500.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// A 503.
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// Whether a user does not exist.
    #[must_use]
    pub fn is_unknown_user(&self) -> bool {
        matches!(self, Self::NotFound(text) if *text == NO_SUCH_USER)
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::AddressTooLong(_) => StatusCode::URI_TOO_LONG,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<database::Error> for Error {
    fn from(error: database::Error) -> Self {
        if error.is_transient() {
            Self::unavailable(error)
        } else {
            Self::internal(error)
        }
    }
}
