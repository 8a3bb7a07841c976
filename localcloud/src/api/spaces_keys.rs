//! `/v2/spaces/keys`

use super::app::App;
use super::error::ApiError;
use super::request::{Body, HandlerResult, Id, Listing, created, no_content, ok};
use crate::cloud::resources::spaces_keys::{KeySettings, Permission, SpacesKey};
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// A key without its secret.
fn view(key: &SpacesKey) -> Value {
    json!({
        "name": key.name,
        "access_key": key.access_key,
        "grants": key.grants,
        "created_at": key.created_at,
    })
}

/// Keys, newest first unless asked otherwise; by name, bucket or permission if asked.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let permission = listing.get("permission").map(|text| {
        let known = serde_json::from_value::<Permission>(json!(text));
        known.map_err(|_| ApiError::bad_request(format!("there is no permission {text:?}")))
    });
    let permission = permission.transpose()?;
    let record = app.store.record();
    let mut keys: Vec<&SpacesKey> = record.spaces_keys.values().collect();
    keys.retain(|key| {
        let grants = &key.grants;
        listing.get("name").is_none_or(|name| key.name == name)
            && listing
                .get("bucket")
                .is_none_or(|bucket| grants.iter().any(|grant| grant.bucket == bucket))
            && permission
                .is_none_or(|permission| grants.iter().any(|grant| grant.permission == permission))
    });
    match listing.get("sort") {
        Some("name") => keys.sort_by(|a, b| a.name.cmp(&b.name)),
        _ => keys.sort_by_key(|key| key.created_at),
    }
    if listing.get("sort_direction") != Some("asc") {
        keys.reverse();
    }
    ok(listing.page("keys", keys, view))
}

/// Makes a key. This answer alone has its secret.
pub async fn create(State(app): State<Arc<App>>, Body(new): Body<KeySettings>) -> HandlerResult {
    consistent(&new)?;
    let id = app
        .store
        .change(|record| record.create_spaces_key(new))
        .await?;
    let record = app.store.record();
    let key = record.spaces_key(&id)?;
    let mut shown = view(key);
    shown["secret_key"] = json!(key.secret_key);
    created(json!({"key": shown}))
}

/// One key.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<String>) -> HandlerResult {
    ok(json!({"key": view(app.store.record().spaces_key(&id)?)}))
}

/// Changes a key's name or grants.
pub async fn update(
    State(app): State<Arc<App>>,
    Id(id): Id<String>,
    Body(change): Body<KeySettings>,
) -> HandlerResult {
    consistent(&change)?;
    app.store
        .change(|record| record.change_spaces_key(&id, change))
        .await?;
    ok(json!({"key": view(app.store.record().spaces_key(&id)?)}))
}

/// Removes a key.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<String>) -> HandlerResult {
    app.store
        .change(|record| record.delete_spaces_key(&id))
        .await?;
    no_content()
}

fn consistent(settings: &KeySettings) -> Result<(), ApiError> {
    match settings.contradiction() {
        Some(words) => Err(ApiError::bad_request(words)),
        None => Ok(()),
    }
}
