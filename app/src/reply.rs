//! Replies: JSON, HTML, redirects.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Body;
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::reply_body::ReplyBody;

/// A handler's reply.
pub type Reply = Response<ReplyBody>;

/// Pages load and run only the site's own files and avatars, and no site may frame them.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    connect-src 'self'; img-src 'self' https://www.gravatar.com https://secure.gravatar.com; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A reply has at most this number of headers besides cookies.
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
/// 500 if the value has no JSON form.
pub fn json(value: &impl Serialize) -> Result<Reply> {
    Ok(json_text(json_of(value)?.into()))
}

/// 200 with a JSON array of these values.
///
/// # Errors
/// 500 if one of them has no JSON form.
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
/// The first error among the values.
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
/// 500 if the value has no JSON form.
pub fn json_of(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(Error::internal)
}

/// 200 with a text that is JSON already.
#[must_use]
pub fn json_text(text: Bytes) -> Reply {
    let mut reply = with_type(text, "application/json");
    no_store(&mut reply);
    reply
}

/// 200 with a page.
#[must_use]
pub fn html(text: Bytes) -> Reply {
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
    // One allocation for all headers that are still to be added.
    reply.headers_mut().reserve(HEADERS);
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// 200 with events, until the stream ends.
#[must_use]
pub fn event_stream(events: impl Body<Data = Bytes, Error = Infallible> + Send + 'static) -> Reply {
    let mut reply = Reply::new(ReplyBody::stream(events));
    let content_type = HeaderValue::from_static("text/event-stream");
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    no_store(&mut reply);
    reply
}

/// 302 to a percent-encoded path of this site.
///
/// # Errors
/// 500 if it is not percent-encoded: a defect.
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
