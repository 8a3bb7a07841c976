//! Keeps the machine's network equal to the record: one change at a time, always the newest.

use crate::fault::Faults;
use crate::machine::Machine;
use crate::machine::spec::{ReservedRoute, Topology};
use crate::store::Store;
use crate::topology;
use anyhow::Result;
use slog::{Logger, error};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// The network of the cloud; all changes go through it.
#[derive(Debug)]
pub struct Network {
    log: Logger,
    store: Arc<Store>,
    machine: Arc<Machine>,
    faults: Arc<Faults>,
    applied: Mutex<Option<Topology>>,
}

impl Network {
    /// A network that has not been applied yet.
    #[must_use]
    pub fn new(log: Logger, store: Arc<Store>, machine: Arc<Machine>, faults: Arc<Faults>) -> Self {
        Self {
            log,
            store,
            machine,
            faults,
            applied: Mutex::new(None),
        }
    }

    /// Makes the network equal to the record, unless it is already.
    ///
    /// # Errors
    /// As [`Machine::sync_network`].
    pub async fn follow(&self) -> Result<()> {
        self.apply(false).await
    }

    /// Makes the network equal to the record, also when the record hasn't changed: links that
    /// came or went with a host need it.
    ///
    /// # Errors
    /// As [`Machine::sync_network`].
    pub async fn refresh(&self) -> Result<()> {
        self.apply(true).await
    }

    async fn apply(&self, anyway: bool) -> Result<()> {
        let mut applied = self.applied.lock().await;
        let mut wanted = topology::of(&self.store.record());
        wanted.cuts = self.faults.cuts();
        if let Some(before) = applied.as_ref().filter(|_| self.faults.traffic_stays()) {
            wanted.reserved.clone_from(&before.reserved);
        }
        let stranded = |route: &ReservedRoute| self.faults.is_stranded(route.ip);
        wanted.reserved.retain(|route| !stranded(route));
        if !anyway && applied.as_ref() == Some(&wanted) {
            return Ok(());
        }
        *applied = None;
        self.machine.sync_network(&wanted).await?;
        *applied = Some(wanted);
        Ok(())
    }

    /// Applies each change of the record in a loop that never ends; a failed change is retried each second.
    pub async fn run(&self) {
        let mut records = self.store.watch();
        loop {
            let pause = match self.follow().await {
                Ok(()) => Duration::MAX,
                Err(error) => {
                    error!(self.log, "the network can't be changed, retrying"; "error" => format!("{error:#}"));
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                changed = records.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}
