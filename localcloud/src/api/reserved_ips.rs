//! `/v2/reserved_ips`, and `/v2/floating_ips`, its older name

use super::app::App;
use super::error::ApiError;
use super::request::{
    Body, Caller, HandlerResult, Id, Ids, Listing, accepted, created, no_content, ok,
};
use super::shapes;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::actions::Action;
use crate::cloud::resources::reserved_ips::ReservedIp;
use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// A new reserved IP: in a region, or for a droplet.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct New {
    region: Option<String>,
    droplet_id: Option<u64>,
    project_id: Option<String>,
}

/// An action as a client asks for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Request {
    r#type: String,
    droplet_id: Option<u64>,
}

/// The name of the resource that the client uses: `reserved_ip` or `floating_ip`.
fn resource_type(uri: &Uri) -> &'static str {
    if uri.path().starts_with("/v2/floating_ips") {
        "floating_ip"
    } else {
        "reserved_ip"
    }
}

fn action_view(record: &Record, action: &Action, resource_type: &str) -> Value {
    let mut view = shapes::action(action);
    view["resource_type"] = resource_type.into();
    if let Some(ip) = action.work.reserved_ip() {
        view["project_id"] = json!(record.project_of(&format!("do:reservedip:{ip}")));
    }
    json!({"action": view})
}

fn view(record: &Record, ip: Ipv4Addr, caller: &Caller) -> Result<Value, ApiError> {
    Ok(shapes::reserved_ip(
        record,
        record.reserved_ip(ip)?,
        caller.0.allows("droplet:read"),
    ))
}

/// All reserved IPs.
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    listing: Listing,
) -> HandlerResult {
    let record = app.store.record();
    let with_droplet = caller.0.allows("droplet:read");
    let key = format!("{}s", resource_type(&uri));
    ok(
        listing.page(&key, record.reserved_ips.values(), |reserved| {
            shapes::reserved_ip(&record, reserved, with_droplet)
        }),
    )
}

/// Reserves an IP.
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    Body(new): Body<New>,
) -> HandlerResult {
    let project = new.project_id.as_deref();
    let (ip, links) = match (new.region, new.droplet_id) {
        (_, Some(droplet)) => {
            let (ip, action) = app
                .store
                .change(|record| record.create_reserved_ip_for(droplet, project))
                .await?;
            let droplets = [shapes::link(droplet, "droplet", "droplets")];
            let actions = [shapes::link(action, "assign_ip", "actions")];
            (ip, json!({"droplets": droplets, "actions": actions}))
        }
        (Some(region), None) => (
            app.store
                .change(|record| record.create_reserved_ip(&region, project))
                .await?,
            json!({}),
        ),
        (None, None) => {
            return Err(ApiError::unprocessable(
                "A region or a droplet_id must be given.",
            ));
        }
    };
    accepted(json!({resource_type(&uri): view(&app.store.record(), ip, &caller)?, "links": links}))
}

/// One reserved IP.
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    Id(ip): Id<Ipv4Addr>,
) -> HandlerResult {
    ok(json!({resource_type(&uri): view(&app.store.record(), ip, &caller)?}))
}

/// Gives an IP back.
pub async fn delete(State(app): State<Arc<App>>, Id(ip): Id<Ipv4Addr>) -> HandlerResult {
    app.store
        .change(|record| record.delete_reserved_ip(ip))
        .await?;
    no_content()
}

/// Assigns or unassigns an IP.
pub async fn act(
    State(app): State<Arc<App>>,
    uri: Uri,
    Id(ip): Id<Ipv4Addr>,
    Body(request): Body<Request>,
) -> HandlerResult {
    app.store.record().reserved_ip(ip)?;
    let start = |record: &mut Record| {
        let action = match (request.r#type.as_str(), request.droplet_id) {
            ("assign", Some(droplet)) => record.assign_reserved_ip(ip, droplet)?,
            ("assign", None) => {
                return Err(Refusal::unprocessable("A droplet_id must be given."));
            }
            ("unassign", _) => record.unassign_reserved_ip(ip)?,
            (other, _) => {
                let words = format!("The action {other:?} is not available.");
                return Err(Refusal::unprocessable(words));
            }
        };
        // Read at once, before a job starts: the response must show the state right after the request.
        Ok(action_view(
            record,
            record.action(action)?,
            resource_type(&uri),
        ))
    };
    created(app.store.change(start).await?)
}

/// Whether an action was on this IP since it was reserved, not on one that had the address before.
fn is_of(action: &Action, reserved: &ReservedIp) -> bool {
    action.work.reserved_ip() == Some(reserved.ip) && action.started_at >= reserved.created_at
}

/// Actions on an IP, newest first.
pub async fn actions(
    State(app): State<Arc<App>>,
    Id(ip): Id<Ipv4Addr>,
    listing: Listing,
) -> HandlerResult {
    let record = app.store.record();
    let reserved = record.reserved_ip(ip)?;
    let all = record.actions.values().rev();
    let own = all.filter(|action| is_of(action, reserved));
    ok(listing.page("actions", own, shapes::action))
}

/// One action on an IP.
pub async fn action(
    State(app): State<Arc<App>>,
    uri: Uri,
    Ids(ip, id): Ids<Ipv4Addr, u64>,
) -> HandlerResult {
    let record = app.store.record();
    let action = app.action(&record, id)?;
    if !is_of(action, record.reserved_ip(ip)?) {
        return Err(ApiError::not_found());
    }
    ok(action_view(&record, action, resource_type(&uri)))
}
