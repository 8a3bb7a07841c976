//! `/v2/images` and `/v2/snapshots`

use super::app::App;
use super::error::ApiError;
use super::request::{Body, HandlerResult, Id, Listing, no_content, ok};
use super::shapes::{self, time};
use crate::cloud::operations::images::ImageChange;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::catalogue::IMAGES;
use crate::cloud::resources::images::{ImageKind, UserImage};
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// A droplet's image, as its own list shows it.
pub fn part(image: &UserImage) -> Value {
    json!({
        "id": image.id,
        "name": image.name,
        "created_at": time(image.created_at),
        "regions": image.regions,
        "min_disk_size": image.min_disk,
        "size_gigabytes": shapes::gigabytes(image),
        "type": image.kind,
    })
}

fn snapshot(image: &UserImage) -> Value {
    json!({
        "id": image.id.to_string(),
        "name": image.name,
        "created_at": time(image.created_at),
        "regions": image.regions,
        "min_disk_size": image.min_disk,
        "size_gigabytes": shapes::gigabytes(image),
        "resource_id": image.droplet.to_string(),
        "resource_type": "droplet",
        "tags": image.tags,
    })
}

/// All images, or distributions only, or the account's only. None is an application.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let record = app.store.record();
    let (kind, tag) = (listing.get("type"), listing.get("tag_name"));
    let private = listing.get("private") == Some("true");
    let platform = IMAGES.iter().map(shapes::image);
    let platform =
        platform.filter(|_| !private && tag.is_none() && kind.is_none_or(|k| k == "distribution"));
    let own = record.user_images().filter(|_| kind.is_none());
    let own = own.filter(|image| tag.is_none_or(|tag| image.tags.contains(tag)));
    ok(listing.page(
        "images",
        platform.chain(own.map(shapes::account_image)),
        |view| view,
    ))
}

/// One image, by id or slug.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<String>) -> HandlerResult {
    let record = app.store.record();
    let source = record.image_source(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"image": shapes::droplet_image(&record, &source.key())}))
}

/// Renames an image of the account.
pub async fn update(
    State(app): State<Arc<App>>,
    Id(id): Id<u64>,
    Body(change): Body<ImageChange>,
) -> HandlerResult {
    app.store
        .change(|record| record.update_image(id, change))
        .await?;
    ok(json!({"image": shapes::account_image(app.store.record().user_image(id)?)}))
}

/// Deletes an image of the account.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    app.store.change(|record| record.delete_image(id)).await?;
    no_content()
}

/// Images of droplets; those of volumes would be here too.
pub async fn snapshots(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let record = app.store.record();
    let droplets = listing.get("resource_type").is_none_or(|k| k == "droplet");
    let own = record
        .user_images()
        .filter(|image| droplets && is_snapshot(image));
    ok(listing.page("snapshots", own, snapshot))
}

/// One image of a droplet.
pub async fn show_snapshot(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    let record = app.store.record();
    let image = record.user_image(id)?;
    if !is_snapshot(image) {
        return Err(ApiError::not_found());
    }
    ok(json!({"snapshot": snapshot(image)}))
}

/// Deletes a snapshot of a droplet.
pub async fn delete_snapshot(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    let delete = |record: &mut Record| {
        if !is_snapshot(record.user_image(id)?) {
            return Err(Refusal::NotFound);
        }
        record.delete_image(id)
    };
    app.store.change(delete).await?;
    no_content()
}

fn is_snapshot(image: &UserImage) -> bool {
    image.kind == ImageKind::Snapshot
}
