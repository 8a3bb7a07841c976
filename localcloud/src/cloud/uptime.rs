//! Uptime checks and their alerts. They are kept only: nothing is probed.

use super::notifications::Notifications;
use super::{Record, Refusal};
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
    /// What the client says about it.
    #[serde(flatten)]
    pub settings: CheckSettings,
    /// Its alerts by id.
    pub alerts: BTreeMap<Uuid, UptimeAlert>,
}

/// What a client says about a check.
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
    #[serde(default, deserialize_with = "super::or_default")]
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
    /// What the client says about it.
    #[serde(flatten)]
    pub settings: AlertSettings,
}

/// What a client says about an alert.
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
    #[serde(default, deserialize_with = "super::or_default")]
    pub notifications: Notifications,
    /// How long it must be so, like `2m`.
    #[serde(default)]
    pub period: String,
}

pub(super) fn on() -> bool {
    true
}

/// Refuses a value that is not of a list.
pub(super) fn one_of(what: &str, value: &str, known: &[&str]) -> Result<(), Refusal> {
    if known.contains(&value) {
        return Ok(());
    }
    Err(Refusal::unprocessable(format!(
        "{what} {value:?} is not one of {}",
        known.join(", ")
    )))
}

fn check(settings: &CheckSettings) -> Result<(), Refusal> {
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

fn check_alert(settings: &AlertSettings) -> Result<(), Refusal> {
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

impl Record {
    /// Makes a check, or sets all of the one with this id.
    ///
    /// # Errors
    /// When it is invalid, or there is none with the id.
    pub fn set_uptime_check(
        &mut self,
        id: Option<Uuid>,
        mut settings: CheckSettings,
    ) -> Result<Uuid, Refusal> {
        if settings.regions.is_empty() {
            settings.regions = PROBES.map(str::to_owned).to_vec();
        }
        let alerts = match id {
            Some(id) => self.uptime_check(id)?.alerts.clone(),
            None => BTreeMap::new(),
        };
        check(&settings)?;
        let id = id.unwrap_or_else(Uuid::new_v4);
        let check = UptimeCheck {
            id,
            settings,
            alerts,
        };
        self.uptime_checks.insert(id, check);
        Ok(id)
    }

    /// A check by id.
    ///
    /// # Errors
    /// When there is none.
    pub fn uptime_check(&self, id: Uuid) -> Result<&UptimeCheck, Refusal> {
        self.uptime_checks.get(&id).ok_or(Refusal::NotFound)
    }

    /// Removes a check.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete_uptime_check(&mut self, id: Uuid) -> Result<(), Refusal> {
        let gone = self.uptime_checks.remove(&id);
        gone.map(|_| ()).ok_or(Refusal::NotFound)
    }

    /// Makes an alert of a check, or sets all of the one with this id.
    ///
    /// # Errors
    /// When there is no such check or alert, or it is invalid.
    pub fn set_uptime_alert(
        &mut self,
        check: Uuid,
        id: Option<Uuid>,
        settings: AlertSettings,
    ) -> Result<Uuid, Refusal> {
        if let Some(id) = id {
            self.uptime_alert(check, id)?;
        }
        let check = self
            .uptime_checks
            .get_mut(&check)
            .ok_or(Refusal::NotFound)?;
        check_alert(&settings)?;
        let id = id.unwrap_or_else(Uuid::new_v4);
        check.alerts.insert(id, UptimeAlert { id, settings });
        Ok(id)
    }

    /// An alert of a check.
    ///
    /// # Errors
    /// When there is none.
    pub fn uptime_alert(&self, check: Uuid, id: Uuid) -> Result<&UptimeAlert, Refusal> {
        let alerts = &self.uptime_check(check)?.alerts;
        alerts.get(&id).ok_or(Refusal::NotFound)
    }

    /// Removes an alert of a check.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete_uptime_alert(&mut self, check: Uuid, id: Uuid) -> Result<(), Refusal> {
        let check = self.uptime_checks.get_mut(&check);
        let gone = check.and_then(|check| check.alerts.remove(&id));
        gone.map(|_| ()).ok_or(Refusal::NotFound)
    }
}
