//! `/v2/account`

use super::app::App;
use super::request::{HandlerResult, ok};
use crate::cloud::record::{DROPLET_LIMIT, RESERVED_IP_LIMIT};
use axum::extract::State;
use serde_json::json;
use std::sync::Arc;

/// The account and its limits.
pub async fn show(State(app): State<Arc<App>>) -> HandlerResult {
    let record = app.store.record();
    ok(json!({"account": {
        "droplet_limit": DROPLET_LIMIT,
        "floating_ip_limit": RESERVED_IP_LIMIT,
        "reserved_ip_limit": RESERVED_IP_LIMIT,
        "volume_limit": 0,
        "email": format!("{}@localcloud.invalid", app.name),
        "name": app.name,
        "uuid": record.account,
        "email_verified": true,
        "status": "active",
        "status_message": "",
        "team": {"uuid": record.account, "name": app.name},
    }}))
}
