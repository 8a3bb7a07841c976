//! Operations on database clusters.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::databases::{Database, DatabaseStatus};
use uuid::Uuid;

impl Record {
    /// A cluster that the account still has.
    ///
    /// # Errors
    /// When it does not exist.
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
    /// When it does not exist.
    pub fn delete_database(&mut self, id: Uuid) -> Result<(), Refusal> {
        self.database_mut(id)?.destroying = true;
        self.assignments.remove(&format!("do:dbaas:{id}"));
        Ok(())
    }

    /// Removes a deleted cluster, which frees its addresses.
    pub fn forget_database(&mut self, id: Uuid) {
        self.databases.remove(&id);
    }

    /// Records that the server has followed a change.
    pub fn database_synced(&mut self, id: Uuid, revision: u64) {
        if let Some(database) = self.databases.get_mut(&id) {
            database.synced = database.synced.max(revision);
            if database.synced == database.revision {
                database.restart = false;
                database.status = DatabaseStatus::Online;
            }
        }
    }
}
