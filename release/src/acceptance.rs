//! The acceptance test of a version: what the simulator does, and what a visitor does with pages.

use std::time::Duration;

use operate::client::Failure;
use serde_json::{Value, json};

use crate::user::{Answer, User};

/// Why a version did not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A request had no response.
    #[error("{path}: {failure}")]
    NoResponse {
        /// Its path.
        path: String,
        /// How it failed.
        failure: Failure,
    },
    /// The whole test took too long.
    #[error("the acceptance test took more than {} s", .0.as_secs())]
    TooLong(Duration),
    /// A response is not as it must be.
    #[error("{0}")]
    Wrong(String),
}

impl Problem {
    /// Whether a busy moment of this machine may be the cause, so that another try makes sense.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::NoResponse { failure, .. } if failure.is_timeout())
    }
}

impl From<String> for Problem {
    fn from(text: String) -> Self {
        Self::Wrong(text)
    }
}

impl From<&str> for Problem {
    fn from(text: &str) -> Self {
        Self::Wrong(text.to_owned())
    }
}

/// A version that passed.
#[derive(Clone, Debug)]
pub struct Passed {
    /// How many requests were sent.
    pub requests: u32,
    /// The slowest response.
    pub slowest: Duration,
    /// The visitor, who is still signed in.
    pub visitor: User,
}

/// One run of the test against a version at an address.
pub struct AcceptanceTest {
    user: User,
    version: String,
    tag: String,
    slowest: Duration,
    requests: u32,
}

/// A new tag for the accounts of one test.
#[must_use]
pub fn tag() -> String {
    format!("{:08x}", rand::random::<u32>())
}

/// The names of the accounts that a test with this tag registers.
#[must_use]
pub fn accounts(tag: &str) -> [String; 2] {
    [format!("check {tag} a"), format!("check {tag} b")]
}

impl AcceptanceTest {
    /// Every response must come from `version`. `tag` makes the names of the test's accounts new.
    #[must_use]
    pub fn new(user: User, version: &str, tag: &str) -> Self {
        Self {
            user,
            version: version.to_owned(),
            tag: tag.to_owned(),
            slowest: Duration::ZERO,
            requests: 0,
        }
    }

    /// Does what the simulator and a visitor do.
    ///
    /// # Errors
    /// The first response that is not as it must be.
    pub async fn run(mut self) -> Result<Passed, Problem> {
        let [author, visitor] = accounts(&self.tag);
        let password = format!("{:032x}", rand::random::<u128>());
        self.simulator(&author, &password).await?;
        self.visitor(&author, &visitor, &password).await?;
        Ok(Passed {
            requests: self.requests,
            slowest: self.slowest,
            visitor: self.user,
        })
    }

    /// Checks that a visitor who signed in earlier is still signed in.
    ///
    /// # Errors
    /// If not.
    pub async fn still_signed_in(visitor: User, version: &str) -> Result<(), Problem> {
        let mut test = Self::new(visitor, version, "");
        let answer = test.page("/", 200).await?;
        expect(
            "the timeline of a visitor who signed in before",
            &answer,
            "on your mind",
        )
    }

    async fn simulator(&mut self, author: &str, password: &str) -> Result<(), Problem> {
        let path = |what: &str| format!("/{what}/{}", author.replace(' ', "%20"));
        let account = json!({"username": author, "email": "check@example.com", "pwd": password});
        self.call("/register", Some(&account), 204).await?;
        self.call("/register", Some(&account), 400).await?;
        let text = format!("checking {}: ö & <b>", self.version);
        self.call(&path("msgs"), Some(&json!({"content": text})), 204)
            .await?;
        let answer = self.call(&path("msgs"), None, 200).await?;
        let messages = json_of("/msgs/USER", &answer)?;
        if messages[0]["content"] != text || messages[0]["user"] != author {
            return Err("/msgs/USER does not contain the message that was just written".into());
        }
        // Other users write too, so the message may be further down than the list goes; but nothing older may come first.
        let answer = self.call("/msgs?no=20", None, 200).await?;
        let newest = json_of("/msgs", &answer)?;
        let second = |list: &Value| list[0]["pub_date"].as_i64();
        // Times are in whole seconds, and of two messages at the same time either may come first.
        if second(&newest).map(|it| it + 1) < second(&messages) {
            return Err(
                "/msgs does not begin with the message that was just written, or a newer one"
                    .into(),
            );
        }
        self.call("/msgs/nobody%20here%20at%20all", None, 404)
            .await?;
        let follow = json!({"follow": "nobody here at all"});
        self.call(&path("fllws"), Some(&follow), 404).await?;
        let answer = self.call(&path("fllws"), None, 200).await?;
        if json_of("/fllws/USER", &answer)? != json!({"follows": []}) {
            return Err("/fllws/USER is not an empty list for a new account".into());
        }
        let answer = self.call("/latest", None, 200).await?;
        if !json_of("/latest", &answer)?["latest"].is_i64() {
            return Err("/latest does not contain a number".into());
        }
        // Without the credential.
        self.page("/msgs", 403).await.map(drop)
    }

    async fn visitor(
        &mut self,
        author: &str,
        visitor: &str,
        password: &str,
    ) -> Result<(), Problem> {
        self.page("/public", 200).await?;
        self.page("/register", 200).await?;
        let fields = [
            ("username", visitor),
            ("email", "check@example.com"),
            ("password", password),
            ("password2", password),
        ];
        self.submit("/register", &fields, "/login").await?;
        let answer = self.page("/login", 200).await?;
        expect(
            "the login page",
            &answer,
            "You were successfully registered",
        )?;
        let fields = [("username", visitor), ("password", password)];
        self.submit("/login", &fields, "/").await?;
        let author_page = format!("/{}", author.replace(' ', "%20"));
        self.page(&format!("{author_page}/follow"), 302).await?;
        let answer = self.page(&author_page, 200).await?;
        expect(
            "the author's page",
            &answer,
            "You are currently following this user",
        )?;
        self.submit("/add_message", &[("text", "checking & writing")], "/")
            .await?;
        let answer = self.page("/", 200).await?;
        expect("my timeline", &answer, "checking &amp; writing")?;
        expect("my timeline", &answer, "&lt;b&gt;")?;
        self.page("/nobody%20here%20at%20all", 404).await?;
        self.page("/static/style.css", 200).await.map(drop)
    }

    async fn page(&mut self, path: &str, status: u16) -> Result<Answer, Problem> {
        let answer = self.user.page(path).await;
        self.check(path, status, answer)
    }

    async fn call(
        &mut self,
        path: &str,
        body: Option<&Value>,
        status: u16,
    ) -> Result<Answer, Problem> {
        let answer = self.user.call(path, body).await;
        self.check(path, status, answer)
    }

    async fn submit(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        to: &str,
    ) -> Result<(), Problem> {
        let answer = self.user.submit(path, fields).await;
        let answer = self.check(path, 302, answer)?;
        match answer.location.as_deref() {
            Some(location) if location == to => Ok(()),
            other => Err(format!("{path} redirects to {other:?}, not to {to}").into()),
        }
    }

    fn check(
        &mut self,
        path: &str,
        status: u16,
        answer: Result<Answer, Failure>,
    ) -> Result<Answer, Problem> {
        self.requests += 1;
        let answer = answer.map_err(|failure| Problem::NoResponse {
            path: path.to_owned(),
            failure,
        })?;
        self.slowest = self.slowest.max(answer.took);
        if answer.status != status {
            return Err(format!("{path} returns {}, not {status}", answer.status).into());
        }
        if answer.version != self.version {
            let (found, wanted) = (&answer.version, &self.version);
            return Err(format!("{path} is answered by {found:?}, not by {wanted}").into());
        }
        Ok(answer)
    }
}

fn json_of(path: &str, answer: &Answer) -> Result<Value, Problem> {
    serde_json::from_str(&answer.body).map_err(|_| format!("{path} does not return JSON").into())
}

fn expect(page: &str, answer: &Answer, text: &str) -> Result<(), Problem> {
    if answer.body.contains(text) {
        Ok(())
    } else {
        Err(format!("{page} does not contain {text:?}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_request_that_timed_out_is_worth_another_try() {
        let no_response = |failure| Problem::NoResponse {
            path: "/".to_owned(),
            failure,
        };
        assert!(no_response(Failure::Timeout).is_timeout());
        assert!(no_response(Failure::ConnectTimeout).is_timeout());
        assert!(!no_response(Failure::Refused).is_timeout());
        assert!(!Problem::TooLong(Duration::from_secs(10)).is_timeout());
        assert!(!Problem::from("timeout").is_timeout());
    }
}
