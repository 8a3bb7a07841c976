//! The page for a request that failed.

use hyper::StatusCode;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::render::{Page, Renderer};
use crate::reply::{self, Reply};

#[derive(Serialize)]
struct Failure<'a> {
    text: &'a str,
}

/// A page with the status's name and this text; the caller sets the status.
pub fn page(
    renderer: &Renderer,
    status: StatusCode,
    text: &str,
    viewer: Option<&str>,
) -> Result<Reply> {
    let page = Page {
        template: "failure",
        title: status.canonical_reason().unwrap_or("Error"),
        viewer,
        flashes: Vec::new(),
        content: Failure { text },
    };
    let html = renderer.page(&page).map_err(Error::internal)?;
    Ok(reply::html(html.into()))
}
