//! `/v2/uptime/checks` and their alerts

use super::app::App;
use super::request::{Body, HandlerResult, Id, Ids, Listing, created, no_content, ok};
use crate::cloud::resources::uptime::{AlertSettings, CheckSettings, UptimeAlert, UptimeCheck};
use axum::extract::State;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use uuid::Uuid;

fn view(check: &UptimeCheck) -> Value {
    let settings = &check.settings;
    json!({
        "id": check.id,
        "name": settings.name,
        "type": settings.r#type,
        "target": settings.target,
        "regions": settings.regions,
        "enabled": settings.enabled,
    })
}

fn alert_view(alert: &UptimeAlert) -> Value {
    json!(alert)
}

/// All checks.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    ok(listing.page("checks", app.store.record().uptime_checks.values(), view))
}

/// Makes a check.
pub async fn create(State(app): State<Arc<App>>, Body(new): Body<CheckSettings>) -> HandlerResult {
    let id = app
        .store
        .change(|record| record.set_uptime_check(None, new))
        .await?;
    created(json!({"check": view(app.store.record().uptime_check(id)?)}))
}

/// One check.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    ok(json!({"check": view(app.store.record().uptime_check(id)?)}))
}

/// Sets all of a check.
pub async fn replace(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(settings): Body<CheckSettings>,
) -> HandlerResult {
    app.store
        .change(|record| record.set_uptime_check(Some(id), settings))
        .await?;
    ok(json!({"check": view(app.store.record().uptime_check(id)?)}))
}

/// Removes a check.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store
        .change(|record| record.delete_uptime_check(id))
        .await?;
    no_content()
}

/// What probes have found: nothing yet, as there are none.
pub async fn state(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    let record = app.store.record();
    let regions = record.uptime_check(id)?.settings.regions.iter();
    let state = |region: &String| {
        let state = json!({"status": "CHECKING", "status_changed_at": "", "thirty_day_uptime_percentage": 0.0});
        (region.clone(), state)
    };
    let none = json!({"region": "", "started_at": "", "ended_at": "", "duration_seconds": 0});
    ok(json!({"state": {
        "regions": regions.map(state).collect::<Map<String, Value>>(),
        "previous_outage": none,
    }}))
}

/// All alerts of a check.
pub async fn alerts(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    listing: Listing,
) -> HandlerResult {
    let record = app.store.record();
    let alerts = record.uptime_check(id)?.alerts.values();
    ok(listing.page("alerts", alerts, alert_view))
}

/// Makes an alert.
pub async fn create_alert(
    State(app): State<Arc<App>>,
    Id(check): Id<Uuid>,
    Body(new): Body<AlertSettings>,
) -> HandlerResult {
    let id = app
        .store
        .change(|record| record.set_uptime_alert(check, None, new))
        .await?;
    let record = app.store.record();
    created(json!({"alert": alert_view(record.uptime_alert(check, id)?)}))
}

/// One alert.
pub async fn alert(State(app): State<Arc<App>>, Ids(check, id): Ids<Uuid, Uuid>) -> HandlerResult {
    let record = app.store.record();
    ok(json!({"alert": alert_view(record.uptime_alert(check, id)?)}))
}

/// Sets all of an alert.
pub async fn replace_alert(
    State(app): State<Arc<App>>,
    Ids(check, id): Ids<Uuid, Uuid>,
    Body(settings): Body<AlertSettings>,
) -> HandlerResult {
    app.store
        .change(|record| record.set_uptime_alert(check, Some(id), settings))
        .await?;
    let record = app.store.record();
    ok(json!({"alert": alert_view(record.uptime_alert(check, id)?)}))
}

/// Removes an alert.
pub async fn delete_alert(
    State(app): State<Arc<App>>,
    Ids(check, id): Ids<Uuid, Uuid>,
) -> HandlerResult {
    app.store
        .change(|record| record.delete_uptime_alert(check, id))
        .await?;
    no_content()
}
