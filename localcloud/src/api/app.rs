//! What the handlers of the API share.

use super::error::ApiError;
use super::limits::Limits;
use crate::cloud::record::Record;
use crate::cloud::resources::actions::Action;
use crate::fault_injector::FaultInjector;
use crate::machine::Machine;
use crate::store::Store;
use jiff::Timestamp;
use slog::Logger;
use std::sync::Arc;
use tokio::sync::Notify;

/// State that all handlers share.
#[derive(Debug)]
pub struct App {
    /// The cloud's name.
    pub name: String,
    /// The record.
    pub store: Arc<Store>,
    /// The machine, for reads only; jobs change it.
    pub machine: Arc<Machine>,
    /// Starts and ends faults.
    pub injector: Arc<FaultInjector>,
    /// Where requests are logged.
    pub log: Logger,
    /// Rate limits.
    pub limits: Limits,
    /// Ends the daemon.
    pub shutdown: Notify,
}

impl App {
    /// An action that clients can see already.
    ///
    /// # Errors
    /// When it does not exist, or a fault still hides it.
    pub fn action<'a>(&self, record: &'a Record, id: u64) -> Result<&'a Action, ApiError> {
        let action = record.action(id)?;
        let age = Timestamp::now().duration_since(action.started_at);
        if age.unsigned_abs() < self.injector.faults().actions_unknown_for() {
            return Err(ApiError::not_found());
        }
        Ok(action)
    }
}
