//! Breaks things and mends them again when their time is over.

use super::{Active, Fault, Faults};
use crate::network::Network;
use crate::plane::Plane;
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;

/// The one that makes faults real.
#[derive(Debug)]
pub struct Breaker {
    faults: Arc<Faults>,
    plane: Arc<Plane>,
    network: Arc<Network>,
}

impl Breaker {
    /// Breaks things on `plane` and `network`, and notes it in `faults`.
    #[must_use]
    pub fn new(faults: Arc<Faults>, plane: Arc<Plane>, network: Arc<Network>) -> Arc<Self> {
        Arc::new(Self {
            faults,
            plane,
            network,
        })
    }

    /// What is in force.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Puts a fault in force for `duration`.
    ///
    /// # Errors
    /// When the machine refuses; then nothing is broken.
    pub async fn inject(
        self: &Arc<Self>,
        fault: Fault,
        duration: Duration,
        share: f64,
        seed: Option<u64>,
    ) -> Result<Active> {
        let active = self.faults.add(fault, duration, share, seed);
        if let Err(error) = self.make(&active.fault, true).await {
            self.faults.remove(active.id);
            return Err(error);
        }
        eprintln!("fault {}: {:?} for {duration:?}", active.id, active.fault);
        let (breaker, id) = (Arc::clone(self), active.id);
        tokio::spawn(async move {
            tokio::time::sleep(duration).await;
            if let Err(error) = breaker.mend(id).await {
                eprintln!("fault {id}: can't be mended: {error:#}");
            }
        });
        Ok(active)
    }

    /// Ends a fault before its time; says whether it was in force.
    ///
    /// # Errors
    /// When the machine refuses to mend it.
    pub async fn mend(&self, id: u64) -> Result<bool> {
        let Some(active) = self.faults.remove(id) else {
            return Ok(false);
        };
        let lasts = self
            .faults
            .list()
            .iter()
            .any(|other| other.fault == active.fault);
        if !lasts {
            self.make(&active.fault, false).await?;
            eprintln!("fault {id}: over");
        }
        Ok(true)
    }

    /// Makes a fault real, or undoes it.
    async fn make(&self, fault: &Fault, broken: bool) -> Result<()> {
        match fault {
            Fault::ApiStatus { .. }
            | Fault::ApiLatency { .. }
            | Fault::ApiSilent
            | Fault::ApiAnswerLost
            | Fault::ApiRateLimit
            | Fault::ActionErrored => Ok(()),
            Fault::ActionEarly | Fault::VpcCut { .. } | Fault::PacketLoss { .. } => {
                self.network.follow().await
            }
            Fault::DropletFrozen { droplet } => self.plane.freeze_droplet(*droplet, broken),
            Fault::DatabaseDown { database } if broken => {
                self.plane.stop_database(&database.to_string()).await
            }
            Fault::DatabaseDown { database } => {
                self.plane.start_database(&database.to_string()).await
            }
            Fault::DatabaseFrozen { database } => {
                self.plane.freeze_database(&database.to_string(), broken)
            }
        }
    }
}
