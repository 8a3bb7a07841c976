//! `/v2/tags`

use super::app::App;
use super::request::{Body, HandlerResult, Id, Listing, created, no_content, ok};
use crate::cloud::json::NumberOrText;
use crate::cloud::record::Record;
use axum::extract::State;
use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A new tag.
#[derive(Debug, Deserialize)]
pub struct New {
    name: String,
}

/// Resources to tag or untag.
#[derive(Debug, Deserialize)]
pub struct Resources {
    resources: Vec<Resource>,
}

/// One resource by type and id.
#[derive(Debug, Deserialize)]
pub struct Resource {
    resource_id: NumberOrText,
    resource_type: String,
}

impl Resources {
    fn pairs(self) -> Vec<(String, String)> {
        let pair = |resource: Resource| (resource.resource_type, resource.resource_id.to_string());
        self.resources.into_iter().map(pair).collect()
    }
}

fn view(record: &Record, name: &str) -> Value {
    let none = json!({"count": 0});
    let of = |kind: &str| {
        let ids = record.tagged(name, kind);
        match ids.last() {
            Some(last) => json!({
                "count": ids.len(),
                "last_tagged_uri": format!("https://api.digitalocean.com/v2/{kind}/{last}"),
            }),
            None => none.clone(),
        }
    };
    let count = ["droplets", "databases"]
        .iter()
        .map(|kind| record.tagged(name, kind).len())
        .sum::<usize>();
    json!({"name": name, "resources": {
        "count": count,
        "droplets": of("droplets"),
        "databases": of("databases"),
        "images": none,
        "volumes": none,
        "volume_snapshots": none,
    }})
}

/// All tags.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let record = app.store.record();
    ok(listing.page("tags", &record.tags, |name| view(&record, name)))
}

/// Makes a tag; one that exists is fine.
pub async fn create(State(app): State<Arc<App>>, Body(new): Body<New>) -> HandlerResult {
    let name = app
        .store
        .change(|record| record.create_tag(&new.name))
        .await?;
    created(json!({"tag": view(&app.store.record(), &name)}))
}

/// One tag.
pub async fn show(State(app): State<Arc<App>>, Id(name): Id<String>) -> HandlerResult {
    let record = app.store.record();
    let name = record.tag(&name)?;
    ok(json!({"tag": view(&record, name)}))
}

/// Removes a tag from everything.
pub async fn delete(State(app): State<Arc<App>>, Id(name): Id<String>) -> HandlerResult {
    app.store.change(|record| record.delete_tag(&name)).await?;
    no_content()
}

/// Tags resources (POST), or takes the tag from them (DELETE).
pub async fn set_resources(
    State(app): State<Arc<App>>,
    method: Method,
    Id(name): Id<String>,
    Body(resources): Body<Resources>,
) -> HandlerResult {
    let (resources, on) = (resources.pairs(), method == Method::POST);
    app.store
        .change(|record| record.tag_resources(&name, &resources, on))
        .await?;
    no_content()
}
