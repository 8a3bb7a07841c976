//! What is sent.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};

use super::{Failure, Target, percent_encode};

/// A request, independent of where it is sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: Method,
    /// Path and query, percent-encoded.
    pub path: String,
    /// Headers besides `Host`, `Connection` and `Content-Length`.
    pub headers: HeaderMap,
    /// Sent as it is.
    pub body: Bytes,
}

/// What happens to the connection after the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterwards {
    Close,
    Keep,
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// A request with a JSON body.
    #[must_use]
    pub fn post_json(path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self::post(path, body.into(), "application/json")
    }

    /// A form as a browser sends it.
    #[must_use]
    pub fn post_form(path: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let pair = |(name, value): &(&str, &str)| {
            format!("{}={}", percent_encode(name), percent_encode(value))
        };
        let body = fields.iter().map(pair).collect::<Vec<_>>().join("&");
        Self::post(path, body.into(), "application/x-www-form-urlencoded")
    }

    fn post(path: impl Into<String>, body: Bytes, content_type: &'static str) -> Self {
        let mut request = Self::get(path);
        request.method = Method::POST;
        request.body = body;
        request
            .headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        request
    }

    /// Adds a header, in place of one of the same name. A value that HTTP does not allow is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Authenticates with a credential of the form `user:password`.
    #[must_use]
    pub fn basic_auth(self, credential: &str) -> Self {
        let value = format!("Basic {}", BASE64_STANDARD.encode(credential));
        self.header(header::AUTHORIZATION, &value)
    }

    pub(super) fn build(
        &self,
        target: &Target,
        afterwards: Afterwards,
    ) -> Result<hyper::Request<Full<Bytes>>, Failure> {
        let mut request = hyper::Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .body(Full::new(self.body.clone()))
            .map_err(|_| Failure::Local)?;
        let headers = request.headers_mut();
        headers.extend(self.headers.clone());
        let host = HeaderValue::from_str(target.host()).map_err(|_| Failure::Local)?;
        headers.insert(header::HOST, host);
        if afterwards == Afterwards::Close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(request)
    }
}
