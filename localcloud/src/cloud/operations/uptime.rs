//! Operations on uptime checks and their alerts.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::uptime::{
    AlertSettings, CheckSettings, PROBES, UptimeAlert, UptimeCheck, check, check_alert,
};
use std::collections::BTreeMap;
use uuid::Uuid;

impl Record {
    /// Makes a check, or sets all of the one with this id.
    ///
    /// # Errors
    /// When it is invalid, or there is none with the id.
    pub fn set_uptime_check(
        &mut self,
        id: Option<Uuid>,
        mut settings: CheckSettings,
    ) -> Result<Uuid, Refusal> {
        if settings.regions.is_empty() {
            settings.regions = PROBES.map(str::to_owned).to_vec();
        }
        let alerts = match id {
            Some(id) => self.uptime_check(id)?.alerts.clone(),
            None => BTreeMap::new(),
        };
        check(&settings)?;
        let id = id.unwrap_or_else(Uuid::new_v4);
        let check = UptimeCheck {
            id,
            settings,
            alerts,
        };
        self.uptime_checks.insert(id, check);
        Ok(id)
    }

    /// A check by id.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn uptime_check(&self, id: Uuid) -> Result<&UptimeCheck, Refusal> {
        self.uptime_checks.get(&id).ok_or(Refusal::NotFound)
    }

    /// Removes a check.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_uptime_check(&mut self, id: Uuid) -> Result<(), Refusal> {
        let gone = self.uptime_checks.remove(&id);
        gone.map(|_| ()).ok_or(Refusal::NotFound)
    }

    /// Makes an alert of a check, or sets all of the one with this id.
    ///
    /// # Errors
    /// When there is no such check or alert, or it is invalid.
    pub fn set_uptime_alert(
        &mut self,
        check: Uuid,
        id: Option<Uuid>,
        settings: AlertSettings,
    ) -> Result<Uuid, Refusal> {
        if let Some(id) = id {
            self.uptime_alert(check, id)?;
        }
        let check = self
            .uptime_checks
            .get_mut(&check)
            .ok_or(Refusal::NotFound)?;
        check_alert(&settings)?;
        let id = id.unwrap_or_else(Uuid::new_v4);
        check.alerts.insert(id, UptimeAlert { id, settings });
        Ok(id)
    }

    /// An alert of a check.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn uptime_alert(&self, check: Uuid, id: Uuid) -> Result<&UptimeAlert, Refusal> {
        let alerts = &self.uptime_check(check)?.alerts;
        alerts.get(&id).ok_or(Refusal::NotFound)
    }

    /// Removes an alert of a check.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_uptime_alert(&mut self, check: Uuid, id: Uuid) -> Result<(), Refusal> {
        let check = self.uptime_checks.get_mut(&check);
        let gone = check.and_then(|check| check.alerts.remove(&id));
        gone.map(|_| ()).ok_or(Refusal::NotFound)
    }
}
