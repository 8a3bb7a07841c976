//! Detects droplets that have powered themselves off.

use super::Jobs;
use crate::cloud::record::Record;
use crate::cloud::resources::droplets::{Droplet, DropletStatus};
use slog::error;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How often droplets are checked.
const INTERVAL: Duration = Duration::from_millis(500);

impl Jobs {
    /// Records, in a loop that never ends, which droplets have powered themselves off. Only droplets
    /// that were seen running count: others have not booted yet.
    pub async fn watch_droplets(self: Arc<Self>) {
        let mut seen = HashSet::new();
        loop {
            tokio::time::sleep(INTERVAL).await;
            let record = self.store.record();
            let (running, down): (Vec<u64>, Vec<u64>) = record
                .droplets
                .values()
                .filter(|droplet| should_run(droplet))
                .map(|droplet| droplet.id)
                .filter(|id| !self.faults.keeps_down(*id))
                .partition(|id| self.machine.droplet_runs(*id));
            for id in down.into_iter().filter(|id| seen.contains(id)) {
                self.record_power_off(id).await;
            }
            seen = running.into_iter().collect();
        }
    }

    async fn record_power_off(&self, id: u64) {
        let off = |record: &mut Record| {
            let found = record.droplets.get_mut(&id);
            // An action that has begun since records its own result.
            if let Some(droplet) = found.filter(|droplet| should_run(droplet)) {
                droplet.status = DropletStatus::Off;
            }
        };
        if let Err(error) = self.change(off).await {
            error!(self.log, "a droplet's end can't be recorded"; "droplet" => id, "error" => format!("{error:#}"));
        }
    }
}

fn should_run(droplet: &Droplet) -> bool {
    droplet.status == DropletStatus::Active && droplet.pending.is_none() && !droplet.destroying
}
