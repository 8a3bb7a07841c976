//! Starts faults, and ends them when their time is over.

use crate::fault::{ActiveFault, Fault, Faults};
use crate::jobs::Jobs;
use crate::journal::{Journal, NewEvent};
use crate::machine::Machine;
use crate::network::Network;
use anyhow::Result;
use slog::{Logger, error, info};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;
use uuid::Uuid;

/// Starts and ends faults on the machine.
#[derive(Debug)]
pub struct FaultInjector {
    log: Logger,
    faults: Arc<Faults>,
    machine: Arc<Machine>,
    network: Arc<Network>,
    journal: Arc<Journal>,
    jobs: Arc<Jobs>,
    /// Tasks that occupy the connections of a database.
    holders: Mutex<HashMap<Uuid, AbortHandle>>,
}

impl FaultInjector {
    /// An injector that acts on `machine` and `network`, restores through `jobs`, and records active
    /// faults in `faults` and `journal`.
    #[must_use]
    pub fn new(
        log: Logger,
        faults: Arc<Faults>,
        machine: Arc<Machine>,
        network: Arc<Network>,
        journal: Arc<Journal>,
        jobs: Arc<Jobs>,
    ) -> Arc<Self> {
        Arc::new(Self {
            log,
            faults,
            machine,
            network,
            journal,
            jobs,
            holders: Mutex::default(),
        })
    }

    /// The active faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Starts a fault for `duration`.
    ///
    /// # Errors
    /// When the machine refuses; then no fault is active.
    pub async fn inject(
        self: &Arc<Self>,
        fault: Fault,
        duration: Duration,
        share: f64,
        seed: Option<u64>,
    ) -> Result<ActiveFault> {
        let active = self.faults.add(fault, duration, share, seed);
        if let Err(error) = self.make(&active.fault, true).await {
            // Undo what was applied as far as possible; the first error is returned.
            let _ = self.end(active.id).await;
            return Err(error);
        }
        let words = format!("{} for {duration:?}", words(&active.fault));
        info!(self.log, "a fault begins"; "fault" => active.id, "what" => &words);
        self.journal
            .append([NewEvent::new("fault.begun", active.id, words)]);
        let (injector, id) = (Arc::clone(self), active.id);
        tokio::spawn(async move {
            tokio::time::sleep(duration).await;
            if let Err(error) = injector.end(id).await {
                error!(injector.log, "a fault can't be ended"; "fault" => id, "error" => format!("{error:#}"));
            }
        });
        Ok(active)
    }

    /// Ends a fault before its time; returns whether it was active.
    ///
    /// # Errors
    /// When the machine can't end it.
    pub async fn end(&self, id: u64) -> Result<bool> {
        let Some(active) = self.faults.remove(id) else {
            return Ok(false);
        };
        let lasts = self
            .faults
            .list()
            .iter()
            .any(|other| other.fault == active.fault);
        if lasts {
            // Of two that lose packets of one droplet each has its own seed.
            self.network.follow().await?;
        } else {
            let made = self.make(&active.fault, false).await;
            if let Fault::DropletKilled { droplet } = active.fault {
                self.faults.record_return(droplet);
            }
            made?;
            info!(self.log, "a fault ended"; "fault" => id);
        }
        self.journal
            .append([NewEvent::new("fault.over", id, words(&active.fault))]);
        Ok(true)
    }

    /// Applies a fault to the machine, or removes it.
    async fn make(&self, fault: &Fault, broken: bool) -> Result<()> {
        match *fault {
            Fault::ApiStatus { .. }
            | Fault::ApiLatency { .. }
            | Fault::ApiSilent
            | Fault::ApiAnswerLost
            | Fault::ApiRateLimit
            | Fault::ActionErrored
            | Fault::ActionUnknown { .. } => Ok(()),
            Fault::ActionEarly
            | Fault::ReservedIpPivot { .. }
            | Fault::VpcCut { .. }
            | Fault::PacketLoss { .. } => self.network.follow().await,
            Fault::DropletFrozen { droplet }
            | Fault::DropletReboot { droplet }
            | Fault::DropletSlowCpu { droplet, .. }
            | Fault::DiskFull { droplet }
            | Fault::ClockStep { droplet, .. } => {
                let impairment = fault.impairment();
                impairment.map_or(Ok(()), |impairment| {
                    self.machine.impair_droplet(droplet, impairment, broken)
                })
            }
            Fault::DropletKilled { droplet } if broken => {
                self.machine.power_off_droplet(droplet).await?;
                self.network.refresh().await
            }
            Fault::DropletKilled { droplet } => self.jobs.boot_again(droplet).await,
            Fault::DatabaseDown { database }
            | Fault::DatabaseFrozen { database }
            | Fault::DatabaseFailover { database }
            | Fault::DatabaseNodeDown { database }
            | Fault::DatabaseConnections { database } => {
                self.break_database(database, fault, broken).await
            }
        }
    }

    async fn break_database(&self, database: Uuid, fault: &Fault, broken: bool) -> Result<()> {
        let id = database.to_string();
        match fault {
            Fault::DatabaseDown { .. } if broken => self.machine.stop_database(&id).await,
            Fault::DatabaseDown { .. } => self.machine.start_database(&id).await,
            Fault::DatabaseFrozen { .. } => self.machine.freeze_database(&id, broken),
            Fault::DatabaseFailover { .. } if broken => self.jobs.fail_over(database).await,
            Fault::DatabaseNodeDown { .. } if broken => self.machine.kill_primary(&id).await,
            Fault::DatabaseConnections { .. } => {
                let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(holder) = holders.remove(&database) {
                    holder.abort();
                }
                if broken {
                    let machine = Arc::clone(&self.machine);
                    let holder = async move { machine.hold_connections(&id).await };
                    holders.insert(database, tokio::spawn(holder).abort_handle());
                }
                Ok(())
            }
            // The cluster check restores a missing node by itself.
            _ => Ok(()),
        }
    }
}

/// A fault as JSON.
fn words(fault: &Fault) -> String {
    serde_json::to_string(fault).unwrap_or_else(|_| format!("{fault:?}"))
}
