//! The context of the suite: the environment, the tools for it, and the limits.

use super::alertmanager::Alertmanager;
use super::tool::Tool;
use crate::error::Error;
use crate::failover::drill::Drill;
use crate::failover::injection::{Injector, Roles};
use operate::environment::Droplet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The limits of a suite.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long an alert may take to fire.
    pub fires_within: Duration,
    /// How long an alert may take to resolve once its fault is undone.
    pub resolves_within: Duration,
    /// The seed of the simulator runs.
    pub seed: u64,
}

/// An environment whose alerts are checked.
pub struct Suite {
    pub(super) drill: Drill,
    pub(super) monitor: Droplet,
    pub(super) tool: Tool,
    pub(super) limits: Limits,
    pub(super) alertmanager: Alertmanager,
    injectors: Mutex<Vec<Arc<Injector>>>,
    roles: Mutex<Option<Roles>>,
}

impl Suite {
    /// Starts to read the alerts. `minitwitctl` is the program beside this one, unless another is given.
    ///
    /// # Errors
    /// If the environment has no monitor.
    pub fn new(
        drill: Drill,
        minitwitctl: Option<&Path>,
        environment: Vec<std::ffi::OsString>,
        limits: Limits,
    ) -> Result<Self, Error> {
        let monitor = drill.outputs.monitor.clone().ok_or_else(|| {
            Error::NotReady("the environment was created without a monitor".to_owned())
        })?;
        let program = minitwitctl.map_or_else(Tool::beside_this_program, PathBuf::from);
        Ok(Self {
            alertmanager: Alertmanager::start(drill.droplets.clone(), monitor.clone()),
            tool: Tool::new(&program, environment),
            drill,
            monitor,
            limits,
            injectors: Mutex::new(Vec::new()),
            roles: Mutex::new(None),
        })
    }

    /// Who is live and who is standby. While the record can't be read, because a fault prevents it, as it was before.
    pub(super) async fn roles(&self) -> Result<Roles, Error> {
        match self.drill.roles().await {
            Ok(roles) => {
                let mut last = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
                *last = Some(roles.clone());
                Ok(roles)
            }
            Err(error) => {
                let last = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
                last.clone().ok_or(error)
            }
        }
    }

    /// A new injector, whose faults [`Suite::undo`] ends, too.
    pub(super) fn injector(&self) -> Arc<Injector> {
        let injector = Arc::new(Injector::new(
            self.drill.cloud.clone(),
            self.drill.droplets.clone(),
            self.drill.outputs.clone(),
        ));
        let mut injectors = self
            .injectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        injectors.push(injector.clone());
        injector
    }

    /// Undoes every fault that is in place.
    ///
    /// # Errors
    /// If some of it fails; the text lists what is left to do by hand.
    pub async fn undo(&self) -> Result<(), Error> {
        let injectors = self
            .injectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut result = Ok(());
        for injector in injectors {
            result = result.and(injector.undo().await);
        }
        result
    }
}
