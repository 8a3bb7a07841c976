//! A request as its handler sees it, and the values that it contains.

use std::mem;
use std::num::{IntErrorKind, ParseIntError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::app::App;
use crate::auth::flash;
use crate::auth::session::{self, Claim};
use crate::database::Session;
use crate::error::{Error, Result};
use crate::form::Form;
use crate::reply::Reply;
use crate::store::users::User;

/// The number of messages or names without `?no=`.
const DEFAULT_COUNT: i64 = 100;

/// The largest number of messages or names.
const MOST: i64 = 1000;

/// A request that was matched to a route and read to its end.
pub struct Context {
    /// The state that all requests share.
    pub app: Arc<App>,
    head: Parts,
    user: Option<String>,
    claim: Option<Claim>,
    body: Result<Bytes>,
    latest: Option<LatestToStore>,
}

/// The value of `?latest=`, for the handler to store in the same statement as its own change.
#[derive(Clone, Debug)]
pub struct LatestToStore {
    value: i64,
    taken: Arc<AtomicBool>,
}

impl LatestToStore {
    #[must_use]
    pub fn new(value: i64) -> Self {
        Self {
            value,
            taken: Arc::default(),
        }
    }

    /// Whether the handler has stored it, or tried to, with its own change.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Context {
    /// `user` is the path's `{user}` as it was sent.
    #[must_use]
    pub fn new(
        app: Arc<App>,
        head: Parts,
        user: Option<String>,
        claim: Option<Claim>,
        body: Result<Bytes>,
    ) -> Self {
        Self {
            app,
            head,
            user,
            claim,
            body,
            latest: None,
        }
    }

    /// The handler is to store this value with its change.
    pub fn set_latest(&mut self, latest: LatestToStore) {
        self.latest = Some(latest);
    }

    /// The value to store with the handler's change.
    #[must_use]
    pub fn take_latest(&self) -> Option<i64> {
        let latest = self.latest.as_ref()?;
        latest.taken.store(true, Ordering::Relaxed);
        Some(latest.value)
    }

    /// A database connection.
    ///
    /// # Errors
    /// 503 if there is none.
    pub async fn session(&self) -> Result<Session> {
        Ok(self.app.database.session().await?)
    }

    /// The request's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The user that the cookie names, not confirmed by the database.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref()
    }

    /// The signed-in user, if that user still exists.
    ///
    /// # Errors
    /// 503 if the database is away.
    pub async fn viewer(&self, session: &mut Session) -> Result<Option<User>> {
        match &self.claim {
            Some(claim) => Ok(session::confirm(claim, session).await?),
            None => Ok(None),
        }
    }

    /// The signed-in user; a request without a claim takes no database connection.
    ///
    /// # Errors
    /// 503 if the database is away.
    pub async fn viewer_if_claimed(&self) -> Result<Option<User>> {
        if self.claim.is_none() {
            return Ok(None);
        }
        self.viewer(&mut self.session().await?).await
    }

    /// The signed-in user.
    ///
    /// # Errors
    /// 401 if nobody is signed in, 503 if the database is away.
    pub async fn required_viewer(&self) -> Result<User> {
        let viewer = self.viewer_if_claimed().await?;
        viewer.ok_or(Error::Unauthorized)
    }

    /// The next page shows this text once.
    ///
    /// # Errors
    /// 500 if there is no such cookie: a defect.
    pub fn add_flash(&self, reply: &mut Reply, text: impl Into<String>) -> Result<()> {
        flash::add(&self.app.signer, self.headers(), reply, text.into())
    }

    /// The path's user name, percent-decoded.
    ///
    /// # Errors
    /// 404 if no user can have that name.
    pub fn user(&self) -> Result<String> {
        self.user
            .as_deref()
            .and_then(user_name)
            .ok_or_else(Error::unknown_user)
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn query(&self, key: &str) -> Option<String> {
        let query = self.head.uri.query()?;
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.into_owned())
    }

    /// `?no=`: the number of messages or names to return.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.query("no").map_or(DEFAULT_COUNT, |text| count(&text))
    }

    /// `?latest=`, unless it is absent, -1 or not an integer.
    #[must_use]
    pub fn latest(&self) -> Option<i64> {
        let value = self.query("latest")?.trim().parse().ok()?;
        (value != -1).then_some(value)
    }

    /// The body as an HTML form; a second call returns an empty one.
    ///
    /// # Errors
    /// 400 or 415 if it is not a form, 413 or 408 if it was too large or too slow.
    pub fn form(&mut self) -> Result<Form> {
        let body = mem::replace(&mut self.body, Ok(Bytes::new()))?;
        Form::read(self.headers(), &body)
    }

    /// The body as JSON; a second call fails.
    ///
    /// # Errors
    /// 400 if it does not match `T`, 413 or 408 if it was too large or too slow.
    pub fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        let body = mem::replace(&mut self.body, Ok(Bytes::new()))?;
        serde_json::from_slice(&body).map_err(|error| match error.classify() {
            Category::Data => Error::bad_request(
                "The JSON lacks a key, or a value has the wrong type or holds a NUL character",
            ),
            _ => Error::bad_request("The request body is not valid JSON"),
        })
    }
}

/// Text that PostgreSQL can store: without NUL characters.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Text(String);

impl Text {
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('\0') {
            Err("holds a NUL character")
        } else {
            Ok(Self(text))
        }
    }
}

fn user_name(segment: &str) -> Option<String> {
    let name = percent_decode_str(segment).decode_utf8().ok()?;
    (!name.contains('\0')).then(|| name.into_owned())
}

fn count(text: &str) -> i64 {
    let parsed: Result<i64, ParseIntError> = text.trim().parse();
    match parsed {
        Ok(count) => count.clamp(0, MOST),
        Err(error) => match error.kind() {
            IntErrorKind::PosOverflow => MOST,
            IntErrorKind::NegOverflow => 0,
            _ => DEFAULT_COUNT,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_are_clamped_and_default_to_100() {
        for (text, expected) in [
            ("5", 5),
            ("0", 0),
            ("-3", 0),
            ("1001", 1000),
            ("99999999999999999999", 1000),
            ("-99999999999999999999", 0),
            ("", 100),
            ("many", 100),
            ("1.5", 100),
        ] {
            assert_eq!(count(text), expected, "no={text}");
        }
    }

    proptest! {
        #[test]
        fn any_path_segment_is_a_name_that_can_be_stored_or_none(segment in ".{0,40}") {
            let name = user_name(&segment);
            prop_assert!(name.is_none_or(|name| !name.contains('\0')));
        }

        #[test]
        fn any_count_is_within_bounds(text in ".{0,30}") {
            prop_assert!((0..=MOST).contains(&count(&text)));
        }

        #[test]
        fn any_json_text_without_nul_is_kept(text in ".*") {
            let json = serde_json::to_vec(&text).expect("text has a JSON form");
            let parsed: Result<Text, _> = serde_json::from_slice(&json);
            match parsed {
                Ok(parsed) => prop_assert_eq!(parsed.into_string(), text),
                Err(_) => prop_assert!(text.contains('\0')),
            }
        }
    }

    #[test]
    fn user_names_are_percent_decoded_and_never_invalid() {
        assert_eq!(user_name("Ann%20Lee").as_deref(), Some("Ann Lee"));
        assert_eq!(user_name("a+b").as_deref(), Some("a+b"));
        assert_eq!(user_name("a%2Fb").as_deref(), Some("a/b"));
        assert_eq!(user_name("%ff"), None);
        assert_eq!(user_name("a%00"), None);
    }

    #[test]
    fn text_keeps_everything_but_refuses_nul() {
        let text: Text = serde_json::from_str(r#""\ufeffhi 😀""#).expect("a text");
        assert_eq!(text.into_string(), "\u{feff}hi 😀");
        assert!(serde_json::from_str::<Text>(r#""a\u0000b""#).is_err());
    }
}
