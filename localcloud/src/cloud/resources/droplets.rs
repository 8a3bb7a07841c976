//! Droplets: what the account has ordered, and what is going on with each.

use crate::cloud::refusal::Refusal;
use crate::cloud::resources::backups::BackupPolicy;
use crate::cloud::resources::catalogue::{self, Size};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use uuid::Uuid;

impl Droplet {
    /// When it is backed up, if it is.
    #[must_use]
    pub fn backup_policy(&self) -> Option<BackupPolicy> {
        self.features
            .contains("backups")
            .then(|| self.backup_policy.clone().unwrap_or_default())
    }

    /// Refuses unless it is backed up.
    pub(in crate::cloud) fn check_backed_up(&self) -> Result<(), Refusal> {
        if self.features.contains("backups") {
            return Ok(());
        }
        Err(Refusal::unprocessable(
            "Backups are not enabled for this Droplet.",
        ))
    }
}

/// One droplet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Droplet {
    /// Numeric id.
    pub id: u64,
    /// Name in the account, and host name at first boot.
    pub name: String,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// Whether it should run.
    pub status: DropletStatus,
    /// Region slug.
    pub region: String,
    /// Size slug.
    pub size: String,
    /// Disk in GiB; stays when only memory and processors are resized.
    pub disk: u64,
    /// Slug of the platform's image, or id of the account's.
    pub image: String,
    /// Its VPC.
    pub vpc: Uuid,
    /// Public address.
    pub public: Ipv4Addr,
    /// Anchor address.
    pub anchor: Ipv4Addr,
    /// Address in the VPC.
    pub private: Ipv4Addr,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// Public keys for root, as they were when it was created.
    pub ssh_keys: Vec<String>,
    /// For cloud-init.
    pub user_data: String,
    /// What was switched on, as the API names it.
    pub features: BTreeSet<String>,
    /// The action that has it locked.
    pub pending: Option<u64>,
    /// When it is backed up; counts while backups are among its features.
    #[serde(default)]
    pub backup_policy: Option<BackupPolicy>,
    /// Since when it is backed up so, if that is not since it was ordered.
    #[serde(default)]
    pub backed_up_since: Option<Timestamp>,
    /// The reserved IP that it held last and holds no more, and since when.
    #[serde(default)]
    pub released: Option<(Ipv4Addr, Timestamp)>,
    /// Deleted by the account, not yet cleaned up on the machine.
    pub destroying: bool,
}

/// Whether a droplet should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DropletStatus {
    /// Not booted yet.
    New,
    /// Running.
    Active,
    /// Powered off.
    Off,
}

impl Droplet {
    /// Its size; the smallest if the catalogue no longer has the one that was ordered.
    #[must_use]
    pub fn size(&self) -> Size {
        *catalogue::size(&self.size).unwrap_or(&catalogue::SIZES[0])
    }
}
