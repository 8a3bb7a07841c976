//! Alert policies of the platform's monitoring. They are kept only: nothing is measured.

use super::notifications::Notifications;
use super::uptime::{on, one_of};
use super::{Record, Refusal};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a policy may watch, after `v1/insights/droplet/` and `v1/dbaas/alerts/`.
const DROPLETS: [&str; 12] = [
    "load_1",
    "load_5",
    "load_15",
    "memory_utilization_percent",
    "disk_utilization_percent",
    "cpu",
    "disk_read",
    "disk_write",
    "public_outbound_bandwidth",
    "public_inbound_bandwidth",
    "private_outbound_bandwidth",
    "private_inbound_bandwidth",
];
const DATABASES: [&str; 4] = [
    "load_15_alerts",
    "memory_utilization_alerts",
    "disk_utilization_alerts",
    "cpu_alerts",
];

/// One policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AlertPolicy {
    /// UUID.
    pub uuid: Uuid,
    /// What the client says about it.
    #[serde(flatten)]
    pub settings: PolicySettings,
}

/// What a client says about a policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PolicySettings {
    /// What is watched.
    pub r#type: String,
    /// Free text.
    pub description: String,
    /// `GreaterThan` or `LessThan`.
    pub compare: String,
    /// The threshold.
    pub value: f64,
    /// `5m`, `10m`, `30m` or `1h`.
    pub window: String,
    /// Ids of what is watched; all if there are neither ids nor tags.
    #[serde(default, deserialize_with = "super::or_default")]
    pub entities: Vec<String>,
    /// Tags of what is watched.
    #[serde(default, deserialize_with = "super::or_default")]
    pub tags: Vec<String>,
    /// Receivers.
    #[serde(default, deserialize_with = "super::or_default")]
    pub alerts: Notifications,
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
}

impl Record {
    /// Makes a policy, or sets all of the one with this id.
    ///
    /// # Errors
    /// When it is invalid, or there is none with the id.
    pub fn set_alert_policy(
        &mut self,
        id: Option<Uuid>,
        settings: PolicySettings,
    ) -> Result<Uuid, Refusal> {
        if let Some(id) = id {
            self.alert_policy(id)?;
        }
        let kind = settings.r#type.as_str();
        if let Some(of_droplet) = kind.strip_prefix("v1/insights/droplet/") {
            one_of("type", of_droplet, &DROPLETS)?;
        } else if let Some(of_database) = kind.strip_prefix("v1/dbaas/alerts/") {
            one_of("type", of_database, &DATABASES)?;
        } else {
            let words = format!("alert policies of type {kind:?} are not there");
            return Err(Refusal::unprocessable(words));
        }
        one_of("compare", &settings.compare, &["GreaterThan", "LessThan"])?;
        one_of("window", &settings.window, &["5m", "10m", "30m", "1h"])?;
        let uuid = id.unwrap_or_else(Uuid::new_v4);
        self.alert_policies
            .insert(uuid, AlertPolicy { uuid, settings });
        Ok(uuid)
    }

    /// A policy by id.
    ///
    /// # Errors
    /// When there is none.
    pub fn alert_policy(&self, id: Uuid) -> Result<&AlertPolicy, Refusal> {
        self.alert_policies.get(&id).ok_or(Refusal::NotFound)
    }

    /// Removes a policy.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete_alert_policy(&mut self, id: Uuid) -> Result<(), Refusal> {
        let gone = self.alert_policies.remove(&id);
        gone.map(|_| ()).ok_or(Refusal::NotFound)
    }
}
