//! A user of MiniTwit at one address: sends requests as a browser or the simulator does, each on a connection of its own, and
//! reports which version responded.

use std::net::SocketAddr;
use std::time::Duration;

use operate::client::{Cookies, Failure, Request, Target, send};
use serde_json::Value;
use tokio::time::Instant;

/// A user. A connection is never reused: it would go on reaching the droplet that held the address before.
#[derive(Clone, Debug)]
pub struct User {
    target: Target,
    credential: String,
    limit: Duration,
    cookies: Cookies,
}

/// A complete response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The version that responded; empty if the response does not contain it.
    pub version: String,
    /// Where it redirects to.
    pub location: Option<String>,
    /// The body.
    pub body: String,
    /// From the connect to the last byte.
    pub took: Duration,
}

impl User {
    /// A user of `address` who waits `limit` for each response. `credential` is the simulator's `user:password`.
    #[must_use]
    pub fn new(address: SocketAddr, credential: &str, limit: Duration) -> Self {
        Self {
            target: Target::from(address),
            credential: credential.to_owned(),
            limit,
            cookies: Cookies::default(),
        }
    }

    /// The same user, with the same cookies, at another address.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            target: Target::from(address),
            ..self.clone()
        }
    }

    /// Requests a page as a browser.
    ///
    /// # Errors
    /// How the request failed.
    pub async fn page(&mut self, path: &str) -> Result<Answer, Failure> {
        self.send(Request::get(path)).await
    }

    /// Submits a form as a browser.
    ///
    /// # Errors
    /// How the request failed.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, Failure> {
        self.send(Request::post_form(path, fields)).await
    }

    /// Calls the API as the simulator.
    ///
    /// # Errors
    /// How the request failed.
    pub async fn call(&mut self, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        let request = match body {
            Some(body) => Request::post_json(path, body.to_string()),
            None => Request::get(path),
        };
        self.send(request.basic_auth(&self.credential)).await
    }

    async fn send(&mut self, request: Request) -> Result<Answer, Failure> {
        let started = Instant::now();
        let request = self.cookies.apply(request);
        let response = send(&self.target, &request, self.limit).await?;
        self.cookies.store(&response.headers);
        Ok(Answer {
            status: response.status,
            version: response.version().unwrap_or_default().to_owned(),
            location: response.location().map(str::to_owned),
            body: response.text().into_owned(),
            took: started.elapsed(),
        })
    }
}
