//! Uptime checks and their alerts. They are stored only: nothing is probed.

use crate::cloud::refusal::Refusal;
use crate::cloud::resources::notifications::Notifications;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Where the platform probes from.
pub const PROBES: [&str; 4] = ["us_east", "us_west", "eu_west", "se_asia"];

/// One check.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UptimeCheck {
    /// UUID.
    pub id: Uuid,
    /// What the client has sent about it.
    #[serde(flatten)]
    pub settings: CheckSettings,
    /// Its alerts by id.
    pub alerts: BTreeMap<Uuid, UptimeAlert>,
}

/// What a client sends about a check.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckSettings {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// `ping`, `http` or `https`.
    #[serde(default)]
    pub r#type: String,
    /// URL, or a host to ping.
    #[serde(default)]
    pub target: String,
    /// Of [`PROBES`]; all if none is named.
    #[serde(default, deserialize_with = "crate::cloud::json::null_is_default")]
    pub regions: Vec<String>,
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
}

/// One alert of a check.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UptimeAlert {
    /// UUID.
    pub id: Uuid,
    /// What the client has sent about it.
    #[serde(flatten)]
    pub settings: AlertSettings,
}

/// What a client sends about an alert.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AlertSettings {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// `latency`, `down`, `down_global` or `ssl_expiry`.
    #[serde(default)]
    pub r#type: String,
    /// Milliseconds of latency, or days until a certificate expires.
    #[serde(default)]
    pub threshold: u64,
    /// `greater_than` or `less_than`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<String>,
    /// Receivers.
    #[serde(default, deserialize_with = "crate::cloud::json::null_is_default")]
    pub notifications: Notifications,
    /// How long it must be so, like `2m`.
    #[serde(default)]
    pub period: String,
}

pub(in crate::cloud) fn on() -> bool {
    true
}

/// Refuses a value that is not of a list.
pub(in crate::cloud) fn one_of(what: &str, value: &str, known: &[&str]) -> Result<(), Refusal> {
    if known.contains(&value) {
        return Ok(());
    }
    Err(Refusal::unprocessable(format!(
        "{what} {value:?} is not one of {}",
        known.join(", ")
    )))
}

pub(in crate::cloud) fn check(settings: &CheckSettings) -> Result<(), Refusal> {
    one_of("type", &settings.r#type, &["ping", "http", "https"])?;
    for region in &settings.regions {
        one_of("region", region, &PROBES)?;
    }
    let scheme = format!("{}://", settings.r#type);
    let reachable = settings.r#type == "ping" || settings.target.starts_with(&scheme);
    if settings.name.is_empty() || settings.target.is_empty() || !reachable {
        return Err(Refusal::unprocessable(
            "name and target must be given, and the target of an HTTP check is a URL of its type",
        ));
    }
    Ok(())
}

pub(in crate::cloud) fn check_alert(settings: &AlertSettings) -> Result<(), Refusal> {
    let kinds = ["latency", "down", "down_global", "ssl_expiry"];
    let periods = ["2m", "3m", "5m", "10m", "15m", "30m", "1h"];
    one_of("type", &settings.r#type, &kinds)?;
    one_of("period", &settings.period, &periods)?;
    if let Some(comparison) = settings.comparison.as_deref().filter(|c| !c.is_empty()) {
        one_of("comparison", comparison, &["greater_than", "less_than"])?;
    }
    if settings.name.is_empty() {
        return Err(Refusal::unprocessable("name must be given"));
    }
    Ok(())
}
