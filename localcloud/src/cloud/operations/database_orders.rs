//! Orders of database clusters and of other sizes, checked against the catalogue and the account.

use crate::cloud::operations::database_contents::NewDatabaseRule;
use crate::cloud::random;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::catalogue::{self, DatabaseSize, POSTGRES_VERSIONS};
use crate::cloud::resources::databases::{
    DEFAULT_DATABASE, DEFAULT_USER, Database, DatabaseEvent, DatabaseStatus, DatabaseUser,
    Maintenance,
};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use uuid::Uuid;

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
    /// Trusted sources.
    pub rules: Option<Vec<NewDatabaseRule>>,
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
            password: random::password(),
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
            pools: Vec::new(),
            rules: Vec::new(),
            events: vec![DatabaseEvent::now("cluster_create")],
            config: BTreeMap::new(),
            restart: false,
            revision: 1,
            synced: 0,
            destroying: false,
        };
        self.databases.insert(id, database);
        self.place(&format!("do:dbaas:{id}"), new.project_id.as_deref())?;
        self.set_database_rules(id, new.rules.as_deref().unwrap_or_default())?;
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

    /// Changes the size of a cluster.
    ///
    /// # Errors
    /// When it does not exist, it is not online, or the size is unknown.
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
        database.add_event("cluster_update");
        database.revision += 1;
        Ok(())
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
