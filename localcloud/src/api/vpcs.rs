//! `/v2/vpcs`

use super::app::App;
use super::request::{Body, HandlerResult, Id, Listing, created, no_content, ok};
use super::shapes::time;
use crate::cloud::operations::vpcs::NewVpc;
use crate::cloud::resources::vpcs::Vpc;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Changes to a VPC; what is absent stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Change {
    name: Option<String>,
    description: Option<String>,
    default: Option<bool>,
}

fn view(vpc: &Vpc) -> Value {
    json!({
        "id": vpc.id,
        "urn": format!("do:vpc:{}", vpc.id),
        "name": vpc.name,
        "description": vpc.description,
        "region": vpc.region,
        "ip_range": vpc.range.to_string(),
        "default": vpc.default,
        "created_at": time(vpc.created_at),
    })
}

/// All VPCs.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    ok(listing.page("vpcs", app.store.record().vpcs.values(), view))
}

/// Makes a VPC.
pub async fn create(State(app): State<Arc<App>>, Body(new): Body<NewVpc>) -> HandlerResult {
    let id = app.store.change(|record| record.create_vpc(new)).await?;
    created(json!({"vpc": view(app.store.record().vpc(id)?)}))
}

/// One VPC.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    ok(json!({"vpc": view(app.store.record().vpc(id)?)}))
}

/// Sets name and description; an absent description empties it.
pub async fn replace(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(change): Body<Change>,
) -> HandlerResult {
    let description = Some(change.description.unwrap_or_default());
    let name = Some(change.name.unwrap_or_default());
    app.store
        .change(|record| record.update_vpc(id, name, description, change.default))
        .await?;
    ok(json!({"vpc": view(app.store.record().vpc(id)?)}))
}

/// Changes what is given.
pub async fn update(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(change): Body<Change>,
) -> HandlerResult {
    app.store
        .change(|record| record.update_vpc(id, change.name, change.description, change.default))
        .await?;
    ok(json!({"vpc": view(app.store.record().vpc(id)?)}))
}

/// Removes a VPC without members.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store.change(|record| record.delete_vpc(id)).await?;
    no_content()
}

/// What is in a VPC; `resource_type` narrows it.
pub async fn members(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    listing: Listing,
) -> HandlerResult {
    let record = app.store.record();
    record.vpc(id)?;
    let wanted = listing.get("resource_type");
    let members = record.vpc_members(id);
    let members = members
        .into_iter()
        .filter(|member| wanted.is_none_or(|kind| kind == member.kind));
    ok(listing.page("members", members, |member| {
        json!({"urn": member.urn(), "name": member.name, "created_at": time(member.created_at)})
    }))
}
