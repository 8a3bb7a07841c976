//! The resource types, as data: one file per group of resource types.
//!
//! Names, types and behaviour are those of the real provider. What it has and this table lacks,
//! Terraform refuses as an unsupported argument.

mod access;
mod database;
mod droplet;
mod names;
mod network;
mod project;
mod spaces;
mod watches;

use crate::resource_type::ResourceType;

/// Every resource type.
pub const RESOURCE_TYPES: &[ResourceType] = &[
    access::SSH_KEY,
    access::TAG,
    network::VPC,
    network::RESERVED_IP,
    network::FIREWALL,
    droplet::DROPLET,
    database::CLUSTER,
    database::DB,
    database::USER,
    database::FIREWALL,
    database::POOL,
    project::PROJECT,
    project::RESOURCES,
    names::DOMAIN,
    names::RECORD,
    names::CERTIFICATE,
    spaces::BUCKET,
    spaces::KEY,
    watches::UPTIME_CHECK,
    watches::UPTIME_ALERT,
    watches::MONITOR_ALERT,
];
