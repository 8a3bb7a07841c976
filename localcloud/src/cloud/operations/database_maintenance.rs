//! What a cluster goes through after it was made: maintenance, upgrades, other regions, settings.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::catalogue::{self, POSTGRES_VERSIONS};
use crate::cloud::resources::database_settings;
use crate::cloud::resources::databases::{DatabaseStatus, Maintenance};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Days of the week as maintenance windows name them.
const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

impl Record {
    /// Sets when a cluster may be maintained.
    ///
    /// # Errors
    /// When there is no such cluster, or the window's day or hour is invalid.
    pub fn set_maintenance(&mut self, id: Uuid, window: Maintenance) -> Result<(), Refusal> {
        let database = self.database_mut(id)?;
        let day = window.day.to_ascii_lowercase();
        if !DAYS.contains(&day.as_str()) || !is_hour(&window.hour) {
            return Err(Refusal::unprocessable(
                "invalid maintenance window: a day like sunday and an hour like 02:00",
            ));
        }
        let hour = window.hour;
        database.maintenance = Maintenance { day, hour };
        Ok(())
    }

    /// Starts the maintenance of a cluster now: its server is restarted.
    ///
    /// # Errors
    /// When there is no such cluster, or it is not online.
    pub fn install_update(&mut self, id: Uuid) -> Result<(), Refusal> {
        let database = self.online_database(id)?;
        database.add_event("cluster_maintenance_perform");
        database.restart = true;
        database.revision += 1;
        Ok(())
    }

    /// Sets a cluster's major version, which must be a newer one.
    ///
    /// # Errors
    /// When there is no such cluster, it is not online, or the version is unknown or not newer.
    pub fn upgrade_database(&mut self, id: Uuid, version: &str) -> Result<(), Refusal> {
        let database = self.online_database(id)?;
        let place = |version: &str| POSTGRES_VERSIONS.iter().position(|known| *known == version);
        if place(version).is_none() || place(version) <= place(&database.version) {
            return Err(Refusal::unprocessable(format!(
                "cluster version {} can't be upgraded to {version:?}",
                database.version
            )));
        }
        version.clone_into(&mut database.version);
        database.add_event("cluster_update");
        database.restart = true;
        database.revision += 1;
        Ok(())
    }

    /// Moves a cluster to another region, into the default VPC there.
    ///
    /// # Errors
    /// When there is no such cluster, it is not online, or the region is unknown or its own.
    pub fn migrate_database(&mut self, id: Uuid, region: &str) -> Result<(), Refusal> {
        if self.online_database(id)?.region == region || catalogue::region(region).is_none() {
            return Err(Refusal::unprocessable(format!("invalid region {region:?}")));
        }
        let vpc = self.vpc_for(region, None)?;
        let private = self.free_private(vpc)?;
        let database = self.database_mut(id)?;
        region.clone_into(&mut database.region);
        (database.vpc, database.private) = (vpc, private);
        database.status = DatabaseStatus::Migrating;
        database.add_event("cluster_update");
        database.restart = true;
        database.revision += 1;
        Ok(())
    }

    /// Changes settings of a cluster's servers; those that are not named stay.
    ///
    /// # Errors
    /// When there is no such cluster, or a setting is unknown or its value out of range.
    pub fn configure_database(
        &mut self,
        id: Uuid,
        settings: Map<String, Value>,
    ) -> Result<(), Refusal> {
        let database = self.database_mut(id)?;
        database_settings::check(&settings)?;
        for (name, value) in settings {
            match (database.config.get_mut(&name), value) {
                (Some(Value::Object(group)), Value::Object(parts)) => group.extend(parts),
                (_, value) => drop(database.config.insert(name, value)),
            }
        }
        database.add_event("cluster_update");
        database.revision += 1;
        Ok(())
    }
}

fn is_hour(text: &str) -> bool {
    let mut parts = text.split(':').map(str::parse::<u8>);
    let hour = matches!(parts.next(), Some(Ok(0..24)));
    hour && matches!(parts.next(), Some(Ok(0..60))) && parts.all(|part| matches!(part, Ok(0..60)))
}
