//! `/v2/droplets/{id}/actions`

use super::app::App;
use super::error::ApiError;
use super::request::{Body, HandlerResult, Id, Ids, Listing, created, ok};
use super::shapes;
use crate::cloud::json::NumberOrText;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::actions::Event;
use crate::cloud::resources::backups::BackupPolicy;
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
    backup_policy: Option<BackupPolicy>,
}

/// What can be asked for all droplets with a tag.
const OF_A_TAG: [&str; 8] = [
    "power_cycle",
    "power_on",
    "power_off",
    "shutdown",
    "enable_ipv6",
    "enable_backups",
    "disable_backups",
    "snapshot",
];

impl Request {
    fn event(&self) -> Result<Event, ApiError> {
        let missing = |what: &str| {
            ApiError::unprocessable(format!("{what} must be given for {}.", self.r#type))
        };
        let image = self.image.as_ref().map(NumberOrText::to_string);
        let policy = self.backup_policy.clone();
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
            "rebuild" => Event::Rebuild {
                image: image.ok_or_else(|| missing("An image"))?,
            },
            "restore" => Event::Restore {
                image: image.ok_or_else(|| missing("An image"))?,
            },
            "snapshot" => Event::Snapshot {
                image: 0,
                name: self.name.clone().ok_or_else(|| missing("A name"))?,
            },
            "enable_backups" => Event::EnableBackups {
                policy: policy.unwrap_or_default(),
            },
            "change_backup_policy" => Event::ChangeBackupPolicy {
                policy: policy.ok_or_else(|| missing("A backup_policy"))?,
            },
            "disable_backups" => Event::DisableBackups,
            "password_reset" => Event::PasswordReset,
            "enable_ipv6" => Event::EnableIpv6,
            other => {
                return Err(ApiError::unprocessable(format!(
                    "The Droplet action {other:?} is not available."
                )));
            }
        })
    }
}

/// Actions that had the droplet locked, newest first.
pub async fn list(State(app): State<Arc<App>>, Id(id): Id<u64>, listing: Listing) -> HandlerResult {
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
) -> HandlerResult {
    app.store.record().droplet(id)?;
    let event = request.event()?;
    // Read at once, before a job starts: the response must show the state right after the request.
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
) -> HandlerResult {
    let tag = listing
        .get("tag_name")
        .ok_or_else(|| ApiError::unprocessable("tag_name must be given"))?;
    if !OF_A_TAG.contains(&request.r#type.as_str()) {
        return Err(ApiError::unprocessable(format!(
            "The action {:?} is not available for a tag.",
            request.r#type
        )));
    }
    let event = request.event()?;
    let start = |record: &mut Record| {
        let tagged = record.tagged_droplets(tag).into_iter();
        let started = tagged.map(|id| {
            let action = record.start_event(id, event.clone())?;
            Ok(shapes::action(record.action(action)?))
        });
        started.collect::<Result<Vec<Value>, Refusal>>()
    };
    created(json!({"actions": app.store.change(start).await?}))
}

/// One action of a droplet.
pub async fn show(State(app): State<Arc<App>>, Ids(droplet, id): Ids<u64, u64>) -> HandlerResult {
    let record = app.store.record();
    let action = app.action(&record, id)?;
    if action.work.droplet() != droplet {
        return Err(ApiError::not_found());
    }
    ok(json!({"action": shapes::action(action)}))
}
