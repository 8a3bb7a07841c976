//! Cloud firewalls: what may reach, and leave, the droplets that they are put on.

use crate::cloud::resources::firewall_rules::FirewallRule;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// One firewall.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CloudFirewall {
    /// UUID.
    pub id: Uuid,
    /// Unique in the account.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What may reach the droplets.
    pub inbound: Vec<FirewallRule>,
    /// What may leave the droplets.
    pub outbound: Vec<FirewallRule>,
    /// Droplets that it is on by id.
    pub droplet_ids: BTreeSet<u64>,
    /// Tags whose droplets it is on.
    pub tags: BTreeSet<String>,
}
