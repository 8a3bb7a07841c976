//! Calls of the cloud's API, and how one was refused.

use crate::error::Error;
use crate::target;
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;

const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Address and token of the API.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    token: String,
}

/// A call that failed or that the API refused.
pub(super) struct Refusal {
    pub(super) status: Option<StatusCode>,
    pub(super) text: String,
}

impl Client {
    pub(super) async fn new(url: &str, token: &str, allow_remote: bool) -> Result<Self, Error> {
        let bad = |problem: String| target::bad(url, problem);
        let base: Url = url
            .trim_end_matches('/')
            .trim_end_matches("/v2")
            .parse()
            .map_err(|_| bad("it is not a URL".to_owned()))?;
        let host = base.host_str().unwrap_or_default();
        let host = host.trim_matches(|c| c == '[' || c == ']');
        let port = base.port_or_known_default().unwrap_or(443);
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
            .await
            .map_err(|cause| bad(format!("{host} does not resolve ({cause})")))?
            .collect();
        let remote = target::first_remote(addresses.iter().map(SocketAddr::ip));
        let mut builder = reqwest::Client::builder().timeout(CALL_TIMEOUT);
        match remote {
            Some(_) if !allow_remote => {
                return Err(Error::Remote(format!("the cloud's API at {url}")));
            }
            Some(_) => {}
            None => builder = builder.no_proxy(),
        }
        Ok(Self {
            http: builder.build().map_err(|error| bad(error.to_string()))?,
            base,
            token: token.to_owned(),
        })
    }

    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let what = format!("{method} /{path}");
        let failed = |error: reqwest::Error| Refusal {
            status: None,
            text: format!(
                "the cloud's API does not respond to {what} ({}); check DIGITALOCEAN_API_URL and that it is up",
                root_cause(&error)
            ),
        };
        let url = self.base.join(path).map_err(|error| Refusal {
            status: None,
            text: format!("{what}: {error}; check DIGITALOCEAN_API_URL"),
        })?;
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        let text = response.text().await.map_err(failed)?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let hint = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "; check DIGITALOCEAN_TOKEN",
            StatusCode::NOT_FOUND => "; check that the environment is of this cloud",
            _ => "",
        };
        let message = body["message"].as_str().unwrap_or("no message");
        Err(Refusal {
            status: Some(status),
            text: format!("the cloud's API responded to {what} with {status}: {message}{hint}"),
        })
    }

    pub(super) fn parse<T: DeserializeOwned>(&self, path: &str, value: Value) -> Result<T, Error> {
        serde_json::from_value(value).map_err(|error| {
            Error::Cloud(format!(
                "{}{path} does not respond as the API v2 does ({error}); check DIGITALOCEAN_API_URL",
                self.base
            ))
        })
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Cloud(refusal.text)
    }
}

impl Refusal {
    pub(super) fn is_temporary(&self) -> bool {
        self.status.is_some_and(|status| {
            status.is_server_error()
                || [
                    StatusCode::UNPROCESSABLE_ENTITY,
                    StatusCode::TOO_MANY_REQUESTS,
                ]
                .contains(&status)
        })
    }

    /// An action can be unknown right after it was created.
    pub(super) fn may_be_early(&self) -> bool {
        self.is_temporary()
            || self
                .status
                .is_none_or(|status| status == StatusCode::NOT_FOUND)
    }
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
