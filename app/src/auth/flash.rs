//! Flashes: sentences that the next page shows once. They are in a signed cookie, so any droplet can show them.

use std::time::Duration;

use hyper::HeaderMap;

use super::cookies;
use super::signer::Signer;
use crate::error::{Error, Result};
use crate::reply::Reply;

const COOKIE: &str = "flash";

/// Older flashes are not shown, because they no longer belong to the last click.
const LIFETIME: Duration = Duration::from_mins(5);

/// More wait for no page: the oldest are dropped.
const MOST: usize = 4;

/// The flashes that the page for this request shows; [`clear`] removes them.
pub fn pending(signer: &Signer, headers: &HeaderMap) -> Vec<String> {
    let value = cookies::read(headers, COOKIE);
    value
        .and_then(|value| signer.verify(COOKIE, value))
        .unwrap_or_default()
}

/// Adds a flash to those that came with the request.
pub fn add(signer: &Signer, headers: &HeaderMap, reply: &mut Reply, text: String) -> Result<()> {
    let mut texts = pending(signer, headers);
    texts.push(text);
    let oldest = texts.len().saturating_sub(MOST);
    let value = signer.sign(COOKIE, &&texts[oldest..], LIFETIME);
    cookies::set(reply, COOKIE, &value.map_err(Error::internal)?, LIFETIME);
    Ok(())
}

/// Removes the flashes that a page has shown.
pub fn clear(headers: &HeaderMap, reply: &mut Reply) {
    if cookies::read(headers, COOKIE).is_some() {
        cookies::remove(reply, COOKIE);
    }
}
