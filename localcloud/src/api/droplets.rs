//! `/v2/droplets`

use super::app::App;
use super::error::ApiError;
use super::request::{Body, HandlerResult, Id, Listing, accepted, no_content, ok};
use super::shapes;
use crate::cloud::operations::droplet_orders::NewDroplet;
use crate::cloud::resources::droplets::Droplet;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// All droplets, or those with a tag or a name.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let record = app.store.record();
    let (tag, name) = (listing.get("tag_name"), listing.get("name"));
    let wanted = |droplet: &&Droplet| {
        !droplet.destroying
            && tag.is_none_or(|tag| droplet.tags.iter().any(|own| own.eq_ignore_ascii_case(tag)))
            && name.is_none_or(|name| droplet.name.eq_ignore_ascii_case(name))
    };
    let droplets = record.droplets.values().filter(wanted);
    ok(listing.page("droplets", droplets, |droplet| {
        shapes::droplet(&record, droplet)
    }))
}

/// Orders one droplet (`name`) or several (`names`).
pub async fn create(State(app): State<Arc<App>>, Body(new): Body<NewDroplet>) -> HandlerResult {
    let made = app
        .store
        .change(|record| record.create_droplets(&new))
        .await?;
    let record = app.store.record();
    let views = made.iter().filter_map(|(id, _)| record.droplets.get(id));
    let mut views: Vec<Value> = views
        .map(|droplet| shapes::droplet(&record, droplet))
        .collect();
    let actions: Vec<Value> = made
        .iter()
        .map(|(_, action)| shapes::link(*action, "create", "actions"))
        .collect();
    let links = json!({"actions": actions});
    if new.names.is_some() {
        return accepted(json!({"droplets": views, "links": links}));
    }
    accepted(json!({"droplet": views.pop(), "links": links}))
}

/// One droplet.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    let record = app.store.record();
    ok(json!({"droplet": shapes::droplet(&record, record.droplet(id)?)}))
}

/// Deletes a droplet.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<u64>) -> HandlerResult {
    app.store.change(|record| record.delete_droplet(id)).await?;
    no_content()
}

/// Deletes all droplets with a tag.
pub async fn delete_tagged(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let tag = listing
        .get("tag_name")
        .ok_or_else(|| ApiError::unprocessable("tag_name must be given"))?;
    app.store
        .change(|record| {
            let mut tagged = record.tagged_droplets(tag).into_iter();
            tagged.try_for_each(|id| record.delete_droplet(id))
        })
        .await?;
    no_content()
}
