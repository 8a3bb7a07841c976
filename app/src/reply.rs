//! Answers: JSON, HTML, redirects.

use std::convert::Infallible;

use askama::Template;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Body;
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::payload::Payload;

/// What a handler answers.
pub type Reply = Response<Payload>;

/// Pages load and run nothing but the site's own files and avatars, and are framed nowhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    connect-src 'self'; img-src 'self' https://www.gravatar.com https://secure.gravatar.com; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers that an answer has at most, but for cookies.
const HEADERS: usize = 10;

/// 204 without a body.
#[must_use]
pub fn no_content() -> Reply {
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

/// 200 with JSON.
///
/// # Errors
/// When the value has no JSON form.
pub fn json(value: &impl Serialize) -> Result<Reply> {
    Ok(json_text(json_of(value)?.into()))
}

/// 200 with a JSON array of these.
///
/// # Errors
/// When one of them has no JSON form.
pub fn json_list(values: impl Iterator<Item = impl Serialize>) -> Result<Reply> {
    let mut text = vec![b'['];
    for value in values {
        if text.len() > 1 {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, &value).map_err(Error::internal)?;
    }
    text.push(b']');
    Ok(json_text(text.into()))
}

/// A JSON array of values that are JSON already.
///
/// # Errors
/// When one of them could not be made.
pub fn json_joined<'v>(values: impl Iterator<Item = Result<&'v [u8]>>) -> Result<Bytes> {
    let mut text = vec![b'['];
    for value in values {
        if text.len() > 1 {
            text.push(b',');
        }
        text.extend_from_slice(value?);
    }
    text.push(b']');
    Ok(text.into())
}

/// A value as JSON.
///
/// # Errors
/// When the value has no JSON form.
pub fn json_of(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(Error::internal)
}

/// 200 with what is JSON already.
#[must_use]
pub fn json_text(text: Bytes) -> Reply {
    let mut reply = with_type(text, "application/json");
    no_store(&mut reply);
    reply
}

/// 200 with a page.
///
/// # Errors
/// When the template fails.
pub fn html(template: &impl Template) -> Result<Reply> {
    Ok(html_text(html_of(template)?))
}

/// A template's page.
///
/// # Errors
/// When the template fails.
pub fn html_of(template: &impl Template) -> Result<Bytes> {
    let text = template.render().map_err(Error::internal)?;
    Ok(text.into())
}

/// 200 with what is a page already.
#[must_use]
pub fn html_text(text: Bytes) -> Reply {
    let mut reply = with_type(text, "text/html; charset=utf-8");
    let headers = reply.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    no_store(&mut reply);
    reply
}

/// 200 with bytes of this type.
#[must_use]
pub fn with_type(body: Bytes, content_type: &'static str) -> Reply {
    let mut reply = Reply::new(Full::new(body).into());
    // Room for all that is still to come, in one piece.
    reply.headers_mut().reserve(HEADERS);
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// 200 with events, until the stream ends.
#[must_use]
pub fn event_stream(events: impl Body<Data = Bytes, Error = Infallible> + Send + 'static) -> Reply {
    let mut reply = Reply::new(Payload::stream(events));
    let content_type = HeaderValue::from_static("text/event-stream");
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    no_store(&mut reply);
    reply
}

/// 302 to a path of this site, percent-encoded.
///
/// # Errors
/// When it is not: a defect.
pub fn redirect(path: &str) -> Result<Reply> {
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::FOUND;
    let path = HeaderValue::from_str(path).map_err(Error::internal)?;
    reply.headers_mut().insert(header::LOCATION, path);
    no_store(&mut reply);
    Ok(reply)
}

fn no_store(reply: &mut Reply) {
    reply
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
