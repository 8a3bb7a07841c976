//! Managed PostgreSQL clusters.

use super::catalogue::{self, DatabaseSize, POSTGRES_VERSIONS};
use super::{Record, Refusal};
use crate::plane::spec::{DatabaseNet, DatabaseSpec};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use uuid::Uuid;

/// Port that every cluster listens on.
pub const PORT: u16 = 25060;
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
    /// Trusted sources; none: everyone may connect.
    pub rules: Vec<DatabaseRule>,
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

/// A cluster as a client orders it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewDatabase {
    /// Name.
    pub name: String,
    /// Must be `pg`.
    pub engine: String,
    /// Major version.
    pub version: Option<String>,
    /// Size slug.
    pub size: String,
    /// Region slug.
    pub region: String,
    /// Number of nodes.
    pub num_nodes: u64,
    /// VPC; the region's default if absent.
    pub private_network_uuid: Option<String>,
    /// Tags.
    pub tags: Option<Vec<String>>,
    /// Project; the default one if absent.
    pub project_id: Option<String>,
    /// Storage; the size's own if absent.
    pub storage_size_mib: Option<u64>,
}

/// Another size, as a client asks for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Resize {
    /// Size slug.
    pub size: String,
    /// Number of nodes.
    pub num_nodes: u64,
    /// Storage.
    pub storage_size_mib: Option<u64>,
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
    /// When there is none.
    pub fn user(&self, name: &str) -> Result<&DatabaseUser, Refusal> {
        self.users
            .iter()
            .find(|user| user.name == name)
            .ok_or(Refusal::NotFound)
    }

    /// What the plane needs to run it.
    #[must_use]
    pub fn spec(&self, net: DatabaseNet) -> DatabaseSpec {
        let user = |user: &DatabaseUser| (user.name.clone(), user.password.clone());
        DatabaseSpec {
            id: self.id.to_string(),
            net,
            connections: self.size().connections,
            databases: self.databases.clone(),
            users: self.users.iter().map(user).collect(),
        }
    }
}

impl Record {
    /// Orders a cluster.
    ///
    /// # Errors
    /// When something asked for does not exist or is used up.
    pub fn create_database(&mut self, new: &NewDatabase) -> Result<Uuid, Refusal> {
        self.check_new_database(new)?;
        let version = new.version.as_deref().unwrap_or("15");
        if !POSTGRES_VERSIONS.contains(&version) {
            return Err(Refusal::unprocessable(format!(
                "invalid version {version:?} for engine pg"
            )));
        }
        let size = check_shape(&new.size, new.num_nodes)?;
        let vpc = self.vpc_for(&new.region, new.private_network_uuid.as_deref())?;
        let id = Uuid::new_v4();
        let user = DatabaseUser {
            name: DEFAULT_USER.to_owned(),
            password: super::password(),
        };
        let database = Database {
            id,
            name: new.name.clone(),
            version: version.to_owned(),
            size: size.slug.to_owned(),
            num_nodes: new.num_nodes,
            storage_mib: new
                .storage_size_mib
                .unwrap_or(size.storage_mib)
                .max(size.storage_mib),
            region: new.region.clone(),
            status: DatabaseStatus::Creating,
            vpc,
            public: self.free_database()?,
            private: self.free_private(vpc)?,
            tags: self.create_tags(new.tags.as_deref().unwrap_or_default())?,
            created_at: Timestamp::now(),
            maintenance: Maintenance {
                day: "sunday".to_owned(),
                hour: "03:00".to_owned(),
            },
            databases: vec![DEFAULT_DATABASE.to_owned()],
            users: vec![user],
            rules: Vec::new(),
            revision: 1,
            synced: 0,
            destroying: false,
        };
        self.databases.insert(id, database);
        self.place(&format!("do:dbaas:{id}"), new.project_id.as_deref())?;
        Ok(id)
    }

    fn check_new_database(&self, new: &NewDatabase) -> Result<(), Refusal> {
        if new.engine != "pg" {
            return Err(Refusal::unprocessable(format!(
                "invalid engine {:?}: this cloud has pg",
                new.engine
            )));
        }
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(3..=63).contains(&new.name.len()) || !new.name.chars().all(allowed) {
            return Err(Refusal::unprocessable(format!(
                "invalid cluster name {:?}: 3 to 63 lower-case letters, digits and dashes",
                new.name
            )));
        }
        if self
            .databases
            .values()
            .any(|other| other.name == new.name && !other.destroying)
        {
            return Err(Refusal::unprocessable("cluster name is not available"));
        }
        catalogue::region(&new.region)
            .map(|_| ())
            .ok_or_else(|| Refusal::unprocessable(format!("invalid region {:?}", new.region)))
    }

    /// A cluster that the account still has.
    ///
    /// # Errors
    /// When there is none.
    pub fn database(&self, id: Uuid) -> Result<&Database, Refusal> {
        let database = self.databases.get(&id).ok_or(Refusal::NotFound)?;
        if database.destroying {
            Err(Refusal::NotFound)
        } else {
            Ok(database)
        }
    }

    /// Like [`Self::database`], to change it.
    pub(super) fn database_mut(&mut self, id: Uuid) -> Result<&mut Database, Refusal> {
        self.database(id)?;
        self.databases.get_mut(&id).ok_or(Refusal::NotFound)
    }

    /// Changes the size of a cluster.
    ///
    /// # Errors
    /// When there is none, it is not online, or the size is unknown.
    pub fn resize_database(&mut self, id: Uuid, new: &Resize) -> Result<(), Refusal> {
        let database = self.online_database(id)?;
        let size = check_shape(&new.size, new.num_nodes)?;
        let storage = new.storage_size_mib.unwrap_or(database.storage_mib);
        if storage < database.storage_mib {
            return Err(Refusal::unprocessable("storage can't shrink"));
        }
        size.slug.clone_into(&mut database.size);
        database.num_nodes = new.num_nodes;
        database.storage_mib = storage.max(size.storage_mib);
        database.status = DatabaseStatus::Resizing;
        database.revision += 1;
        Ok(())
    }

    /// A cluster that can be worked with.
    pub(super) fn online_database(&mut self, id: Uuid) -> Result<&mut Database, Refusal> {
        let database = self.database_mut(id)?;
        if database.status == DatabaseStatus::Online {
            return Ok(database);
        }
        Err(Refusal::Precondition(
            "the database cluster is not online".to_owned(),
        ))
    }

    /// Deletes a cluster. It is gone for the account at once; its addresses are free again when the
    /// machine has cleaned up.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete_database(&mut self, id: Uuid) -> Result<(), Refusal> {
        self.database_mut(id)?.destroying = true;
        self.assignments.remove(&format!("do:dbaas:{id}"));
        Ok(())
    }

    /// Frees what a deleted cluster had.
    pub fn forget_database(&mut self, id: Uuid) {
        self.databases.remove(&id);
    }

    /// Records that the server has followed a change.
    pub fn database_synced(&mut self, id: Uuid, revision: u64) {
        if let Some(database) = self.databases.get_mut(&id) {
            database.synced = database.synced.max(revision);
            if database.synced == database.revision {
                database.status = DatabaseStatus::Online;
            }
        }
    }
}

fn check_shape(size: &str, nodes: u64) -> Result<&'static DatabaseSize, Refusal> {
    let known = catalogue::database_size(size)
        .ok_or_else(|| Refusal::unprocessable(format!("invalid size {size:?}")))?;
    if !(1..=3).contains(&nodes) {
        return Err(Refusal::unprocessable("num_nodes must be 1, 2 or 3"));
    }
    if nodes > 1 && known.memory < 2048 {
        return Err(Refusal::unprocessable(format!(
            "size {size} has no standby nodes"
        )));
    }
    Ok(known)
}
