//! Sentences that the next page shows, once: in a sealed cookie, so any droplet can show them.

use std::time::Duration;

use super::cookies;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::reply::Reply;

const COOKIE: &str = "flash";

/// After that nobody wonders any more what became of a click.
const LIFETIME: Duration = Duration::from_mins(5);

/// How many may wait for the next page.
const MOST: usize = 4;

/// What the page that answers this request is to show; [`clear`] goes with it.
#[must_use]
pub fn pending(context: &Context) -> Vec<String> {
    let sealed = cookies::read(context.headers(), COOKIE);
    sealed
        .and_then(|sealed| context.app.sealer.open(COOKIE, sealed))
        .unwrap_or_default()
}

/// Has the next page show a sentence.
///
/// # Errors
/// When there is no such cookie: a defect.
pub fn add(context: &Context, reply: &mut Reply, text: impl Into<String>) -> Result<()> {
    let mut texts = pending(context);
    texts.push(text.into());
    let oldest = texts.len().saturating_sub(MOST);
    let sealed = context.app.sealer.seal(COOKIE, &&texts[oldest..], LIFETIME);
    cookies::set(reply, COOKIE, &sealed.map_err(Error::internal)?, LIFETIME);
    Ok(())
}

/// Forgets what a page has shown.
pub fn clear(context: &Context, reply: &mut Reply) {
    if cookies::read(context.headers(), COOKIE).is_some() {
        cookies::remove(reply, COOKIE);
    }
}
