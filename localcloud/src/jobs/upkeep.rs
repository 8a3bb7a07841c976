//! Notices droplets that went down by themselves.

use super::Jobs;
use crate::cloud::Record;
use crate::cloud::resources::droplets::{Droplet, DropletStatus};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How often droplets are looked at.
const PACE: Duration = Duration::from_millis(500);

impl Jobs {
    /// Records for ever that droplets have powered themselves off. Only droplets that were seen
    /// running count: others are still to be booted.
    pub async fn watch_droplets(self: Arc<Self>) {
        let mut seen = HashSet::new();
        loop {
            tokio::time::sleep(PACE).await;
            let record = self.store.record();
            let (running, down): (Vec<u64>, Vec<u64>) = record
                .droplets
                .values()
                .filter(|droplet| should_run(droplet))
                .map(|droplet| droplet.id)
                .filter(|id| !self.faults.keeps_down(*id))
                .partition(|id| self.machine.droplet_runs(*id));
            for id in down.into_iter().filter(|id| seen.contains(id)) {
                self.note_end(id).await;
            }
            seen = running.into_iter().collect();
        }
    }

    async fn note_end(&self, id: u64) {
        let off = |record: &mut Record| {
            let found = record.droplets.get_mut(&id);
            // An action may have begun since, which says by itself what comes of it.
            if let Some(droplet) = found.filter(|droplet| should_run(droplet)) {
                droplet.status = DropletStatus::Off;
            }
        };
        if let Err(error) = self.change(off).await {
            eprintln!("droplet {id} is down: {error:#}");
        }
    }
}

fn should_run(droplet: &Droplet) -> bool {
    droplet.status == DropletStatus::Active && droplet.pending.is_none() && !droplet.destroying
}
