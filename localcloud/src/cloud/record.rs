//! The record: everything that exists in one cloud.
//!
//! It is plain data, composed of the tables of all resources. The operations on it are in
//! [`super::operations`].

use crate::cloud::resources::actions::Action;
use crate::cloud::resources::alert_policies::AlertPolicy;
use crate::cloud::resources::certificates::Certificate;
use crate::cloud::resources::created::Created;
use crate::cloud::resources::databases::Database;
use crate::cloud::resources::destructions::Destruction;
use crate::cloud::resources::domains::Domain;
use crate::cloud::resources::droplets::Droplet;
use crate::cloud::resources::firewalls::CloudFirewall;
use crate::cloud::resources::images::UserImage;
use crate::cloud::resources::projects::{Assignment, Project};
use crate::cloud::resources::reserved_ips::ReservedIp;
use crate::cloud::resources::spaces_keys::SpacesKey;
use crate::cloud::resources::ssh_keys::SshKey;
use crate::cloud::resources::tokens::Token;
use crate::cloud::resources::uptime::UptimeCheck;
use crate::cloud::resources::vpcs::Vpc;
use crate::machine::addresses::Addresses;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use uuid::Uuid;

/// Most droplets that an account may have, as for new accounts of the real cloud.
pub const DROPLET_LIMIT: usize = 25;

/// Most reserved IPs that an account may have, as for new accounts of the real cloud.
pub const RESERVED_IP_LIMIT: usize = 3;

/// Everything that exists in one cloud.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Which sixteen /24 of the test block this cloud uses; fixed for its life.
    pub slot: u8,
    /// The account's id.
    pub account: Uuid,
    /// When the cloud was made.
    pub created_at: Timestamp,
    /// Last numeric id given to a droplet.
    pub last_droplet: u64,
    /// Last numeric id given to an SSH key.
    pub last_key: u64,
    /// Last numeric id given to an action.
    pub last_action: u64,
    /// Last numeric id given to a record of a domain.
    #[serde(default)]
    pub last_domain_record: u64,
    /// Last numeric id given to an image.
    #[serde(default = "first_image")]
    pub last_image: u64,
    /// API tokens by their text.
    pub tokens: BTreeMap<String, Token>,
    /// SSH keys by id.
    pub ssh_keys: BTreeMap<u64, SshKey>,
    /// VPCs by id.
    pub vpcs: BTreeMap<Uuid, Vpc>,
    /// Names of tags, as first written.
    pub tags: BTreeSet<String>,
    /// Droplets by id, including those that are being destroyed.
    pub droplets: BTreeMap<u64, Droplet>,
    /// Reserved IPs by address.
    pub reserved_ips: BTreeMap<Ipv4Addr, ReservedIp>,
    /// Cloud firewalls by id.
    pub firewalls: BTreeMap<Uuid, CloudFirewall>,
    /// Projects by id.
    pub projects: BTreeMap<Uuid, Project>,
    /// Projects of resources by URN, where it isn't the default one.
    pub assignments: BTreeMap<String, Assignment>,
    /// Database clusters by id, including those that are being destroyed.
    pub databases: BTreeMap<Uuid, Database>,
    /// DNS domains by name.
    #[serde(default)]
    pub domains: BTreeMap<String, Domain>,
    /// Uptime checks by id.
    #[serde(default)]
    pub uptime_checks: BTreeMap<Uuid, UptimeCheck>,
    /// Keys of Spaces by their id.
    #[serde(default)]
    pub spaces_keys: BTreeMap<String, SpacesKey>,
    /// Buckets of Spaces by name, and when each was made; what is in them is no part of the record.
    #[serde(default)]
    pub spaces_buckets: BTreeMap<String, Timestamp>,
    /// Alert policies by id.
    #[serde(default)]
    pub alert_policies: BTreeMap<Uuid, AlertPolicy>,
    /// Certificates by id.
    #[serde(default)]
    pub certificates: BTreeMap<Uuid, Certificate>,
    /// Images of the account by id, including those that are being made or destroyed.
    #[serde(default)]
    pub images: BTreeMap<u64, UserImage>,
    /// Droplets that were destroyed with what belonged to them, by their ids.
    #[serde(default)]
    pub destructions: BTreeMap<u64, Destruction>,
    /// What unfinished requests have created: rolled back if the daemon is killed before the response.
    #[serde(default)]
    #[serde(rename = "unanswered")]
    pub unfinished: BTreeMap<Uuid, Vec<Created>>,
    /// Actions by id, the newest few hundred of the finished ones.
    pub actions: BTreeMap<u64, Action>,
}

impl Record {
    /// The record of a cloud with nothing in it.
    #[must_use]
    pub fn new(slot: u8) -> Self {
        let project = Project::first("first-project");
        Self {
            slot,
            account: Uuid::new_v4(),
            created_at: Timestamp::now(),
            last_droplet: 437_218_904,
            last_key: 41_806_377,
            last_action: 2_318_405_116,
            last_domain_record: 1_724_918_330,
            last_image: first_image(),
            tokens: BTreeMap::new(),
            ssh_keys: BTreeMap::new(),
            vpcs: BTreeMap::new(),
            tags: BTreeSet::new(),
            droplets: BTreeMap::new(),
            reserved_ips: BTreeMap::new(),
            firewalls: BTreeMap::new(),
            projects: BTreeMap::from([(project.id, project)]),
            assignments: BTreeMap::new(),
            databases: BTreeMap::new(),
            domains: BTreeMap::new(),
            uptime_checks: BTreeMap::new(),
            spaces_keys: BTreeMap::new(),
            spaces_buckets: BTreeMap::new(),
            alert_policies: BTreeMap::new(),
            certificates: BTreeMap::new(),
            images: BTreeMap::new(),
            destructions: BTreeMap::new(),
            unfinished: BTreeMap::new(),
            actions: BTreeMap::new(),
        }
    }

    /// The address plan that this cloud's slot gives it.
    #[must_use]
    pub fn plan(&self) -> Addresses {
        Addresses::of_slot(self.slot)
    }
}

/// Below the first id that an image of the account gets, above those of the platform's.
fn first_image() -> u64 {
    201_447_316
}
