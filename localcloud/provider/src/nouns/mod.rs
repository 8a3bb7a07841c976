//! The resource types, as data: one file per group of nouns.
//!
//! Names, types and behaviour are those of the real provider. What it has and this table lacks,
//! Terraform refuses as an unsupported argument.

mod access;
mod database;
mod droplet;
mod network;
mod project;

use crate::table::Noun;

/// Every resource type.
pub const NOUNS: &[Noun] = &[
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
    project::PROJECT,
    project::RESOURCES,
];
