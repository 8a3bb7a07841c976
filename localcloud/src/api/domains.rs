//! `/v2/domains` and their records

use super::app::App;
use super::request::{Body, HandlerResult, Id, Ids, Listing, created, no_content, ok};
use crate::cloud::resources::domain_records::{DomainRecord, RecordChange};
use crate::cloud::resources::domains::Domain;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A new domain.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct New {
    name: String,
    ip_address: Option<String>,
}

fn view(domain: &Domain) -> Value {
    json!({"name": domain.name, "ttl": domain.ttl(), "zone_file": domain.zone_file()})
}

fn record_view(record: &DomainRecord) -> Value {
    json!({
        "id": record.id,
        "type": record.r#type,
        "name": record.name,
        "data": record.data,
        "priority": record.priority,
        "port": record.port,
        "ttl": record.ttl,
        "weight": record.weight,
        "flags": record.flags,
        "tag": record.tag,
    })
}

/// All domains.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    ok(listing.page("domains", app.store.record().domains.values(), view))
}

/// Adds a domain.
pub async fn create(State(app): State<Arc<App>>, Body(new): Body<New>) -> HandlerResult {
    let name = app
        .store
        .change(|record| record.create_domain(&new.name, new.ip_address.as_deref()))
        .await?;
    let ttl = app.store.record().domain(&name)?.ttl();
    // The zone is written later; the answer to the request comes without it.
    created(json!({"domain": {"name": name, "ttl": ttl, "zone_file": ""}}))
}

/// One domain.
pub async fn show(State(app): State<Arc<App>>, Id(name): Id<String>) -> HandlerResult {
    ok(json!({"domain": view(app.store.record().domain(&name)?)}))
}

/// Removes a domain and its records.
pub async fn delete(State(app): State<Arc<App>>, Id(name): Id<String>) -> HandlerResult {
    app.store
        .change(|record| record.delete_domain(&name))
        .await?;
    no_content()
}

/// A domain's records, or those of a type or of a whole name.
pub async fn records(
    State(app): State<Arc<App>>,
    Id(domain): Id<String>,
    listing: Listing,
) -> HandlerResult {
    let record = app.store.record();
    let domain = record.domain(&domain)?;
    let (kind, name) = (listing.get("type"), listing.get("name"));
    let wanted = domain.records.values().filter(|record| {
        kind.is_none_or(|kind| record.r#type.eq_ignore_ascii_case(kind))
            && name.is_none_or(|name| record.full_name(&domain.name).eq_ignore_ascii_case(name))
    });
    ok(listing.page("domain_records", wanted, record_view))
}

/// Adds a record.
pub async fn create_record(
    State(app): State<Arc<App>>,
    Id(domain): Id<String>,
    Body(new): Body<RecordChange>,
) -> HandlerResult {
    let id = app
        .store
        .change(|record| record.create_domain_record(&domain, new))
        .await?;
    let record = app.store.record();
    created(json!({"domain_record": record_view(record.domain_record(&domain, id)?)}))
}

/// One record.
pub async fn record(
    State(app): State<Arc<App>>,
    Ids(domain, id): Ids<String, u64>,
) -> HandlerResult {
    let record = app.store.record();
    ok(json!({"domain_record": record_view(record.domain_record(&domain, id)?)}))
}

/// Changes what is given of a record.
pub async fn update_record(
    State(app): State<Arc<App>>,
    Ids(domain, id): Ids<String, u64>,
    Body(change): Body<RecordChange>,
) -> HandlerResult {
    app.store
        .change(|record| record.update_domain_record(&domain, id, change))
        .await?;
    let record = app.store.record();
    ok(json!({"domain_record": record_view(record.domain_record(&domain, id)?)}))
}

/// Removes a record.
pub async fn delete_record(
    State(app): State<Arc<App>>,
    Ids(domain, id): Ids<String, u64>,
) -> HandlerResult {
    app.store
        .change(|record| record.delete_domain_record(&domain, id))
        .await?;
    no_content()
}
