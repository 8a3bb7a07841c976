//! `/v2/firewalls`

use super::app::App;
use super::request::{Body, HandlerResult, Id, Listing, accepted, no_content, ok};
use super::shapes::time;
use crate::cloud::operations::firewalls::NewFirewall;
use crate::cloud::resources::firewall_rules::FirewallRule;
use crate::cloud::resources::firewalls::CloudFirewall;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Droplets to put a firewall on, or to take it off.
#[derive(Debug, Deserialize)]
pub struct Droplets {
    droplet_ids: Vec<u64>,
}

/// Tags to put a firewall on, or to take it off.
#[derive(Debug, Deserialize)]
pub struct Tags {
    tags: Vec<String>,
}

/// A firewall.
pub fn view(firewall: &CloudFirewall) -> Value {
    let rules = |rules: &[FirewallRule], key: &str| -> Vec<Value> {
        let rule = |rule: &FirewallRule| json!({"protocol": rule.protocol, "ports": ports(rule), key: rule.peers});
        rules.iter().map(rule).collect()
    };
    json!({
        "id": firewall.id,
        "name": firewall.name,
        "status": "succeeded",
        "created_at": time(firewall.created_at),
        "pending_changes": [],
        "inbound_rules": rules(&firewall.inbound, "sources"),
        "outbound_rules": rules(&firewall.outbound, "destinations"),
        "droplet_ids": firewall.droplet_ids,
        "tags": firewall.tags,
    })
}

fn ports(rule: &FirewallRule) -> String {
    match rule.ports {
        None => "0".to_owned(),
        Some((first, last)) if first == last => first.to_string(),
        Some((first, last)) => format!("{first}-{last}"),
    }
}

/// All firewalls.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    ok(listing.page("firewalls", app.store.record().firewalls.values(), view))
}

/// The firewalls that are on a droplet, by id or by tag.
pub async fn of_droplet(
    State(app): State<Arc<App>>,
    Id(id): Id<u64>,
    listing: Listing,
) -> HandlerResult {
    let record = app.store.record();
    record.droplet(id)?;
    ok(listing.page("firewalls", record.firewalls_on(id), view))
}

/// Makes a firewall.
pub async fn create(State(app): State<Arc<App>>, Body(new): Body<NewFirewall>) -> HandlerResult {
    let id = app
        .store
        .change(|record| record.create_firewall(&new))
        .await?;
    accepted(json!({"firewall": view(app.store.record().firewall(id)?)}))
}

/// One firewall.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    ok(json!({"firewall": view(app.store.record().firewall(id)?)}))
}

/// Replaces a firewall.
pub async fn replace(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(new): Body<NewFirewall>,
) -> HandlerResult {
    app.store
        .change(|record| record.replace_firewall(id, &new))
        .await?;
    ok(json!({"firewall": view(app.store.record().firewall(id)?)}))
}

/// Removes a firewall.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store
        .change(|record| record.delete_firewall(id))
        .await?;
    no_content()
}

/// Puts a firewall on droplets.
pub async fn add_droplets(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(body): Body<Droplets>,
) -> HandlerResult {
    app.store
        .change(|record| record.firewall_droplets(id, &body.droplet_ids, true))
        .await?;
    no_content()
}

/// Takes a firewall off droplets.
pub async fn remove_droplets(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(body): Body<Droplets>,
) -> HandlerResult {
    app.store
        .change(|record| record.firewall_droplets(id, &body.droplet_ids, false))
        .await?;
    no_content()
}

/// Puts a firewall on tags.
pub async fn add_tags(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(body): Body<Tags>,
) -> HandlerResult {
    app.store
        .change(|record| record.firewall_tags(id, &body.tags, true))
        .await?;
    no_content()
}

/// Takes a firewall off tags.
pub async fn remove_tags(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(body): Body<Tags>,
) -> HandlerResult {
    app.store
        .change(|record| record.firewall_tags(id, &body.tags, false))
        .await?;
    no_content()
}

/// Adds rules.
pub async fn add_rules(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(body): Body<NewFirewall>,
) -> HandlerResult {
    app.store
        .change(|record| record.firewall_rules(id, &body, true))
        .await?;
    no_content()
}

/// Removes rules.
pub async fn remove_rules(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(body): Body<NewFirewall>,
) -> HandlerResult {
    app.store
        .change(|record| record.firewall_rules(id, &body, false))
        .await?;
    no_content()
}
