//! The simulator API as a client sees it: how each request is built, and which responses are good.

use crate::acceptance::{Latest, accept, accept_latest};
use crate::scenario::step::{Action, Step};
use operate::client::{Failure, Request, Response, Target, percent_encode, send};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// The simulator's time limit for each request.
pub const LIMIT: Duration = Duration::from_millis(300);

/// Reading back is not a measurement, so it may take longer.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TRIES: u32 = 3;

/// For lists that can't be read page by page; the server clamps it.
const ALL: usize = 1_000_000;

/// A client of one target.
#[derive(Clone, Debug)]
pub struct Api {
    target: Target,
    credential: String,
    limit: Duration,
}

/// A message as the API shows it.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// The text.
    pub content: String,
    /// The author.
    pub user: String,
}

#[derive(Deserialize)]
struct Follows {
    follows: BTreeSet<String>,
}

impl Api {
    /// `credential` is the simulator's `user:password`; `limit` is the time from connecting to the whole response of a
    /// measured request.
    #[must_use]
    pub fn new(target: Target, credential: &str, limit: Duration) -> Self {
        Self {
            target,
            credential: credential.to_owned(),
            limit,
        }
    }

    /// Where requests are sent.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The time limit of a measured request.
    #[must_use]
    pub const fn limit(&self) -> Duration {
        self.limit
    }

    /// The same client with another time limit.
    #[must_use]
    pub fn with_limit(&self, limit: Duration) -> Self {
        Self {
            limit,
            ..self.clone()
        }
    }

    /// The request for an action, with `?latest=` if it is given.
    #[must_use]
    pub fn request(&self, action: &Action, latest: Option<i64>) -> Request {
        let (resource, body) = match action {
            Action::Register {
                user,
                email,
                password,
            } => (
                "register".to_owned(),
                json!({"username": user, "email": email, "pwd": password}),
            ),
            Action::Tweet { user, text } => (
                format!("msgs/{}", percent_encode(user)),
                json!({"content": text}),
            ),
            Action::Follow { user, target } => (
                format!("fllws/{}", percent_encode(user)),
                json!({"follow": target}),
            ),
            Action::Unfollow { user, target } => (
                format!("fllws/{}", percent_encode(user)),
                json!({"unfollow": target}),
            ),
        };
        let path = match latest {
            Some(id) => format!("/{resource}?latest={id}"),
            None => format!("/{resource}"),
        };
        Request::post_json(path, body.to_string()).basic_auth(&self.credential)
    }

    /// Sends one step as the simulator does.
    ///
    /// # Errors
    /// As the simulator counts them: anything but a 204, or a 400 on `register`, within the limit.
    pub async fn perform(&self, step: &Step) -> Result<Response, Failure> {
        self.act(&step.action, Some(step.id), self.limit).await
    }

    /// Sends one action.
    ///
    /// # Errors
    /// For anything but a 204, or a 400 on `register`, within `limit`.
    pub async fn act(
        &self,
        action: &Action,
        latest: Option<i64>,
        limit: Duration,
    ) -> Result<Response, Failure> {
        let response = send(&self.target, &self.request(action, latest), limit).await?;
        accept(action.kind(), response)
    }

    fn get(&self, path: String) -> Request {
        Request::get(path).basic_auth(&self.credential)
    }

    /// The request for `/latest`.
    #[must_use]
    pub fn latest_request(&self) -> Request {
        self.get("/latest".to_owned())
    }

    /// Tries `GET /latest` once.
    ///
    /// # Errors
    /// If no good response comes within `limit`.
    pub async fn responds_within(&self, limit: Duration) -> Result<(), Failure> {
        let response = send(&self.target, &self.latest_request(), limit).await?;
        accept_latest(response).map(drop)
    }

    /// Sends `GET path` once and returns the body as text.
    ///
    /// # Errors
    /// If no response with status 200 comes within `limit`.
    pub async fn page(&self, path: &str, limit: Duration) -> Result<String, Failure> {
        let response = send(&self.target, &Request::get(path), limit).await?;
        Ok(response.expect_status(200)?.text().into_owned())
    }

    /// The last id that the server has received.
    ///
    /// # Errors
    /// If it can't be read in several tries.
    pub async fn latest(&self) -> Result<i64, Failure> {
        let latest = self.read("/latest".to_owned()).await?;
        parse::<Latest>(latest.as_ref()).map(|found| found.latest)
    }

    /// The newest `count` messages of a user, newest first; `None` if there is no such user.
    ///
    /// # Errors
    /// If they can't be read in several tries.
    pub async fn messages(
        &self,
        user: &str,
        count: usize,
    ) -> Result<Option<Vec<Message>>, Failure> {
        let path = format!("/msgs/{}?no={}", percent_encode(user), count.max(1));
        match self.read(path).await? {
            None => Ok(None),
            found => parse(found.as_ref()).map(Some),
        }
    }

    /// How many messages the server shows at most: the length of the public timeline when all are requested.
    ///
    /// # Errors
    /// If they can't be read in several tries.
    pub async fn most_shown(&self) -> Result<usize, Failure> {
        let response = self.read(format!("/msgs?no={ALL}")).await?;
        parse::<Vec<Message>>(response.as_ref()).map(|messages| messages.len())
    }

    /// The users that a user follows; `None` if there is no such user.
    ///
    /// # Errors
    /// If it can't be read in several tries.
    pub async fn follows(&self, user: &str) -> Result<Option<BTreeSet<String>>, Failure> {
        let path = format!("/fllws/{}?no={ALL}", percent_encode(user));
        match self.read(path).await? {
            None => Ok(None),
            found => parse::<Follows>(found.as_ref()).map(|found| Some(found.follows)),
        }
    }

    /// A response with status 200, or `None` for 404. Reads have no effect, so they are retried.
    async fn read(&self, path: String) -> Result<Option<Response>, Failure> {
        let request = self.get(path);
        let mut failure = Failure::Timeout;
        for attempt in 0..READ_TRIES {
            tokio::time::sleep(Duration::from_millis(500) * attempt).await;
            match send(&self.target, &request, READ_TIMEOUT).await {
                Ok(response) if response.status == 200 => return Ok(Some(response)),
                Ok(response) if response.status == 404 => return Ok(None),
                Ok(response) if response.status < 500 => {
                    return Err(Failure::Status(response.status));
                }
                Ok(response) => failure = Failure::Status(response.status),
                Err(other) => failure = other,
            }
        }
        Err(failure)
    }
}

fn parse<T: DeserializeOwned>(response: Option<&Response>) -> Result<T, Failure> {
    response.ok_or(Failure::Status(404))?.json()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    async fn api() -> Api {
        let target = Target::resolve("http://127.0.0.1:1").await.unwrap();
        Api::new(target, "simulator:super_safe!", LIMIT)
    }

    #[tokio::test]
    async fn requests_are_built_as_the_simulator_builds_them() {
        let request = api().await.request(
            &Action::Tweet {
                user: "Roger Histand".to_owned(),
                text: "\u{feff}“hi” \"\\".to_owned(),
            },
            Some(42),
        );
        assert_eq!(request.path, "/msgs/Roger%20Histand?latest=42");
        assert_eq!(
            request.headers["authorization"],
            "Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh"
        );
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body, json!({"content": "\u{feff}“hi” \"\\"}));

        let request = api().await.request(
            &Action::Unfollow {
                user: "a/b".to_owned(),
                target: "c d".to_owned(),
            },
            None,
        );
        assert_eq!(request.path, "/fllws/a%2Fb");
        assert_eq!(&request.body[..], br#"{"unfollow":"c d"}"#);
    }
}
