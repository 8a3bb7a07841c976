//! How a request failed, from the client's point of view.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// How a request failed, from the client's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// No connection within the time limit.
    ConnectTimeout,
    /// Connected, but no complete response within the time limit.
    Timeout,
    /// Nothing listens there.
    Refused,
    /// The network reports that there is no route.
    Unreachable,
    /// The connection was reset, or closed before the response was complete.
    Reset,
    /// The response is not HTTP, or its body is not what the request must get.
    Malformed,
    /// A response with a status that the request must not get.
    Status(u16),
    /// A good response, from a version that must not respond.
    WrongVersion,
    /// This machine had no socket for it, or the request can't be written as HTTP.
    Local,
}

impl Failure {
    /// Whether the server may have carried the request out nevertheless.
    #[must_use]
    pub fn may_have_taken_effect(self) -> bool {
        match self {
            Self::ConnectTimeout | Self::Refused | Self::Unreachable | Self::Local => false,
            Self::Timeout | Self::Reset | Self::Malformed | Self::WrongVersion => true,
            Self::Status(status) => status >= 500,
        }
    }

    /// Whether the time limit ended the request, before or after it was connected.
    #[must_use]
    pub fn is_timeout(self) -> bool {
        matches!(self, Self::ConnectTimeout | Self::Timeout)
    }

    pub(super) fn of_connect(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown => Self::Unreachable,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Self::Reset,
            io::ErrorKind::TimedOut => Self::ConnectTimeout,
            _ => Self::Local,
        }
    }

    /// After the connect: the request may have arrived, so also "no route" counts as a connection that broke.
    pub(super) fn of_exchange(error: &(dyn StdError + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(link) = cause {
            let parse = link
                .downcast_ref::<hyper::Error>()
                .is_some_and(hyper::Error::is_parse);
            if parse || link.is::<http_body_util::LengthLimitError>() {
                return Self::Malformed;
            }
            cause = link.source();
        }
        Self::Reset
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectTimeout => f.write_str("connect timeout"),
            Self::Timeout => f.write_str("timeout"),
            Self::Refused => f.write_str("refused"),
            Self::Unreachable => f.write_str("unreachable"),
            Self::Reset => f.write_str("reset"),
            Self::Malformed => f.write_str("malformed answer"),
            Self::Status(status) => write!(f, "unexpected status {status}"),
            Self::WrongVersion => f.write_str("wrong version"),
            Self::Local => f.write_str("no local socket"),
        }
    }
}

impl StdError for Failure {}
