//! A user of MiniTwit: sends requests as a browser or the simulator does, each on a connection of its own, and notes which version
//! answered.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use tokio::time::Instant;

use crate::error::{Error, Result};

/// The header in which MiniTwit says its version.
const VERSION: &str = "minitwit-version";

/// A user of one address.
#[derive(Clone, Debug)]
pub struct User {
    http: reqwest::Client,
    base: String,
    credential: (String, String),
    cookies: BTreeMap<String, String>,
}

/// An answer, whole and in time.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The version that answered, empty if it didn't say.
    pub version: String,
    /// Where it redirects to.
    pub location: Option<String>,
    /// The body.
    pub body: String,
    /// From the connect to the last byte.
    pub took: Duration,
}

impl User {
    /// A user of `http://HOST[:PORT]` who waits `limit` for an answer. `credential` is the simulator's `user:password`.
    ///
    /// # Errors
    /// If the HTTP client can't start, or the credential has no colon.
    pub fn new(base: &str, credential: &str, limit: Duration) -> Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("release/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // A connection that is kept would go on reaching the droplet that held the address before.
            .pool_max_idle_per_host(0)
            .timeout(limit)
            .build()
            .map_err(|error| Error::Failed(error.to_string()))?;
        let (name, password) = credential.split_once(':').ok_or_else(|| {
            Error::Usage("the simulator's credential is not of the form user:password".to_owned())
        })?;
        Ok(Self {
            http,
            base: base.to_owned(),
            credential: (name.to_owned(), password.to_owned()),
            cookies: BTreeMap::new(),
        })
    }

    /// The same user, cookies included, at another address.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// Gets a page as a browser.
    ///
    /// # Errors
    /// The text says how there was no answer in time.
    pub async fn page(&mut self, path: &str) -> Result<Answer, String> {
        let request = self.request(Method::GET, path);
        self.send(request, path).await
    }

    /// Submits a form as a browser.
    ///
    /// # Errors
    /// As for [`User::page`].
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, String> {
        let request = self.request(Method::POST, path).form(fields);
        self.send(request, path).await
    }

    /// Calls the API as the simulator.
    ///
    /// # Errors
    /// As for [`User::page`].
    pub async fn call(
        &mut self,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<Answer, String> {
        let (name, password) = self.credential.clone();
        let request = match body {
            Some(body) => self.request(Method::POST, path).json(body),
            None => self.request(Method::GET, path),
        };
        let request = request.basic_auth(name, Some(password));
        self.send(request, path).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        if self.cookies.is_empty() {
            return request;
        }
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        request.header("cookie", cookies.join("; "))
    }

    async fn send(&mut self, request: RequestBuilder, path: &str) -> Result<Answer, String> {
        let begun = Instant::now();
        let failed = |error: reqwest::Error| format!("{path}: {}", innermost(&error));
        let response = request.send().await.map_err(failed)?;
        self.keep_cookies(&response);
        let text = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let (status, version, location) = (
            response.status().as_u16(),
            text(VERSION).unwrap_or_default(),
            text("location"),
        );
        let body = response.text().await.map_err(failed)?;
        Ok(Answer {
            status,
            version,
            location,
            body,
            took: begun.elapsed(),
        })
    }

    fn keep_cookies(&mut self, response: &Response) {
        for value in response.headers().get_all("set-cookie") {
            let pair = value.to_str().unwrap_or_default().split(';').next();
            if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
                if value.is_empty() {
                    self.cookies.remove(name.trim());
                } else {
                    self.cookies
                        .insert(name.trim().to_owned(), value.to_owned());
                }
            }
        }
    }
}

fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
