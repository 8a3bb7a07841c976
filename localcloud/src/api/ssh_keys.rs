//! `/v2/account/keys`

use super::app::App;
use super::request::{Body, HandlerResult, Id, Listing, created, no_content, ok};
use crate::cloud::resources::ssh_keys::SshKey;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A key as a client sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Key {
    name: String,
    public_key: String,
}

fn view(key: &SshKey) -> Value {
    json!({"id": key.id, "name": key.name, "public_key": key.public_key, "fingerprint": key.fingerprint})
}

/// All keys.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    ok(listing.page("ssh_keys", app.store.record().ssh_keys.values(), view))
}

/// Adds a key.
pub async fn create(State(app): State<Arc<App>>, Body(key): Body<Key>) -> HandlerResult {
    let id = app
        .store
        .change(|record| record.create_ssh_key(key.name, key.public_key))
        .await?;
    created(json!({"ssh_key": view(app.store.record().ssh_key(&id.to_string())?)}))
}

/// One key, by id or fingerprint.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<String>) -> HandlerResult {
    ok(json!({"ssh_key": view(app.store.record().ssh_key(&id)?)}))
}

/// Renames a key.
pub async fn update(
    State(app): State<Arc<App>>,
    Id(id): Id<String>,
    Body(key): Body<Key>,
) -> HandlerResult {
    app.store
        .change(|record| record.rename_ssh_key(&id, key.name))
        .await?;
    ok(json!({"ssh_key": view(app.store.record().ssh_key(&id)?)}))
}

/// Removes a key.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<String>) -> HandlerResult {
    app.store
        .change(|record| record.delete_ssh_key(&id))
        .await?;
    no_content()
}
