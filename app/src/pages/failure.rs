//! The page for what went wrong.

use askama::Template;
use hyper::StatusCode;

use crate::error::Result;
use crate::reply::{self, Reply};
use crate::version::version;

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure<'a> {
    title: &'a str,
    text: &'a str,
    version: &'static str,
}

/// A page with the status's name and this text; the caller sets the status.
pub fn page(status: StatusCode, text: &str) -> Result<Reply> {
    reply::html(&Failure {
        title: status.canonical_reason().unwrap_or("Error"),
        text,
        version: version(),
    })
}
