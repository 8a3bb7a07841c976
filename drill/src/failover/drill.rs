//! A pair under drill: the clients for all that a drill reads and changes.

use super::cloud::Cloud;
use super::droplets::Droplets;
use super::fault::{Fault, Row};
use super::injection::Injector;
use super::plan::Plan;
use crate::api::Api;
use crate::error::Error;
use operate::environment::Outputs;

/// Drills of an environment. After each, however it ended, [`Drill::undo`] must be called.
pub struct Drill {
    pub(crate) api: Api,
    pub(crate) cloud: Cloud,
    pub(crate) droplets: Droplets,
    pub(crate) outputs: Outputs,
    pub(crate) plan: Plan,
    pub(crate) injector: Injector,
}

impl Drill {
    /// Changes nothing yet.
    #[must_use]
    pub fn new(api: Api, cloud: Cloud, droplets: Droplets, outputs: Outputs, plan: Plan) -> Self {
        let injector = Injector::new(cloud.clone(), droplets.clone(), outputs.clone());
        Self {
            api,
            cloud,
            droplets,
            outputs,
            plan,
            injector,
        }
    }

    /// Requests a second.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.plan.traffic.rate
    }

    /// How often each fault is injected.
    #[must_use]
    pub const fn runs(&self) -> u32 {
        self.plan.runs
    }

    /// The row of a fault, with this drill's limits.
    #[must_use]
    pub fn row(&self, fault: Fault) -> Row {
        let row = fault.row();
        Row {
            lasts: row.lasts.min(self.plan.lasts_at_most),
            bound: self.plan.max_outage.unwrap_or(row.bound),
            ..row
        }
    }

    /// Undoes every fault that is in place.
    ///
    /// # Errors
    /// If some of it fails; the text lists what is left to do by hand.
    pub async fn undo(&self) -> Result<(), Error> {
        self.injector.undo().await
    }
}
