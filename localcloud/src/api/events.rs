//! `/_localcloud/events`: what happened.

use super::app::App;
use super::error::ApiError;
use super::request::{HandlerResult, Listing, ok};
use axum::extract::State;
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Longest time that an answer waits for news, in seconds.
const GRACE: u64 = 30;

/// Events numbered above `after` and not before `since` (RFC 3339). If there are none, the answer
/// waits up to `wait` seconds for the first.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let number = |name: &str| match listing.get(name).map(str::parse::<u64>) {
        None => Ok(0),
        Some(Ok(number)) => Ok(number),
        Some(Err(_)) => Err(ApiError::unprocessable(format!("{name} must be a number"))),
    };
    let (after, wait) = (number("after")?, number("wait")?.min(GRACE));
    let since = listing
        .get("since")
        .map(str::parse::<Timestamp>)
        .transpose();
    let since = since.map_err(|_| ApiError::unprocessable("since must be a time of RFC 3339"))?;
    let journal = app.store.journal();
    let mut changes = journal.watch();
    let events = async {
        loop {
            let events = journal.list(after, since);
            if !events.is_empty() || changes.changed().await.is_err() {
                return events;
            }
        }
    };
    let events = tokio::time::timeout(Duration::from_secs(wait), events).await;
    ok(json!({"events": events.unwrap_or_default()}))
}
