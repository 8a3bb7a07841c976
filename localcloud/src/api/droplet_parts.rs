//! `/v2/droplets/{id}/snapshots`, `/backups`, `/kernels` and `/neighbors`

use super::app::App;
use super::images::part;
use super::request::{HandlerResult, Id, Listing, created, ok};
use super::shapes::{self, backup_policy, window};
use crate::cloud::record::Record;
use crate::cloud::resources::actions::Event;
use crate::cloud::resources::backups::{DAYS, HOURS, WINDOW};
use crate::cloud::resources::droplets::Droplet;
use crate::cloud::resources::images::ImageKind;
use axum::extract::State;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Snapshots of a droplet.
pub async fn snapshots(
    State(app): State<Arc<App>>,
    Id(id): Id<u64>,
    listing: Listing,
) -> HandlerResult {
    let record = app.store.record();
    record.droplet(id)?;
    let own = record.images_of(id, ImageKind::Snapshot);
    ok(listing.page("snapshots", own, part))
}

/// Backups of a droplet.
pub async fn backups(
    State(app): State<Arc<App>>,
    Id(id): Id<u64>,
    listing: Listing,
) -> HandlerResult {
    let record = app.store.record();
    record.droplet(id)?;
    let own = record.images_of(id, ImageKind::Backup);
    ok(listing.page("backups", own, part))
}

/// Backs up a droplet now, independent of its policy. The platform has no such call.
pub async fn back_up(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    let start = |record: &mut Record| {
        let action = record.start_event(id, Event::Backup { image: 0 })?;
        Ok(shapes::action(record.action(action)?))
    };
    created(json!({"action": app.store.change(start).await?}))
}

/// Kernels that a droplet can boot: its image brings its own.
pub async fn kernels(
    State(app): State<Arc<App>>,
    Id(id): Id<u64>,
    listing: Listing,
) -> HandlerResult {
    app.store.record().droplet(id)?;
    ok(listing.page("kernels", [], |none: Value| none))
}

fn policy(droplet: &Droplet) -> Value {
    let mut view = json!({
        "droplet_id": droplet.id,
        "backup_enabled": droplet.features.contains("backups"),
        "next_backup_window": window(droplet),
    });
    if let Some(policy) = droplet.backup_policy() {
        view["backup_policy"] = backup_policy(&policy);
    }
    view
}

/// When a droplet is backed up.
pub async fn backup_policy_of(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    ok(json!({"policy": policy(app.store.record().droplet(id)?)}))
}

/// When all droplets are backed up, by their ids.
pub async fn backup_policies(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let record = app.store.record();
    let live = record.droplets.values().filter(|one| !one.destroying);
    let mut page = listing.page("policies", live, policy);
    let policies = page["policies"].as_array().into_iter().flatten();
    let by_id = policies.map(|policy| (policy["droplet_id"].to_string(), policy.clone()));
    page["policies"] = by_id.collect::<Map<String, Value>>().into();
    ok(page)
}

/// The plans that there are.
pub async fn supported_policies() -> HandlerResult {
    let plan = |name: &str, days: &[&str], kept: u8| {
        json!({
            "name": name,
            "possible_window_starts": HOURS,
            "window_length_hours": WINDOW,
            "retention_period_days": kept,
            "possible_days": days,
        })
    };
    ok(json!({"supported_policies": [plan("weekly", &DAYS, 28), plan("daily", &[], 7)]}))
}

/// Droplets on the same physical machine: all others are.
pub async fn neighbors(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    let record = app.store.record();
    record.droplet(id)?;
    let others = record.droplets.values();
    let others = others.filter(|other| !other.destroying && other.id != id);
    let views = others.map(|other| shapes::droplet(&record, other));
    ok(json!({"droplets": views.collect::<Vec<Value>>()}))
}

/// Ids of droplets that share a physical machine: all do.
pub async fn all_neighbors(State(app): State<Arc<App>>) -> HandlerResult {
    let record = app.store.record();
    let live = record.droplets.values().filter(|one| !one.destroying);
    let ids: Vec<u64> = live.map(|one| one.id).collect();
    let groups = if ids.len() > 1 { vec![ids] } else { Vec::new() };
    ok(json!({"neighbor_ids": groups}))
}
