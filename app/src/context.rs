//! A request as its handler sees it, and what can be taken out of it.

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
use crate::auth::session::Claim;
use crate::database::Session;
use crate::error::{Error, Result};
use crate::form::Form;

/// How many messages or names a call gets that does not say.
const DEFAULT_COUNT: i64 = 100;

/// How many it gets at most.
const MOST: i64 = 1000;

/// A request that was matched to a route and read to its end.
pub struct Context {
    /// What all requests share.
    pub app: Arc<App>,
    head: Parts,
    user: Option<String>,
    claim: Option<Claim>,
    body: Result<Bytes>,
    progress: Option<Progress>,
}

/// The simulator's progress that came with a call, for the handler to store with what it writes.
#[derive(Clone, Debug)]
pub struct Progress {
    value: i64,
    taken: Arc<AtomicBool>,
}

impl Progress {
    /// That nobody has taken yet.
    #[must_use]
    pub fn new(value: i64) -> Self {
        Self {
            value,
            taken: Arc::default(),
        }
    }

    /// Whether it is stored, or not, with what the call writes.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Context {
    /// From the request's head, the path's `{user}` as it was sent, who the cookie says is signed
    /// in, and what came of the body.
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
            progress: None,
        }
    }

    /// Has the handler store this with what it writes.
    pub fn bring(&mut self, progress: Progress) {
        self.progress = Some(progress);
    }

    /// What is to be stored with what the call writes.
    #[must_use]
    pub fn take_progress(&self) -> Option<i64> {
        let progress = self.progress.as_ref()?;
        progress.taken.store(true, Ordering::Relaxed);
        Some(progress.value)
    }

    /// A database connection.
    ///
    /// # Errors
    /// 503 when there is none.
    pub async fn session(&self) -> Result<Session> {
        Ok(self.app.database.session().await?)
    }

    /// The request's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Who the cookie says is signed in; [`session`](crate::auth::session) asks the database.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref()
    }

    /// The path's user name, percent-decoded.
    ///
    /// # Errors
    /// 404 when it is none that a user can have.
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

    /// `?no=`: how many are asked for.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.query("no").map_or(DEFAULT_COUNT, |text| count(&text))
    }

    /// `?latest=`, unless it is absent, -1 or no integer.
    #[must_use]
    pub fn latest(&self) -> Option<i64> {
        let value = self.query("latest")?.trim().parse().ok()?;
        (value != -1).then_some(value)
    }

    /// The body as an HTML form; once.
    ///
    /// # Errors
    /// 400 or 415 when it is none, 413 or 408 when it was too large or too slow.
    pub fn form(&mut self) -> Result<Form> {
        let body = mem::replace(&mut self.body, Ok(Bytes::new()))?;
        Form::read(self.headers(), &body)
    }

    /// The body as JSON; once.
    ///
    /// # Errors
    /// 400 when it is not what `T` wants, 413 or 408 when it was too large or too slow.
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
    /// The text.
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
