//! `/v2/droplets/{id}/destroy_with_associated_resources`

use super::app::App;
use super::error::ApiError;
use super::request::{Body, HandlerResult, Id, bare, ok};
use super::shapes::{price, time};
use crate::cloud::record::Record;
use crate::cloud::resources::destructions::{Chosen, Destroyed};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

/// USD a month for a GiB of an image.
const IMAGE_PRICE: f64 = 0.06;

/// What belongs to a droplet.
pub async fn list(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    let record = app.store.record();
    let own = record.associated(id)?;
    let ip = |ip: &String| json!({"id": ip, "name": ip, "cost": price(0.0)});
    let ips: Vec<Value> = own.reserved_ips.iter().map(ip).collect();
    let snapshots = own.snapshots.iter().map(|id| snapshot(&record, id));
    ok(json!({
        "reserved_ips": ips,
        "floating_ips": ips,
        "snapshots": snapshots.collect::<Vec<Value>>(),
        "volumes": [],
        "volume_snapshots": [],
    }))
}

fn snapshot(record: &Record, id: &str) -> Value {
    let image = id.parse().ok().and_then(|id| record.user_image(id).ok());
    let cost = image.map_or(0.0, |image| super::shapes::gigabytes(image) * IMAGE_PRICE);
    json!({"id": id, "name": image.map(|image| &image.name), "cost": price(cost)})
}

/// Destroys a droplet and the chosen resources among those that belong to it.
pub async fn selective(
    State(app): State<Arc<App>>,
    Id(id): Id<u64>,
    Body(chosen): Body<Chosen>,
) -> HandlerResult {
    app.store
        .change(|record| record.destroy_with(id, chosen))
        .await?;
    bare(StatusCode::ACCEPTED)
}

/// Destroys a droplet and everything associated with it, if the client confirms that it is dangerous.
pub async fn dangerous(
    State(app): State<Arc<App>>,
    Id(id): Id<u64>,
    headers: HeaderMap,
) -> HandlerResult {
    if headers.get("x-dangerous").is_none_or(|sure| sure != "true") {
        return Err(ApiError::unprocessable("X-Dangerous: true must be sent"));
    }
    app.store
        .change(|record| {
            let all = record.associated(id)?;
            record.destroy_with(id, all)
        })
        .await?;
    bare(StatusCode::ACCEPTED)
}

/// How the destruction went.
pub async fn status(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    let record = app.store.record();
    let destruction = record.destruction(id)?;
    let all = |all: &[Destroyed]| all.iter().map(destroyed).collect::<Vec<Value>>();
    let ips = all(&destruction.reserved_ips);
    ok(json!({
        "droplet": destroyed(&destruction.droplet),
        "resources": {
            "reserved_ips": ips,
            "floating_ips": ips,
            "snapshots": all(&destruction.snapshots),
            "volumes": [],
            "volume_snapshots": [],
        },
        "completed_at": time(destruction.completed_at),
        "failures": destruction.failures(),
    }))
}

fn destroyed(one: &Destroyed) -> Value {
    let mut view = json!({"id": one.id, "name": one.name});
    if let Some(at) = one.destroyed_at {
        view["destroyed_at"] = time(at).into();
    }
    if let Some(error) = &one.error {
        view["error_message"] = error.as_str().into();
    }
    view
}

/// Tries again what could not be destroyed.
pub async fn retry(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    app.store.change(|record| record.destroy_again(id)).await?;
    bare(StatusCode::ACCEPTED)
}
