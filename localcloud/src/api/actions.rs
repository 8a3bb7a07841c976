//! `/v2/actions`

use super::app::App;
use super::request::{HandlerResult, Id, Listing, ok};
use super::shapes;
use axum::extract::State;
use serde_json::json;
use std::sync::Arc;

/// All actions, newest first.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let record = app.store.record();
    ok(listing.page("actions", record.actions.values().rev(), shapes::action))
}

/// One action.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    let record = app.store.record();
    ok(json!({"action": shapes::action(app.action(&record, id)?)}))
}
