//! The client of DigitalOcean's API v2: calls, retries, and waits for their effects.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value as Json, json};
use tokio::time::{Instant, sleep};

use crate::error::Error;

/// Longest wait for an answer to one request.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// Longest pause between two checks of something that takes time.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Retries when no connection can be made.
const CONNECT_RETRIES: u32 = 2;

/// How often a failed call is retried, and after which pauses. The defaults are the real provider's.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// Retries after the first attempt.
    pub max: u32,
    /// Pause before the first retry; it doubles each time.
    pub wait_min: Duration,
    /// Longest pause.
    pub wait_max: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            max: 4,
            wait_min: Duration::from_secs(1),
            wait_max: Duration::from_secs(30),
        }
    }
}

/// An API and the token to use it.
#[derive(Debug)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    token: String,
    retries: Retries,
}

impl Api {
    /// A client for the API at `base`, such as `https://api.digitalocean.com`.
    pub fn new(base: &str, token: &str, retries: Retries) -> Result<Self, Error> {
        let url = Url::parse(base).map_err(|_| Error::Address(base.to_owned()))?;
        let mut http = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .user_agent(concat!(
                "terraform-provider-digitalocean/",
                env!("CARGO_PKG_VERSION")
            ));
        // A proxy can't reach a loopback address.
        if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            http = http.no_proxy();
        }
        Ok(Self {
            http: http.build().map_err(Error::Client)?,
            base: base.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            retries,
        })
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Result<Json, Error> {
        self.call(Method::GET, path, None).await
    }

    /// POST.
    pub async fn post(&self, path: &str, body: &Json) -> Result<Json, Error> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// PUT.
    pub async fn put(&self, path: &str, body: &Json) -> Result<Json, Error> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// DELETE. What does not exist counts as deleted.
    pub async fn delete(&self, path: &str, body: Option<&Json>) -> Result<(), Error> {
        match self.call(Method::DELETE, path, body).await {
            Ok(_) | Err(Error::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// POSTs an action and waits until it is completed.
    pub async fn act(&self, path: &str, body: &Json, limit: Duration) -> Result<(), Error> {
        let kind = body["type"].as_str().unwrap_or_default();
        let answer = self.post(&format!("{path}/actions"), body).await?;
        let Some(id) = answer["action"]["id"].as_u64() else {
            return Err(Error::Answer(format!("POST {path}/actions")));
        };
        let action = format!("{path}/actions/{id}");
        wait(limit, &format!("the action \"{kind}\""), || async {
            // Right after it was created an action may not be found yet.
            let answer = match self.get(&action).await {
                Err(Error::NotFound(_)) => return Ok(None),
                answer => answer?,
            };
            match answer["action"]["status"].as_str() {
                Some("completed") => Ok(Some(())),
                Some("errored") => Err(Error::Action(kind.to_owned())),
                _ => Ok(None),
            }
        })
        .await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Error> {
        let call = format!("{method} {path}");
        let mut pause = self.retries.wait_min;
        let mut tried = 0;
        loop {
            let result = self.send(method.clone(), path, body).await;
            let retries = match &result {
                Ok(answer) if busy(answer.status()) => self.retries.max,
                Ok(_) => 0,
                Err(error) if error.is_connect() => self.retries.max.min(CONNECT_RETRIES),
                Err(_) => self.retries.max,
            };
            if tried >= retries {
                let answer = result.map_err(|error| self.unreachable(&error))?;
                return read(answer, call).await;
            }
            let asked = result.ok().and_then(|answer| retry_after(&answer));
            sleep(asked.unwrap_or(pause).min(self.retries.wait_max)).await;
            pause = (pause * 2).min(self.retries.wait_max);
            tried += 1;
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        match body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Error::Unreachable {
            url: self.base.clone(),
            cause: cause.to_string(),
        }
    }
}

/// Calls `look` until it returns a value: at first after 100 ms, later once a second.
pub async fn wait<T, F>(limit: Duration, what: &str, look: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<Option<T>, Error>>,
{
    let deadline = Instant::now() + limit;
    let mut pause = POLL_INTERVAL / 10;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            let what = what.to_owned();
            return Err(Error::TooLong { what, limit });
        }
        sleep(pause).await;
        pause = (pause * 2).min(POLL_INTERVAL);
    }
}

fn busy(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn retry_after(answer: &reqwest::Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

async fn read(answer: reqwest::Response, call: String) -> Result<Json, Error> {
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    let body = match text.as_str() {
        "" => Ok(json!(null)),
        text => serde_json::from_str::<Json>(text),
    };
    match status {
        status if status.is_success() => body.map_err(|_| Error::Answer(call)),
        StatusCode::UNAUTHORIZED => Err(Error::Token),
        StatusCode::NOT_FOUND => {
            let path = call.split_once(' ').map_or(call.as_str(), |(_, path)| path);
            Err(Error::NotFound(path.to_owned()))
        }
        status => {
            let message = body
                .ok()
                .and_then(|body| {
                    body["message"]
                        .as_str()
                        .map(|it| it.trim_end_matches('.').to_owned())
                })
                .unwrap_or_else(|| "the API gives no reason".to_owned());
            Err(Error::Refused {
                status,
                message,
                call,
            })
        }
    }
}

/// `text` as one segment of a path.
pub fn segment(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(path, "%{byte:02X}");
        }
        path
    })
}
