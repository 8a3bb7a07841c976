//! The page for what went wrong.

use askama::Template;
use hyper::StatusCode;

use super::frame::Frame;
use crate::error::Result;
use crate::reply::{self, Reply};

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure<'a> {
    title: &'a str,
    text: &'a str,
    frame: Frame,
}

/// A page with the status's name and this text; the caller sets the status.
pub fn page(status: StatusCode, text: &str, viewer: Option<String>) -> Result<Reply> {
    reply::html(&Failure {
        title: status.canonical_reason().unwrap_or("Error"),
        text,
        frame: Frame::plain(viewer),
    })
}
