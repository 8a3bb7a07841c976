//! Puts a page together: its content and what the layout shows around it.

use bytes::Bytes;
use serde::Serialize;

use crate::auth::flash;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::render::Page;
use crate::reply::{self, Reply};
use crate::store::users::User;

/// The HTML of a page, with the flashes that came with the request.
pub fn render(
    context: &Context,
    (template, title): (&'static str, &str),
    viewer: Option<&User>,
    values: impl Serialize,
) -> Result<Bytes> {
    let page = Page {
        template,
        title,
        viewer: viewer.map(|viewer| viewer.name.as_str()),
        flashes: flash::pending(&context.app.signer, context.headers()),
        content: values,
    };
    let html = context.app.renderer.page(&page).map_err(Error::internal)?;
    Ok(html.into())
}

/// Replies with a page, whose flashes are not shown again.
pub fn show(
    context: &Context,
    template_and_title: (&'static str, &str),
    viewer: Option<&User>,
    values: impl Serialize,
) -> Result<Reply> {
    let mut reply = reply::html(render(context, template_and_title, viewer, values)?);
    flash::clear(context.headers(), &mut reply);
    Ok(reply)
}
