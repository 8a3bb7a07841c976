//! `/v2/droplets/{id}/actions`

use super::App;
use super::error::ApiError;
use super::request::{Answer, Body, Id, Ids, Listing, created, ok};
use super::shapes;
use crate::cloud::Record;
use crate::cloud::actions::Event;
use crate::cloud::catalogue;
use crate::cloud::droplet_orders::NumberOrText;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// An action as a client asks for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Request {
    r#type: String,
    name: Option<String>,
    size: Option<String>,
    disk: Option<bool>,
    image: Option<NumberOrText>,
}

impl Request {
    fn event(&self) -> Result<Event, ApiError> {
        let missing = |what: &str| {
            ApiError::unprocessable(format!("{what} must be given for {}.", self.r#type))
        };
        Ok(match self.r#type.as_str() {
            "power_on" => Event::PowerOn,
            "power_off" => Event::PowerOff,
            "shutdown" => Event::Shutdown,
            "reboot" => Event::Reboot,
            "power_cycle" => Event::PowerCycle,
            "rename" => Event::Rename {
                name: self.name.clone().ok_or_else(|| missing("A name"))?,
            },
            "resize" => Event::Resize {
                size: self.size.clone().ok_or_else(|| missing("A size"))?,
                disk: self.disk.unwrap_or_default(),
            },
            "rebuild" => {
                let image = self
                    .image
                    .as_ref()
                    .ok_or_else(|| missing("An image"))?
                    .to_string();
                let known = catalogue::image(&image).ok_or_else(|| {
                    ApiError::unprocessable(format!(
                        "You specified an invalid image for this Droplet: {image:?}."
                    ))
                })?;
                Event::Rebuild {
                    image: known.slug.to_owned(),
                }
            }
            other => {
                return Err(ApiError::unprocessable(format!(
                    "The Droplet action {other:?} is not available."
                )));
            }
        })
    }
}

/// Actions that had the droplet locked, newest first.
pub async fn list(State(app): State<Arc<App>>, Id(id): Id<u64>, listing: Listing) -> Answer {
    let record = app.store.record();
    record.droplet(id)?;
    let own = record
        .actions
        .values()
        .rev()
        .filter(|action| action.work.droplet() == id);
    ok(listing.page("actions", own, shapes::action))
}

/// Starts an action on a droplet.
pub async fn create(
    State(app): State<Arc<App>>,
    Id(id): Id<u64>,
    Body(request): Body<Request>,
) -> Answer {
    app.store.record().droplet(id)?;
    let event = request.event()?;
    // Looked at before anyone works on it: it may be done by the time of the answer.
    let action = app
        .store
        .change(|record| {
            let action = record.start_event(id, event)?;
            Ok(shapes::action(record.action(action)?))
        })
        .await?;
    created(json!({"action": action}))
}

/// Starts an action on all droplets with a tag.
pub async fn create_tagged(
    State(app): State<Arc<App>>,
    listing: Listing,
    Body(request): Body<Request>,
) -> Answer {
    let tag = listing
        .get("tag_name")
        .ok_or_else(|| ApiError::unprocessable("tag_name must be given"))?;
    let event = request.event()?;
    let start = |record: &mut Record| {
        let tagged = record.tagged_droplets(tag).into_iter();
        tagged
            .map(|id| record.start_event(id, event.clone()))
            .collect::<Result<Vec<u64>, _>>()
    };
    let started = app.store.change(start).await?;
    let record = app.store.record();
    let actions: Vec<Value> = started
        .iter()
        .filter_map(|id| record.actions.get(id))
        .map(shapes::action)
        .collect();
    created(json!({"actions": actions}))
}

/// One action of a droplet.
pub async fn show(State(app): State<Arc<App>>, Ids(droplet, id): Ids<u64, u64>) -> Answer {
    let record = app.store.record();
    let action = record.action(id)?;
    if action.work.droplet() != droplet {
        return Err(ApiError::not_found());
    }
    ok(json!({"action": shapes::action(action)}))
}
