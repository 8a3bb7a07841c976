//! Managed PostgreSQL clusters.

use crate::cloud::refusal::Refusal;
use crate::cloud::resources::catalogue::{self, DatabaseSize};
use crate::cloud::resources::database_pools::DatabasePool;
use crate::cloud::resources::database_settings;
use crate::machine::spec::{DatabaseNet, DatabaseSpec, PoolSpec};
use jiff::Timestamp;
use rand::RngExt as _;
use rand::distr::Alphanumeric;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use uuid::Uuid;

/// Number of events that are kept for a cluster.
const RETAINED: usize = 200;

impl DatabaseEvent {
    /// An event of this moment.
    #[must_use]
    pub fn now(kind: &str) -> Self {
        let id = rand::rng().sample_iter(Alphanumeric).take(8);
        Self {
            id: id
                .map(|byte| char::from(byte).to_ascii_lowercase())
                .collect(),
            kind: kind.to_owned(),
            at: Timestamp::now(),
        }
    }
}

impl Database {
    /// Notes an event, as the API names it: `cluster_update`, `cluster_master_promotion` and so on.
    pub fn add_event(&mut self, kind: &str) {
        if self.events.len() < RETAINED {
            self.events.push(DatabaseEvent::now(kind));
        }
    }
}

/// Port that every cluster listens on.
pub const PORT: u16 = 25060;

/// Port of connection pools.
pub const POOL_PORT: u16 = 25061;

/// The database that every cluster has.
pub const DEFAULT_DATABASE: &str = "defaultdb";

/// The user that every cluster has.
pub const DEFAULT_USER: &str = "doadmin";

/// One cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Database {
    /// UUID.
    pub id: Uuid,
    /// Unique in the account.
    pub name: String,
    /// Major version of PostgreSQL.
    pub version: String,
    /// Size slug of each node.
    pub size: String,
    /// Number of nodes.
    pub num_nodes: u64,
    /// Storage in MiB.
    pub storage_mib: u64,
    /// Region slug.
    pub region: String,
    /// What it is doing.
    pub status: DatabaseStatus,
    /// Its VPC.
    pub vpc: Uuid,
    /// Public address.
    pub public: Ipv4Addr,
    /// Address in the VPC.
    pub private: Ipv4Addr,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it may be maintained.
    pub maintenance: Maintenance,
    /// Names of databases.
    pub databases: Vec<String>,
    /// Users.
    pub users: Vec<DatabaseUser>,
    /// Connection pools.
    #[serde(default)]
    pub pools: Vec<DatabasePool>,
    /// Trusted sources; none: everyone may connect.
    pub rules: Vec<DatabaseRule>,
    /// What happened to it, oldest first.
    #[serde(default)]
    pub events: Vec<DatabaseEvent>,
    /// Settings of the servers that the client has chosen, as the API names them.
    #[serde(default)]
    pub config: BTreeMap<String, Value>,
    /// Whether the server restarts with the next change.
    #[serde(default)]
    pub restart: bool,
    /// Counts changes that the server has to follow.
    pub revision: u64,
    /// The newest change that the server has followed.
    pub synced: u64,
    /// Deleted by the account, not yet cleaned up on the machine.
    pub destroying: bool,
}

/// What a cluster is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseStatus {
    /// Not answering yet.
    Creating,
    /// Serving.
    Online,
    /// Changing its size.
    Resizing,
    /// Changing its region.
    Migrating,
}

/// Something that happened to a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseEvent {
    /// Unique in the account.
    pub id: String,
    /// As the API names it, like `cluster_create`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
}

/// When a cluster may be maintained.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Maintenance {
    /// Day of the week in lower case.
    pub day: String,
    /// Time of day in UTC.
    pub hour: String,
}

/// A user of a cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DatabaseUser {
    /// Name.
    pub name: String,
    /// Password.
    pub password: String,
}

/// One trusted source.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DatabaseRule {
    /// UUID.
    pub uuid: Uuid,
    /// `ip_addr`, `droplet` or `tag`.
    pub r#type: String,
    /// An address or range, a droplet's id, a tag.
    pub value: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Database {
    /// Its size; the smallest if the catalogue no longer has the one that was ordered.
    #[must_use]
    pub fn size(&self) -> DatabaseSize {
        *catalogue::database_size(&self.size).unwrap_or(&catalogue::DATABASE_SIZES[0])
    }

    /// A user by name.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn user(&self, name: &str) -> Result<&DatabaseUser, Refusal> {
        self.users
            .iter()
            .find(|user| user.name == name)
            .ok_or(Refusal::NotFound)
    }

    /// A connection pool by name.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn pool(&self, name: &str) -> Result<&DatabasePool, Refusal> {
        self.pools
            .iter()
            .find(|pool| pool.name == name)
            .ok_or(Refusal::NotFound)
    }

    /// What the machine needs to run it.
    #[must_use]
    pub fn spec(&self, net: DatabaseNet) -> DatabaseSpec {
        let user = |user: &DatabaseUser| (user.name.clone(), user.password.clone());
        let pool = |pool: &DatabasePool| PoolSpec {
            name: pool.name.clone(),
            mode: pool.mode.clone(),
            size: pool.size,
            database: pool.db.clone(),
            user: pool.user.clone(),
        };
        DatabaseSpec {
            id: self.id.to_string(),
            net,
            nodes: u8::try_from(self.num_nodes).unwrap_or(1),
            restart: self.restart,
            pools: self.pools.iter().map(pool).collect(),
            connections: self.size().connections,
            chosen: database_settings::chosen(&self.config),
            databases: self.databases.clone(),
            users: self.users.iter().map(user).collect(),
        }
    }
}
