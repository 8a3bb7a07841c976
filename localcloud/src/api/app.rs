//! What the handlers of the API share.

use super::error::ApiError;
use super::limits::Limits;
use crate::cloud::Record;
use crate::cloud::resources::actions::Action;
use crate::fault_injector::FaultInjector;
use crate::machine::Machine;
use crate::store::Store;
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::Notify;

/// What handlers work with.
#[derive(Debug)]
pub struct App {
    /// The cloud's name.
    pub name: String,
    /// The record.
    pub store: Arc<Store>,
    /// The machine, to ask how things really are; changes to it are the jobs'.
    pub machine: Arc<Machine>,
    /// Breaks things on demand.
    pub injector: Arc<FaultInjector>,
    /// Rate limits.
    pub limits: Limits,
    /// Tells the daemon to end.
    pub shutdown: Notify,
}

impl App {
    /// An action that may be seen already.
    ///
    /// # Errors
    /// When there is none, or a fault still hides it.
    pub fn action<'a>(&self, record: &'a Record, id: u64) -> Result<&'a Action, ApiError> {
        let action = record.action(id)?;
        let age = Timestamp::now().duration_since(action.started_at);
        if age.unsigned_abs() < self.injector.faults().actions_unknown_for() {
            return Err(ApiError::not_found());
        }
        Ok(action)
    }
}
