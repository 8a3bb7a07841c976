//! The simulator API as a client sees it: how each request is put, and what its answer means.

use crate::http::{Answer, Failure, Request, percent_encode, send};
use crate::scenario::{Action, Kind, Step};
use crate::target::Target;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// What the simulator gives each request.
pub const LIMIT: Duration = Duration::from_millis(300);

/// Reading back is no measurement: it may take its time.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TRIES: u32 = 3;

/// Asked for when a list has no order to cut it by; the server clamps it.
const ALL: usize = 1_000_000;

/// A client of one target.
#[derive(Clone, Debug)]
pub struct Api {
    target: Target,
    authorization: String,
    limit: Duration,
}

/// A message as the API shows it.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// The text.
    pub content: String,
    /// Who wrote it.
    pub user: String,
}

#[derive(Deserialize)]
struct Follows {
    follows: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Latest {
    latest: i64,
}

impl Api {
    /// `credential` is the simulator's `user:password`; `limit` is what a measured request has from connecting to its answer.
    #[must_use]
    pub fn new(target: Target, credential: &str, limit: Duration) -> Self {
        Self {
            target,
            authorization: format!("Basic {}", STANDARD.encode(credential)),
            limit,
        }
    }

    /// Where it sends to.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What a measured request has.
    #[must_use]
    pub const fn limit(&self) -> Duration {
        self.limit
    }

    /// The request for an action, with `?latest=` if there is one to send.
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
        Request {
            method: Method::POST,
            path: match latest {
                Some(id) => format!("/{resource}?latest={id}"),
                None => format!("/{resource}"),
            },
            authorization: Some(self.authorization.clone()),
            body: Some(body.to_string().into_bytes()),
        }
    }

    /// Sends one step as the simulator does.
    ///
    /// # Errors
    /// As the simulator counts them: anything but a 204, or a 400 on `register`, within the limit.
    pub async fn perform(&self, step: &Step) -> Result<Answer, Failure> {
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
    ) -> Result<Answer, Failure> {
        let answer = send(&self.target, &self.request(action, latest), limit).await?;
        accept(action.kind(), answer)
    }

    fn get(&self, path: String) -> Request {
        Request {
            method: Method::GET,
            path,
            authorization: Some(self.authorization.clone()),
            body: None,
        }
    }

    /// The request for `/latest`.
    #[must_use]
    pub fn latest_request(&self) -> Request {
        self.get("/latest".to_owned())
    }

    /// Whether `GET /latest` is answered as it must be within `limit`; one try.
    ///
    /// # Errors
    /// If it is not.
    pub async fn answers_within(&self, limit: Duration) -> Result<(), Failure> {
        let answer = send(&self.target, &self.latest_request(), limit).await?;
        accept_latest(answer).map(drop)
    }

    /// The last id that the server has seen.
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

    /// How many messages the server shows at most, as far as its public timeline tells: the length of what it shows of
    /// all that there are.
    ///
    /// # Errors
    /// If they can't be read in several tries.
    pub async fn most_shown(&self) -> Result<usize, Failure> {
        let answer = self.read(format!("/msgs?no={ALL}")).await?;
        parse::<Vec<Message>>(answer.as_ref()).map(|messages| messages.len())
    }

    /// Whom a user follows; `None` if there is no such user.
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

    /// A body, or `None` for 404. Reads have no effect, so they are repeated.
    async fn read(&self, path: String) -> Result<Option<Answer>, Failure> {
        let request = self.get(path);
        let mut failure = Failure::Timeout;
        for attempt in 0..READ_TRIES {
            tokio::time::sleep(Duration::from_millis(500) * attempt).await;
            match send(&self.target, &request, READ_TIMEOUT).await {
                Ok(answer) if answer.status == 200 => return Ok(Some(answer)),
                Ok(answer) if answer.status == 404 => return Ok(None),
                Ok(answer) if answer.status < 500 => return Err(Failure::Status(answer.status)),
                Ok(answer) => failure = Failure::Status(answer.status),
                Err(other) => failure = other,
            }
        }
        Err(failure)
    }
}

fn parse<T: for<'a> Deserialize<'a>>(answer: Option<&Answer>) -> Result<T, Failure> {
    let answer = answer.ok_or(Failure::Status(404))?;
    serde_json::from_slice(&answer.body).map_err(|_| Failure::Malformed)
}

/// Whether an answer to [`Api::latest_request`] is what it must be.
///
/// # Errors
/// If it is not.
pub fn accept_latest(answer: Answer) -> Result<Answer, Failure> {
    if answer.status != 200 {
        return Err(Failure::Status(answer.status));
    }
    parse::<Latest>(Some(&answer)).map(|_| answer)
}

/// What the simulator takes for success: 204, and on `register` also 400, because the account may exist already.
///
/// # Errors
/// For all else.
pub fn accept(kind: Kind, answer: Answer) -> Result<Answer, Failure> {
    match (kind, answer.status) {
        (_, 204) | (Kind::Register, 400) => Ok(answer),
        (_, status) => Err(Failure::Status(status)),
    }
}

/// Whether an accepted answer says that what was asked for is now so; on `register` also that it was so before.
#[must_use]
pub fn took_effect(answer: &Answer) -> bool {
    answer.status == 204
        || serde_json::from_slice::<Value>(&answer.body)
            .is_ok_and(|body| body["error_msg"] == "The username is already taken")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn api() -> Api {
        let target = Target::resolve("http://127.0.0.1:1", false).await.unwrap();
        Api::new(target, "simulator:super_safe!", LIMIT)
    }

    #[tokio::test]
    async fn requests_are_put_as_the_simulator_puts_them() {
        let request = api().await.request(
            &Action::Tweet {
                user: "Roger Histand".to_owned(),
                text: "\u{feff}“hi” \"\\".to_owned(),
            },
            Some(42),
        );
        assert_eq!(request.path, "/msgs/Roger%20Histand?latest=42");
        assert_eq!(
            request.authorization.as_deref(),
            Some("Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh")
        );
        let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
        assert_eq!(body, json!({"content": "\u{feff}“hi” \"\\"}));

        let request = api().await.request(
            &Action::Unfollow {
                user: "a/b".to_owned(),
                target: "c d".to_owned(),
            },
            None,
        );
        assert_eq!(request.path, "/fllws/a%2Fb");
        assert_eq!(request.body.as_deref(), Some(&br#"{"unfollow":"c d"}"#[..]));
    }

    #[test]
    fn only_204_is_success_and_400_on_register() {
        let answer = |status| Answer {
            status,
            body: hyper::body::Bytes::new(),
            version: None,
            served_by: None,
        };
        assert!(accept(Kind::Register, answer(400)).is_ok());
        assert!(accept(Kind::Follow, answer(204)).is_ok());
        for (kind, status) in [
            (Kind::Tweet, 400),
            (Kind::Tweet, 200),
            (Kind::Register, 403),
            (Kind::Follow, 404),
        ] {
            assert_eq!(
                accept(kind, answer(status)).unwrap_err(),
                Failure::Status(status)
            );
        }
    }

    #[test]
    fn an_account_is_known_from_204_and_from_already_taken_only() {
        let answer = |status, body: &'static str| Answer {
            status,
            body: hyper::body::Bytes::from_static(body.as_bytes()),
            version: None,
            served_by: None,
        };
        assert!(took_effect(&answer(204, "")));
        let taken = r#"{"status":400,"error_msg":"The username is already taken"}"#;
        assert!(took_effect(&answer(400, taken)));
        assert!(!took_effect(&answer(
            400,
            r#"{"status":400,"error_msg":"You have to enter a username"}"#
        )));
        assert!(!took_effect(&answer(400, "what?")));
    }
}
