//! `/_localcloud/`: localcloud's own control surface, for tokens that are administrators'

use super::App;
use super::error::ApiError;
use super::request::{Answer, Body, accepted, created, ok};
use crate::cloud::droplets::Droplet;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A token to make.
#[derive(Debug, Deserialize)]
pub struct NewToken {
    name: String,
    scopes: BTreeSet<String>,
}

/// The cloud at a glance.
pub async fn status(State(app): State<Arc<App>>) -> Answer {
    let record = app.store.record();
    let droplet = |droplet: &Droplet| {
        json!({
            "id": droplet.id,
            "name": droplet.name,
            "status": droplet.status,
            "running": !app.plane.is_record_only() && app.plane.droplet_runs(droplet.id),
            "locked": droplet.pending.is_some(),
            "public": droplet.public,
            "anchor": droplet.anchor,
            "private": droplet.private,
            "tags": droplet.tags,
        })
    };
    let droplets = record
        .droplets
        .values()
        .filter(|droplet| !droplet.destroying);
    let droplets: Vec<Value> = droplets.map(droplet).collect();
    let reserved = record.reserved_ips.values().map(|reserved| {
        let holder = reserved.droplet.and_then(|id| record.droplet(id).ok());
        json!({
            "ip": reserved.ip,
            "droplet_id": reserved.droplet,
            "droplet_name": holder.map(|holder| &holder.name),
            "locked": reserved.pending.is_some(),
        })
    });
    let databases = record
        .databases
        .values()
        .filter(|database| !database.destroying);
    let databases = databases.map(|database| {
        json!({
            "id": database.id,
            "name": database.name,
            "status": database.status,
            "public": database.public,
            "private": database.private,
        })
    });
    ok(json!({
        "name": app.name,
        "slot": record.slot,
        "version": env!("CARGO_PKG_VERSION"),
        "record_only": app.plane.is_record_only(),
        "network": format!("{}/20", record.plan().network()),
        "droplets": droplets,
        "reserved_ips": reserved.collect::<Vec<Value>>(),
        "databases": databases.collect::<Vec<Value>>(),
    }))
}

/// Makes a token with the given scopes.
pub async fn create_token(State(app): State<Arc<App>>, Body(new): Body<NewToken>) -> Answer {
    let known = |scope: &String| {
        let parts = scope.split_once(':');
        scope == crate::cloud::tokens::ADMIN
            || parts.is_some_and(|(noun, verb)| !noun.is_empty() && !verb.is_empty())
    };
    if let Some(odd) = new.scopes.iter().find(|scope| !known(scope)) {
        return Err(ApiError::unprocessable(format!(
            "{odd:?} is not a scope; one is like droplet:read"
        )));
    }
    let (name, scopes) = (new.name.clone(), new.scopes.clone());
    let token = app
        .store
        .change(|record| Ok(record.create_token(name, scopes)))
        .await?;
    created(json!({"token": token, "name": new.name, "scopes": new.scopes}))
}

/// Ends the daemon and all that it runs.
pub async fn shutdown(State(app): State<Arc<App>>) -> Answer {
    app.shutdown.notify_one();
    accepted(json!({"message": "shutting down"}))
}
