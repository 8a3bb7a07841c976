//! The metadata service that droplets use at 169.254.169.254.
//!
//! It identifies the droplet by the request's source address. Texts end without a newline.

use crate::cloud::record::Record;
use crate::cloud::resources::droplets::Droplet;
use crate::cloud::resources::ranges::Range;
use crate::cloud::resources::reserved_ips::ReservedIp;
use crate::store::Store;
use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Everything in one JSON document.
const DOCUMENT: &str = "/metadata/v1.json";
const NETMASK: &str = "255.255.255.0";

/// The service's only route: everything below `/`.
///
/// It is stale after a move, as the platform's may be: the old holder reads that it still holds the
/// reserved IP for `lag`, and the new holder reads it after half of that. In between both do.
pub fn router(store: Arc<Store>, lag: Duration) -> Router {
    Router::new().fallback(get(serve)).with_state((store, lag))
}

async fn serve(
    State((store, lag)): State<(Arc<Store>, Duration)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
) -> Response {
    let kind = if uri.path() == DOCUMENT {
        "application/json"
    } else {
        "text/plain; charset=utf-8"
    };
    match answer(&store.record(), peer.ip(), uri.path(), lag) {
        Some(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        None => (StatusCode::NOT_FOUND, "not found").into_response(),
    }
}

/// The text for `peer` at `path`; `None` if `peer` is no droplet or the path does not exist.
#[must_use]
pub fn answer(record: &Record, peer: IpAddr, path: &str, lag: Duration) -> Option<String> {
    let droplet = asker(record, peer)?;
    let held = reserved(record, droplet, Timestamp::now(), lag);
    match path.trim_end_matches('/') {
        "/metadata" => Some("v1/\nv1.json".to_owned()),
        DOCUMENT => Some(document(record, droplet, held.as_deref()).to_string()),
        "/metadata/v1" => lookup(&entries(record, droplet, held), ""),
        path => lookup(
            &entries(record, droplet, held),
            path.strip_prefix("/metadata/v1/")?,
        ),
    }
}

fn asker(record: &Record, peer: IpAddr) -> Option<&Droplet> {
    let IpAddr::V4(peer) = peer.to_canonical() else {
        return None;
    };
    let mut droplets = record
        .droplets
        .values()
        .filter(|droplet| !droplet.destroying);
    droplets.find(|droplet| [droplet.public, droplet.anchor, droplet.private].contains(&peer))
}

/// The text at a path, or the names below it.
fn lookup(entries: &[(&'static str, String)], path: &str) -> Option<String> {
    if let Some((_, text)) = entries.iter().find(|(name, _)| *name == path) {
        return Some(text.clone());
    }
    let below = |name: &'static str| match path {
        "" => Some(name),
        path => name.strip_prefix(path)?.strip_prefix('/'),
    };
    let first = |rest: &'static str| {
        rest.split_once('/')
            .map_or(rest.to_owned(), |(first, _)| format!("{first}/"))
    };
    let names: BTreeSet<String> = entries
        .iter()
        .filter_map(|(name, _)| below(name))
        .map(first)
        .collect();
    (!names.is_empty()).then(|| names.into_iter().collect::<Vec<String>>().join("\n"))
}

/// All texts by their path below `/metadata/v1/`.
fn entries(
    record: &Record,
    droplet: &Droplet,
    reserved: Option<String>,
) -> Vec<(&'static str, String)> {
    let plan = record.plan();
    let tags: Vec<&str> = droplet.tags.iter().map(String::as_str).collect();
    let active = reserved.is_some().to_string();
    let mut entries = vec![
        ("id", droplet.id.to_string()),
        ("hostname", droplet.name.clone()),
        ("region", droplet.region.clone()),
        ("user-data", droplet.user_data.clone()),
        ("vendor-data", String::new()),
        ("public-keys", droplet.ssh_keys.join("\n")),
        ("tags", tags.join("\n")),
        ("interfaces/public/0/type", "public".to_owned()),
        (
            "interfaces/public/0/ipv4/address",
            droplet.public.to_string(),
        ),
        ("interfaces/public/0/ipv4/netmask", NETMASK.to_owned()),
        (
            "interfaces/public/0/ipv4/gateway",
            plan.public_gateway().to_string(),
        ),
        (
            "interfaces/public/0/anchor_ipv4/address",
            droplet.anchor.to_string(),
        ),
        (
            "interfaces/public/0/anchor_ipv4/netmask",
            NETMASK.to_owned(),
        ),
        (
            "interfaces/public/0/anchor_ipv4/gateway",
            plan.anchor_gateway().to_string(),
        ),
        ("interfaces/private/0/type", "private".to_owned()),
        (
            "interfaces/private/0/ipv4/address",
            droplet.private.to_string(),
        ),
        ("reserved_ip/ipv4/active", active.clone()),
        ("floating_ip/ipv4/active", active),
    ];
    if let Ok(vpc) = record.vpc(droplet.vpc) {
        entries.push((
            "interfaces/private/0/ipv4/netmask",
            vpc.range.netmask().to_string(),
        ));
        entries.push((
            "interfaces/private/0/ipv4/gateway",
            vpc.range.gateway().to_string(),
        ));
    }
    if let Some(ip) = reserved {
        entries.push(("reserved_ip/ipv4/ip_address", ip.clone()));
        entries.push(("floating_ip/ipv4/ip_address", ip));
    }
    entries
}

/// The reserved IP that the service reports for a droplet.
fn reserved(record: &Record, droplet: &Droplet, now: Timestamp, lag: Duration) -> Option<String> {
    let reported = |reserved: &&ReservedIp| {
        let holder = match reserved.droplet {
            Some(id) if id == droplet.id => reserved.holder_before(now, lag / 2),
            _ => reserved.holder_before(now, lag),
        };
        holder == Some(droplet.id)
    };
    let mut all = record.reserved_ips.values();
    all.find(reported).map(|reserved| reserved.ip.to_string())
}

/// All of it in one document.
fn document(record: &Record, droplet: &Droplet, held: Option<&str>) -> Value {
    let plan = record.plan();
    let mut reserved_ip = Map::new();
    reserved_ip.insert("active".to_owned(), held.is_some().into());
    if let Some(ip) = held {
        reserved_ip.insert("ip_address".to_owned(), ip.into());
    }
    let public = json!({
        "type": "public",
        "ipv4": {"ip_address": droplet.public, "netmask": NETMASK, "gateway": plan.public_gateway()},
        "anchor_ipv4": {"ip_address": droplet.anchor, "netmask": NETMASK, "gateway": plan.anchor_gateway()},
    });
    let range = record.vpc(droplet.vpc).ok().map(|vpc| vpc.range);
    let private = json!({
        "type": "private",
        "ipv4": {
            "ip_address": droplet.private,
            "netmask": range.map(Range::netmask),
            "gateway": range.map(Range::gateway),
        },
    });
    json!({
        "droplet_id": droplet.id,
        "hostname": droplet.name,
        "region": droplet.region,
        "user_data": droplet.user_data,
        "vendor_data": "",
        "public_keys": droplet.ssh_keys,
        "interfaces": {"public": [public], "private": [private]},
        "reserved_ip": {"ipv4": reserved_ip},
        "floating_ip": {"ipv4": reserved_ip},
        "tags": droplet.tags,
        "features": {"dhcp_enabled": false},
    })
}
