//! Breaks things and mends them again when their time is over.

use crate::fault::{Active, Fault, Faults};
use crate::jobs::Jobs;
use crate::journal::{Draft, Journal};
use crate::machine::Machine;
use crate::network::Network;
use anyhow::Result;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;
use uuid::Uuid;

/// The one that makes faults real.
#[derive(Debug)]
pub struct FaultInjector {
    faults: Arc<Faults>,
    machine: Arc<Machine>,
    network: Arc<Network>,
    journal: Arc<Journal>,
    jobs: Arc<Jobs>,
    /// Those who hold the connections of a database.
    holders: Mutex<HashMap<Uuid, AbortHandle>>,
}

impl FaultInjector {
    /// Breaks things on `machine` and `network`, has `jobs` bring back what must return, and notes it
    /// in `faults` and `journal`.
    #[must_use]
    pub fn new(
        faults: Arc<Faults>,
        machine: Arc<Machine>,
        network: Arc<Network>,
        journal: Arc<Journal>,
        jobs: Arc<Jobs>,
    ) -> Arc<Self> {
        Arc::new(Self {
            faults,
            machine,
            network,
            journal,
            jobs,
            holders: Mutex::default(),
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
            // What was done of it is undone as far as that goes: the first error counts.
            let _ = self.mend(active.id).await;
            return Err(error);
        }
        let words = format!("{} for {duration:?}", words(&active.fault));
        eprintln!("fault {}: {words}", active.id);
        self.journal
            .note([Draft::new("fault.begun", active.id, words)]);
        let (injector, id) = (Arc::clone(self), active.id);
        tokio::spawn(async move {
            tokio::time::sleep(duration).await;
            if let Err(error) = injector.mend(id).await {
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
        if lasts {
            // Of two that lose packets of one droplet each has its own seed.
            self.network.follow().await?;
        } else {
            let made = self.make(&active.fault, false).await;
            if let Fault::DropletKilled { droplet } = active.fault {
                self.faults.note_return(droplet);
            }
            made?;
            eprintln!("fault {id}: over");
        }
        self.journal
            .note([Draft::new("fault.over", id, words(&active.fault))]);
        Ok(true)
    }

    /// Makes a fault real, or undoes it.
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
            // A node that was away comes back by itself: the platform looks after it.
            _ => Ok(()),
        }
    }
}

/// A fault as its JSON says it.
fn words(fault: &Fault) -> String {
    serde_json::to_string(fault).unwrap_or_else(|_| format!("{fault:?}"))
}
