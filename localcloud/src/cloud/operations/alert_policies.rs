//! Operations on alert policies.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::alert_policies::{AlertPolicy, PolicySettings};
use uuid::Uuid;

impl Record {
    /// Makes a policy, or sets all of the one with this id.
    ///
    /// # Errors
    /// When it is invalid, or there is none with the id.
    pub fn set_alert_policy(
        &mut self,
        id: Option<Uuid>,
        settings: PolicySettings,
    ) -> Result<Uuid, Refusal> {
        if let Some(id) = id {
            self.alert_policy(id)?;
        }
        settings.check()?;
        let uuid = id.unwrap_or_else(Uuid::new_v4);
        self.alert_policies
            .insert(uuid, AlertPolicy { uuid, settings });
        Ok(uuid)
    }

    /// A policy by id.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn alert_policy(&self, id: Uuid) -> Result<&AlertPolicy, Refusal> {
        self.alert_policies.get(&id).ok_or(Refusal::NotFound)
    }

    /// Removes a policy.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_alert_policy(&mut self, id: Uuid) -> Result<(), Refusal> {
        let gone = self.alert_policies.remove(&id);
        gone.map(|_| ()).ok_or(Refusal::NotFound)
    }
}
