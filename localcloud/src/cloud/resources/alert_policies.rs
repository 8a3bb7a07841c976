//! Alert policies of the platform's monitoring. They are stored only: nothing is measured.

use crate::cloud::refusal::Refusal;
use crate::cloud::resources::notifications::Notifications;
use crate::cloud::resources::uptime::{on, one_of};
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
    /// What the client has sent about it.
    #[serde(flatten)]
    pub settings: PolicySettings,
}

/// What a client sends about a policy.
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
    #[serde(default, deserialize_with = "crate::cloud::json::null_is_default")]
    pub entities: Vec<String>,
    /// Tags of what is watched.
    #[serde(default, deserialize_with = "crate::cloud::json::null_is_default")]
    pub tags: Vec<String>,
    /// Receivers.
    #[serde(default, deserialize_with = "crate::cloud::json::null_is_default")]
    pub alerts: Notifications,
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
}

impl PolicySettings {
    /// Refuses types, comparisons and windows that do not exist.
    pub(in crate::cloud) fn check(&self) -> Result<(), Refusal> {
        let kind = self.r#type.as_str();
        if let Some(of_droplet) = kind.strip_prefix("v1/insights/droplet/") {
            one_of("type", of_droplet, &DROPLETS)?;
        } else if let Some(of_database) = kind.strip_prefix("v1/dbaas/alerts/") {
            one_of("type", of_database, &DATABASES)?;
        } else {
            let words = format!("alert policies of type {kind:?} are not there");
            return Err(Refusal::unprocessable(words));
        }
        one_of("compare", &self.compare, &["GreaterThan", "LessThan"])?;
        one_of("window", &self.window, &["5m", "10m", "30m", "1h"])
    }
}
