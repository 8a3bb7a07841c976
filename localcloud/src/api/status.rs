//! `/_localcloud/status`: the cloud at a glance.

use super::app::App;
use super::limits::Limits;
use super::request::{HandlerResult, ok};
use crate::cloud::record::Record;
use crate::cloud::resources::databases::Database;
use crate::cloud::resources::droplets::Droplet;
use crate::cloud::resources::reserved_ips::ReservedIp;
use axum::extract::State;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// Droplets, addresses, databases, Spaces, faults in force, and tokens with what is left of their
/// rate limits.
pub async fn show(State(app): State<Arc<App>>) -> HandlerResult {
    let record = app.store.record();
    let droplets = record.droplets.values().filter(|one| !one.destroying);
    let droplets = droplets.map(|one| droplet(&app, one));
    let reserved = record.reserved_ips.values();
    let reserved = reserved.map(|one| reserved_ip(&record, one));
    let databases = record.databases.values().filter(|one| !one.destroying);
    ok(json!({
        "name": app.name,
        "slot": record.slot,
        "version": env!("CARGO_PKG_VERSION"),
        "record_only": app.machine.is_record_only(),
        "network": format!("{}/20", record.plan().network()),
        "droplets": droplets.collect::<Vec<Value>>(),
        "reserved_ips": reserved.collect::<Vec<Value>>(),
        "databases": databases.map(database).collect::<Vec<Value>>(),
        "spaces_buckets": record.spaces_buckets.keys().collect::<Vec<&String>>(),
        "spaces_keys": spaces_keys(&record),
        "faults": faults(&app),
        "tokens": tokens(&app, &record),
        "counts": counts(&record),
    }))
}

fn droplet(app: &App, droplet: &Droplet) -> Value {
    json!({
        "id": droplet.id,
        "name": droplet.name,
        "status": droplet.status,
        "running": !app.machine.is_record_only() && app.machine.droplet_runs(droplet.id),
        "locked": droplet.pending.is_some(),
        "public": droplet.public,
        "anchor": droplet.anchor,
        "private": droplet.private,
        "tags": droplet.tags,
    })
}

fn reserved_ip(record: &Record, reserved: &ReservedIp) -> Value {
    let holder = reserved.droplet.and_then(|id| record.droplet(id).ok());
    json!({
        "ip": reserved.ip,
        "droplet_id": reserved.droplet,
        "droplet_name": holder.map(|holder| &holder.name),
        "locked": reserved.pending.is_some(),
    })
}

fn database(database: &Database) -> Value {
    json!({
        "id": database.id,
        "name": database.name,
        "status": database.status,
        "size": database.size,
        "nodes": database.num_nodes,
        "public": database.public,
        "private": database.private,
    })
}

fn spaces_keys(record: &Record) -> Vec<&str> {
    let keys = record.spaces_keys.values();
    keys.map(|key| key.name.as_str()).collect()
}

fn faults(app: &App) -> Vec<Value> {
    let now = Timestamp::now();
    let faults = app.injector.faults().list().into_iter().map(|active| {
        let left = active.until.duration_since(now).as_millis().max(0);
        let mut view = json!(active);
        view["milliseconds_left"] = json!(left);
        view
    });
    faults.collect()
}

/// Tokens by name; never their texts.
fn tokens(app: &App, record: &Record) -> Vec<Value> {
    let tokens = record.tokens.iter().map(|(text, token)| {
        let left = app.limits.left(text);
        json!({
            "name": token.name,
            "scopes": token.scopes,
            "hourly_limit": Limits::LIMIT,
            "left_this_hour": left.hour,
            "left_this_minute": left.minute,
        })
    });
    tokens.collect()
}

/// Counts of resources that are stored only.
fn counts(record: &Record) -> Value {
    json!({
        "alert_policies": record.alert_policies.len(),
        "certificates": record.certificates.len(),
        "domains": record.domains.len(),
        "firewalls": record.firewalls.len(),
        "images": record.user_images().count(),
        "projects": record.projects.len(),
        "ssh_keys": record.ssh_keys.len(),
        "tags": record.tags.len(),
        "uptime_checks": record.uptime_checks.len(),
        "vpcs": record.vpcs.len(),
    })
}
