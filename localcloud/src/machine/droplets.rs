//! Operations on droplets, for the rest of localcloud.

use super::Machine;
use super::spec::{DropletSeed, Impairment};
use anyhow::Result;
use std::time::Duration;

impl Machine {
    /// Boots a droplet, making its disk first if it has none; returns once its init runs and its
    /// links exist. A droplet that runs is not changed.
    ///
    /// # Errors
    /// When its disk can't be made or it does not come up within 30 s.
    pub async fn boot_droplet(&self, seed: &DropletSeed) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        let router = &real.network.router;
        real.host(seed.id)
            .boot(seed, &real.image, router, real.plan)
            .await
    }

    /// Shuts a droplet down, and cuts its power after `grace`.
    ///
    /// # Errors
    /// When its processes can't be ended.
    pub async fn shutdown_droplet(&self, id: u64, grace: Duration) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        real.host(id).shut_down(grace).await
    }

    /// Cuts a droplet's power. Its disk stays.
    ///
    /// # Errors
    /// When its processes can't be ended.
    pub async fn power_off_droplet(&self, id: u64) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        real.host(id).power_off().await
    }

    /// Whether a droplet's init runs.
    #[must_use]
    pub fn droplet_runs(&self, id: u64) -> bool {
        self.real.as_ref().is_none_or(|real| real.host(id).runs())
    }

    /// Powers a droplet off and removes its disk.
    ///
    /// # Errors
    /// When its disk can't be removed.
    pub async fn destroy_droplet(&self, id: u64) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        real.host(id).destroy().await
    }

    /// Begins a fault of a droplet, or ends it.
    ///
    /// # Errors
    /// When the droplet does not run, or the kernel refuses.
    pub fn impair_droplet(&self, id: u64, impairment: Impairment, broken: bool) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        let host = real.host(id);
        match impairment {
            Impairment::Frozen => host.freeze(broken),
            Impairment::SlowCpu { percent } => host.slow_down(broken.then_some(percent)),
            Impairment::DiskFull => host.fill_disk(broken),
            Impairment::ClockStep { seconds } => host.step_clock(broken.then_some(seconds)),
            Impairment::Reboot if broken => host.reboot(),
            Impairment::Reboot => Ok(()),
        }
    }
}
