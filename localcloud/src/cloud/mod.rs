//! The record: what exists in the cloud, independent of HTTP and of the machine below.
//!
//! [`Record`] is plain data. Its methods are the account's verbs ("create a droplet", "assign a
//! reserved IP"); each either changes the record completely or refuses and leaves no trace that
//! gets stored, because [`store::Store`] keeps only records whose change succeeded.

pub mod actions;
pub mod addresses;
pub mod alert_policies;
pub mod associated;
pub mod backups;
pub mod catalogue;
pub mod certificate_pem;
pub mod certificates;
pub mod database_contents;
pub mod database_orders;
pub mod database_pools;
pub mod database_settings;
pub mod database_upkeep;
pub mod databases;
pub mod domain_records;
pub mod domains;
pub mod droplet_orders;
pub mod droplets;
pub mod firewall_rules;
pub mod firewalls;
pub mod images;
pub mod notifications;
pub mod projects;
pub mod ranges;
pub mod reserved_ips;
pub mod spaces_keys;
pub mod ssh_keys;
pub mod store;
pub mod tags;
pub mod tokens;
pub mod unanswered;
pub mod uptime;
pub mod vpcs;

use crate::machine::addresses::Addresses;
use actions::Action;
use alert_policies::AlertPolicy;
use associated::Destruction;
use certificates::Certificate;
use databases::Database;
use domains::Domain;
use droplets::Droplet;
use firewalls::CloudFirewall;
use images::UserImage;
use jiff::Timestamp;
use projects::{Assignment, Project};
use rand::RngExt as _;
use rand::distr::Alphanumeric;
use reserved_ips::ReservedIp;
use serde::{Deserialize, Deserializer, Serialize};
use spaces_keys::SpacesKey;
use ssh_keys::SshKey;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use tokens::Token;
use unanswered::Made;
use uptime::UptimeCheck;
use uuid::Uuid;
use vpcs::Vpc;

/// Most droplets that an account may have, as for new accounts of the real cloud.
pub const DROPLET_LIMIT: usize = 25;
/// Most reserved IPs that an account may have, as for new accounts of the real cloud.
pub const RESERVED_IP_LIMIT: usize = 3;

/// Everything that one cloud knows.
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
    /// What requests have made that may not have been answered yet.
    #[serde(default)]
    pub unanswered: BTreeMap<Uuid, Vec<Made>>,
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
            unanswered: BTreeMap::new(),
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

/// The next numeric id after `last`: larger, and not guessable from the one before.
fn next_id(last: &mut u64) -> u64 {
    *last += rand::rng().random_range(1..60);
    *last
}

/// Reads a value where clients in Go may send null for nothing.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A password that no one can guess and that needs no quoting anywhere.
fn password() -> String {
    let random = rand::rng().sample_iter(Alphanumeric).take(19);
    format!("AVNS_{}", random.map(char::from).collect::<String>())
}

/// Why the record does not change. The text is meant for the API's client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing.
    #[error("The resource you requested could not be found.")]
    NotFound,
    /// The request makes sense but can't be followed.
    #[error("{0}")]
    Unprocessable(String),
    /// The account may not do this to this resource now.
    #[error("{0}")]
    Forbidden(String),
    /// Something else is in the way.
    #[error("{0}")]
    Conflict(String),
    /// The resource must be emptied or stopped first.
    #[error("{0}")]
    Precondition(String),
    /// The record can't be written to disk.
    #[error("the cloud's record can't be stored: {0}")]
    Storage(String),
}

impl Refusal {
    /// A request that can't be followed, and why.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::Unprocessable(message.into())
    }
}
