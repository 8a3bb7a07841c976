//! What came back in time.

use std::borrow::Cow;

use http_body_util::{BodyExt, Limited};
use hyper::HeaderMap;
use hyper::body::{Bytes, Incoming};
use hyper::header;
use serde::de::DeserializeOwned;

use super::Failure;

/// The header with MiniTwit's version.
pub const VERSION: &str = "minitwit-version";
/// The header with the droplet that served the request, where MiniTwit is configured to send it.
pub const SERVED_BY: &str = "minitwit-served-by";

/// A longer body is [`Failure::Malformed`]: no response of MiniTwit comes near this length.
const MAX_BODY: usize = 32 << 20;

/// A whole response.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body, byte for byte.
    pub body: Bytes,
}

impl Response {
    pub(super) async fn read(response: hyper::Response<Incoming>) -> Result<Self, Failure> {
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, MAX_BODY)
            .collect()
            .await
            .map_err(|error| Failure::of_exchange(error.as_ref()))?
            .to_bytes();
        Ok(Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        })
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// MiniTwit's version, from [`VERSION`].
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.header(VERSION)
    }

    /// The droplet, from [`SERVED_BY`].
    #[must_use]
    pub fn served_by(&self) -> Option<&str> {
        self.header(SERVED_BY)
    }

    /// Where it redirects to.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.header(header::LOCATION.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body read as JSON.
    ///
    /// # Errors
    /// [`Failure::Malformed`] if it is not such JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|_| Failure::Malformed)
    }

    /// The same response, if it has this status.
    ///
    /// # Errors
    /// [`Failure::Status`] with the status that it has.
    pub fn expect_status(self, status: u16) -> Result<Self, Failure> {
        if self.status == status {
            Ok(self)
        } else {
            Err(Failure::Status(self.status))
        }
    }
}
