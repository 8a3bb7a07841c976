//! `/v2/monitoring/alerts`

use super::app::App;
use super::request::{Body, HandlerResult, Id, Listing, no_content, ok};
use crate::cloud::resources::alert_policies::{AlertPolicy, PolicySettings};
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

fn view(policy: &AlertPolicy) -> Value {
    json!(policy)
}

/// All policies.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let record = app.store.record();
    ok(listing.page("policies", record.alert_policies.values(), view))
}

/// Makes a policy; the platform answers 200, not 201.
pub async fn create(State(app): State<Arc<App>>, Body(new): Body<PolicySettings>) -> HandlerResult {
    let id = app
        .store
        .change(|record| record.set_alert_policy(None, new))
        .await?;
    ok(json!({"policy": view(app.store.record().alert_policy(id)?)}))
}

/// One policy.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    ok(json!({"policy": view(app.store.record().alert_policy(id)?)}))
}

/// Sets all of a policy.
pub async fn replace(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(settings): Body<PolicySettings>,
) -> HandlerResult {
    app.store
        .change(|record| record.set_alert_policy(Some(id), settings))
        .await?;
    ok(json!({"policy": view(app.store.record().alert_policy(id)?)}))
}

/// Removes a policy.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store
        .change(|record| record.delete_alert_policy(id))
        .await?;
    no_content()
}
