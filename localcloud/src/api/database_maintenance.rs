//! `/v2/databases/{id}/maintenance`, `/install_update`, `/upgrade`, `/migrate`, `/config`, `/events`
//! and `/replicas`; and calls that are for other engines.

use super::app::App;
use super::error::ApiError;
use super::request::{Body, HandlerResult, Id, Ids, bare, no_content, ok};
use super::shapes::time;
use crate::cloud::resources::databases::{DatabaseEvent, Maintenance};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// A major version to upgrade to.
#[derive(Debug, Deserialize)]
pub struct Upgrade {
    version: String,
}

/// A region to move to.
#[derive(Debug, Deserialize)]
pub struct Migration {
    region: String,
}

/// Settings to change.
#[derive(Debug, Deserialize)]
pub struct Config {
    config: Map<String, Value>,
}

/// Sets when a cluster may be maintained.
pub async fn maintenance(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(window): Body<Maintenance>,
) -> HandlerResult {
    app.store
        .change(|record| record.set_maintenance(id, window))
        .await?;
    no_content()
}

/// Maintains a cluster now.
pub async fn install_update(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store.change(|record| record.install_update(id)).await?;
    no_content()
}

/// Upgrades a cluster.
pub async fn upgrade(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(to): Body<Upgrade>,
) -> HandlerResult {
    app.store
        .change(|record| record.upgrade_database(id, &to.version))
        .await?;
    no_content()
}

/// Moves a cluster to another region.
pub async fn migrate(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(to): Body<Migration>,
) -> HandlerResult {
    app.store
        .change(|record| record.migrate_database(id, &to.region))
        .await?;
    bare(StatusCode::ACCEPTED)
}

/// Settings that the client has chosen.
pub async fn config(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    ok(json!({"config": app.store.record().database(id)?.config}))
}

/// Chooses settings.
pub async fn configure(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(change): Body<Config>,
) -> HandlerResult {
    app.store
        .change(|record| record.configure_database(id, change.config))
        .await?;
    bare(StatusCode::OK)
}

/// What happened to a cluster, newest first.
pub async fn events(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    let record = app.store.record();
    let database = record.database(id)?;
    let view = |event: &DatabaseEvent| {
        json!({
            "id": event.id,
            "cluster_name": database.name,
            "event_type": event.kind,
            "create_time": time(event.at),
        })
    };
    let events: Vec<Value> = database.events.iter().rev().map(view).collect();
    ok(json!({"events": events}))
}

/// Read-only nodes of a cluster: none.
pub async fn replicas(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store.record().database(id)?;
    ok(json!({"replicas": []}))
}

/// Read-only nodes can't be ordered.
pub async fn create_replica(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store.record().database(id)?;
    Err(ApiError::unprocessable("this cloud has no read-only nodes"))
}

/// There is no read-only node of any name.
pub async fn replica(Ids(_, _): Ids<Uuid, String>) -> HandlerResult {
    Err(ApiError::not_found())
}

/// What only clusters of other engines have.
pub async fn of_other_engines(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store.record().database(id)?;
    Err(ApiError::unprocessable(
        "not supported for clusters of the engine pg",
    ))
}
