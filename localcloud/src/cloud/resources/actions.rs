//! Actions: what the cloud is doing, or has done, to a resource in the background.

use crate::cloud::resources::backups::BackupPolicy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// One action.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Action {
    /// Numeric id.
    pub id: u64,
    /// How far it is.
    pub status: ActionStatus,
    /// What is done.
    pub work: Work,
    /// Slug of the resource's region.
    pub region: String,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
}

/// How far an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionStatus {
    /// Not done yet.
    InProgress,
    /// Done.
    Completed,
    /// Given up.
    Errored,
}

/// What an action does, with all that is needed to do it again after a crash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Work {
    /// Something on one droplet.
    Droplet {
        /// Its id.
        droplet: u64,
        /// What.
        event: Event,
    },
    /// Assign a reserved IP to a droplet, whatever its holder.
    AssignIp {
        /// The reserved IP.
        ip: Ipv4Addr,
        /// The new holder.
        droplet: u64,
    },
    /// Unassign a reserved IP from its holder.
    UnassignIp {
        /// The reserved IP.
        ip: Ipv4Addr,
        /// Its holder when this was requested.
        droplet: u64,
    },
}

/// What can happen to a droplet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// First boot.
    Create,
    /// Boot.
    PowerOn,
    /// Plug pulled.
    PowerOff,
    /// Asked to shut down.
    Shutdown,
    /// Asked to shut down, then booted.
    Reboot,
    /// Plug pulled, then booted.
    PowerCycle,
    /// Other name in the account; the host keeps its own.
    Rename {
        /// The new name.
        name: String,
    },
    /// Other size.
    Resize {
        /// Slug of the new size.
        size: String,
        /// Whether the disk grows too.
        disk: bool,
    },
    /// New disk from an image, same addresses.
    Rebuild {
        /// Slug or id of the image.
        image: String,
    },
    /// The disk as it was in an image of this droplet.
    Restore {
        /// Id of the image.
        image: String,
    },
    /// An image of the disk.
    Snapshot {
        /// Its id; chosen when the action starts.
        image: u64,
        /// Its name.
        name: String,
    },
    /// A backup: an image of the disk that the platform makes by itself.
    Backup {
        /// Id of the image; chosen when the action starts.
        image: u64,
    },
    /// Backups from now on, or at other times.
    EnableBackups {
        /// When.
        policy: BackupPolicy,
    },
    /// Other times for backups.
    ChangeBackupPolicy {
        /// When.
        policy: BackupPolicy,
    },
    /// No more backups.
    DisableBackups,
    /// A new password for root, who logs in by key only.
    PasswordReset,
    /// IPv6 is enabled. This cloud has no IPv6 addresses, so nothing follows.
    #[serde(rename = "enable_ipv6")]
    EnableIpv6,
}

impl Work {
    /// The action's type as the API names it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AssignIp { .. } => "assign_ip",
            Self::UnassignIp { .. } => "unassign_ip",
            Self::Droplet { event, .. } => match event {
                Event::Create => "create",
                Event::PowerOn => "power_on",
                Event::PowerOff => "power_off",
                Event::Shutdown => "shutdown",
                Event::Reboot => "reboot",
                Event::PowerCycle => "power_cycle",
                Event::Rename { .. } => "rename",
                Event::Resize { .. } => "resize",
                Event::Rebuild { .. } => "rebuild",
                Event::Restore { .. } => "restore",
                Event::Snapshot { .. } => "snapshot",
                Event::Backup { .. } => "backup",
                Event::EnableBackups { .. } => "enable_backups",
                Event::ChangeBackupPolicy { .. } => "change_backup_policy",
                Event::DisableBackups => "disable_backups",
                Event::PasswordReset => "password_reset",
                Event::EnableIpv6 => "enable_ipv6",
            },
        }
    }

    /// The droplet that is locked while this runs.
    #[must_use]
    pub fn droplet(&self) -> u64 {
        match self {
            Self::Droplet { droplet, .. }
            | Self::AssignIp { droplet, .. }
            | Self::UnassignIp { droplet, .. } => *droplet,
        }
    }

    /// The reserved IP that is locked while this runs.
    #[must_use]
    pub fn reserved_ip(&self) -> Option<Ipv4Addr> {
        match self {
            Self::AssignIp { ip, .. } | Self::UnassignIp { ip, .. } => Some(*ip),
            Self::Droplet { .. } => None,
        }
    }
}
